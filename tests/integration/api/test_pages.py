"""Walking any list in pages of any size gives every row once, in the order of the whole."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import httpx
import pytest

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, Client, assert_problem, insert_finding

ROWS = 37
SPAN = "from=2026-11-01T00:00:00Z&to=2026-11-04T00:00:00Z"
LISTS = [
    "/v1/enterprises",
    "/v1/points",
    f"/v1/readings?enterprise=hx-coking&point=S1-SO2&{SPAN}",
    f"/v1/hourly?enterprise=hx-coking&point=S1-SO2&{SPAN}",
    "/v1/rules",
    "/v1/findings",
    "/v1/findings?as_known_at=2026-11-02T01:30:00Z",
    "/v1/alerts",
    "/v1/coverage?day=2026-11-01",
    "/v1/coverage",
    "/v1/coverage/gaps",
    "/v1/emissions?month=2026-11",
    "/v1/ldar",
    "/v1/ldar/tests",
    "/v1/ldar/tests?history=true",
    "/v1/leaks",
    "/v1/ldar/repairs",
    "/v1/ldar/delays",
    "/v1/ldar/events",
    "/v1/ldar/calibrations",
    "/v1/ldar/instruments",
    "/v1/ldar/testers",
    "/v1/limits",
    "/v1/limits?as_known_at=2026-11-02T00:00:00Z",
    "/v1/marks",
    "/v1/meter-changes",
    "/v1/marks/automatic?from=2026-11-01T00:00:00Z&to=2026-11-04T00:00:00Z",
    "/v1/targets",
    "/v1/accounting",
    "/v1/rejects",
    "/v1/gateways",
    "/v1/stations",
    "/v1/quirks",
    "/v1/strays",
]


@pytest.fixture
async def many(city: Database) -> Database:
    """ROWS of everything, with equal sort keys wherever the key allows them."""
    statements = [
        "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
        " select 'e-' || n, 'n', 'wuda', 'i', true, '2026-11-01' from generate_series(1, %(rows)s) n",
        "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, in_service_from)"
        " select e, 'X-' || n, 'n', 'state', 'q', 'u', 60, '2026-11-01'"
        " from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into outlet (enterprise_id, code, name, process, in_service_from)"
        " select 1, 'O-' || n, 'n', 'boiler', '2026-01-01' from generate_series(0, %(rows)s - 1) n",
        "insert into reading select 1, %(at)s + n * interval '1 minute', n, 'N', 1, %(at)s"
        " from generate_series(1, %(rows)s) n",
        "insert into correction (point_id, measured_at, value, source_flag, qc_flag, received_at)"
        " select 1, %(at)s + n * interval '1 minute', -n, 'N', 1, %(at)s from generate_series(1, %(rows)s, 2) n",
        "insert into hourly select 1, %(at)s - n * interval '1 hour', n, null, 60, 60, 60, n, n, n, n,"
        ' \'{"C": 3, "N": 50, "M": 7}\', \'{}\', null, %(at)s from generate_series(0, %(rows)s / 2) n',
        "insert into rule select 'r-' || n, 1, 'p', 't', 'e', 's', 'c', 'law', 'issued', 'high', true, 'info', '{}'"
        " from generate_series(1, %(rows)s) n",
        "insert into emission_limit (origin, process, quantity, kind, averaging, region, value, unit, decimals,"
        " exempt_process, standard, clause, source, confidence, status, enabled, valid_from, author, reason,"
        " created_at) select 'site', 'boiler', 'so2', 'ule', 'hour', 'any', n, 'mg/m3', 0, '{}', 's', 'c', 't', 'site',"
        " 'law', true, date '2020-01-01' + n, 'a', '', %(at)s from generate_series(1, %(rows)s) n",
        "insert into meter_change (point_id, changed_at, old_final, new_initial, author, reason, created_at)"
        " select 3, %(at)s - n * interval '1 hour', 1, 1, 'a', 'r', %(at)s from generate_series(1, %(rows)s) n",
        "insert into mark (enterprise_id, outlet_id, dimension, kind, start_at, end_at, origin, author, reason,"
        " created_at) select 1, 1, 'process', 'stopped', %(at)s, %(at)s + interval '1 hour', 'manual', 'a', 'r', %(at)s"
        " from generate_series(1, %(rows)s) n",
        "insert into target select 'X' || n, 'd', 's', 'i', '', 1, '', 1, 1, '', 'water', 'auto', '', ''"
        " from generate_series(1, %(rows)s) n",
        "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from)"
        " select e, 'C/' || n, 'n', 'u', 'valve', 'gas', '2026-01-01'"
        " from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into leak_test (component_id, tested_at, revision, net_umol_mol, received_at)"
        " select component_id, %(at)s, revision, 1, %(at)s from component, generate_series(0, 1) revision",
        "insert into leak (component_id, found_at, net_umol_mol, visible, state)"
        " select component_id, %(at)s, 9000, false, 'found' from component",
        "insert into repair (component_id, repaired_at, measure, author, origin, received_at)"
        " select component_id, %(at)s, 'm', 'a', 'api', %(at)s from component",
        "insert into repair_delay (component_id, found_at, filed_at, ground, repair_by, document, author, origin,"
        " received_at) select component_id, %(at)s, %(at)s, 'shutdown', '2027-01-01', 'd', 'a', 'api', %(at)s"
        " from component",
        "insert into component_event (enterprise_id, kind, component_id, happened_at, author, origin, received_at)"
        " select enterprise_id, 'restart', component_id, %(at)s, 'a', 'mqtt', %(at)s from component",
        "insert into instrument (enterprise_id, serial, in_use_from)"
        " select e, 's' || n, '2026-01-01' from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into instrument_calibration (instrument_id, done_at, kind, expected, shown, author, origin,"
        " received_at) select instrument_id, %(at)s, 'zero', 0, 1, 'a', 'file', %(at)s from instrument",
        "insert into leak_tester (enterprise_id, name, in_service_from)"
        " select e, 't' || n, '2026-01-01' from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into station (enterprise_id, mn, name, gateway, edition, profile, crc, missing_flag, ignored,"
        " in_service_from) select e, 'MN-' || e || '-' || n, 'n', 'g' || n, '2017', 'strict', 'hj212', 'refuse', '{}',"
        " '2026-01-01' from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into tolerated_quirk select e, 'd' || n, date '2026-10-01' - n / 9, 'q', 1"
        " from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into stray_message (door, sender, topic, received_at, payload, payload_size, reason)"
        " select 'hj212', 'm', '', %(at)s, '', 0, 'unknown_station' from generate_series(1, %(rows)s) n",
        "insert into accounting (enterprise_id, day, shard) select e, date '2026-10-01' - n, 0"
        " from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into refused_message (enterprise_id, client_id, topic, received_at, payload, payload_size)"
        " select 1, 'c', 't', %(at)s, '', 0 from generate_series(1, %(rows)s)",
        "insert into refusal select message_id, 'bad_topic', 1, 'x', 'y' from refused_message where message_id > 3",
        "insert into gateway_status select e, 'h' || n, true, %(at)s"
        " from generate_series(1, 2) e, generate_series(1, %(rows)s) n",
        "insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,"
        " detected_at, last_seen_at, finding_id) select 'r', 'rule:' || n, 1, 'info', 'firing', 't', 's', '{}', %(at)s,"
        " %(at)s, %(at)s, 1 from generate_series(1, %(rows)s) n",
    ]
    async with city.transaction() as connection:
        for number in range(ROWS):
            await insert_finding(connection, subject=f"outlet:hx-coking/S{number}")  # all of one hour
            await insert_finding(connection, rule_id="ule.hourly", subject=f"pollutant:hx-coking/O-{number}/so2")
            await insert_finding(
                connection,
                rule_id="water.meter_installation_rate",
                subject=f"enterprise:e-{number}",
                enterprise_id=None,
                period_start=HOUR_AT - timedelta(hours=32),
                period_end=HOUR_AT - timedelta(hours=8),
            )
        await insert_finding(
            connection,
            rule_id="water.meter_installation_rate",
            subject="city:wuhai",
            enterprise_id=None,
            period_start=HOUR_AT - timedelta(hours=32),
            period_end=HOUR_AT - timedelta(hours=8),
        )
        for statement in statements:
            await connection.execute(statement, {"rows": ROWS, "at": HOUR_AT})
    return city


async def _walk(http: httpx.AsyncClient, path: str, chance: random.Random) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    cursor = None
    joiner = "&" if "?" in path else "?"
    for _ in range(1000):
        limit = chance.randint(1, 20)
        more = f"&cursor={cursor}" if cursor else ""
        response = await http.get(f"{path}{joiner}limit={limit}{more}")
        assert response.status_code == 200, response.text
        page = response.json()
        assert 0 < len(page["items"]) <= limit
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return seen
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_pages_add_up_to_the_whole(client: Client, many: Database, seed: int) -> None:
    chance = random.Random(seed)
    async with client() as http:
        for path in LISTS:
            whole = (await http.get(f"{path}{'&' if '?' in path else '?'}limit=1000")).json()
            assert whole["next_cursor"] is None
            assert len(whole["items"]) >= ROWS // 2, path
            assert await _walk(http, path, chance) == whole["items"], path


async def test_rows_that_arrive_while_walking_neither_hide_nor_repeat_others(client: Client, many: Database) -> None:
    async with client() as http:
        before = (await http.get("/v1/rejects?limit=1000")).json()["items"]
        first = (await http.get("/v1/rejects?limit=10")).json()
        async with many.transaction() as connection:
            await connection.execute(
                "insert into refused_message (enterprise_id, client_id, topic, received_at, payload, payload_size)"
                " values (1, 'c', 't', %(at)s, '', 0)",
                {"at": HOUR_AT},
            )
        rest = (await http.get(f"/v1/rejects?limit=1000&cursor={first['next_cursor']}")).json()
    assert first["items"] + rest["items"] == before


async def test_a_page_that_the_last_row_fills_has_no_next(client: Client) -> None:
    async with client() as http:
        page = (await http.get("/v1/enterprises?limit=2")).json()
    assert len(page["items"]) == 2
    assert page["next_cursor"] is None


async def test_a_cursor_fits_its_own_question_only(client: Client, many: Database) -> None:
    async with client() as http:
        cursor = (await http.get("/v1/findings?limit=1")).json()["next_cursor"]
        for path in ("/v1/findings?verdict=violation", "/v1/alerts?limit=1", f"/v1/findings?cursor={cursor[:-1]}"):
            joiner = "" if "cursor=" in path else f"&cursor={cursor}"
            problem = assert_problem(await http.get(path + joiner), 422, "validation")
            assert problem["errors"][0]["name"] == "cursor"
        assert (await http.get(f"/v1/findings?limit=7&cursor={cursor}")).status_code == 200
