"""Leaks over HTTP: what is left of each term, who sees which, and all that was said of one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.periods import day_start
from storage.database import Connection, Database
from storage.leaks import derive
from tests.integration.api.conftest import NOW, PASSWORDS, TOKEN, Client, assert_problem, insert_finding

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DAY = timedelta(days=1)
FOUND = NOW - 6 * DAY  # 27 October; the first attempt was due on 1 November, the repair is on 11 November


async def probe(connection: Connection, component: int, at: Any, net: float, purpose: str, revision: int = 0) -> None:
    await connection.execute(
        "insert into leak_test (component_id, tested_at, net_umol_mol, purpose, revision, received_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        (component, at, net, purpose, revision, at),
    )


async def term(connection: Connection, rule_id: str, step: str, code: str, verdict: str, reason: str, due: Any) -> None:
    evidence = {"step": step, "due_on": due.isoformat(), "definition_umol_mol": 5000.0, "key_region": False,
                "is_leak": {"other": True, "key_region": True}}  # fmt: skip
    await insert_finding(
        connection,
        rule_id=rule_id,
        subject=f"component:{code}",
        period_start=FOUND,
        period_end=day_start(due + DAY),
        verdict=verdict,
        reason=reason,
        value=None,
        limit_value=None,
        evidence=json.dumps(evidence),
    )


@pytest.fixture
async def works(city: Database) -> Database:
    async with city.transaction() as connection:
        for rule_id in ("ldar.first_attempt", "ldar.repair"):
            await connection.execute(
                "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,"
                " confidence, enabled, severity, definition) values (%s, 1, 'ldar_repair', '泄漏', 'leak_repair',"
                " 'GB 37822-2019', '8.4', 'law', '现行', 'V', true, 'warning', '{}')",
                (rule_id,),
            )
        await connection.execute(
            "insert into installation (enterprise_id, code, name, in_service_from)"
            " values (1, 'BJQ', '苯加氢', '2020-01-01');"
            "insert into process_unit (installation_id, code, name) values (1, 'U1', '苯加氢');"
            "update component set unit_id = 1, tag = '1203-007' where code = 'V-1'"
        )
        await probe(connection, 1, FOUND, 6000.0, "routine")
        await probe(connection, 1, FOUND - 30 * DAY, 10.0, "routine")  # has nothing to do with it
        await probe(connection, 2, FOUND + DAY, 9000.0, "routine")
        await probe(connection, 2, FOUND + 2 * DAY, 20.0, "retest")
        await probe(connection, 2, FOUND + 2 * DAY, 25.0, "retest", 1)
        await probe(connection, 2, FOUND + 5 * DAY, 12.0, "routine")  # after it
        await probe(connection, 3, FOUND + 3 * DAY, 2500.0, "routine")
        await connection.execute(
            "insert into repair (component_id, repaired_at, measure, author, origin, received_at, superseded_at) values"
            " (2, %(at)s, '紧固', '王工', 'api', %(at)s, %(at)s), (2, %(at)s, '换垫片', '王工', 'api', %(at)s, null)",
            {"at": FOUND + 2 * DAY - timedelta(hours=1)},
        )
        await derive(connection, [1, 2, 3], NOW)
        due = (FOUND + 5 * DAY).date()
        await term(connection, "ldar.first_attempt", "attempt", "hx-coking/V-1", "violation", "overdue", due)
        await term(connection, "ldar.repair", "repair", "hx-coking/V-1", "compliant", "scheduled", due + 10 * DAY)
    return city


async def get(client: Client, path: str, *, auth: Any = None) -> httpx.Response:
    async with client(token=TOKEN, auth=auth, headers=None if auth else BEARER) as http:
        return await http.get(f"/v1/leaks{path}")


async def listed(client: Client, query: str = "", *, auth: Any = None) -> list[dict[str, Any]]:
    answer = await get(client, query, auth=auth)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def codes(client: Client, query: str, *, auth: Any = None) -> list[str]:
    return [item["component"] for item in await listed(client, query, auth=auth)]


async def test_leaks_with_the_days_that_are_left(works: Database, client: Client) -> None:
    foreign, closed, leak = await listed(client)
    assert (foreign["component"], foreign["terms"], foreign["overdue"]) == ("P/1", [], False)
    assert (closed["state"], closed["state_word"], closed["closed_net_umol_mol"]) == ("closed", "已修复", 25.0)
    assert (leak["component"], leak["installation"], leak["standard"]) == ("V-1", "BJQ", "GB37822")
    assert (leak["unit_name"], leak["tag"], leak["overdue"]) == ("苯加氢", "1203-007", True)
    attempt, repair = leak["terms"]
    assert (attempt["status"], attempt["due_on"], attempt["days_left"]) == ("overdue", "2026-11-01", -1)
    assert (repair["status"], repair["due_on"], repair["days_left"]) == ("scheduled", "2026-11-11", 9)
    assert repair["is_leak"] == {"other": True, "key_region": True}


async def test_filters(works: Database, client: Client) -> None:
    assert await codes(client, "?overdue=true") == ["V-1"]
    assert await codes(client, "?overdue=false") == ["P/1", "V-2"]
    assert await codes(client, "?open=true") == ["P/1", "V-1"]
    assert await codes(client, "?open=false") == ["V-2"]
    assert await codes(client, "?state=closed") == ["V-2"]
    assert await codes(client, "?component=P/1") == ["P/1"]
    assert await codes(client, "?enterprise=hx-coking") == ["V-2", "V-1"]
    assert await codes(client, "?from=2026-10-28T00:00:00Z&to=2026-10-29T00:00:00Z") == ["V-2"]
    assert_problem(await get(client, "?state=broken"), 422, "validation")


async def test_a_leak_with_all_that_was_said_of_it(works: Database, client: Client) -> None:
    _, closed, leak = await listed(client)
    one = (await get(client, f"/{closed['leak_id']}")).json()
    assert {key: one[key] for key in closed} == closed
    assert [(test["net_umol_mol"], test["current"]) for test in one["tests"]] == [
        (25.0, True),
        (20.0, False),
        (9000.0, True),
    ]
    assert [(repair["measure"], repair["superseded_at"] is None) for repair in one["repairs"]] == [
        ("换垫片", True),
        ("紧固", False),
    ]
    assert one["delays"] == []
    found = (await get(client, f"/{leak['leak_id']}")).json()
    assert [test["net_umol_mol"] for test in found["tests"]] == [6000.0]
    assert_problem(await get(client, "/99"), 404, "not-found")


async def test_an_enterprise_sees_its_own(works: Database, client: Client) -> None:
    foreign, _, leak = await listed(client)
    assert await codes(client, "", auth=HX) == ["V-2", "V-1"]
    assert (await get(client, f"/{leak['leak_id']}", auth=HX)).status_code == 200
    assert_problem(await get(client, f"/{foreign['leak_id']}", auth=HX), 403, "forbidden")
    assert_problem(await get(client, "?enterprise=ly-chem", auth=HX), 403, "forbidden")
