"""Hourly limits: closing, gating, late data, repetition."""

from __future__ import annotations

import random

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

RULE = "ule.hourly"
SUBJECT = "pollutant:tianhe/S1/so2"


def plant(city: City, **quantities: object) -> dict[str, int]:
    return city.stack(city.enterprise("tianhe", since="2026-11-02"), "S1")


async def test_an_hour_is_judged_once_its_grace_is_over(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 00:00"), 3, 20)
    city.hours(points["o2"], at("2026-11-02 00:00"), 3, 8)
    judging = engine(database, RULE)

    await step(judging, "2026-11-02 01:09")
    assert city.current(RULE) == []
    await step(judging, "2026-11-02 01:10")
    assert city.brief(RULE) == [("11-02 00", "compliant", "within_limit")]
    report = await step(judging, "2026-11-02 03:30")
    assert len(city.current(RULE)) == 3
    assert report.written == 2


async def test_evidence_is_enough_to_compute_by_hand(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 00:00"), 1, 42.1)
    city.hours(points["o2"], at("2026-11-02 00:00"), 1, 6.8, minutes=50)
    city.run('update hourly set flag_counts = \'{"N": 58, "M": 2}\' where point_id = %s', points["so2"])
    city.run("update hourly set marked_minutes = 5, mark_ids = '{7}' where point_id = %s", points["o2"])
    await step(engine(database, RULE), "2026-11-02 01:30")
    (finding,) = city.current(RULE)
    assert (finding["verdict"], finding["reason"], round(finding["value"], 4)) == ("violation", "over_limit", 38.5423)
    assert finding["enterprise_id"] == city.one("select enterprise_id from enterprise")
    assert finding["evidence"] == {
        "pollutant": {
            "point": "S1-SO2",
            "mean": 42.1,
            "unit": "mg/m3",
            "valid_minutes": 60,
            "readings": 60,
            "marked_minutes": 0,
            "flags": {"N": 58, "M": 2},
        },
        "o2": {
            "point": "S1-O2",
            "mean_pct": 6.8,
            "valid_minutes": 50,
            "readings": 60,
            "marked_minutes": 5,
            "flags": {},
        },
        "reference_o2_pct": 8.0,
        "formula": "C*(21-8)/(21-O2)",
        "converted": finding["value"],
        "rounded": 39.0,
        "limit_id": city.preset("ule_coking.coke_oven_stack.so2"),
        "limit": 30.0,
        "limit_unit": "mg/m3",
        "comparison": "<=",
        "decimals": 0,
        "min_valid_minutes": 45,
        "process": {},
        "marks": [7],
    }


async def test_hours_without_any_row_are_undetermined(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 01:00"), 1, 20)
    await step(engine(database, RULE), "2026-11-02 02:10")
    assert city.brief(RULE) == [("11-02 00", "undetermined", "no_data"), ("11-02 01", "undetermined", "o2_missing")]


async def test_an_unsettled_hour_stops_its_outlet_only(city: City, database: Database) -> None:
    points = plant(city)
    other = city.stack(city.enterprise("beishan", since="2026-11-02"), "S9")
    for point in (points["so2"], points["o2"], other["so2"], other["o2"]):
        city.hours(point, at("2026-11-02 00:00"), 4, 8)
    city.dirty(points["o2"], at("2026-11-02 02:00"))
    judging = engine(database, RULE)

    report = await step(judging, "2026-11-02 04:30")
    assert report.deferred == [RULE]
    assert [row[0] for row in city.brief(RULE, SUBJECT)] == ["11-02 00", "11-02 01"]
    assert len(city.brief(RULE, "pollutant:beishan/S9/so2")) == 4
    assert city.one("select last_evaluated_at from rule where rule_id = %s", RULE) is None

    city.clean()
    report = await step(judging, "2026-11-02 04:31")
    assert report.deferred == []
    assert len(city.brief(RULE, SUBJECT)) == 4
    assert city.one("select last_evaluated_at from rule where rule_id = %s", RULE) == at("2026-11-02 04:31")
    assert city.one("select health from rule where rule_id = %s", RULE) == "ok"


async def test_late_data_supersedes_and_leaves_work_for_the_alerts(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 00:00"), 2, 20)
    city.hours(points["o2"], at("2026-11-02 00:00"), 2, 8)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 02:30")
    before = {row["period_start"]: row["finding_id"] for row in city.current(RULE)}
    city.run("delete from alert_work")

    city.hours(points["so2"], at("2026-11-02 00:00"), 1, 35, work=True)
    city.hours(points["o2"], at("2026-11-02 01:00"), 1, 8, work=True)
    report = await step(judging, "2026-11-02 02:31")

    assert (report.work, report.judged, report.written, report.superseded) == (2, 2, 1, 1)
    assert city.brief(RULE) == [("11-02 00", "violation", "over_limit"), ("11-02 01", "compliant", "within_limit")]
    (old,) = city.run("select finding_id, superseded_at, superseded_by from finding where superseded_at is not null")
    assert old["finding_id"] == before[at("2026-11-02 00:00")]
    assert old["superseded_at"] == at("2026-11-02 02:31")
    assert city.run("select finding_id from alert_work") == [{"finding_id": old["superseded_by"]}]


async def test_work_on_the_future_is_dropped(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 05:00"), 1, 20, work=True)
    report = await step(engine(database, RULE), "2026-11-02 01:30")
    assert (report.work, len(city.current(RULE)), city.count("rule_work")) == (1, 1, 0)


async def test_work_on_an_hour_that_an_engine_with_a_faster_clock_judged_is_not_lost(
    city: City, database: Database
) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 00:00"), 2, 20)
    city.hours(points["o2"], at("2026-11-02 00:00"), 2, 8)
    await step(engine(database, RULE), "2026-11-02 02:10")
    city.hours(points["so2"], at("2026-11-02 01:00"), 1, 35, work=True)
    report = await step(engine(database, RULE), "2026-11-02 02:09")
    assert report.work == 1
    assert city.brief(RULE) == [("11-02 00", "compliant", "within_limit"), ("11-02 01", "violation", "over_limit")]


async def test_a_repeated_step_writes_nothing(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-02 00:00"), 48, 20)
    judging = engine(database, RULE)
    assert (await step(judging, "2026-11-04 00:30")).written == 48
    report = await step(judging, "2026-11-04 00:30")
    assert report.is_idle
    city.run("update rule_watermark set through_at = %s", at("2026-11-02"))  # as if the watermark had been lost
    report = await step(engine(database, RULE), "2026-11-04 00:30")
    assert (report.judged, report.written, city.count("alert_work")) == (48, 0, 48)


async def test_small_batches_give_the_same_as_a_large_one(city: City, database: Database) -> None:
    points = plant(city)
    city.stack(city.enterprise("beishan", since="2026-11-02"), "S9")
    city.hours(points["so2"], at("2026-11-02 00:00"), 30, 20)
    report = await step(engine(database, RULE, batch_rows=7), "2026-11-03 06:10")
    assert (report.written, len(city.current(RULE))) == (60, 60)


async def test_an_outlet_is_judged_while_it_is_in_service(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-11-01")
    outlet = city.outlet(enterprise, "S1", since="2026-11-02", until="2026-11-03")
    city.point(enterprise, "S1-SO2", "so2", outlet=outlet)
    city.stack(enterprise, "S2", quantities=["h2s"])  # no limit for the quantity: no subject
    city.point(enterprise, "C-SO2", "so2", outlet=city.outlet(enterprise, "C1", process="charging"))
    await step(engine(database, RULE), "2026-11-05 00:00")
    starts = [row[0] for row in city.brief(RULE)]
    assert (len(starts), starts[0], starts[-1]) == (24, "11-02 00", "11-02 23")


async def test_a_replaced_analyser_continues_the_outlet(city: City, database: Database) -> None:
    points = plant(city)
    city.run("update point set in_service_to = '2026-11-03' where point_id = %s", points["so2"])
    outlet = city.one("select outlet_id from outlet")
    new = city.point(city.one("select enterprise_id from enterprise"), "NEW", "so2", outlet=outlet, since="2026-11-03")
    city.hours(points["o2"], at("2026-11-02 23:00"), 2, 8)
    city.hours(points["so2"], at("2026-11-02 23:00"), 2, 20)  # the old one keeps sending after it was replaced
    city.hours(new, at("2026-11-02 23:00"), 2, 31)
    await step(engine(database, RULE), "2026-11-03 01:10")
    assert city.brief(RULE)[-2:] == [("11-02 23", "compliant", "within_limit"), ("11-03 00", "violation", "over_limit")]


async def test_a_register_change_dated_back_is_judged_again(city: City, database: Database) -> None:
    points = plant(city)
    enterprise = city.one("select enterprise_id from enterprise")
    city.hours(points["so2"], at("2026-11-02 00:00"), 6, 35)
    city.hours(points["o2"], at("2026-11-02 00:00"), 6, 8)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 06:10")
    other = city.point(enterprise, "O2-B", "o2", outlet=city.one("select outlet_id from outlet"))
    city.run("update point set in_service_to = '2026-11-01' where point_id = %s", points["o2"])
    city.hours(other, at("2026-11-02 00:00"), 6, 5)
    city.work("register", enterprise, at("2026-11-02 04:00"))
    report = await step(judging, "2026-11-02 06:11")
    assert report.written == 2
    assert [row[1] for row in city.brief(RULE)] == ["violation"] * 4 + ["compliant"] * 2


async def test_the_order_of_arrival_changes_nothing(city: City, database: Database) -> None:
    """Hours written one by one in a random order, with a step after each, or all before the first step."""
    chance = random.Random(7)
    points = plant(city)
    for code in ("S2", "S3"):
        points |= {
            f"{code}-{q}": n for q, n in city.stack(city.one("select enterprise_id from enterprise"), code).items()
        }
    values = [20, 30.5, 31, 36, 90, None]
    hours = [(so2, hour, chance.choice(values)) for so2 in ("so2", "S2-so2") for hour in range(5)]
    for name in ("o2", "S2-o2", "S3-o2"):
        city.hours(points[name], at("2026-11-02"), 5, 8)
    judging = engine(database, RULE)
    for so2, hour, value in chance.sample(hours, len(hours)):
        minutes = 0 if value is None else 60
        city.hours(points[so2], at(f"2026-11-02 {hour:02d}:00"), 1, value, minutes=minutes, work=True)
        await step(judging, f"2026-11-02 {chance.randrange(1, 6):02d}:10")
    await step(judging, "2026-11-02 05:10")
    for so2, hour, value in hours:  # the same at an outlet whose hours are all there before it is looked at again
        if so2 == "S2-so2":
            when, minutes = at(f"2026-11-02 {hour:02d}:00"), 0 if value is None else 60
            city.hours(points["S3-so2"], when, 1, value, minutes=minutes, work=True)
    await step(judging, "2026-11-02 05:20")
    late, early = city.brief(RULE, "pollutant:tianhe/S2/so2"), city.brief(RULE, "pollutant:tianhe/S3/so2")
    assert late == early
    assert len(late) == 5
