"""Early warnings from readings: findings on change only, by the minute, and what late data, marks and limits do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.engine import AlertEngine, EngineSettings
from domain.periods import SITE_ZONE
from storage.database import Database
from storage.marks import NewMark, add_mark, decide_mark
from tests.integration.rules.minutes_world import MINUTE, correct, limit, send
from tests.integration.rules.world import City, at, engine, step

RULE = "warn.legal"
EIGHT = at("2026-11-02 08:00")


def stack(city: City, **dates: Any) -> dict[str, int]:
    return city.stack(city.enterprise("tianhe", **{"since": "2026-10-01"} | dates))


def found(city: City) -> list[tuple[str, str, str]]:
    """(local start, verdict, reason) of current findings."""
    return [
        (row["period_start"].astimezone(SITE_ZONE).strftime("%H:%M"), row["verdict"], row["reason"])
        for row in city.current(RULE)
    ]


def peak(first: int, length: int, rest: int) -> list[float]:
    """Minutes at 10, `length` of them at 40 from `first` on."""
    return [10.0] * first + [40.0] * length + [10.0] * rest


async def mark(database: Database, kind: str, dimension: str, start: datetime, end: datetime, now: datetime) -> int:
    new = NewMark("tianhe", "S1", None, dimension, kind, start, end, "manual", "王工", "记录")
    async with database.transaction() as connection:
        return await add_mark(connection, new, now)


async def test_a_warning_begins_and_ends_by_itself(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, peak(20, 15, 85))
    judging = engine(database, RULE)
    for minute in range(25, 45):
        await judging.step(EIGHT + minute * MINUTE + 2 * MINUTE)
    # nine minutes at 40 and one at 10 have a mean above 30: it takes four low ones
    assert found(city) == [("08:29", "violation", "minutes_over_100"), ("08:38", "compliant", "normal")]
    assert city.count("finding") == 2  # nothing was ever taken back
    warning = city.current(RULE)[0]
    assert warning["subject"] == "pollutant:tianhe/S1/so2"
    assert warning["period_end"] - warning["period_start"] == MINUTE
    assert [entry["value"] for entry in warning["evidence"]["minutes"]] == [40.0] * 10

    by_the_minute = [(row["value"], row["evidence"]) for row in city.current(RULE)]
    for table in ("alert_work", "finding", "rule_watermark"):
        city.run(f"delete from {table}")
    await judging.step(EIGHT + 124 * MINUTE)
    assert [(row["value"], row["evidence"]) for row in city.current(RULE)] == []  # 08:00 lies further back than 2 h
    city.run("delete from rule_watermark")
    await engine(database, RULE).step(EIGHT + 122 * MINUTE)
    assert [(row["value"], row["evidence"]) for row in city.current(RULE)] == by_the_minute


async def test_what_people_are_told(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, peak(20, 15, 40))
    now = EIGHT + 77 * MINUTE
    await engine(database, RULE).step(now)
    await AlertEngine(database, EngineSettings()).step(now)
    (alert,) = city.run("select severity, state, title, summary from alert")
    assert (alert["severity"], alert["state"]) == ("info", "resolved")
    assert alert["title"].startswith("【提示】预警：tianhe S1 二氧化硫：连续 10 分钟均高于限值 30 mg/m³，平均 40 mg/m³")
    said = alert["title"] + alert["summary"]
    assert "超标" not in said.replace("尚未构成超标", "").replace("不是超标", "")


async def test_a_minute_is_given_two_minutes_to_arrive(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, [40.0] * 30)
    judging = engine(database, RULE)
    await judging.step(EIGHT + 11 * MINUTE)
    assert found(city) == []
    await judging.step(EIGHT + 12 * MINUTE)
    assert found(city) == [("08:09", "violation", "minutes_over_100")]


async def test_the_open_hour_needs_no_work_list(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, [40.0] * 5 + [None] + [40.0] * 6)
    judging = engine(database, RULE)
    await judging.step(EIGHT + 14 * MINUTE)
    assert found(city) == []
    send(city, points["so2"], EIGHT + 5 * MINUTE, [40.0])
    await judging.step(EIGHT + 15 * MINUTE)
    assert found(city) == [("08:09", "violation", "minutes_over_100")]
    correct(city, points["so2"], EIGHT + 5 * MINUTE, 12.0)
    await judging.step(EIGHT + 16 * MINUTE)
    assert found(city) == []
    assert city.run("select reason from finding where superseded_at is not null") == [{"reason": "minutes_over_100"}]


async def test_late_readings_move_what_follows_in_earlier_hours(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, [10.0] * 50 + [40.0] * 5 + [None] * 5 + [40.0] * 5 + [10.0] * 40)
    judging = engine(database, RULE)
    await judging.step(EIGHT + 107 * MINUTE)
    assert found(city) == []
    send(city, points["so2"], EIGHT + 55 * MINUTE, [40.0] * 5)
    city.work("hour", points["so2"], EIGHT)
    await judging.step(EIGHT + 107 * MINUTE)
    assert found(city) == [("08:59", "violation", "minutes_over_100"), ("09:08", "compliant", "normal")]


async def test_what_lies_a_day_back_is_history(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    judging = engine(database, RULE)
    send(city, points["so2"], EIGHT, [10.0] * 60)
    await judging.step(EIGHT + 62 * MINUTE)
    send(city, points["so2"], EIGHT + 60 * MINUTE, [10.0] * 60 * 25)
    await judging.step(EIGHT + 62 * MINUTE + 25 * 60 * MINUTE)
    for minute in range(60):
        correct(city, points["so2"], EIGHT + minute * MINUTE, 40.0)
        correct(city, points["so2"], EIGHT + 120 * MINUTE + minute * MINUTE, 40.0)
    city.work("hour", points["so2"], EIGHT)
    await judging.step(EIGHT + 62 * MINUTE + 25 * 60 * MINUTE)
    assert found(city) == []
    city.work("hour", points["so2"], EIGHT + 120 * MINUTE)
    await judging.step(EIGHT + 62 * MINUTE + 25 * 60 * MINUTE)
    assert [row[0] for row in found(city)] == ["10:09", "11:03"]
    # at 10:58 of the next day the hour from ten o'clock begins more than 24 hours back
    send(city, points["so2"], EIGHT + 26 * 60 * MINUTE, [10.0] * 58)
    await judging.step(EIGHT + 60 * MINUTE * 27)
    for minute in range(60):
        correct(city, points["so2"], EIGHT + 120 * MINUTE + minute * MINUTE, 10.0)
    city.work("hour", points["so2"], EIGHT + 120 * MINUTE)
    await judging.step(EIGHT + 60 * MINUTE * 27)
    assert [row[0] for row in found(city)] == ["10:09", "11:03"]


async def test_oxygen_of_the_same_minute(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30, reference_o2_pct=8)
    send(city, points["so2"], EIGHT, [25.0] * 12)
    judging = engine(database, RULE)
    await judging.step(EIGHT + 14 * MINUTE)
    assert found(city) == []
    send(city, points["o2"], EIGHT, [14.5] * 12)
    await judging.step(EIGHT + 15 * MINUTE)
    (warning,) = city.current(RULE)
    assert (warning["reason"], warning["value"]) == ("minutes_over_100", 50.0)
    assert warning["evidence"]["minutes"][0] == {
        "minute": "2026-11-02T00:00:00Z",
        "mean": 25.0,
        "o2_pct": 14.5,
        "value": 50.0,
    }


async def test_an_equipment_mark_takes_minutes_away_and_a_rejected_one_gives_them_back(
    city: City, database: Database
) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, peak(20, 15, 40))
    judging = engine(database, RULE)
    now = EIGHT + 77 * MINUTE
    await judging.step(now)
    assert [row[0] for row in found(city)] == ["08:29", "08:38"]
    number = await mark(database, "calibration", "equipment", EIGHT + 20 * MINUTE, EIGHT + 35 * MINUTE, now)
    city.work("hour", points["so2"], EIGHT)  # the roll-up's answer to a row that the mark has changed
    await judging.step(now)
    assert found(city) == []
    async with database.transaction() as connection:
        await decide_mark(connection, number, "rejected", "李", "与记录不符", now)
    city.work("hour", points["so2"], EIGHT)
    await judging.step(now)
    assert [row[0] for row in found(city)] == ["08:29", "08:38"]


async def test_a_stopped_source_warns_of_nothing(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    send(city, points["so2"], EIGHT, [40.0] * 75)
    judging = engine(database, RULE)
    now = EIGHT + 77 * MINUTE
    await judging.step(now)
    assert found(city) == [("08:09", "violation", "minutes_over_100")]
    await mark(database, "stopped", "process", EIGHT + 30 * MINUTE, EIGHT + 600 * MINUTE, now)
    await judging.step(now)
    assert found(city) == [("08:09", "violation", "minutes_over_100"), ("08:39", "compliant", "excluded")]


async def test_a_limit_that_is_taken_away_ends_its_warning(city: City, database: Database) -> None:
    points = stack(city)
    row = limit(city, 30)
    send(city, points["so2"], EIGHT, [40.0] * 75)
    judging = engine(database, RULE)
    now = EIGHT + 77 * MINUTE
    await judging.step(now)
    assert len(found(city)) == 1
    city.run("update emission_limit set superseded_at = %s where limit_id = %s", now, row)
    enterprise = city.one("select enterprise_id from enterprise")
    city.work("register", enterprise, at("2020-01-01"))
    await judging.step(now)
    assert found(city) == []
    limit(city, 20)
    city.work("register", enterprise, at("2020-01-01"))
    await judging.step(now)
    assert [(row["reason"], row["evidence"]["limit"]) for row in city.current(RULE)] == [("minutes_over_100", 20.0)]


async def test_slow_analysers_and_rates_are_not_watched(city: City, database: Database) -> None:
    points = stack(city)
    city.run("update point set interval_s = 300 where point_id = %s", points["so2"])
    limit(city, 30)
    limit(city, 3, unit="kg/h", quantity="nox")
    send(city, points["so2"], EIGHT, [40.0] * 12, every_s=300)
    report = await step(engine(database, RULE), "2026-11-02 09:02")
    assert (report.judged, city.current(RULE)) == (0, [])


async def test_after_a_long_outage_only_the_last_day_is_judged(city: City, database: Database) -> None:
    points = stack(city)
    limit(city, 30)
    judging = engine(database, RULE)
    send(city, points["so2"], EIGHT, [10.0] * 60)
    await judging.step(EIGHT + 62 * MINUTE)
    report = await judging.step(EIGHT + 62 * MINUTE + 10 * 24 * 60 * MINUTE)
    assert report.judged == 24 * 60
