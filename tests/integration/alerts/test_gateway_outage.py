"""One outage, from silent hours to people: they are told of the gateway once, and of none of its meters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from alerts.dispatch.contract import ChannelInfo
from alerts.dispatch.dispatcher import Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from storage import rule_state
from storage.database import Database
from tests.integration.alerts.world import World, instant
from tests.integration.rules.world import City, at, engine

START = at("2026-11-02 00:00")
METERS = ("W-1", "W-2", "W-3")


@pytest.fixture
def city(database_url: str) -> Iterator[City]:
    city = City(database_url)
    yield city
    city.connection.close()


class Stages:
    """Rules, alerts and dispatcher, one after the other."""

    def __init__(self, database: Database) -> None:
        self.rules = engine(database, "data.")
        self.alerts = AlertEngine(database, EngineSettings())
        self.dispatcher = Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings())

    async def until(self, begin: datetime, hours: int) -> datetime:
        """Hour by hour, and a quarter after each for what is held; the clock at the end."""
        for hour in range(hours):
            now = begin + timedelta(hours=hour, minutes=10)
            await self.rules.step(now)
            while (await self.alerts.step(now)).taken:
                pass
            for minutes in (0, 15, 30):
                await self.dispatcher.step(now + timedelta(minutes=minutes))
        return begin + timedelta(hours=hours)


def told(city: City) -> list[tuple[str, str]]:
    """(event, subject) of every message, in order."""
    return [
        (row["event"], row["subject"])
        for row in city.run(
            "select c.event, a.subject from notification n join notification_alert c using (notification_id)"
            " join alert a on a.alert_id = c.alert_id order by n.queued_at, n.notification_id, a.alert_id"
        )
    ]


def reporting(city: City) -> list[int]:
    """Meters behind one gateway, which report for six hours."""
    plant = city.enterprise("tianhe", since="2026-11-02")
    points = [city.point(plant, code, "water_volume") for code in METERS]
    for point in points:
        city.run(
            "insert into gateway_point select enterprise_id, 'gw1', point_id, %s, %s from point where point_id = %s",
            START,
            START,
            point,
        )
        city.hours(point, START, 6)
    return points


async def test_people_are_told_of_the_cause_alone(city: City, database: Database) -> None:
    points = reporting(city)
    stages = Stages(database)
    now = await stages.until(START, 12)
    assert told(city) == [("firing", "gateway:tianhe/gw1")]
    (alert,) = city.run("select * from alert where rule_id = 'data.gateway_offline'")
    assert alert["title"] == "【警告】tianhe 网关 gw1：全部测点没有数据上报"
    assert alert["occurred_at"] == START + timedelta(hours=6)
    held = city.run(
        "select a.subject, d.state, d.reason, d.cause_alert_id from alert_dispatch d join alert a using (alert_id)"
        " where a.rule_id = 'data.point_offline' order by 1"
    )
    assert [(row["subject"], row["state"], row["reason"], row["cause_alert_id"]) for row in held] == [
        (f"point:tianhe/{code}", "held", "inhibited", alert["alert_id"]) for code in METERS
    ]

    for point in points[:2]:  # the third meter is broken
        city.hours(point, now, 4, work=True)
    await stages.until(now + timedelta(hours=1), 3)
    assert told(city) == [
        ("firing", "gateway:tianhe/gw1"),
        ("resolved", "gateway:tianhe/gw1"),
        ("firing", "point:tianhe/W-3"),
    ]


async def test_what_the_rules_stage_finds_late_after_an_outage_of_its_own_is_told(
    city: City, database: Database
) -> None:
    reporting(city)
    stages = Stages(database)
    await stages.until(START, 6)
    await stages.until(START + timedelta(days=3), 1)  # it was down meanwhile
    assert told(city) == [("firing", "gateway:tianhe/gw1")]
    assert city.run("select distinct occurred_at from alert where rule_id = 'data.gateway_offline'") == [
        {"occurred_at": START + timedelta(hours=6)}
    ]


async def test_what_is_found_late_waits_for_all_that_was_found(world: World, database: Database) -> None:
    """The rule has caught up, but the alert stage has yet to see that the point reports again."""
    engine = AlertEngine(database, EngineSettings())
    dispatcher = Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings())
    now, rule_id, point = instant("2026-11-05 10:00"), "data.point_offline", "point:tianhe/P1"
    for at_ in (instant("2026-11-02 07:00"), now):
        async with database.transaction() as connection:
            await rule_state.set_evaluated(connection, [rule_id], at_, at_ - timedelta(minutes=10))
    world.finding(rule_id, point, "2026-11-02T08", "violation", computed_at=now)
    await engine.step(now)
    world.finding(rule_id, point, "2026-11-05T08", "compliant", computed_at=now)
    for minutes in (0, 11):
        await dispatcher.step(now + timedelta(minutes=minutes))
    assert world.rows("select reason from alert_dispatch") == [("historical",)]
    await engine.step(now)
    await dispatcher.step(now + timedelta(minutes=12))
    assert world.rows("select count(*) from notification") == [(0,)]
