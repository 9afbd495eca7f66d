"""Daily and single limits: closing, gating, late data."""

from __future__ import annotations

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

DAY, SINGLE = "legal.daily", "legal.single"


def plant(city: City, hours: int) -> dict[str, int]:
    points = city.stack(city.enterprise("tianhe", since="2026-11-02"), "S1")
    city.limit(80.0, averaging="day", reference_o2_pct=11.0, work=False)
    city.hours(points["so2"], at("2026-11-02"), hours, 70)
    city.hours(points["o2"], at("2026-11-02"), hours, 11)
    return points


async def test_a_day_is_judged_once_it_has_closed(city: City, database: Database) -> None:
    plant(city, 48)
    judging = engine(database, DAY)
    await step(judging, "2026-11-03 00:09")
    assert city.current(DAY) == []
    await step(judging, "2026-11-03 00:10")
    (day,) = city.current(DAY)
    assert (day["subject"], day["period_start"], day["period_end"]) == (
        "pollutant:tianhe/S1/so2",
        at("2026-11-02"),
        at("2026-11-03"),
    )
    assert (day["verdict"], day["value"], day["evidence"]["hours_judged"]) == ("compliant", 70.0, 24)
    assert day["evidence"]["hours"][0] == {
        "at": "2026-11-01T16:00:00Z", "point": "S1-SO2", "mean": 70.0, "converted": 70.0, "o2_mean_pct": 11.0,
    }  # fmt: skip
    assert (await step(judging, "2026-11-03 00:20")).is_idle


async def test_a_late_hour_touches_its_day_only(city: City, database: Database) -> None:
    points = plant(city, 72)
    judging = engine(database, DAY)
    await step(judging, "2026-11-05 00:10")
    assert [row[1] for row in city.brief(DAY)] == ["compliant"] * 3
    city.hours(points["so2"], at("2026-11-03 05:00"), 1, 900, work=True)
    report = await step(judging, "2026-11-05 00:20")
    assert (report.judged, report.written) == (1, 1)
    assert [row[1] for row in city.brief(DAY)] == ["compliant", "violation", "compliant"]


async def test_a_day_waits_for_its_unsettled_hours(city: City, database: Database) -> None:
    points = plant(city, 72)
    city.dirty(points["o2"], at("2026-11-03 05:00"))
    judging = engine(database, DAY)
    report = await step(judging, "2026-11-05 00:10")
    assert (report.deferred, len(city.current(DAY))) == ([DAY], 1)
    city.clean()
    report = await step(judging, "2026-11-05 00:11")
    assert (report.deferred, len(city.current(DAY))) == ([], 3)


async def test_a_daily_limit_that_goes_takes_its_days_along(city: City, database: Database) -> None:
    plant(city, 72)
    judging = engine(database, DAY, batch_rows=30)
    await step(judging, "2026-11-05 00:10")
    assert len(city.current(DAY)) == 3
    city.end_limit(
        city.one("select limit_id from emission_limit where averaging = 'day' and origin = 'operator'"), "2026-11-05"
    )
    city.limit(80.0, averaging="day", since="2026-11-04")
    await step(judging, "2026-11-05 00:20")
    assert [row[0] for row in city.brief(DAY)] == ["11-04 00"]


async def test_a_single_reading_is_judged_hour_by_hour(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    outlet = city.outlet(enterprise, "M1", process="in_plant")
    point = city.point(enterprise, "M1-NMHC", "nmhc", outlet=outlet)
    city.hours(point, at("2026-11-02"), 3, 5)
    city.run("update hourly set maximum = 9")
    city.run("update hourly set maximum = 31, valid_minutes = 1 where hour_at = %s", at("2026-11-02 01:00"))
    judging = engine(database, "legal.")
    await step(judging, "2026-11-02 03:10")
    assert [row[1:] for row in city.brief(SINGLE)] == [
        ("compliant", "within_limit"),
        ("violation", "over_limit"),
        ("compliant", "within_limit"),
    ]
    assert [row[2] for row in city.brief("legal.hourly")] == ["within_limit", "too_few_valid_minutes", "within_limit"]

    city.run("update city set key_region_from = '2026-11-02'")  # the city becomes a key region: 20 instead of 30
    city.run("update hourly set maximum = 25 where hour_at = %s", at("2026-11-02 02:00"))
    city.work("register", enterprise, at("2026-11-02"))
    await step(judging, "2026-11-02 03:20")
    assert [row[1] for row in city.brief(SINGLE)] == ["compliant", "violation", "violation"]
