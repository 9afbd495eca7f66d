"""Replaced meters over HTTP: who may record whose, what cannot be true, what becomes of a record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATH = "/v1/meter-changes"
CHANGE: dict[str, Any] = {
    "enterprise": "hx-coking",
    "point": "W-01",
    "changed_at": "2026-11-02T08:30:00+08:00",
    "old_final": 120.5,
    "new_initial": 3.0,
    "old_serial": "A-1",
    "new_serial": "B-7",
    "author": "王工",
    "reason": "到期轮换",
}
WITHDRAWAL = {"author": "李科长", "reason": "登记到了别的水表"}


@pytest.fixture
async def read(city: Database) -> Database:
    """The meter showed 120 before and 5 after."""
    async with city.transaction() as connection:
        for hour, value in ((0, 120.0), (1, 5.0)):
            await connection.execute(
                "insert into reading (point_id, measured_at, value, source_flag, qc_flag, received_at)"
                " values (3, %(at)s, %(value)s, 'N', 1, %(at)s)",
                {"at": HOUR_AT + timedelta(hours=hour), "value": value},
            )
    return city


async def test_an_enterprise_records_and_an_operator_withdraws(client: Client, read: Database) -> None:
    async with client(token=TOKEN) as http:
        response = await http.post(PATH, json=CHANGE, auth=HX)
        assert response.status_code == 201, response.text
        made = response.json()
        assert made == CHANGE | {
            "change_id": made["change_id"],
            "point_name": "取水",
            "unit": "m3",
            "changed_at": "2026-11-02T00:30:00Z",
            "author": "hx-coking:王工",
            "created_at": "2026-11-02T03:00:00Z",
            "state": "effective",
            "state_word": "有效",
            "superseded_at": None,
            "withdrawn_by": None,
            "withdrawn_because": None,
        }
        own = f"{PATH}/{made['change_id']}"
        assert (await http.post(PATH, json=CHANGE, auth=HX)).json() == made, "the same record again"
        corrected = (await http.post(PATH, json=CHANGE | {"old_final": 121.0}, auth=HX)).json()
        assert (await http.get(own, auth=HX)).json()["state_word"] == "已被取代"
        listed = (await http.get(f"{PATH}?state=effective", auth=HX)).json()["items"]
        assert [item["change_id"] for item in listed] == [corrected["change_id"]]
        withdraw = f"{PATH}/{corrected['change_id']}/withdraw"
        assert_problem(await http.post(withdraw, json=WITHDRAWAL, auth=HX), 403, "forbidden")
        gone = (await http.post(withdraw, json=WITHDRAWAL, headers=BEARER)).json()
        assert (gone["state"], gone["withdrawn_by"], gone["withdrawn_because"]) == ("withdrawn", *WITHDRAWAL.values())
        again = assert_problem(await http.post(withdraw, json=WITHDRAWAL, headers=BEARER), 409, "conflict")
        assert "已由 李科长 撤回" in again["detail"]
        superseded = CHANGE | {"changed_at": "2026-11-02T08:20:00+08:00", "supersedes": made["change_id"]}
        assert_problem(await http.post(PATH, json=superseded, headers=BEARER), 409, "conflict")
    async with read.transaction() as connection:
        dirty = await fetch_all(connection, "select distinct point_id, hour_at from dirty_hour", {})
    assert [(row["point_id"], row["hour_at"]) for row in dirty] == [(3, HOUR_AT)]


async def test_nobody_records_or_sees_a_foreign_meter(client: Client, read: Database) -> None:
    async with client(token=TOKEN) as http:
        made = (await http.post(PATH, json=CHANGE, headers=BEARER)).json()
        assert made["author"] == "王工"
        refused = assert_problem(await http.post(PATH, json=CHANGE, auth=LY), 403, "forbidden")
        assert refused["detail"] == "企业账号只能登记本企业的换表"
        assert_problem(await http.get(f"{PATH}/{made['change_id']}", auth=LY), 403, "forbidden")
        assert (await http.get(PATH, auth=LY)).json()["items"] == []
        assert_problem(await http.post(PATH, json=CHANGE), 401, "unauthorized")
        assert_problem(await http.get(f"{PATH}/99", headers=BEARER), 404, "not-found")
        early = {"to": "2026-11-02T00:30:00Z"}
        assert (await http.get(PATH, params=early, headers=BEARER)).json()["items"] == []


#: (what is changed in CHANGE, status, the field at fault or None, what is said)
FAULTY: list[tuple[dict[str, Any], int, str | None, str]] = [
    ({"changed_at": "2026-11-02T12:00:00+08:00"}, 422, "changed_at", "不晚于 2026-11-02 11:00"),
    ({"changed_at": "2026-11-02T08:30:00"}, 422, "changed_at", "带时区"),
    ({"point": "S1-SO2"}, 422, "point", "不是累计量测点"),
    ({"old_final": 119.9}, 422, "old_final", "小于旧表最后一次上报的读数 120（2026-11-02 08:00）"),
    ({"old_final": 1e7}, 422, "old_final", "超出表计量程"),
    ({"old_final": -1}, 422, "old_final", "0"),
    ({"new_initial": 1e7}, 422, "new_initial", "超出表计量程"),
    ({"reason": ""}, 422, "reason", "至少 1 个字符"),
    ({"volume": 3}, 422, "volume", ""),
    ({"point": "W-99"}, 404, None, "没有测点 hx-coking/W-99"),
    ({"enterprise": "nobody"}, 404, None, "没有测点 nobody/W-01"),
    ({"supersedes": 99}, 404, None, "没有换表记录 99"),
]


async def test_a_record_that_cannot_be_true_is_told_its_fault(client: Client, read: Database) -> None:
    async with client() as http:
        for changes, status, field, said in FAULTY:
            response = await http.post(PATH, json=CHANGE | changes)
            problem = assert_problem(response, status, "validation" if status == 422 else "not-found")
            if field is None:
                assert said in problem["detail"]
            else:
                fault = next(item for item in problem["errors"] if item["name"] == field)
                assert (fault["in"], said in fault["expected"]) == ("body", True), (changes, fault)
        assert (await http.get(PATH)).json()["items"] == []
