"""The dispatcher on a real database: storms, several at once, one that dies, and what is written of each decision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.dispatch.inhibit import parse
from alerts.dispatch.loading import load as load_world
from alerts.dispatch.plan import plan
from domain.errors import StorageUnavailable
from domain.roster import Roster
from domain.routing import Routes
from storage.database import Connection, Database
from storage.dispatch import take_news
from storage.roster import load
from storage.silences import standing
from tests.integration.alerts.desk import Room, when
from tests.integration.alerts.world import World

LOG = ChannelInfo("log", "log")
MANY = 2000
STORM = f"a1..a{MANY} data.point_offline point:tianhe/P# warning"


@pytest.fixture
def room(world: World) -> Room:
    return Room(world, {})


def counts(world: World, column: str, table: str) -> dict[str, int]:
    return dict(world.rows(f"select {column}, count(*) from {table} group by 1"))


class Counting(Database):
    """Counts the statements of its transactions."""

    statements = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        outer = self

        class Cursor(psycopg.AsyncCursor[Any]):
            async def execute(self, *args: Any, **kwargs: Any) -> Any:
                outer.statements += 1
                return await super().execute(*args, **kwargs)

        async with super().transaction() as connection:
            connection.cursor_factory = Cursor
            yield connection


async def test_a_storm_is_few_messages_and_few_statements(world: World, room: Room, database: Database) -> None:
    room.act({"at": "08:00", "fire": [STORM]})
    async with Counting(database.url) as counting:
        report = await Dispatcher(counting, [LOG], DispatchSettings()).step(when("08:00"))
        many = counting.statements
    assert (report.taken, report.notified, report.is_idle) == (MANY, 1, False)
    assert counts(world, "event", "notification") == {"digest": 1}
    ((count, told, left_off, title),) = world.rows(
        "select (body ->> 'count')::int, jsonb_array_length(body -> 'alerts'), (body ->> 'left_off')::int,"
        " body ->> 'title' from notification"
    )
    assert (count, told, left_off, title) == (MANY, 500, MANY - 500, f"【汇总】值班：{MANY} 条告警")
    assert counts(world, "decision || '/' || reason", "notification_decision") == {"send/flood": MANY}
    assert counts(world, "event", "notification_alert") == {"firing": MANY}
    assert world.rows("select count(*) from alert where notified_at is null") == [(0,)]
    room.act({"at": "08:20", "resolve": ["a1"], "fire": ["b1 data.point_offline point:tianhe/Q# warning"]})
    async with Counting(database.url) as counting:
        await Dispatcher(counting, [LOG], DispatchSettings()).step(when("08:20"))
        few = counting.statements
    assert 0 < many <= few
    assert room.told()[1:] == [
        "duty firing/first b1 > log/team:duty",
        "duty resolved/resolved a1 > log/team:duty",
    ]


async def test_a_storm_that_passes_is_few_messages_as_well(world: World, room: Room, database: Database) -> None:
    dispatcher = Dispatcher(database, [LOG], DispatchSettings())
    for minute in range(0, 30, 3):
        room.act(
            {"at": f"08:{minute:02d}", "fire": [f"m{minute}00..m{minute}49 data.point_offline point:tianhe/P# warning"]}
        )
        await dispatcher.step(when(f"08:{minute:02d}"))
    for minute in range(30, 60):
        await dispatcher.step(when(f"08:{minute:02d}"))
    # at once, then each ten minutes while new ones come
    assert counts(world, "event", "notification") == {"digest": 4}
    assert world.rows("select count(*), sum(alerts), sum(digests), count(ended_at) from flood") == [(1, 500, 4, 1)]
    told = world.rows("select count(*), count(distinct alert_id) from notification_alert")
    assert told == [(500, 500)]
    # the day after they last: once more, as one
    await dispatcher.step(when("2026-11-03 09:00"))
    assert counts(world, "event", "notification") == {"digest": 5}


async def test_of_several_dispatchers_one_works(world: World, room: Room, database: Database) -> None:
    room.act({"at": "08:00", "fire": ["a1..a9 legal.hourly pollutant:tianhe/S#/so2 critical"]})
    several = [Dispatcher(database, [LOG], DispatchSettings()) for _ in range(4)]
    reports = await asyncio.gather(*(one.step(when("08:00")) for one in several))
    assert sorted(report.notified for report in reports) == [0, 0, 0, 1]
    assert counts(world, "event", "notification") == {"firing": 1}


async def test_one_that_dies_loses_nothing_and_doubles_nothing(world: World, room: Room, database: Database) -> None:
    room.act({"at": "08:00", "fire": ["a1..a3 legal.hourly pollutant:tianhe/S#/so2 critical"]})
    # the last statement of a step waits for this lock; by then everything else is written
    with psycopg.connect(database.url) as blocking:
        blocking.execute("lock table alert_event in access exclusive mode")
        dying = asyncio.create_task(Dispatcher(database, [LOG], DispatchSettings()).step(when("08:00")))
        held = (
            "select pid from pg_locks l join pg_class c on c.oid = l.relation"
            " where c.relname = 'alert_event' and not l.granted"
        )
        while not (waiting := blocking.execute(held).fetchall()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert (await Dispatcher(database, [LOG], DispatchSettings()).step(when("08:00"))).is_idle
        blocking.execute("select pg_terminate_backend(%s)", waiting[0])
        with pytest.raises(StorageUnavailable):
            await dying
    assert counts(world, "kind", "alert_news") == {"fired": 3}
    assert (counts(world, "event", "notification"), counts(world, "reason", "alert_dispatch")) == ({}, {})
    report = await Dispatcher(database, [LOG], DispatchSettings()).step(when("08:00"))
    assert (report.notified, counts(world, "event", "notification_alert")) == (1, {"firing": 3})


async def test_what_is_written_of_a_decision(world: World, room: Room, database: Database) -> None:
    dispatcher = Dispatcher(database, [LOG], DispatchSettings(public_url="https://pw.example"))
    room.act({"at": "08:00", "fire": ["a1..a2 legal.hourly pollutant:tianhe/S#/so2 critical"], "hold": []})
    room.act({"at": "08:00", "hold": ["a2 shelved 12:00"]})
    report = await dispatcher.step(when("08:00"))
    assert report.decisions == {("send", "first"): 1, ("hold", "shelved"): 1}
    assert world.rows(
        "select alert_id, event, team, channel, receiver, decision, reason, notification_id is not null"
        " from notification_decision order by alert_id"
    ) == [
        (1, "firing", "duty", "log", "team:duty", "send", "first", True),
        (2, "firing", "duty", None, None, "hold", "shelved", False),
    ]
    assert world.events(1) == [("firing", ""), ("notify", "firing log/team:duty")]
    assert world.events(2) == [("firing", ""), ("not_notified", "shelved")]
    ((state, reason, teams, told_at, count),) = world.rows(
        "select state, reason, teams, told_at, told_count from alert_dispatch where alert_id = 1"
    )
    assert (state, reason, teams, told_at, count) == ("told", "first", ["duty"], when("08:00"), 1)
    ((body,),) = world.rows("select body from notification")
    assert {key: body[key] for key in ("event", "team", "team_name", "to", "people", "reason", "count", "url")} == {
        "event": "firing",
        "team": "duty",
        "team_name": "值班",
        "to": [],
        "people": [],
        "reason": "first",
        "count": 1,
        "url": "https://pw.example/alerts/1",
    }
    await dispatcher.step(when("12:00"))
    assert world.rows("select alert_id, notified_at from alert order by 1") == [(1, when("08:00")), (2, when("12:00"))]
    assert world.events(2)[-1] == ("notify", "firing log/team:duty")


async def test_a_roster_that_cannot_be_read_keeps_nobody_from_being_told(
    world: World, room: Room, database: Database
) -> None:
    world.execute("""insert into team (code, name, policy) values ('city', '市局', '{"nonsense": 1}')""")
    world.execute("insert into alert_route (code, position, team_id) select 'r', 1, team_id from team")
    room.act({"at": "08:00", "fire": ["a1 legal.hourly pollutant:tianhe/S1/so2 critical"]})
    await Dispatcher(database, [LOG], DispatchSettings()).step(when("08:00"))
    assert room.told() == ["duty firing/first a1 > log/team:duty"]


async def test_more_news_than_a_step_takes(world: World, room: Room, database: Database) -> None:
    room.act({"at": "08:00", "fire": ["a1..a9 legal.hourly pollutant:tianhe/S#/so2 critical"]})
    dispatcher = Dispatcher(database, [LOG], DispatchSettings(batch=4))
    reports = [await dispatcher.step(when("08:00") + timedelta(seconds=n)) for n in range(4)]
    assert [report.taken for report in reports] == [4, 4, 1, 0]
    assert counts(world, "event", "notification_alert") == {"firing": 9}


async def test_after_a_clock_was_set_back_all_is_looked_at_however_much_waits(
    world: World, room: Room, database: Database
) -> None:
    room.act({"at": "2026-11-03 08:00", "fire": ["a1..a9 legal.hourly pollutant:tianhe/S#/so2 critical"]})
    await Dispatcher(database, [LOG], DispatchSettings()).step(when("2026-11-03 08:00"))
    new = Dispatcher(database, [LOG], DispatchSettings(batch=4))
    reports = [await new.step(when("09:00")) for _ in range(4)]
    assert [report.taken for report in reports] == [4, 4, 1, 0]
    assert set(room.next_looks().values()) == {"13:00"}, "four hours from now, none from tomorrow"
    await new.step(when("13:00"))
    again = [await new.step(when("12:00")) for _ in range(4)]
    assert [report.taken for report in again] == [4, 4, 1, 0]


async def test_one_alert_that_cannot_be_decided_about_keeps_nobody_from_hearing_of_the_others(
    world: World, room: Room, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """As a step back to an earlier version leaves it: a reason that this one does not know."""
    dispatcher = Dispatcher(database, [LOG], DispatchSettings())
    room.act({"at": "08:00", "fire": ["a1..a3 legal.hourly pollutant:tianhe/S#/so2 critical"]})
    await dispatcher.step(when("08:00"))
    world.execute("""update alert_dispatch set progress = '{"duty": {"held": "moon"}}' where alert_id = 2""")
    room.act({"at": "08:10", "resolve": ["a1..a3"], "fire": ["b1..b4 legal.hourly pollutant:beishan/S#/so2 critical"]})
    report = await dispatcher.step(when("08:10"))
    assert (report.taken, report.failed, report.is_idle) == (7, 1, False)
    later = "select event, alert_id from notification_alert where notification_id > 1 order by alert_id"
    assert world.rows(later) == [("resolved", 1), ("resolved", 3), *(("firing", number) for number in range(4, 8))]
    room.told()
    assert "'moon' is not a valid Reason" in caplog.text
    again = await dispatcher.step(when("08:10"))
    assert (again.taken, again.is_idle) == (1, True)
    assert world.rows("select alert_id, kind from alert_news") == [(2, "resolved")]
    world.execute("""update alert_dispatch set progress = '{"duty": {"count": 1}}' where alert_id = 2""")
    await dispatcher.step(when("08:11"))
    assert room.told() == ["duty resolved/resolved a2 > log/team:duty"]


async def test_whose_channel_fails_is_said(world: World, database: Database) -> None:
    case = {
        "person": [{"code": "wang", "channels": ["sms", "email"]}, {"code": "li", "channels": ["email"]}],
        "team": [{"code": "city", "escalation": [{"after_min": 0, "to": f"person:{code}"} for code in ("wang", "li")]}],
        "route": [{"team": "city"}],
    }
    room = Room(world, case)
    room.act({"at": "08:00", "failing": ["sms"], "fire": ["a1 legal.hourly pollutant:tianhe/S1/so2 critical"]})
    channels = [ChannelInfo("sms", "sms"), ChannelInfo("email", "email")]
    await Dispatcher(database, channels, DispatchSettings()).step(when("08:00"))
    assert world.rows(
        "select channel, receiver, decision, reason, detail from notification_decision order by decision_id"
    ) == [
        ("email", "person:wang", "send", "first", "channel_failing"),
        ("email", "person:li", "send", "first", ""),
    ]


async def test_an_override_of_long_ago_is_not_read(world: World, room: Room, database: Database) -> None:
    world.execute("insert into team (code, name) values ('city', '市局')")
    world.execute(
        "insert into duty_override (team_id, from_at, until_at, person, author, reason, created_at)"
        " select team_id, at::timestamptz, at::timestamptz + interval '8 hours', 'p', 'x', 'x', '2026-01-01Z'"
        " from team, unnest(array['2026-10-01 00:00Z', '2026-11-01 18:00Z', '2026-12-24 00:00Z', '2027-03-01 00:00Z'])"
        " as at"
    )
    async with database.transaction() as connection:
        roster, _ = await load(connection, when("08:00"))
        whole, _ = await load(connection)
    assert [one.override_id for one in roster.overrides] == [2, 3]
    assert [one.override_id for one in whole.overrides] == [1, 2, 3, 4]


async def test_a_cause_about_a_point_explains_its_outlet(world: World, database: Database) -> None:
    room = Room(world, {"points": ["tianhe/P1 S1", "beishan/P1 S1"]})
    room.act(
        {
            "at": "08:00",
            "fire": [
                "p1 data.point_offline point:tianhe/P1 warning",
                "a1 legal.hourly pollutant:tianhe/S1/so2 critical",
                "b1 legal.hourly pollutant:beishan/S1/so2 critical",
            ],
        }
    )
    row = {"cause": ["data.point_offline"], "targets": ["legal.hourly"], "scope": "outlet", "why": "测点失联"}
    table = parse({"inhibit": [row]})
    async with database.transaction() as connection:
        loaded = await load_world(
            connection,
            when("08:00"),
            news=await take_news(connection, 100),
            due=(),
            floods={},
            came={},
            roster=Roster(),
            routes=Routes(),
            channels=[LOG],
            notify_within_h=24,
            table=table,
        )
    found = plan(loaded.world, loaded.subjects, table)
    held = {one.alert_id: one.reason for one in found.decisions}
    assert {name: held[number] for name, number in room.ids.items()} == {
        "p1": "first",
        "a1": "inhibited",
        "b1": "first",
    }


async def test_a_silence_that_nobody_can_read_stops_no_telling(world: World, database: Database) -> None:
    world.execute(
        "insert into silence (matchers, starts_at, ends_at, author, comment, created_at) values"
        """ ('[{"label": "colour", "value": "red"}]', '2026-11-02Z', '2026-11-03Z', 'lea', '手写', '2026-11-02Z'),"""
        """ ('[{"label": "rule", "value": "ule.hourly"}]', '2026-11-02Z', '2026-11-03Z', 'lea', '检修',"""
        " '2026-11-02Z')"
    )
    async with database.transaction() as connection:
        found = await standing(connection, when("08:00"))
    assert [silence.silence_id for silence in found] == [2]
