"""Monthly shares: they wait for their hours, follow late data and count what is in service."""

from __future__ import annotations

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

HOURLY = "ule.hourly"
RULE = "ule.monthly"
PREFIX = "ule."


def plant(city: City, bad: int, *, hours: int = 720, since: str = "2026-11-01") -> dict[str, int]:
    points = city.stack(city.enterprise("tianhe", since=since), "S1")
    first = at(since)
    city.hours(points["so2"], first, hours, 20)
    city.hours(points["o2"], first, hours, 8)
    if bad:
        city.hours(points["so2"], first, bad, 40)
    return points


async def test_a_month_is_judged_after_its_last_hour(city: City, database: Database) -> None:
    plant(city, 36)
    judging = engine(database, PREFIX)
    await step(judging, "2026-12-01 00:09")
    assert (len(city.current(HOURLY)), city.current(RULE)) == (719, [])
    report = await step(judging, "2026-12-01 00:10")
    assert report.deferred == []
    (finding,) = city.current(RULE)
    assert (finding["verdict"], finding["reason"], finding["value"]) == ("compliant", "share_met", 95.0)
    assert (finding["period_start"], finding["period_end"]) == (at("2026-11-01"), at("2026-12-01"))
    evidence = finding["evidence"]
    assert (evidence["hours_in_service"], evidence["hours_compliant"], evidence["hours_violation"]) == (720, 684, 36)


async def test_one_late_hour_turns_the_month(city: City, database: Database) -> None:
    points = plant(city, 36)
    judging = engine(database, PREFIX)
    await step(judging, "2026-12-01 00:10")
    city.hours(points["so2"], at("2026-11-20 00:00"), 1, 40, work=True)
    report = await step(judging, "2026-12-05 00:00")
    (finding,) = city.current(RULE)
    assert (finding["verdict"], finding["reason"]) == ("violation", "share_not_met")
    assert finding["value"] == 100 * 683 / 720
    assert report.superseded == 2


async def test_a_month_waits_for_unsettled_hours(city: City, database: Database) -> None:
    points = plant(city, 0)
    judging = engine(database, PREFIX)
    await step(judging, "2026-11-30 23:10")
    city.dirty(points["so2"], at("2026-11-07 05:00"))  # judged already, about to change
    report = await step(judging, "2026-12-01 00:10")
    assert (report.deferred, city.current(RULE)) == ([RULE], [])
    city.clean()
    report = await step(judging, "2026-12-01 00:11")
    assert (report.deferred, len(city.current(RULE))) == ([], 1)


async def test_too_few_judged_hours(city: City, database: Database) -> None:
    plant(city, 0, hours=539)
    await step(engine(database, PREFIX), "2026-12-01 00:10")
    (finding,) = city.current(RULE)
    assert (finding["verdict"], finding["reason"], finding["value"]) == ("undetermined", "insufficient_data", 100.0)
    assert finding["evidence"]["hours_undetermined"] == {"no_data": 181}


async def test_only_hours_in_service_are_asked_for(city: City, database: Database) -> None:
    plant(city, 1, hours=20, since="2026-11-30")
    await step(engine(database, PREFIX), "2026-12-01 00:10")
    (finding,) = city.current(RULE)
    assert (finding["verdict"], finding["reason"], finding["value"]) == ("compliant", "share_met", 95.0)
    assert finding["evidence"]["hours_in_service"] == 24
