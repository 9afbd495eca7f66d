"""Signs of false data by outlet: what was seen is added up, what was not is shown as zero."""

from __future__ import annotations

from datetime import timedelta

import httpx

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem, insert_finding

DAY_AT = HOUR_AT - timedelta(hours=8)


async def _seen(city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute(
            "insert into outlet (enterprise_id, code, name, process, in_service_from)"
            " values (1, 'S2', '装煤', 'charging', '2026-01-01'), (2, 'K1', '锅炉', 'boiler', '2026-01-01');"
            "insert into rule select 'sign.' || n, 1, 'signs', 'sign ' || n, 'sign', '', '', 'platform', '', '', true,"
            " 'info', '{}' from unnest(array['flatline', 'qn']) n"
        )
        for rule, outlet, ago, verdict, weight in [
            ("flatline", "S1", 0, "violation", 3),
            ("flatline", "S1", 1, "violation", 3),
            ("qn", "S1", 1, "violation", 0.5),
            ("qn", "S1", 40, "violation", 0.5),  # too long ago
            ("qn", "S2", 0, "compliant", 0.5),
        ]:
            await insert_finding(
                connection,
                rule_id=f"sign.{rule}",
                subject=f"outlet:hx-coking/{outlet}",
                period_start=DAY_AT - timedelta(days=ago),
                period_end=DAY_AT - timedelta(days=ago - 1),
                verdict=verdict,
                reason="seen" if verdict == "violation" else "not_seen",
                evidence=f'{{"weight": {weight}}}',
            )


async def test_scores_add_up_what_was_seen(client: Client, city: Database) -> None:
    await _seen(city)
    async with client() as http:
        page = (await http.get("/v1/signs", params={"day": "2026-11-02"})).json()
        first = (await http.get("/v1/signs", params={"limit": 1})).json()
        rest = (await http.get("/v1/signs", params={"limit": 1, "cursor": first["next_cursor"]})).json()
        one_day = (await http.get("/v1/signs", params={"day": "2026-11-02", "days": 1, "outlet": "S1"})).json()
        findings = (await http.get(page["items"][0]["signs"][0]["findings"])).json()["items"]
    assert (page["from_day"], page["to_day"]) == ("2026-10-04", "2026-11-02")
    assert [(item["outlet"], item["score"], item["seen_days"]) for item in page["items"]] == [
        ("S1", 6.5, 2),
        ("S2", 0.0, 0),
    ]
    assert [(sign["rule_id"], sign["weight"], sign["days"]) for sign in page["items"][0]["signs"]] == [
        ("sign.flatline", 6.0, 2),
        ("sign.qn", 0.5, 1),
    ]
    assert page["items"][0]["signs"][0]["last_day"] == "2026-11-02"
    assert len(findings) == 2
    assert first["items"] + rest["items"] == page["items"]
    assert [item["score"] for item in one_day["items"]] == [3.0]


async def test_signs_are_the_bureaus(client: Client, city: Database) -> None:
    async with client(token=TOKEN, auth=httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])) as http:
        assert_problem(await http.get("/v1/signs"), 403, "forbidden")


async def _seen_in_leak_tests(city: Database) -> int:
    """Id of the finding of one instrument at two enterprises."""
    async with city.transaction() as connection:
        await connection.execute(
            "insert into rule select 'ldar.sign_' || n, 1, 'ldar_signs', 'sign ' || n, 'sign', '', '', 'platform', '',"
            " '', true, 'warning', '{}' from unnest(array['speed', 'ledger', 'two_places']) n"
        )
        for rule, code, ago, verdict, reason, evidence in [
            ("speed", "hx-coking", 0, "violation", "fast", "{}"),
            ("speed", "hx-coking", 1, "violation", "impossible", "{}"),
            ("speed", "hx-coking", 2, "undetermined", "too_few_records", "{}"),
            ("speed", "hx-coking", 200, "violation", "fast", "{}"),
            ("ledger", "hx-coking", 9, "violation", "untested", '{"campaign": "C1"}'),
            ("two_places", "hx-coking", 0, "violation", "two_places", '{"seen": [], "bureau_only": {"a": 1}}'),
            ("speed", "ly-chem", 0, "compliant", "no_sign", "{}"),
        ]:
            await insert_finding(
                connection,
                rule_id=f"ldar.sign_{rule}",
                subject=f"enterprise:{code}",
                period_start=DAY_AT - timedelta(days=ago),
                period_end=DAY_AT - timedelta(days=ago - 1),
                verdict=verdict,
                reason=reason,
                evidence=evidence,
            )
        cursor = await connection.execute("select max(finding_id) from finding where rule_id = 'ldar.sign_two_places'")
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def test_signs_in_leak_tests_are_listed_by_enterprise(client: Client, city: Database) -> None:
    await _seen_in_leak_tests(city)
    async with client() as http:
        page = (await http.get("/v1/signs/ldar", params={"day": "2026-11-02"})).json()
        first = (await http.get("/v1/signs/ldar", params={"day": "2026-11-02", "limit": 1})).json()
        asked = {"day": "2026-11-02", "limit": 1, "cursor": first["next_cursor"]}
        rest = (await http.get("/v1/signs/ldar", params=asked)).json()
        one = (await http.get("/v1/signs/ldar", params={"day": "2026-11-02", "enterprise": "ly-chem"})).json()
        findings = (await http.get(page["items"][0]["signs"][0]["findings"])).json()["items"]
    assert (page["from_day"], page["to_day"]) == ("2026-08-03", "2026-11-02")
    assert [(item["enterprise"], item["seen"], item["judged"]) for item in page["items"]] == [
        ("hx-coking", 4, 4),
        ("ly-chem", 0, 1),
    ]
    signs = page["items"][0]["signs"]
    assert [(sign["rule_id"], sign["times"], sign["last_reason"], sign["last_campaign"]) for sign in signs] == [
        ("ldar.sign_speed", 2, "fast", None),
        ("ldar.sign_ledger", 1, "untested", "C1"),
        ("ldar.sign_two_places", 1, "two_places", None),
    ]
    assert len(findings) == 2
    assert first["items"] + rest["items"] == page["items"]
    assert [item["enterprise"] for item in one["items"]] == ["ly-chem"]


async def test_an_enterprise_does_not_read_of_others_in_its_own_evidence(client: Client, city: Database) -> None:
    finding_id = await _seen_in_leak_tests(city)
    async with client() as http:
        bureau = (await http.get(f"/v1/findings/{finding_id}")).json()["evidence"]
    async with client(token=TOKEN, auth=httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])) as http:
        own = (await http.get(f"/v1/findings/{finding_id}")).json()["evidence"]
        assert_problem(await http.get("/v1/signs/ldar"), 403, "forbidden")
    assert bureau == {"seen": [], "bureau_only": {"a": 1}}
    assert own == {"seen": []}
