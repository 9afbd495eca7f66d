"""Limits over HTTP: seen as they are, edited without losing what was said, refused in clear words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
BEARER = {"Authorization": f"Bearer {TOKEN}"}

PERMIT: dict[str, Any] = {
    "enterprise": "hx-coking",
    "outlet": "S1",
    "quantity": "so2",
    "kind": "legal",
    "averaging": "hour",
    "value": 30,
    "unit": "mg/m3",
    "standard": "排污许可证",
    "clause": "表 5",
    "source": "许可证平台",
    "status": "permit",
    "enabled": True,
    "valid_from": "2026-11-01",
    "author": "张三",
    "reason": "登记",
}
CONFIRMED = {"author": "李四", "reason": "已核对原文", "status": "law", "source": "正式文本第 6 页"}


@pytest.fixture
async def shipped(city: Database) -> Database:
    """Three shipped rows: an enabled one, a draft, and one of a process that nobody here runs. Ids 1 to 3."""
    async with city.transaction() as connection:
        for process, quantity, kind, status, enabled in [
            ("coke_oven_stack", "so2", "ule", "policy", True),
            ("coke_oven_stack", "nox", "legal", "draft", False),
            ("boiler", "nox", "legal", "law", True),
        ]:
            await connection.execute(
                "insert into emission_limit (origin, preset, process, quantity, kind, averaging, region, value, unit,"
                " decimals, reference_o2_pct, exempt_process, standard, clause, source, confidence, status, enabled,"
                " valid_from, author, reason, created_at) values ('preset', %(preset)s, %(process)s, %(quantity)s,"
                " %(kind)s, 'hour', 'any', 150, 'mg/m3', 0, 8, '{}', '标准', '表1', '文本', 'KH', %(status)s,"
                " %(enabled)s, '2024-01-19', 'plantwatch', '', %(at)s)",
                {
                    "preset": f"{process}.{quantity}.{kind}",
                    "process": process,
                    "quantity": quantity,
                    "kind": kind,
                    "status": status,
                    "enabled": enabled,
                    "at": HOUR_AT,
                },
            )
    return city


async def _effective(http: httpx.AsyncClient, **params: str) -> dict[tuple[str, str], dict[str, Any]]:
    question = {"enterprise": "hx-coking", "outlet": "S1", "on": "2026-11-02", **params}
    response = await http.get("/v1/limits/effective", params=question)
    assert response.status_code == 200, response.text
    return {(item["quantity"], item["kind"]): item for item in response.json()["items"]}


async def test_drafts_are_visible_as_such(client: Client, shipped: Database) -> None:
    async with client() as http:
        rows = (await http.get("/v1/limits")).json()["items"]
        drafts = (await http.get("/v1/limits", params={"status": "draft"})).json()["items"]
        boilers = (await http.get("/v1/limits", params={"process": "boiler", "enabled": "true"})).json()["items"]
        assert_problem(await http.get("/v1/limits/99"), 404, "not-found")
    assert [row["limit_id"] for row in rows] == [1, 2, 3]
    (draft,) = drafts
    assert (draft["enabled"], draft["status_word"], draft["confidence"]) == (False, "草案，待核对", "KH")
    assert (draft["standard"], draft["clause"], draft["source"]) == ("标准", "表1", "文本")
    assert (draft["valid_from"], draft["valid_to"], draft["reference_o2_pct"]) == ("2024-01-19", None, 8.0)
    assert [row["limit_id"] for row in boilers] == [3]


async def test_an_outlets_own_limit_wins_and_says_why(client: Client, shipped: Database) -> None:
    async with client() as http:
        before = await _effective(http)
        made = await http.post("/v1/limits", json={**PERMIT, "kind": "ule", "value": 25.5, "decimals": 1})
        assert made.status_code == 201, made.text
        after = await _effective(http)
        earlier = await _effective(http, on="2026-10-31")
        assert_problem(
            await http.get("/v1/limits/effective", params={"enterprise": "hx-coking", "outlet": "S9"}), 404, "not-found"
        )
    assert before["so2", "ule"]["limit"]["limit_id"] == 1
    assert before["nox", "legal"]["limit"] is None  # a draft: no limit holds, and it is said which row says so
    assert "已停用" in before["nox", "legal"]["why"]
    won = after["so2", "ule"]
    assert (won["limit"]["value"], won["limit"]["origin"], won["limit"]["author"]) == (25.5, "operator", "张三")
    assert [row["limit_id"] for row in won["overruled"]] == [1]
    assert "排口自己" in won["why"]
    assert earlier["so2", "ule"]["limit"]["limit_id"] == 1  # not valid yet
    assert ("nox", "legal") in after
    assert not any(item["process"] == "boiler" for item in [won["winner"], *won["overruled"]])


async def test_an_edit_supersedes_and_both_stay(client: Client, shipped: Database) -> None:
    async with client() as http:
        first = (await http.post("/v1/limits", json=PERMIT)).json()
        second = (await http.post("/v1/limits", json={**PERMIT, "value": 35, "reason": "许可证变更"})).json()
        assert [row["value"] for row in second["history"]] == [35.0, 30.0]
        old = (await http.get(f"/v1/limits/{first['limit_id']}")).json()
        current = (await http.get("/v1/limits", params={"outlet": "S1"})).json()["items"]
        then = {"as_known_at": (HOUR_AT - timedelta(days=1)).isoformat()}
        assert (await http.get("/v1/limits", params=then)).json()["items"] == []
    assert old["superseded_at"] == "2026-11-02T03:00:00Z"
    assert [row["limit_id"] for row in current] == [second["limit_id"]]
    async with shipped.transaction() as connection:
        work = await fetch_all(connection, "select kind, key, at from rule_work", {})
    # periods since the limit began are to be judged again: local midnight of 2026-11-01
    assert {(row["kind"], row["key"], row["at"]) for row in work} == {("register", 1, HOUR_AT - timedelta(hours=32))}


async def test_a_draft_is_enabled_with_its_original_and_disabled_again(client: Client, shipped: Database) -> None:
    async with client() as http:
        assert_problem(await http.post("/v1/limits/2/disable", json={"author": "a", "reason": "b"}), 409, "conflict")
        enabled = await http.post("/v1/limits/2/enable", json=CONFIRMED)
        assert enabled.status_code == 200, enabled.text
        row = enabled.json()
        assert (row["origin"], row["preset"], row["status"]) == ("operator", "coke_oven_stack.nox.legal", "law")
        assert row["source"] == "正式文本第 6 页"
        assert (await _effective(http))["nox", "legal"]["limit"]["limit_id"] == row["limit_id"]
        # the shipped row is overruled; who enables it once more is told by which
        again = assert_problem(await http.post("/v1/limits/2/enable", json=CONFIRMED), 409, "conflict")
        assert f"限值 {row['limit_id']}" in again["detail"]
        assert_problem(await http.post(f"/v1/limits/{row['limit_id']}/enable", json=CONFIRMED), 409, "conflict")
        disabled = await http.post(f"/v1/limits/{row['limit_id']}/disable", json={"author": "王五", "reason": "复核"})
        assert disabled.json()["enabled"] is False
        assert (await _effective(http))["nox", "legal"]["limit"] is None
        gone = assert_problem(
            await http.post(f"/v1/limits/{row['limit_id']}/disable", json={"author": "a", "reason": "b"}),
            409,
            "conflict",
        )
        assert "已被新的记录替换" in gone["detail"]


#: (what is changed in PERMIT, the field at fault, what is said); ABSENT is left out.
ABSENT = "..."
FAULTY: list[tuple[dict[str, Any], str, str]] = [
    ({"unit": None}, "unit", "取值之一"),
    ({"unit": ABSENT}, "unit", "必填"),
    ({"unit": "mg"}, "unit", "取值之一"),
    ({"status": "draft"}, "enabled", "不能启用"),
    ({"averaging": "single", "reference_o2_pct": 8}, "reference_o2_pct", "任意一次浓度值不折算"),
    ({"averaging": "year"}, "unit", "以 t 计"),
    ({"outlet": None, "enterprise": None, "process": "sauna"}, "process", "没有这个工序"),
    ({"quantity": "phlogiston"}, "quantity", "没有这个污染物"),
    ({"process": "coke_oven_stack"}, "process", "只给 process"),
    ({"valid_to": "2026-10-31"}, "valid_to", "不早于"),
    ({"exempt_process": ["lunch"]}, "exempt_process", "没有工况标记"),
    ({"reference_o2_pct": 21}, "reference_o2_pct", "21"),
    ({"value": 0}, "value", "0"),
    ({"author": " "}, "author", "符合"),
    ({"colour": "red"}, "colour", "没有这个字段"),
]


async def test_a_faulty_limit_is_told_its_fault(client: Client, shipped: Database) -> None:
    async with client() as http:
        for changes, field, said in FAULTY:
            body = {name: value for name, value in (PERMIT | changes).items() if value != ABSENT}
            problem = assert_problem(await http.post("/v1/limits", json=body), 422, "validation")
            fault = next(item for item in problem["errors"] if item["name"].startswith(field))
            assert said in fault["expected"], changes
            assert fault["in"] == "body"
        assert len((await http.get("/v1/limits")).json()["items"]) == 3


async def test_an_overlap_names_the_other_row(client: Client, shipped: Database) -> None:
    async with client() as http:
        first = (await http.post("/v1/limits", json=PERMIT)).json()["limit_id"]
        for valid_from, valid_to in [("2026-12-01", None), ("2026-10-01", "2026-11-01"), ("2026-10-01", None)]:
            body = {**PERMIT, "valid_from": valid_from, "valid_to": valid_to}
            problem = assert_problem(await http.post("/v1/limits", json=body), 409, "conflict")
            assert f"限值 {first}（2026-11-01" in problem["detail"]
        before = {**PERMIT, "valid_from": "2026-10-01", "valid_to": "2026-10-31"}
        assert (await http.post("/v1/limits", json=before)).status_code == 201
        assert_problem(await http.post("/v1/limits", json={**PERMIT, "outlet": "S9"}), 404, "not-found")
        assert_problem(await http.post("/v1/limits", json={**PERMIT, "preset": "none"}), 404, "not-found")


async def test_a_rate_stands_beside_a_concentration(client: Client, shipped: Database) -> None:
    rate = {**PERMIT, "value": 12.5, "decimals": 1, "unit": "kg/h"}
    async with client() as http:
        first = (await http.post("/v1/limits", json=PERMIT)).json()
        made = await http.post("/v1/limits", json=rate)
        assert made.status_code == 201, made.text
        assert len(made.json()["history"]) == 1
        question = {"enterprise": "hx-coking", "outlet": "S1", "on": "2026-11-02"}
        items = (await http.get("/v1/limits/effective", params=question)).json()["items"]
        current = (await http.get("/v1/limits", params={"outlet": "S1"})).json()["items"]
    assert [row["limit_id"] for row in current] == [first["limit_id"], made.json()["limit_id"]]
    of_permit = [item for item in items if item["quantity"] == "so2" and item["kind"] == "legal"]
    assert [(item["limit"]["value"], item["limit"]["unit"], item["overruled"]) for item in of_permit] == [
        (30.0, "mg/m3", []),
        (12.5, "kg/h", []),
    ]


async def test_an_enterprise_sees_what_holds_for_it_and_edits_nothing(client: Client, shipped: Database) -> None:
    async with client(token=TOKEN) as http:
        mine = (await http.post("/v1/limits", json=PERMIT, headers=BEARER)).json()["limit_id"]
        theirs = {**PERMIT, "enterprise": "ly-chem", "outlet": "K1"}
        async with shipped.transaction() as connection:
            await connection.execute(
                "insert into outlet (enterprise_id, code, name, process, in_service_from)"
                " values (2, 'K1', '锅炉', 'boiler', '2026-01-01')"
            )
        other = (await http.post("/v1/limits", json=theirs, headers=BEARER)).json()["limit_id"]
        seen = (await http.get("/v1/limits", auth=HX)).json()["items"]
        assert [row["limit_id"] for row in seen] == [1, 2, mine]  # its process's and its own; no boiler there
        assert (await http.get(f"/v1/limits/{mine}", auth=HX)).status_code == 200
        assert (await http.get("/v1/limits/1", auth=HX)).status_code == 200
        assert_problem(await http.get(f"/v1/limits/{other}", auth=HX), 403, "forbidden")
        foreign = {"enterprise": "ly-chem", "outlet": "K1"}
        assert_problem(await http.get("/v1/limits/effective", params=foreign, auth=HX), 403, "forbidden")
        assert_problem(await http.post("/v1/limits", json=PERMIT, auth=HX), 403, "forbidden")
        for act in ("disable", "enable"):
            assert_problem(await http.post(f"/v1/limits/{mine}/{act}", json=CONFIRMED, auth=HX), 403, "forbidden")
