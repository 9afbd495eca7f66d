"""Who is on duty, changes by hand, hand-over notes and calendars, as people meet them by the API."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from storage.database import Database, fetch_all
from tests.integration.api.conftest import NOW, TOKEN, Client, assert_problem, insert_alert, insert_finding

#: 2026-11-02 is a Monday; NOW is 11:00 there. wang-wei has the day, li-bai the night, week about.
PEOPLE = """
insert into person (code, name, contacts, active) values
    ('wang-wei', '王维', '[{"channel": "sms", "address": "13800000001"}]', true),
    ('li-bai', '李白', '[{"channel": "email", "address": "li@example.org"}]', true),
    ('du-fu', '杜甫', '[]', true), ('gone', '离岗', '[]', false);
insert into team (code, name, lead, channels) values ('duty', '市值班室', 'du-fu', '{dingtalk-duty}'),
    ('empty', '备班', null, '{}');
insert into duty_shift (team_id, code, name, starts_at, hours, members, turn, anchor_on, valid_from) values
    (1, 'day', '白班', '08:00', 12, '{wang-wei,li-bai}', 'week', '2026-11-02', '2026-01-01'),
    (1, 'night', '夜班', '20:00', 12, '{li-bai,wang-wei}', 'week', '2026-11-02', '2026-01-01');
"""
NIGHT = {
    "from_at": "2026-11-02T20:00:00+08:00",
    "until_at": "2026-11-03T08:00:00+08:00",
    "person": "du-fu",
    "replaces": "li-bai",
    "reason": "李白请假",
    "actor": "张三",
}


@pytest.fixture
async def staffed(city: Database) -> Database:
    async with city.transaction() as connection:
        await connection.execute(PEOPLE)
    return city


async def get(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    assert "1380000" not in answer.text
    assert "example.org" not in answer.text
    return answer.json()


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    return await http.post(path, json=body)


def people(turn: dict[str, Any]) -> list[str]:
    return [person["name"] for person in turn["people"]]


async def test_who_is_on_duty_now_and_next(staffed: Database, client: Client) -> None:
    async with client() as http:
        view = await get(http, "/v1/roster")
    duty, empty = view["teams"]
    assert [(turn["shift_name"], people(turn)) for turn in duty["now"]] == [("白班", ["王维"])]
    assert (duty["next"]["from_at"], people(duty["next"])) == ("2026-11-02T12:00:00Z", ["李白"])
    assert (duty["gaps"], duty["reckoned"], duty["lead"]) == ([], False, {"code": "du-fu", "name": "杜甫"})
    assert (empty["now"], empty["next"], empty["gaps"]) == ([], None, [])


async def test_gaps_of_the_next_days_are_told(staffed: Database, client: Client) -> None:
    async with staffed.transaction() as connection:
        await connection.execute("update duty_shift set days = 'workdays' where code = 'night'")
    async with client() as http:
        view = await get(http, "/v1/roster")
    assert view["teams"][0]["gaps"] == [
        {"from_at": "2026-11-07T12:00:00Z", "until_at": "2026-11-08T00:00:00Z"},
        {"from_at": "2026-11-08T12:00:00Z", "until_at": "2026-11-09T00:00:00Z"},
    ]


async def test_turns_of_a_period(staffed: Database, client: Client) -> None:
    async with client() as http:
        found = await get(http, "/v1/roster/duty/turns?from=2026-11-08T12:00:00%2B08:00&to=2026-11-09T12:00:00%2B08:00")
        assert [(turn["shift"], people(turn)) for turn in found["turns"]] == [
            ("day", ["王维"]),
            ("night", ["李白"]),
            ("day", ["李白"]),  # the next week
        ]
        long = await http.get("/v1/roster/duty/turns?from=2026-01-01T00:00:00Z&to=2026-11-01T00:00:00Z")
        assert_problem(long, 422, "validation")
        period = "from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z"
        assert_problem(await http.get(f"/v1/roster/nobody/turns?{period}"), 404, "not-found")


async def test_somebody_takes_a_turn_and_it_is_taken_back(staffed: Database, client: Client) -> None:
    async with client() as http:
        made = await post(http, "/v1/roster/duty/overrides", NIGHT)
        assert made.status_code == 200, made.text
        assert (made.json()["person"]["name"], made.json()["replaces"]["name"]) == ("杜甫", "李白")
        assert people((await get(http, "/v1/roster"))["teams"][0]["next"]) == ["杜甫"]
        again = await post(http, "/v1/roster/duty/overrides", NIGHT)
        assert "张三 已于" in assert_problem(again, 409, "conflict")["detail"]

        cancel = f"/v1/roster/duty/overrides/{made.json()['override_id']}/cancel"
        done = await post(http, cancel, {"actor": "李四"})
        assert (done.json()["state_word"], done.json()["cancelled_by"]) == ("已取消", "李四")
        assert people((await get(http, "/v1/roster"))["teams"][0]["next"]) == ["李白"]
        assert "李四 已于" in assert_problem(await post(http, cancel, {"actor": "王五"}), 409, "conflict")["detail"]
        other = cancel.replace("duty", "empty", 1)
        assert_problem(await post(http, other, {"actor": "王五"}), 404, "not-found")
        period = "from=2026-11-02T00:00:00Z&to=2026-11-04T00:00:00Z"
        (listed,) = (await get(http, f"/v1/roster/duty/overrides?{period}"))["items"]
        assert listed["state"] == "cancelled"
    async with staffed.transaction() as connection:
        lines = await fetch_all(connection, "select actor, action, object, outcome from audit order by audit_id")
    assert [(line["actor"], line["object"], line["outcome"]) for line in lines] == [
        ("张三", "override:1", "done"),
        ("李四", "override:1", "done"),
    ]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"person": "nobody"}, 422, "没有人员 'nobody'"),
        ({"person": "gone"}, 422, "离岗已离岗"),
        ({"person": "li-bai"}, 422, "李白不能替自己的班"),
        ({"replaces": "gone"}, 409, "离岗在此期间没有班"),
        ({"until_at": "2026-11-02T20:00:00+08:00"}, 422, "结束时间应晚于开始时间"),
        ({"from_at": "2026-11-01T20:00:00+08:00", "until_at": "2026-11-02T08:00:00+08:00"}, 422, "已经过去"),
        ({"until_at": "2027-11-03T08:00:00+08:00"}, 422, "最多 92 天"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    staffed: Database, client: Client, changes: dict[str, str], status: int, said: str
) -> None:
    async with client() as http:
        answer = await post(http, "/v1/roster/duty/overrides", NIGHT | changes)
        assert answer.status_code == status, answer.text
        assert said in answer.text
        assert_problem(await post(http, "/v1/roster/nobody/overrides", NIGHT), 404, "not-found")


async def test_of_two_who_write_the_same_change_at_once_one_wins(staffed: Database, client: Client) -> None:
    async with client() as http:
        answers = await asyncio.gather(*(post(http, "/v1/roster/duty/overrides", NIGHT) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_change_that_has_begun_counts_until_it_is_taken_back(staffed: Database, client: Client) -> None:
    today = NIGHT | {"from_at": "2026-11-02T08:00:00+08:00", "until_at": "2026-11-02T20:00:00+08:00"}
    async with client() as http:
        made = await post(http, "/v1/roster/duty/overrides", today | {"replaces": "wang-wei"})
        await post(http, f"/v1/roster/duty/overrides/{made.json()['override_id']}/cancel", {"actor": "李四"})
        found = await get(http, "/v1/roster/duty/turns?from=2026-11-02T00:00:00Z&to=2026-11-02T12:00:00Z")
    assert [(turn["until_at"], people(turn)) for turn in found["turns"]] == [
        ("2026-11-02T03:00:00Z", ["杜甫"]),
        ("2026-11-02T12:00:00Z", ["王维"]),
    ]


async def test_a_shift_is_handed_over_with_what_stands(staffed: Database, client: Client) -> None:
    async with staffed.transaction() as connection:
        await insert_alert(connection, await insert_finding(connection))
    async with client() as http:
        written = await post(http, "/v1/roster/duty/handovers", {"note": "2号焦炉检修\n22时复产", "actor": "王维"})
        assert written.status_code == 200, written.text
        note = written.json()
        assert (note["giver"]["name"], note["taker"]["name"]) == ("王维", "李白")
        assert (note["from_at"], note["until_at"]) == ("2026-11-02T00:00:00Z", "2026-11-02T12:00:00Z")
        assert (note["open_alerts"], note["alerts"][0]["title"]) == (1, "二氧化硫超标")
        before = {"note": "夜里无事", "at": "2026-11-02T07:00:00+08:00", "actor": "李白"}
        assert (await post(http, "/v1/roster/duty/handovers", before)).status_code == 422  # li-bai hands over to whom?
        before |= {"giver": "li-bai", "taker": "wang-wei"}
        assert (await post(http, "/v1/roster/duty/handovers", before)).status_code == 200
        listed = await get(http, "/v1/roster/duty/handovers?limit=1")
        rest = await get(http, f"/v1/roster/duty/handovers?limit=1&cursor={listed['next_cursor']}")
        assert [one["note"] for page in (listed, rest) for one in page["items"]] == [
            "夜里无事",
            "2号焦炉检修\n22时复产",
        ]
        ended = await get(http, "/v1/roster/duty/handovers?to=2026-11-02T01:00:00Z")
        assert [one["note"] for one in ended["items"]] == ["夜里无事"]


@pytest.mark.parametrize(
    ("team", "body", "status", "said"),
    [
        ("duty", {"taker": "wang-wei"}, 422, "不能是同一人"),
        ("duty", {"taker": "nobody"}, 422, "没有人员"),
        ("duty", {"at": "2026-11-03T09:00:00+08:00"}, 409, "尚未开始"),
        ("empty", {}, 409, "没有人值班"),
        ("nobody", {}, 404, "没有值班组"),
    ],
)
async def test_a_hand_over_that_cannot_be_is_refused(
    staffed: Database, client: Client, team: str, body: dict[str, str], status: int, said: str
) -> None:
    async with client() as http:
        answer = await post(http, f"/v1/roster/{team}/handovers", {"note": "x", "actor": "王维"} | body)
    assert answer.status_code == status, answer.text
    assert said in answer.text


async def test_enterprises_see_nothing_of_the_roster(staffed: Database, client: Client) -> None:
    async with client(token=TOKEN, auth=("hx-coking", "hx-password")) as http:
        assert_problem(await http.get("/v1/roster"), 403, "forbidden")
        assert_problem(await http.get("/v1/roster/duty/calendar.ics"), 403, "forbidden")
        assert_problem(await post(http, "/v1/roster/duty/overrides", NIGHT), 403, "forbidden")
        assert_problem(await post(http, "/v1/roster/duty/handovers", {"note": "x", "actor": "y"}), 403, "forbidden")
    async with staffed.transaction() as connection:
        assert await fetch_all(connection, "select override_id from duty_override") == []


async def test_telephones_subscribe_to_a_team_and_to_a_person(staffed: Database, client: Client) -> None:
    async with client() as http:
        await post(http, "/v1/roster/duty/overrides", NIGHT)
        answers = {
            name: await http.get(f"/v1/roster/{path}/calendar.ics")
            for name, path in (("team", "duty"), ("du-fu", "people/du-fu"), ("wang-wei", "people/wang-wei"))
        }
        assert_problem(await http.get("/v1/roster/people/nobody/calendar.ics"), 404, "not-found")
    read = {}
    for name, answer in answers.items():
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert "1380000" not in answer.text
        read[name] = Calendar.from_ical(answer.content).walk("VEVENT")
    now = next(event for event in read["team"] if event["DTSTART"].dt <= NOW < event["DTEND"].dt)
    assert (str(now["SUMMARY"]), now["DTEND"].dt) == ("白班：王维", datetime(2026, 11, 2, 12, tzinfo=UTC))
    assert len({str(event["UID"]) for event in read["team"]}) == len(read["team"]) > 180
    (taken,) = read["du-fu"]
    assert str(taken["SUMMARY"]) == "夜班（市值班室）"
    assert taken["DTSTART"].dt == datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert "按排班变动" in str(taken["DESCRIPTION"])
    assert [alarm["TRIGGER"].dt for alarm in taken.walk("VALARM")] == [-timedelta(minutes=30)]
    assert len(read["wang-wei"]) in range(99, 101)
