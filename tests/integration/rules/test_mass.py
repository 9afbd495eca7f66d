"""Mass of a pollutant in months and years: substitution, late hours, marks, and how far a change reaches."""

from __future__ import annotations

import contextlib
import random

import pytest

from domain.errors import Conflict
from storage.database import Database
from storage.marks import NewMark, add_mark, decide_mark
from tests.integration.rules.world import HOUR, City, at, engine, step

RULE, RATE = "mass.yearly", "legal.rate"
SUBJECT = "pollutant:tianhe/S1/so2"


def plant(city: City, *, since: str = "2026-01-01", total: float | None = 100.0) -> dict[str, int]:
    """A stack with SO2 and dry standard flow, and a permitted total in t."""
    enterprise = city.enterprise("tianhe", since=since)
    points = city.stack(enterprise, "S1", ["so2", "flue_flow", "running_state"])
    city.run("update point set unit = 'm3/h' where quantity = 'flue_flow'")
    if total is not None:
        permit(city, total)
    return points


def permit(city: City, total: float, *, since: str = "2020-01-01", unit: str = "t", averaging: str = "year") -> None:
    city.run(
        "insert into emission_limit (origin, enterprise_id, outlet_id, quantity, kind, averaging, region, value, unit,"
        " decimals, exempt_process, standard, clause, source, confidence, status, enabled, valid_from, author, reason,"
        " created_at) select 'site', enterprise_id, outlet_id, 'so2', 'legal', %s, 'any', %s, %s, 2, '{}',"
        " '排污许可证', '许可', '许可证', 'V', 'permit', true, %s, 'site', '', '2020-01-01' from outlet",
        averaging,
        total,
        unit,
        since,
    )


def emit(city: City, points: dict[str, int], first: str, hours: int, so2: float, *, work: bool = False) -> None:
    """So many hours at 100,000 m3/h: 10 mg/m3 are 1 kg/h."""
    city.hours(points["so2"], at(first), hours, so2, work=work)
    city.hours(points["flue_flow"], at(first), hours, 100_000, work=work)


def months(city: City) -> list[tuple[str, str, float]]:
    """(local month, reason, t of the year so far)."""
    return [
        (start[:2], reason, round(row["value"], 6))
        for (start, _, reason), row in zip(city.brief(RULE), city.current(RULE), strict=True)
    ]


async def test_the_rate_of_hours_and_late_data(city: City, database: Database) -> None:
    points = plant(city, total=None, since="2026-11-02")
    permit(city, 5.0, unit="kg/h", averaging="hour")
    permit(city, 30.0, unit="mg/m3", averaging="hour")  # a permit gives both; neither hides the other
    emit(city, points, "2026-11-02", 5, 40.0)
    city.dirty(points["flue_flow"], at("2026-11-02 03:00"))
    judging = engine(database, RATE, "legal.hourly")
    report = await step(judging, "2026-11-02 05:10")
    assert RATE in report.deferred
    assert city.brief(RATE) == [(f"11-02 0{hour}", "compliant", "within_limit") for hour in range(3)]
    assert {row["reason"] for row in city.current("legal.hourly")} == {"over_limit"}
    city.clean()
    await step(judging, "2026-11-02 05:11")
    evidence = city.current(RATE)[4]["evidence"]
    assert evidence["pollutant"]["point"] == "S1-SO2"
    assert (evidence["pollutant"]["dry_standard_mg_m3"], evidence["flow"]["dry_standard_m3_h"]) == (40.0, 100_000.0)
    city.hours(points["flue_flow"], at("2026-11-02 01:00"), 1, 200_000, work=True)
    report = await step(judging, "2026-11-02 05:12")
    assert (report.by_rule[RATE].judged, report.by_rule[RATE].written) == (1, 1)
    assert city.brief(RATE)[1] == ("11-02 01", "violation", "over_limit")


async def test_months_add_up_to_the_year(city: City, database: Database) -> None:
    points = plant(city, total=2.0)
    emit(city, points, "2026-01-01", 744 + 672 + 744, 10.0)
    judging = engine(database, RULE)
    await step(judging, "2026-02-01 00:09")
    assert city.current(RULE) == []
    await step(judging, "2026-02-01 00:10")
    (january,) = city.current(RULE)
    assert (january["verdict"], january["reason"], january["value"]) == ("compliant", "within_total", 0.744)
    assert january["evidence"]["measured_h"] == 744
    assert january["evidence"]["flow_h"] == {"flue_flow": 744}
    await step(judging, "2026-04-01 00:10")
    assert months(city) == [("01", "within_total", 0.744), ("02", "within_total", 1.416), ("03", "over_total", 2.16)]
    assert city.current(RULE)[2]["evidence"]["months"] == [
        {"month": "2026-01", "t": 0.744, "unsubstituted_h": 0},
        {"month": "2026-02", "t": 0.672, "unsubstituted_h": 0},
        {"month": "2026-03", "t": 0.744, "unsubstituted_h": 0},
    ]


async def test_missing_hours_are_substituted_by_what_was_emitted_before(city: City, database: Database) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 744, 10.0)
    emit(city, points, "2026-01-05", 1, 50.0)  # the greatest of what lies before
    city.run("delete from hourly where hour_at >= %s and hour_at < %s", at("2026-01-08"), at("2026-01-08 20:00"))
    await step(engine(database, RULE), "2026-02-01 00:10")
    (january,) = city.current(RULE)
    evidence = january["evidence"]
    assert (evidence["measured_h"], evidence["substituted_h"], evidence["invalid_h"]) == (
        724,
        {"180": 20},
        {"no_data": 20},
    )
    assert january["value"] == pytest.approx((723 * 1 + 5 + 20 * 5) / 1000)
    assert evidence["substitutes"] == [
        {
            "from": "2026-01-07T16:00:00Z",
            "to": "2026-01-08T12:00:00Z",
            "hours": 20,
            "hours_in_month": 20,
            "window_h": 180,
            "valid_h": 168,
            "kg_h": pytest.approx(5.0),
        }
    ]
    assert evidence["rests_on_from"] == "2025-12-31T16:00:00Z"


async def test_a_late_hour_of_january_reaches_the_later_months_of_its_year(city: City, database: Database) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 24 * 365, 10.0)
    judging = engine(database, RULE)
    await step(judging, "2027-01-01 00:10")
    before = {row["period_start"]: row["value"] for row in city.current(RULE)}
    assert len(before) == 12
    # the hours of later quarters are not looked at: what is summed up are the months
    city.run("delete from hourly where hour_at >= %s", at("2026-04-01"))
    city.hours(points["so2"], at("2026-01-03 04:00"), 1, 1_010.0, work=True)
    report = await step(judging, "2027-01-01 01:00")
    after = {row["period_start"]: row["value"] for row in city.current(RULE)}
    assert {start: round(value - before[start], 6) for start, value in after.items()} == dict.fromkeys(before, 0.1)
    assert (report.written, report.superseded) == (12, 12)


async def test_a_late_hour_changes_what_later_substitutes_rest_on(city: City, database: Database) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 24 * 151, 10.0)
    city.run("delete from hourly where hour_at >= %s and hour_at < %s", at("2026-04-02"), at("2026-04-02 10:00"))
    judging = engine(database, RULE)
    await step(judging, "2026-06-01 00:10")
    april = city.current(RULE)[3]
    assert april["evidence"]["substituted_h"] == {"180": 10}
    assert april["evidence"]["rests_on_from"] == "2026-03-25T04:00:00Z"  # 180 hours before
    city.hours(points["so2"], at("2026-03-24 00:00"), 1, 20.0, work=True)  # before those
    await step(judging, "2026-06-01 01:00")
    assert city.current(RULE)[3]["evidence"]["month_t"] == april["evidence"]["month_t"]
    city.hours(points["so2"], at("2026-03-31 00:00"), 1, 20.0, work=True)  # among them
    await step(judging, "2026-06-01 02:00")
    assert city.current(RULE)[3]["evidence"]["month_t"] == pytest.approx(april["evidence"]["month_t"] + 10 * 0.001)


@pytest.mark.parametrize("seed", [6, 23])
async def test_whatever_comes_late_ends_where_judging_everything_at_once_ends(
    city: City, database: Database, seed: int
) -> None:
    """Bounded revisions forget nothing: after holes opened, filled and moved, no figure differs from a fresh one."""
    chance = random.Random(seed)
    points = plant(city)
    emit(city, points, "2026-01-01", 24 * 243, 10.0)
    for _ in range(12):  # holes of all lengths, some across the ends of quarters
        first = at("2026-01-01") + HOUR * chance.choice([2150, 4330, chance.randrange(5000)])
        city.run(
            "delete from hourly where hour_at >= %s and hour_at < %s", first, first + HOUR * chance.randrange(1, 60)
        )
    judging = engine(database, RULE)
    for month in range(2, 9):
        await step(judging, f"2026-{month:02}-01 00:10")
        hours = 24 * 30 * (month - 1)
        for number in range(4):
            near = [hour - chance.randrange(250) for hour in (2150, 4330) if hour < hours]
            when = at("2026-01-01") + HOUR * chance.choice([chance.randrange(hours), *near])
            length, minutes = chance.choice([(1, 60), (30, 60), (5, 20)])
            so2 = chance.choice([5.0, 10.0, 20.0 * month + number])
            city.hours(points["so2"], when, length, so2, minutes=minutes, work=True)
            city.hours(points["flue_flow"], when, length, 100_000, work=True)
            if month >= 7:  # one by one, so that none hides what another has to reach
                await step(judging, f"2026-{month:02}-01 00:{20 + number}")
        first = at("2026-01-01") + HOUR * chance.randrange(hours)
        new = NewMark("tianhe", "S1", None, "process", "stopped", first, first + HOUR * 40, "manual", "厂", "检修")
        async with database.transaction() as connection:
            with contextlib.suppress(Conflict):
                await add_mark(connection, new, at(f"2026-{month:02}-01 01:00"))
    await step(judging, "2026-09-01 00:10")
    columns = "period_start, verdict, reason, value, evidence"
    current = f"select {columns} from finding where rule_id = %s and superseded_at is null order by period_start"
    bit_by_bit = city.run(current, RULE)
    city.run("delete from alert_work")
    city.run("delete from finding")
    city.run("delete from rule_watermark")
    await step(engine(database, RULE), "2026-09-01 00:10")
    assert bit_by_bit == city.run(current, RULE)
    assert len(bit_by_bit) == 8


async def test_poor_capture_of_a_quarter_leaves_hours_unknown_until_it_is_better(
    city: City, database: Database
) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 500, 10.0)
    judging = engine(database, RULE)
    await step(judging, "2026-02-01 00:10")
    assert months(city) == [("01", "capture_too_low", 0.5)]
    assert city.current(RULE)[0]["evidence"]["unsubstituted_h"] == 244
    emit(city, points, "2026-02-01", 672 + 744, 10.0)  # 1916 of 2160 hours in the quarter: 88.7 %
    await step(judging, "2026-04-01 00:10")
    assert months(city) == [("01", "within_total", 0.744), ("02", "within_total", 1.416), ("03", "within_total", 2.16)]
    assert city.current(RULE)[0]["evidence"]["substituted_h"] == {"2160": 244}


async def test_a_stop_that_is_marked_and_then_rejected(city: City, database: Database) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 744, 10.0)
    city.run("delete from hourly where hour_at >= %s and hour_at < %s", at("2026-01-20"), at("2026-01-22"))
    judging = engine(database, RULE)
    await step(judging, "2026-02-01 00:10")
    assert city.current(RULE)[0]["evidence"]["substituted_h"] == {"720": 48}
    new = NewMark(
        "tianhe", "S1", None, "process", "stopped", at("2026-01-20"), at("2026-01-22"), "manual", "厂", "检修", None
    )
    async with database.transaction() as connection:
        mark = await add_mark(connection, new, at("2026-02-02"))
    await step(judging, "2026-02-02 00:01")
    evidence = city.current(RULE)[0]["evidence"]
    assert (evidence["substituted_h"], evidence["stopped_h"], evidence["month_t"]) == ({}, 48, 0.696)
    assert evidence["marks"] == [mark]
    async with database.transaction() as connection:
        await decide_mark(connection, mark, "rejected", "局", "生产记录不符", at("2026-02-03"))
    await step(judging, "2026-02-03 00:01")
    evidence = city.current(RULE)[0]["evidence"]
    assert (evidence["substituted_h"], evidence["stopped_h"], evidence["marks"]) == ({"720": 48}, 0, [])


async def test_without_a_permitted_total_there_is_no_finding(city: City, database: Database) -> None:
    points = plant(city, total=None)
    emit(city, points, "2026-01-01", 24 * 120, 10.0)
    judging = engine(database, RULE)
    await step(judging, "2026-04-01 00:10")
    assert city.current(RULE) == []
    permit(city, 5.0, since="2026-03-15")
    await step(engine(database, RULE), "2026-04-01 00:11")
    assert months(city) == [("03", "within_total", 2.16)]  # the year is whole, though the permit is younger
    city.run("update emission_limit set superseded_at = %s", at("2026-04-02"))
    permit(city, 2.0, since="2026-02-01")
    city.work("register", city.one("select enterprise_id from enterprise"), at("2026-02-01"))
    await step(judging, "2026-04-02 00:10")
    assert months(city) == [("02", "within_total", 1.416), ("03", "over_total", 2.16)]
    city.run("update emission_limit set superseded_at = %s where superseded_at is null", at("2026-04-03"))
    permit(city, 2.0, since="2026-03-01")
    city.work("register", city.one("select enterprise_id from enterprise"), at("2026-02-01"))
    await step(judging, "2026-04-03 00:10")
    assert months(city) == [("03", "over_total", 2.16)]  # what no limit confirms is gone


async def test_an_outlet_without_flow(city: City, database: Database) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 744, 10.0)
    city.run("update point set outlet_id = null where quantity = 'flue_flow'")
    await step(engine(database, RULE), "2026-02-01 00:10")
    assert months(city) == [("01", "no_flow", 0.0)]


async def test_velocity_and_wet_gas_need_the_register(city: City, database: Database) -> None:
    points = plant(city)
    emit(city, points, "2026-01-01", 744, 10.0)
    city.run("update point set quantity = 'flue_velocity', unit = 'm/s' where quantity = 'flue_flow'")
    city.hours(points["flue_flow"], at("2026-01-01"), 744, 10.0)
    enterprise, outlet = city.one("select enterprise_id from outlet"), city.one("select outlet_id from outlet")
    for quantity, unit, mean in (
        ("flue_temperature", "degC", 160.0),
        ("flue_pressure", "Pa", -500.0),
        ("flue_humidity", "%", 10.0),
    ):
        point = city.point(enterprise, quantity, quantity, outlet=outlet)
        city.run("update point set unit = %s where point_id = %s", unit, point)
        city.hours(point, at("2026-01-01"), 744, mean)
    judging = engine(database, RULE)
    await step(judging, "2026-02-01 00:10")
    assert city.current(RULE)[0]["evidence"]["invalid_h"] == {"area_missing": 744}
    city.run("update outlet set duct_area_m2 = 12.5, velocity_factor = 0.95")
    city.work("register", enterprise, at("2026-01-01"))
    await step(judging, "2026-02-01 01:10")
    assert city.current(RULE)[0]["evidence"]["invalid_h"] == {"atmosphere_missing": 744}
    city.run("update outlet set atmosphere_kpa = 89")
    city.work("register", enterprise, at("2026-01-01"))
    await step(judging, "2026-02-01 02:10")
    (january,) = city.current(RULE)
    assert january["evidence"]["flow_h"] == {"flue_velocity": 744}
    assert january["value"] == pytest.approx(744 * 10.0 * 211_875.16 * 1e-6 / 1000, rel=1e-6)
