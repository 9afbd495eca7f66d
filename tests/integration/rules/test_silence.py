"""Silent points: findings on change only, and what late data does to them."""

from __future__ import annotations

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

RULE = "data.point_offline"


def meter(city: City) -> int:
    return city.point(city.enterprise("tianhe", since="2026-11-02"), "W-1", "water_volume")


async def test_silence_after_three_whole_hours(city: City, database: Database) -> None:
    point = meter(city)
    city.hours(point, at("2026-11-02 00:00"), 5)
    city.hours(point, at("2026-11-02 07:00"), 1)  # a gap of two hours changes nothing
    city.hours(point, at("2026-11-02 12:00"), 1)
    judging = engine(database, RULE)
    for hour in range(24):
        await step(judging, f"2026-11-02 {hour:02}:10")
    assert city.brief(RULE) == [
        ("11-02 00", "compliant", "reporting"),
        ("11-02 10", "violation", "silent"),
        ("11-02 12", "compliant", "reporting"),
        ("11-02 15", "violation", "silent"),
    ]
    hourwise = [row["evidence"] for row in city.current(RULE)]
    city.run("delete from alert_work")
    city.run("delete from finding")
    city.run("delete from rule_watermark")
    await step(engine(database, RULE), "2026-11-02 23:10")
    assert [row["evidence"] for row in city.current(RULE)] == hourwise


async def test_a_new_point_is_given_three_hours(city: City, database: Database) -> None:
    meter(city)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 02:10")
    assert city.current(RULE) == []
    await step(judging, "2026-11-02 03:10")
    assert city.brief(RULE) == [("11-02 02", "violation", "silent")]


async def test_late_data_that_fills_a_gap_takes_the_findings_away(city: City, database: Database) -> None:
    point = meter(city)
    city.hours(point, at("2026-11-02 00:00"), 2)
    city.hours(point, at("2026-11-02 06:00"), 6)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 12:10")
    assert [row[2] for row in city.brief(RULE)] == ["reporting", "silent", "reporting"]
    gone = [row["finding_id"] for row in city.current(RULE)[1:]]
    city.run("delete from alert_work")

    city.hours(point, at("2026-11-02 02:00"), 4, work=True)
    report = await step(judging, "2026-11-02 12:11")
    assert city.brief(RULE) == [("11-02 00", "compliant", "reporting")]
    assert (report.written, report.superseded) == (0, 2)
    assert city.run("select finding_id, superseded_by from finding where superseded_at is not null order by 1") == [
        {"finding_id": finding_id, "superseded_by": None} for finding_id in gone
    ]
    assert [row["finding_id"] for row in city.run("select finding_id from alert_work order by seq")] == gone


async def test_a_late_hour_splits_a_silence(city: City, database: Database) -> None:
    point = meter(city)
    city.hours(point, at("2026-11-02 00:00"), 1)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 12:10")
    assert [row[0] for row in city.brief(RULE)] == ["11-02 00", "11-02 03"]
    city.hours(point, at("2026-11-02 02:00"), 1, work=True)
    await step(judging, "2026-11-02 12:11")
    assert [row[0] for row in city.brief(RULE)] == ["11-02 00", "11-02 05"]


async def test_an_unsettled_hour_is_waited_for(city: City, database: Database) -> None:
    point = meter(city)
    city.dirty(point, at("2026-11-02 02:00"))
    judging = engine(database, RULE)
    report = await step(judging, "2026-11-02 12:10")
    assert (report.deferred, city.current(RULE)) == ([RULE], [])
    city.clean()
    report = await step(judging, "2026-11-02 12:11")
    assert (report.deferred, city.brief(RULE)) == ([], [("11-02 02", "violation", "silent")])
