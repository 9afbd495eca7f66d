"""What each list and item says, on a real database."""

from __future__ import annotations

import base64
from datetime import timedelta

import httpx

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, Client, assert_problem, insert_finding

HOUR = {"from": "2026-11-02T08:00:00+08:00", "to": "2026-11-02T09:00:00+08:00"}


async def test_enterprises(client: Client) -> None:
    async with client() as http:
        page = (await http.get("/v1/enterprises")).json()
        detail = (await http.get("/v1/enterprises/hx-coking")).json()
    assert [item["code"] for item in page["items"]] == ["hx-coking", "ly-chem"]
    assert page["next_cursor"] is None
    assert (detail["points"], detail["outlets"], detail["components"]) == (3, 1, 2)
    assert detail["district_name"] == "乌达区"


async def test_enterprises_with_what_supervision_asks_of_them(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        for statement in (
            "insert into park (code, name, district) values ('east', '东部园区', 'wuda')",
            "update enterprise set park = 'east', key_water = 'region', key_energy = 'national'"
            " where code = 'hx-coking'",
            "insert into intake (enterprise_id, code, name, source, permitted_m3_a, is_agricultural, permit_number,"
            " permit_to, in_service_from) values"
            " (1, 'I1', '取水口', 'surface', 600000.5, false, '取水（乌）字第1号', '2028-12-31', '2020-01-01'),"
            " (1, 'I2', '取水口', 'ground', 7, false, null, null, '2020-01-01')",
            "insert into line (enterprise_id, code, name, product, charging, in_service_from) values"
            " (1, 'L1', '焦炉', 'coke', 'stamp', '2020-01-01'), (1, 'L2', '石灰窑', 'lime', null, '2020-01-01')",
        ):
            await connection.execute(statement)
    async with client() as http:
        first, second = (await http.get("/v1/enterprises")).json()["items"]
        (rest,) = (await http.get("/v1/enterprises", params={"limit": 1, "cursor": await cursor(http)})).json()["items"]
        detail = (await http.get("/v1/enterprises/hx-coking")).json()
    assert (first["park"], first["park_name"], first["key_water"], first["key_energy"]) == (
        "east", "东部园区", "region", "national",
    )  # fmt: skip
    shown = [(one["intake"], one["permit_number"], one["permitted_m3_a"], one["permit_to"]) for one in first["permits"]]
    assert shown == [("I1", "取水（乌）字第1号", 600000.5, "2028-12-31"), ("I2", None, 7, None)]
    assert [(one["line"], one["charging"]) for one in first["coke_lines"]] == [("L1", "stamp")]
    assert (second["park"], second["key_water"], second["permits"], second["coke_lines"]) == (None, None, [], [])
    assert rest == second
    assert (detail["lines"], detail["intakes"]) == (2, 2)
    assert detail["permits"] == first["permits"]


async def cursor(http: httpx.AsyncClient) -> str:
    return str((await http.get("/v1/enterprises", params={"limit": 1})).json()["next_cursor"])


async def test_points_by_enterprise_and_quantity(client: Client) -> None:
    async with client() as http:
        water = (await http.get("/v1/points", params={"quantity": "water_volume"})).json()["items"]
        own = (await http.get("/v1/points", params={"enterprise": "hx-coking"})).json()["items"]
        one = (await http.get("/v1/points/hx-coking/S1-SO2")).json()
        assert_problem(await http.get("/v1/points/hx-coking/none"), 404, "not-found")
        assert_problem(await http.get("/v1/points/none/S1-SO2"), 404, "not-found")
    assert [(item["enterprise"], item["code"]) for item in water] == [("hx-coking", "W-01"), ("ly-chem", "W-01")]
    assert [item["code"] for item in own] == ["S1-O2", "S1-SO2", "W-01"]
    assert one["outlet"] == "S1"


async def test_reading_shows_what_arrived_and_what_counts(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        for minute in range(3):
            await connection.execute(
                "insert into reading values (1, %(at)s, %(value)s, 'N', 1, %(at)s)",
                {"at": HOUR_AT + timedelta(minutes=minute), "value": 20.0 + minute},
            )
        await connection.execute(
            "insert into correction (point_id, measured_at, value, source_flag, qc_flag, received_at) values"
            " (1, %(at)s, 24.5, 'N', 1, %(later)s), (1, %(at)s, 600, 'M', 3, %(later)s)",
            {"at": HOUR_AT + timedelta(minutes=1), "later": HOUR_AT + timedelta(hours=2)},
        )
    async with client() as http:
        response = await http.get("/v1/readings", params={"enterprise": "hx-coking", "point": "S1-SO2", **HOUR})
    first, second, third = response.json()["items"]
    assert first["measured_at"] == "2026-11-02T00:00:00Z"
    assert (first["value"], first["effective_value"], first["corrections"]) == (20.0, 20.0, [])
    assert (second["value"], second["source_flag"], second["qc_flag"]) == (21.0, "N", "good")
    assert (second["effective_value"], second["effective_source_flag"], second["effective_qc_flag"]) == (
        600.0,
        "M",
        "suspect",
    )
    assert [correction["value"] for correction in second["corrections"]] == [600.0, 24.5]
    assert second["correction_count"] == 2
    assert third["received_at"] == "2026-11-02T00:02:00Z"


async def test_span_of_readings_and_hours_is_half_open(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        for hour in range(3):
            await connection.execute(
                "insert into hourly values (1, %(at)s, 'NaN', null, 0, 60, 0, null, null, null, null,"
                " '{\"M\": 60}', '{}', null, %(at)s)",
                {"at": HOUR_AT + timedelta(hours=hour)},
            )
    async with client() as http:
        question = {"enterprise": "hx-coking", "point": "S1-SO2", **HOUR}
        items = (await http.get("/v1/hourly", params=question)).json()["items"]
    assert [item["hour_at"] for item in items] == ["2026-11-02T00:00:00Z"]
    assert items[0]["mean"] is None  # NaN has no place in JSON


async def test_rules(client: Client) -> None:
    async with client() as http:
        items = (await http.get("/v1/rules")).json()["items"]
        detail = (await http.get("/v1/rules/ule.coke_oven_stack.so2.hourly")).json()
        assert_problem(await http.get("/v1/rules/none"), 404, "not-found")
    assert len(items) == 3
    assert "definition" not in items[0]
    assert detail["definition"] == {"limit": 30}


async def test_coverage_of_the_newest_and_of_a_given_day(client: Client, city: Database) -> None:
    days = [HOUR_AT - timedelta(hours=8) - timedelta(days=ago) for ago in (2, 1)]  # local 10-31 and 11-01
    async with city.transaction() as connection:
        for start in days:
            for subject, enterprise_id, evidence in [
                ("city:wuhai", None, '{"enterprises": [{"enterprise": "hx-coking", "complete": false}]}'),
                ("district:wuda", None, '{"enterprises": [{"enterprise": "hx-coking", "complete": true}]}'),
                (
                    "enterprise:hx-coking",
                    1,
                    '{"places": [{"place": "P1", "fitted": true}, {"place": "P2", "fitted": false, "why": "none"}]}',
                ),
            ]:
                await insert_finding(
                    connection,
                    rule_id="water.meter_installation_rate",
                    subject=subject,
                    enterprise_id=enterprise_id,
                    period_start=start,
                    period_end=start + timedelta(days=1),
                    evidence=evidence,
                )
        await insert_finding(connection)  # another rule, later: not coverage
        await insert_finding(  # a month, from the same midnight on: not coverage
            connection,
            rule_id="water.balance",
            subject="enterprise:hx-coking",
            period_start=days[1],
            period_end=days[1] + timedelta(days=30),
        )
    async with client() as http:
        newest = (await http.get("/v1/coverage")).json()
        earlier = (await http.get("/v1/coverage", params={"day": "2026-10-31"})).json()
        none = (await http.get("/v1/coverage", params={"day": "2026-10-30"})).json()
        first = (await http.get("/v1/coverage", params={"limit": 2})).json()
        rest = (await http.get("/v1/coverage", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert newest["day"] == "2026-11-01"
    assert [(item["subject_kind"], item["name"]) for item in newest["items"]] == [
        ("city", "乌海市"),
        ("district", "乌达区"),
        ("enterprise", "海西焦化"),
    ]
    assert [item["gaps"] for item in newest["items"]] == [
        [{"enterprise": "hx-coking", "complete": False}],
        [],
        [{"place": "P2", "fitted": False, "why": "none"}],
    ]
    assert earlier["day"] == "2026-10-31"
    assert len(earlier["items"]) == 3
    assert none["items"] == []
    assert first["items"] + rest["items"] == newest["items"]


async def test_coverage_before_anything_was_judged(client: Client) -> None:
    async with client() as http:
        assert (await http.get("/v1/coverage")).json() == {"items": [], "next_cursor": None, "day": None}


async def test_ldar_shows_due_days_and_counts(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        for anchor, reason, verdict in [(300, "tested_late", "violation"), (100, "scheduled", "compliant")]:
            await insert_finding(
                connection,
                rule_id="ldar.gb37822",
                subject="component:hx-coking/V-1",
                period_start=HOUR_AT - timedelta(hours=8, days=anchor),
                period_end=HOUR_AT - timedelta(hours=8, days=anchor - 184),
                reason=reason,
                verdict=verdict,
            )
        await insert_finding(
            connection,
            rule_id="ldar.gb37822",
            subject="component:ly-chem/P/1",
            enterprise_id=2,
            reason="overdue",
        )
        await connection.execute(
            "insert into leak_test (component_id, tested_at, net_umol_mol, received_at) values"
            " (1, '2026-07-25 02:00Z', 12, '2026-07-25 03:00Z')"
        )
    async with client() as http:
        everything = (await http.get("/v1/ldar")).json()
        overdue = (await http.get("/v1/ldar", params={"status": "overdue"})).json()
        own = (await http.get("/v1/ldar", params={"enterprise": "hx-coking"})).json()
    assert [(item["code"], item["status"]) for item in everything["items"]] == [
        ("V-1", "scheduled"),
        ("V-2", "not_judged"),
        ("P/1", "overdue"),
    ]
    first = everything["items"][0]
    assert first["gb37822"]["due_day"] == "2027-01-24"  # the period ends at the midnight after it
    assert first["wuhai_yearly"] is None
    assert first["last_tested_at"] == "2026-07-25T02:00:00Z"
    assert everything["summary"] == {"not_judged": 1, "overdue": 1, "scheduled": 1}
    assert [item["code"] for item in overdue["items"]] == ["P/1"]
    assert overdue["summary"] == everything["summary"]
    assert own["summary"] == {"not_judged": 1, "scheduled": 1}


async def test_targets_by_document_domain_and_mode(client: Client) -> None:
    async with client() as http:

        async def ids(**params: str) -> list[str]:
            return [item["target_id"] for item in (await http.get("/v1/targets", params=params)).json()["items"]]

        assert await ids() == ["T001", "T002", "T003"]
        assert await ids(domain="energy") == ["T002"]
        assert await ids(domain="water", mode="auto") == ["T001"]
        assert await ids(document="park") == ["T003"]
        values = [item["value"] for item in (await http.get("/v1/targets")).json()["items"]]
    assert values == [100.0, None, None]


async def test_accounting_sums_the_shards_and_holds_the_law(client: Client) -> None:
    async with client() as http:
        items = (await http.get("/v1/accounting")).json()["items"]
        second = (
            await http.get(
                "/v1/accounting",
                params={
                    "from": "2026-11-02T00:00:00+08:00",
                    "to": "2026-11-03T00:00:00+08:00",
                    "enterprise": "hx-coking",
                },
            )
        ).json()["items"]
        from_noon = await http.get("/v1/accounting", params={"from": "2026-11-02T12:00:00+08:00"})
    assert [(item["day"], item["enterprise"]) for item in items] == [
        ("2026-11-02", "hx-coking"),
        ("2026-11-02", "ly-chem"),
        ("2026-11-01", "hx-coking"),
    ]
    assert [item["received"] for item in second] == [57]
    assert all(item["law_holds"] for item in items)
    assert from_noon.json()["items"] == []  # the day began before


async def test_rejects_explain_themselves(client: Client) -> None:
    async with client(public_url="https://pw.example") as http:
        items = (await http.get("/v1/rejects", params={"enterprise": "hx-coking"})).json()["items"]
        by_reason = (await http.get("/v1/rejects", params={"reason": "naive_time"})).json()["items"]
        late = (await http.get("/v1/rejects", params={"from": "2026-11-02T02:00:00Z"})).json()["items"]
        payload = await http.get("/v1/rejects/2/payload")
        assert_problem(await http.get("/v1/rejects/99/payload"), 404, "not-found")
    binary, text = items
    assert [refusal["reason"] for refusal in text["refusals"]] == ["naive_time", "unknown_point"]
    assert text["refusals"][1]["chinese"] == "测点未登记"
    assert text["refusals"][1]["english"].startswith("the point is not registered")
    assert (text["refusals"][1]["items"], text["refusals"][1]["first_item"]) == (2, "W-99")
    assert (text["payload_text"], text["payload_size"], text["payload_truncated"]) == ("好", 3, False)
    assert base64.b64decode(text["payload_base64"]).decode() == "好"
    assert binary["payload_text"] is None
    assert binary["payload_url"] == "https://pw.example/v1/rejects/2/payload"
    assert [item["message_id"] for item in by_reason] == [1]
    assert [item["message_id"] for item in late] == [3]
    assert payload.content == b"\xff\x00\xfe"
    assert payload.headers["content-type"] == "application/octet-stream"


async def test_a_long_payload_is_cut_in_the_list_but_not_through_a_character(client: Client, city: Database) -> None:
    payload = "ab" + "好" * 3000
    async with city.transaction() as connection:
        await connection.execute(
            "insert into refused_message (enterprise_id, client_id, topic, received_at, payload, payload_size)"
            " values (1, 'c', 't', %(at)s, %(payload)s, %(size)s)",
            {"at": HOUR_AT, "payload": payload.encode(), "size": 300_000},
        )
    async with client() as http:
        item = (await http.get("/v1/rejects", params={"limit": 1})).json()["items"][0]
        whole = await http.get("/v1/rejects/4/payload")
    assert item["payload_truncated"] is True
    assert (item["payload_size"], item["payload_kept"]) == (300_000, 9002)
    assert payload.startswith(item["payload_text"])
    assert whole.content == payload.encode()


async def test_gateways(client: Client) -> None:
    async with client() as http:
        items = (await http.get("/v1/gateways")).json()["items"]
        own = (await http.get("/v1/gateways", params={"enterprise": "ly-chem"})).json()["items"]
    assert [(item["enterprise"], item["online"]) for item in items] == [("hx-coking", True), ("ly-chem", False)]
    assert [item["changed_at"] for item in own] == ["2026-11-02T01:00:00Z"]
    assert [(item["points"], item["silent_since"]) for item in own] == [(0, None)]


async def test_a_gateway_says_since_when_its_data_have_stopped(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute(
            "insert into gateway_point select s.enterprise_id, s.gateway, p.point_id, s.changed_at, s.changed_at"
            " from gateway_status s join point p using (enterprise_id) where s.enterprise_id = 1"
        )
        for hour, verdict, evidence in [
            (0, "compliant", "{}"),
            (5, "violation", '{"silent_from": "2026-11-02T03:00:00Z"}'),
        ]:
            await insert_finding(
                connection,
                rule_id="data.gateway_offline",
                subject="gateway:hx-coking/gw1",
                period_start=HOUR_AT + timedelta(hours=hour),
                period_end=HOUR_AT + timedelta(hours=hour + 1),
                verdict=verdict,
                evidence=evidence,
            )
    async with client() as http:
        silent, other = (await http.get("/v1/gateways")).json()["items"]
    assert silent["points"] > 0
    assert silent["silent_since"] == "2026-11-02T03:00:00Z"
    assert other["silent_since"] is None


async def test_stations_quirks_and_strays(client: Client) -> None:
    async with client() as http:
        first, second = (await http.get("/v1/stations")).json()["items"]
        quirks = (await http.get("/v1/quirks", params={"enterprise": "hx-coking"})).json()["items"]
        early = (await http.get("/v1/quirks", params={"to": "2026-11-02T16:00:00Z"})).json()["items"]
        strays = (await http.get("/v1/strays")).json()["items"]
    assert (first["mn"], first["has_password"], first["has_sm4_key"], first["tags"]) == ("MN1", True, False, 1)
    assert (second["mn"], second["has_password"], second["has_sm4_key"], second["tags"]) == ("MN2", False, True, 0)
    assert (first["ignored"], first["online"], second["online"]) == (["*/*-Min"], True, None)
    assert quirks == early
    assert quirks == [
        {
            "enterprise": "hx-coking",
            "device": "MN1",
            "day": "2026-11-02",
            "quirk": "crc_lower_case",
            "frames": 7,
            "chinese": "CRC 使用小写字母",
            "english": "the CRC is written in lower case",
        }
    ]
    assert [(s["sender"], s["payload_size"], s["payload_base64"]) for s in strays] == [("MN9", 9000, "IyMwMA==")]
