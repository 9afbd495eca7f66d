"""Water meters: steps of registers wherever there is one, days that stand still, days that are too regular."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import counters
from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

HOUR = timedelta(hours=1)
STEP, FROZEN, IDENTICAL = "data.meter_step", "data.meter_frozen", "data.identical_increments"


def rows(
    city: City, point: int, first: datetime, increments: list[float | None], marks: str = "", **values: Any
) -> None:
    """Hourly rows of a counter."""
    for position, increment in enumerate(increments):
        city.run(
            "insert into hourly (point_id, hour_at, increment, first_value, last_value, valid_minutes, reading_count,"
            " valid_count, flag_counts, marks, computed_at)"
            " values (%s, %s, %s, %s, %s, 60, 12, 12, '{}', string_to_array(%s, ','), %s)"
            " on conflict (point_id, hour_at) do update set increment = excluded.increment, marks = excluded.marks",
            point,
            first + position * HOUR,
            increment,
            values.get("first_value", 7.0),
            values.get("last_value", 9.0),
            marks,
            first,
        )


def electricity(city: City, enterprise: int, code: str = "E-1") -> int:
    point: int = city.one(
        "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, counter_digits, counter_scale,"
        " in_service_from) values (%s, %s, '总表', 'counter', 'energy', 'kWh', 300, 8, 1, '2020-01-01')"
        " returning point_id",
        enterprise,
        code,
    )
    return point


async def test_a_step_is_found_in_its_hour_and_goes_when_its_mark_goes(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe")
    meter = city.metered(enterprise, "W-1")
    assert meter is not None
    rows(city, meter, at("2026-11-02 00:00"), [5.0] * 3, last_value=504.0)
    rows(city, meter, at("2026-11-02 06:00"), [None], "reset,gap")
    rows(city, meter, at("2026-11-02 07:00"), [5.0] * 2)
    rows(city, meter, at("2026-11-02 09:00"), [None], "jump")
    rows(city, meter, at("2026-11-02 10:00"), [12.0], "spike")
    judging = engine(database, STEP)
    await step(judging, "2026-11-02 12:10")
    found = city.current(STEP)
    assert [(row["subject"], row["reason"]) for row in found] == [
        (found[0]["subject"], "reset_without_record"),
        (found[0]["subject"], "jump_unexplained"),
    ]
    assert found[0]["period_start"] == at("2026-11-02 06:00")
    assert (found[0]["evidence"]["before"], found[0]["evidence"]["first_value"]) == (504.0, 7.0)
    assert found[0]["evidence"]["before_hour"] == "2026-11-01T18:00:00Z"
    city.run("delete from alert_work")
    rows(city, meter, at("2026-11-02 06:00"), [14.0], "gap,replaced")
    city.work("hour", meter, at("2026-11-02 06:00"))
    await step(judging, "2026-11-02 12:11")
    assert [row["reason"] for row in city.current(STEP)] == ["jump_unexplained"]
    assert city.run("select superseded_by from finding where superseded_at is not null") == [{"superseded_by": None}]
    assert city.run("select finding_id from alert_work") == [{"finding_id": found[0]["finding_id"]}]


async def test_late_data_may_bring_a_step_into_a_judged_hour(city: City, database: Database) -> None:
    meter = city.metered(city.enterprise("tianhe"), "W-1")
    assert meter is not None
    rows(city, meter, at("2026-11-02 00:00"), [5.0] * 12)
    judging = engine(database, STEP)
    await step(judging, "2026-11-02 12:10")
    assert city.current(STEP) == []
    rows(city, meter, at("2026-11-02 03:00"), [None], "reset")
    city.work("hour", meter, at("2026-11-02 03:00"))
    await step(judging, "2026-11-02 12:11")
    assert city.brief(STEP) == [("11-02 03", "violation", "reset_without_record")]
    rows(city, meter, at("2026-11-02 12:00"), [None], "jump")
    city.work("hour", meter, at("2026-11-02 12:00"))
    await step(judging, "2026-11-02 12:12")
    assert len(city.current(STEP)) == 1, "an hour that has not closed waits for its turn"
    await step(judging, "2026-11-02 13:10")
    assert city.brief(STEP)[1:] == [("11-02 12", "violation", "jump_unexplained")]


async def test_hours_to_be_rolled_up_are_waited_for(city: City, database: Database) -> None:
    meter = city.metered(city.enterprise("tianhe"), "W-1")
    assert meter is not None
    rows(city, meter, at("2026-11-02 03:00"), [None], "reset")
    rows(city, meter, at("2026-11-02 08:00"), [None], "reset")
    city.dirty(meter, at("2026-11-02 05:00"))
    judging = engine(database, STEP)
    report = await step(judging, "2026-11-02 12:10")
    assert (report.deferred, len(city.current(STEP))) == ([STEP], 1)
    city.clean()
    report = await step(judging, "2026-11-02 12:11")
    assert (report.deferred, len(city.current(STEP))) == ([], 2)


async def test_what_is_out_of_service_has_no_steps(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    meter = city.metered(enterprise, "W-1")
    assert meter is not None
    for hour in ("2026-11-01 20:00", "2026-11-02 03:00", "2026-11-03 03:00"):
        rows(city, meter, at(hour), [None], "reset")
    judging = engine(database, STEP)
    await step(judging, "2026-11-03 12:10")
    assert [row[0] for row in city.brief(STEP)] == ["11-02 03", "11-03 03"]
    city.run("update point set in_service_to = '2026-11-03' where point_id = %s", meter)
    city.work("register", enterprise, at("2026-11-01"))
    await step(judging, "2026-11-03 12:11")
    assert [row[0] for row in city.brief(STEP)] == ["11-02 03"]


@pytest.mark.parametrize("rule_id", [STEP, FROZEN])
async def test_judging_again_from_the_start_gives_the_same(city: City, database: Database, rule_id: str) -> None:
    enterprise = city.enterprise("tianhe")
    meter = city.metered(enterprise, "W-1")
    assert meter is not None
    rows(city, electricity(city, enterprise), at("2026-11-01"), [900.0] * 48)
    rows(city, meter, at("2026-11-01"), [0.0] * 48)
    rows(city, meter, at("2026-11-02 03:00"), [None], "reset")
    await step(engine(database, rule_id), "2026-11-03 00:10")
    before = city.current(rule_id)
    assert before
    city.run("delete from rule_watermark")
    report = await step(engine(database, rule_id), "2026-11-03 00:10")
    assert (report.written, report.superseded, city.current(rule_id)) == (0, 0, before)


async def test_a_meter_that_stands_while_the_plant_runs(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe")
    meter, power = city.metered(enterprise, "W-1"), electricity(city, enterprise)
    other = city.metered(city.enterprise("wangda"), "W-1")
    assert meter is not None
    assert other is not None
    rows(city, meter, at("2026-11-01"), [3.0] * 24 + [0.0] * 48)
    rows(city, other, at("2026-11-01"), [0.0] * 72)
    rows(city, power, at("2026-11-01"), [900.0] * 48 + [0.0] * 24)
    rows(city, electricity(city, enterprise, "E-2"), at("2026-11-03"), [0.0] * 10 + [1.0] * 11)
    judging = engine(database, FROZEN)
    await step(judging, "2026-11-04 00:10")
    own, foreign = sorted({row["subject"] for row in city.current(FROZEN)})
    assert city.brief(FROZEN, own) == [
        ("11-01 00", "compliant", "moving"),
        ("11-02 00", "violation", "frozen"),
        ("11-03 00", "undetermined", "plant_not_running"),
    ]
    assert {row[2] for row in city.brief(FROZEN, foreign)} == {"no_running_signal"}
    # late electricity of the third day, and late water of the second
    late = electricity(city, enterprise, "E-3")
    rows(city, late, at("2026-11-03"), [5.0] * 24)
    rows(city, meter, at("2026-11-02 05:00"), [0.2])
    for point, hour in ((late, "2026-11-03 05:00"), (meter, "2026-11-02 05:00")):
        city.work("hour", point, at(hour))
    await step(judging, "2026-11-04 00:11")
    assert [row[1:] for row in city.brief(FROZEN, own)[1:]] == [("compliant", "moving"), ("violation", "frozen")]


async def test_increments_that_are_all_the_same(city: City, database: Database) -> None:
    meter = city.metered(city.enterprise("tianhe"), "W-1")
    assert meter is not None
    rows(city, meter, at("2026-11-01"), [3.0] * 48 + [3.5] + [3.0] * 23)
    judging = engine(database, IDENTICAL)
    await step(judging, "2026-11-04 00:10")
    assert city.brief(IDENTICAL) == [("11-02 00", "violation", "identical"), ("11-03 00", "compliant", "varying")]
    rows(city, meter, at("2026-11-02 05:00"), [3.25])
    city.work("hour", meter, at("2026-11-02 05:00"))
    await step(judging, "2026-11-04 00:11")
    assert [row[2] for row in city.brief(IDENTICAL)] == ["varying", "varying"]
    rows(city, meter, at("2026-11-01 05:00"), [3.0], "")
    rows(city, meter, at("2026-11-02 05:00"), [3.0], "")
    city.work("hour", meter, at("2026-11-02 05:00"))
    await step(judging, "2026-11-04 00:12")
    assert [row[2] for row in city.brief(IDENTICAL)] == ["identical", "varying"]


async def test_a_correction_by_ten_times_is_found_and_goes_with_the_next(city: City, database: Database) -> None:
    meter = city.metered(city.enterprise("tianhe"), "W-1")
    city.run("select ensure_reading_partitions_v1('2026-11-01Z', '2026-11-30Z')")

    def read(table: str, minute: str, value: float, flag: str = "N") -> None:
        city.run(
            f"insert into {table} (point_id, measured_at, value, source_flag, qc_flag, received_at)"
            " values (%s, %s, %s, %s, 1, %s)",
            meter,
            at(f"2026-11-02 {minute}"),
            value,
            flag,
            at(f"2026-11-02 {minute}"),
        )

    assert meter is not None
    for minute, value in (("06:50", 480.0), ("07:30", 500.0), ("07:40", 777.0), ("08:00", 600.0)):
        read("reading", minute, value)
    read("correction", "07:40", 777.0, "D")  # not valid any more: passed over
    read("correction", "08:00", 530.0)
    read("correction", "08:00", 510.0)
    rows(city, meter, at("2026-11-02 06:00"), [None, 10.0], "corrected")
    judging = engine(database, "data.correction_magnitude")
    await step(judging, "2026-11-02 12:10")
    (found,) = city.current("data.correction_magnitude")
    assert (found["period_start"], found["reason"], found["value"]) == (
        at("2026-11-02 07:00"),
        "corrected_tenfold",
        10.0,
    )
    assert found["evidence"]["readings"] == [
        {
            "at": "2026-11-02T00:00:00Z",
            "before": 500.0,
            "first": 600.0,
            "corrected": 510.0,
            "first_increment": 100.0,
            "corrected_increment": 10.0,
        }
    ]
    read("correction", "08:00", 590.0)
    city.work("hour", meter, at("2026-11-02 07:00"))
    await step(judging, "2026-11-02 12:11")
    assert city.current("data.correction_magnitude") == []


async def test_entry_points_are_connected_meters_of_whole_enterprises(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-02-01")
    meter, second = city.metered(enterprise, "W-1"), city.metered(enterprise, "W-2")
    city.run("update metering_place set level = 'secondary' where code = 'W-2'")
    city.run(
        "insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, point_id)"
        " select enterprise_id, place_id, 'NEW', '2026-01-01', 24, '2026-06-01', %s from metering_place"
        " where code = 'W-1'",
        meter,
    )
    city.run(
        "update meter set removed_on = '2026-06-01', serial = 'OLD' where serial <> 'NEW' and point_id = %s", meter
    )
    async with database.transaction() as connection:
        (entry,) = await counters.entry_points(connection)
        everything = await counters.counter_points(connection)
    assert (entry.point_id, entry.serial, str(entry.first_day), entry.end_day) == (meter, "NEW", "2026-02-01", None)
    assert next((one.point_id, one.serial) for one in everything) == (meter, "NEW")
    assert second in {one.point_id for one in everything}
    city.run("update meter set removed_on = '2026-07-01' where serial = 'NEW'")
    async with database.transaction() as connection:
        (entry,) = await counters.entry_points(connection)
    assert str(entry.end_day) == "2026-07-01"
