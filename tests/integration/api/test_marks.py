"""Marks over HTTP: who may say what of whose data, what is refused how, and what a mark did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem, insert_finding

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
BEARER = {"Authorization": f"Bearer {TOKEN}"}

MARK: dict[str, Any] = {
    "enterprise": "hx-coking",
    "outlet": "S1",
    "point": "S1-SO2",
    "dimension": "equipment",
    "kind": "maintenance",
    "start": "2026-11-02T08:10:00+08:00",
    "end": "2026-11-02T08:40:00+08:00",
    "author": "王工",
    "reason": "更换滤芯",
}
REJECTION = {"author": "李科长", "reason": "与台账不符"}


async def _mark(http: httpx.AsyncClient, changes: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    response = await http.post("/v1/marks", json=MARK | (changes or {}), **options)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_an_enterprise_marks_and_the_bureau_rejects(client: Client, city: Database) -> None:
    async with client(token=TOKEN) as http:
        made = await _mark(http, auth=HX)
        assert (made["author"], made["state"], made["kind_word"]) == ("hx-coking:王工", "effective", "日常维护")
        assert (made["start"], made["end"], made["origin"]) == (
            "2026-11-02T00:10:00Z",
            "2026-11-02T00:40:00Z",
            "manual",
        )
        path = f"/v1/marks/{made['mark_id']}"
        assert_problem(await http.post(f"{path}/reject", json=REJECTION, auth=HX), 403, "forbidden")
        assert_problem(await http.post(f"{path}/withdraw", json=REJECTION, headers=BEARER), 403, "forbidden")
        rejected = (await http.post(f"{path}/reject", json=REJECTION, headers=BEARER)).json()
        assert rejected["state"] == "rejected"
        assert rejected["decision"] == {**REJECTION, "decision": "rejected", "decided_at": "2026-11-02T03:00:00Z"}
        twice = assert_problem(await http.post(f"{path}/reject", json=REJECTION, headers=BEARER), 409, "conflict")
        assert "已由 李科长 驳回" in twice["detail"]
        assert_problem(await http.post(f"{path}/withdraw", json=REJECTION, auth=HX), 409, "conflict")
        listed = (await http.get("/v1/marks", auth=HX)).json()["items"]
        assert [(mark["mark_id"], mark["state_word"]) for mark in listed] == [(made["mark_id"], "已驳回")]
        assert (await http.get("/v1/marks?state=effective", auth=HX)).json()["items"] == []
        before = {"as_known_at": "2026-11-02T02:59:59Z"}
        assert (await http.get("/v1/marks", params=before, auth=HX)).json()["items"] == []
    async with city.transaction() as connection:
        dirty = await fetch_all(connection, "select point_id, hour_at from dirty_hour", {})
    assert {(row["point_id"], row["hour_at"]) for row in dirty} == {(1, HOUR_AT)}  # once made, once rejected


async def test_nobody_marks_or_sees_a_foreign_plant(client: Client) -> None:
    async with client(token=TOKEN) as http:
        made = await _mark(http, headers=BEARER)
        assert made["author"] == "王工"
        refused = assert_problem(await http.post("/v1/marks", json=MARK, auth=LY), 403, "forbidden")
        assert refused["detail"] == "企业账号只能标记本企业的数据"
        path = f"/v1/marks/{made['mark_id']}"
        assert_problem(await http.get(path, auth=LY), 403, "forbidden")
        assert_problem(await http.post(f"{path}/withdraw", json=REJECTION, auth=LY), 403, "forbidden")
        assert_problem(await http.get("/v1/marks?enterprise=hx-coking", auth=LY), 403, "forbidden")
        assert (await http.get("/v1/marks", auth=LY)).json()["items"] == []
        assert_problem(await http.post("/v1/marks", json=MARK), 401, "unauthorized")
        withdrawn = await http.post(f"{path}/withdraw", json={"author": "王工", "reason": "标错"}, auth=HX)
        assert (withdrawn.json()["state"], withdrawn.json()["decision"]["author"]) == ("withdrawn", "hx-coking:王工")


async def test_a_mark_takes_anothers_place_once(client: Client) -> None:
    async with client() as http:
        first = (await _mark(http))["mark_id"]
        longer = {"end": "2026-11-02T08:50:00+08:00"}
        overlap = assert_problem(await http.post("/v1/marks", json=MARK | longer), 409, "conflict")
        assert f"标记 {first}（" in overlap["detail"]
        second = await _mark(http, {**longer, "supersedes": first})
        assert [(mark["mark_id"], mark["state"]) for mark in second["chain"]] == [
            (first, "superseded"),
            (second["mark_id"], "effective"),
        ]
        seen = (await http.get(f"/v1/marks/{first}")).json()
        assert (seen["superseded_by"], len(seen["chain"])) == (second["mark_id"], 2)
        again = assert_problem(await http.post("/v1/marks", json=MARK | {"supersedes": first}), 409, "conflict")
        assert f"已被标记 {second['mark_id']} 取代" in again["detail"]


#: (what is changed in MARK, status, the field at fault or None, what is said)
FAULTY: list[tuple[dict[str, Any], int, str | None, str]] = [
    ({"end": "2026-11-02T08:10:00+08:00"}, 422, "end", "不晚于开始时间"),
    ({"kind": "lunch"}, 422, "kind", "calibration（校准）"),
    ({"kind": "start_up"}, 422, "kind", "calibration（校准）"),  # a kind of the other dimension
    ({"dimension": "process", "kind": "start_up"}, 422, "point", "整个排口"),
    ({"start": "2026-11-02T08:10:00"}, 422, "start", "带时区"),
    ({"start": "2026-01-01T00:00:00Z"}, 422, "end", "分段"),
    ({"start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00Z"}, 422, "start", "提前"),
    ({"dimension": "weather"}, 422, "dimension", "取值之一"),
    ({"reason": ""}, 422, "reason", "至少 1 个字符"),
    ({"point": "W-01"}, 404, None, "没有测点 W-01"),
    ({"outlet": "S9"}, 404, None, "没有排口 hx-coking/S9"),
    ({"enterprise": "nobody"}, 404, None, "没有排口 nobody/S1"),
    ({"supersedes": 99}, 404, None, "没有标记 99"),
]


async def test_a_faulty_mark_is_told_its_fault(client: Client) -> None:
    async with client() as http:
        for changes, status, field, said in FAULTY:
            response = await http.post("/v1/marks", json=MARK | changes)
            problem = assert_problem(response, status, "validation" if status == 422 else "not-found")
            if field is None:
                assert said in problem["detail"]
            else:
                fault = next(item for item in problem["errors"] if item["name"] == field)
                assert (fault["in"], said in fault["expected"]) == ("body", True), (changes, fault)
        assert (await http.get("/v1/marks")).json()["items"] == []


async def test_a_mark_shows_the_hours_and_verdicts_that_it_touched(client: Client, city: Database) -> None:
    async with client() as http:
        mark_id = (await _mark(http))["mark_id"]
        other = (await _mark(http, {"start": "2026-11-02T09:10:00+08:00", "end": "2026-11-02T09:40:00+08:00"}))[
            "mark_id"
        ]
        async with city.transaction() as connection:
            for hour, marks in enumerate(([mark_id], [other])):
                await connection.execute(
                    "insert into hourly (point_id, hour_at, valid_minutes, reading_count, valid_count, flag_counts,"
                    " marks, computed_at, marked_minutes, mark_ids)"
                    " values (1, %(at)s, 30, 60, 60, '{}', '{}', %(at)s, 30, %(ids)s)",
                    {"at": HOUR_AT + timedelta(hours=hour), "ids": marks},
                )
                await insert_finding(
                    connection,
                    subject="pollutant:hx-coking/S1/so2",
                    period_start=HOUR_AT + timedelta(hours=hour),
                    verdict="undetermined",
                    reason="too_few_valid_minutes",
                    evidence=f'{{"marks": {marks}}}',
                )
        detail = (await http.get(f"/v1/marks/{mark_id}")).json()
    assert detail["hours_total"] == 1
    assert detail["hours"] == [
        {
            "hour_at": "2026-11-02T00:00:00Z",
            "point": "S1-SO2",
            "marked_minutes": 30,
            "valid_minutes": 30,
            "reading_count": 60,
        }
    ]
    assert detail["findings_total"] == 1
    assert [(one["subject"], one["reason"]) for one in detail["findings"]] == [
        ("pollutant:hx-coking/S1/so2", "too_few_valid_minutes")
    ]


@pytest.fixture
async def flagged(city: Database) -> Database:
    """An hour with calibration and a fault, and an hour in which the source ran for three quarters."""
    async with city.transaction() as connection:
        await connection.execute(
            "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id,"
            " in_service_from) values (1, 'S1-RUN', '运行', 'state', 'running_state', '1', 60, 1, '2026-11-01')"
        )
        for point, hour, mean, flags in [(1, 0, 20.0, '{"N": 50, "C": 8, "D": 2}'), (5, 1, 0.75, '{"N": 60}')]:
            await connection.execute(
                "insert into hourly (point_id, hour_at, mean, valid_minutes, reading_count, valid_count, flag_counts,"
                " marks, computed_at) values (%(point)s, %(at)s, %(mean)s, 50, 60, 50, %(flags)s, '{}', %(at)s)",
                {"point": point, "at": HOUR_AT + timedelta(hours=hour), "mean": mean, "flags": flags},
            )
    return city


async def test_what_instruments_say_is_shown_as_automatic(client: Client, flagged: Database) -> None:
    day = {"from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z"}
    async with client(token=TOKEN) as http:
        items = (await http.get("/v1/marks/automatic", params=day, auth=HX)).json()["items"]
        none = (await http.get("/v1/marks/automatic", params=day, auth=LY)).json()["items"]
        first = (await http.get("/v1/marks/automatic", params={**day, "limit": "2"}, auth=HX)).json()
        question = {**day, "limit": "2", "cursor": first["next_cursor"]}
        rest = (await http.get("/v1/marks/automatic", params=question, auth=HX)).json()
    assert none == []
    assert first["items"] + rest["items"] == items
    assert [(item["kind_word"], item["dimension"], item["flag"], item["readings"]) for item in items] == [
        ("校准", "equipment", "C", 8),
        ("故障", "equipment", "D", 2),
        ("停运", "process", None, 60),
    ]
    assert items[2]["stopped_minutes"] == 15.0
