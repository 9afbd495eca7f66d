"""What loggers state, beside our own rows: hours and days, waiting for the roll-up, and what late data change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.database import Database
from tests.integration.rules.minutes_world import limit, stated, statement
from tests.integration.rules.world import HOUR, City, at, engine, step

EIGHT = at("2026-11-02 08:00")


@pytest.fixture
def so2(city: City) -> dict[str, int]:
    """A stack from 2 November on: points by quantity, and `enterprise`."""
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    return {"enterprise": enterprise, **city.stack(enterprise)}


async def test_a_stated_hour_that_differs_and_one_that_comes_late(
    city: City, database: Database, so2: dict[str, int]
) -> None:
    rule = "data.reported_hour"
    said = statement(city, so2["enterprise"], "S1-SO2-H", so2["so2"], "hour_mean")
    city.hours(so2["so2"], at("2026-11-02"), 10, 36.0)
    stated(city, said, EIGHT, 30.0)
    judging = engine(database, rule)
    await step(judging, "2026-11-02 10:10")
    assert city.brief(rule)[7:] == [
        ("11-02 07", "undetermined", "not_reported"),
        ("11-02 08", "violation", "differs"),
        ("11-02 09", "undetermined", "not_reported"),
    ]
    (differs,) = [row for row in city.current(rule) if row["reason"] == "differs"]
    assert differs["subject"] == "point:tianhe/S1-SO2-H"
    assert differs["evidence"]["difference"] == -6.0
    assert differs["evidence"]["own"]["value"] == 36.0

    stated(city, said, EIGHT - HOUR, 36.2, work=True)
    city.hours(so2["so2"], EIGHT, 1, 30.1, work=True)
    report = await step(judging, "2026-11-02 10:11")
    assert city.brief(rule)[7:9] == [("11-02 07", "compliant", "same"), ("11-02 08", "compliant", "same")]
    assert report.written == 2


async def test_an_hour_that_is_not_rolled_up_is_waited_for(city: City, database: Database, so2: dict[str, int]) -> None:
    rule = "data.reported_hour"
    statement(city, so2["enterprise"], "S1-SO2-H", so2["so2"], "hour_mean")
    city.dirty(so2["so2"], at("2026-11-02 02:00"))
    judging = engine(database, rule)
    report = await step(judging, "2026-11-02 10:10")
    assert (report.deferred, len(city.current(rule))) == ([rule], 2)
    city.clean()
    await step(judging, "2026-11-02 10:10")
    assert len(city.current(rule)) == 10


async def test_converted_by_the_reference_of_the_limit_that_holds(
    city: City, database: Database, so2: dict[str, int]
) -> None:
    rule = "data.reported_converted"
    city.run("update outlet set process = 'boiler'")  # no shipped limit is about those
    said = statement(city, so2["enterprise"], "S1-SO2-Z", so2["so2"], "hour_converted")
    city.hours(so2["so2"], EIGHT, 1, 25.0)
    city.hours(so2["o2"], EIGHT, 1, 14.5)
    stated(city, said, EIGHT, 50.0)
    judging = engine(database, rule)
    await step(judging, "2026-11-02 10:10")
    assert city.brief(rule)[8] == ("11-02 08", "undetermined", "no_own_value")

    limit(city, 50, process="boiler")  # the law has no reference here, the ultra-low one has
    row = limit(city, 30, process="boiler", kind="ule", reference_o2_pct=8)
    city.work("register", so2["enterprise"], at("2020-01-01"))
    await step(judging, "2026-11-02 10:11")
    same = city.current(rule)[8]
    assert (same["reason"], same["evidence"]["own"]["limit_id"], same["evidence"]["own"]["value"]) == (
        "same",
        row,
        50.0,
    )

    city.hours(so2["o2"], EIGHT, 1, 8.0, work=True)
    await step(judging, "2026-11-02 10:12")
    assert city.brief(rule)[8] == ("11-02 08", "violation", "differs")


async def test_a_stated_day(city: City, database: Database, so2: dict[str, int]) -> None:
    rule = "data.reported_day"
    said = statement(city, so2["enterprise"], "S1-SO2-D", so2["so2"], "day_mean")
    day = at("2026-11-02")
    city.hours(so2["so2"], day, 19, 36.0)
    stated(city, said, day, 36.0)
    judging = engine(database, rule)
    await step(judging, "2026-11-02 23:59")
    assert city.current(rule) == []
    await step(judging, "2026-11-03 00:10")
    assert city.brief(rule) == [("11-02 00", "undetermined", "no_own_value")]
    city.hours(so2["so2"], day + 20 * HOUR, 1, 56.0, work=True)
    await step(judging, "2026-11-03 00:11")
    (judged,) = city.current(rule)
    assert judged["reason"] == "differs"  # the mean of the hours is 37
    assert judged["period_end"] - judged["period_start"] == timedelta(days=1)
    assert judged["evidence"]["own"]["valid_hours"] == 20
