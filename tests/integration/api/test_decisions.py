"""Decisions on shipped rules over HTTP: written down with who and why, refused when they make no sense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem

DECISION: dict[str, Any] = {
    "effective_from": "2026-11-02",
    "enabled": True,
    "params": {"min_valid_hours": 18},
    "author": "张三",
    "reason": "口径一致",
    "source": "会议纪要",
}
PATH = "/v1/rules/legal.daily/decisions"


async def test_a_decision_is_written_down_and_leaves_work(client: Client, city: Database) -> None:
    async with client() as http:
        made = await http.post(PATH, json=DECISION)
        assert made.status_code == 201, made.text
        off = (await http.post(PATH, json=DECISION | {"enabled": False, "params": {}})).json()
        listed = (await http.get(PATH)).json()["items"]
        first = (await http.get(PATH, params={"limit": 1})).json()
        rest = (await http.get(PATH, params={"limit": 1, "cursor": first["next_cursor"]})).json()
        assert (await http.get("/v1/rules/legal.single/decisions")).json()["items"] == []
    decision = made.json()
    assert (decision["version"], decision["params"]) == (1000 + decision["decision_id"], {"min_valid_hours": 18})
    assert (decision["author"], decision["created_at"]) == ("张三", "2026-11-02T03:00:00Z")
    assert listed == [off, decision] == first["items"] + rest["items"]
    async with city.transaction() as connection:
        work = await fetch_all(connection, "select key, at from rule_work where kind = 'register'", {})
    assert {(row["key"], row["at"]) for row in work} == {
        (1, HOUR_AT - timedelta(hours=8)),
        (2, HOUR_AT - timedelta(hours=8)),
    }


async def test_a_decision_that_makes_no_sense_is_refused(client: Client) -> None:
    faulty: list[tuple[dict[str, Any], str]] = [
        ({"params": {"min_valid_hours": 99}}, "params.min_valid_hours"),
        ({"params": {"colour": "red"}}, "params.colour"),
        ({"params": {"min_valid_hours": "\x00"}}, "params"),
        ({"effective_from": "yesterday"}, "effective_from"),
        ({"author": " "}, "author"),
        ({"source": ""}, "source"),
        ({"colour": "red"}, "colour"),
    ]
    async with client() as http:
        for changes, field in faulty:
            problem = assert_problem(await http.post(PATH, json=DECISION | changes), 422, "validation")
            assert [item["name"] for item in problem["errors"]] == [field], changes
        nan = '{"effective_from": "2026-11-02", "enabled": true, "params": {"x": NaN}, "author": "a", "reason": "b",'
        sent = await http.post(PATH, content=nan + ' "source": "c"}', headers={"content-type": "application/json"})
        assert sent.status_code in (400, 422)
        # the month would count hours that nobody judges any more
        without_hours = DECISION | {"enabled": False, "params": {}}
        refused = await http.post("/v1/rules/ule.hourly/decisions", json=without_hours)
        (fault,) = assert_problem(refused, 422, "validation")["errors"]
        assert fault["name"] == "enabled"
        assert "ule.monthly 统计 ule.hourly" in fault["expected"]
        assert_problem(await http.post("/v1/rules/none/decisions", json=DECISION), 404, "not-found")
        assert_problem(await http.get("/v1/rules/none/decisions"), 404, "not-found")
        assert (await http.get(PATH)).json()["items"] == []


async def test_an_enterprise_decides_nothing(client: Client) -> None:
    async with client(token=TOKEN, auth=httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])) as http:
        assert_problem(await http.post(PATH, json=DECISION), 403, "forbidden")
        assert_problem(await http.get(PATH), 403, "forbidden")
