"""Analysers by day: runs that are missing, drift and calibrations that are due, and what late data change."""

from __future__ import annotations

from datetime import datetime

from rules.engine import Engine
from rules.pack import RuleSet
from storage.database import Database
from tests.integration.rules.minutes_world import send, stated, statement
from tests.integration.rules.world import HOUR, City, at, engine, only, step


def confirmed(database: Database, *prefixes: str) -> Engine:
    """An engine on shipped drafts as if somebody had confirmed them."""
    rules = only(*prefixes, "platform.")
    enabled = {
        rule_id: [rule.model_copy(update={"enabled": True}) for rule in variants]
        for rule_id, variants in rules.variants.items()
    }
    return Engine(database, RuleSet(enabled, rules.pack_of))


def drift(city: City, point: int, when: datetime, value: float, *, work: bool = False) -> None:
    stated(city, point, when, value, work=work)


async def test_a_gap_between_runs_and_the_late_run_that_fills_it(city: City, database: Database) -> None:
    rule = "gc.run_gap"
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    fence = city.outlet(enterprise, "F1", process="fenceline_petrochemical")
    point = city.point(enterprise, "F1-C6H6", "benzene", outlet=fence)
    city.run("update point set interval_s = 3600 where point_id = %s", point)
    stack = city.stack(enterprise)
    city.run("update point set interval_s = 3600 where point_id = %s", stack["so2"])  # no fence: not watched
    send(city, point, at("2026-11-02"), [0.01] * 20 + [None] * 3 + [0.01] * 25, every_s=3600)
    judging = engine(database, rule)
    await step(judging, "2026-11-04 00:10")
    assert city.brief(rule) == [("11-02 00", "violation", "gap"), ("11-03 00", "compliant", "no_gap")]
    gap = city.current(rule)[0]
    assert (gap["subject"], gap["value"]) == ("point:tianhe/F1-C6H6", 3.0)
    assert gap["evidence"]["missing_from"] == "2026-11-02T12:00:00Z"

    send(city, point, at("2026-11-02 21:00"), [0.01], every_s=3600)
    city.work("hour", point, at("2026-11-02 21:00"))
    await step(judging, "2026-11-04 00:11")
    assert [row[2] for row in city.brief(rule)] == ["no_gap", "no_gap"]


async def test_drift_out_of_control_names_the_last_good_calibration(city: City, database: Database) -> None:
    rule = "qa.zero_drift"
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    points = city.stack(enterprise)
    said = statement(city, enterprise, "S1-SO2-ZD", points["so2"], "zero_drift", unit="%")
    drift(city, said, at("2026-11-02 08:00"), 1.0)
    drift(city, said, at("2026-11-03 08:00"), 6.0)
    judging = confirmed(database, rule)
    await step(judging, "2026-11-04 00:10")
    assert city.brief(rule) == [("11-02 00", "compliant", "in_control"), ("11-03 00", "violation", "out_of_control")]
    bad = city.current(rule)[1]
    assert bad["subject"] == "point:tianhe/S1-SO2"
    assert bad["evidence"]["last_good_calibration"] == "2026-11-02T00:00:00Z"
    assert bad["evidence"]["out_of_control_from"] == "2026-11-03T00:00:00Z"

    drift(city, said, at("2026-11-02 20:00"), -0.4, work=True)  # comes late, and changes what the next day says
    await step(judging, "2026-11-04 00:11")
    assert city.current(rule)[1]["evidence"]["last_good_calibration"] == "2026-11-02T12:00:00Z"


async def test_a_calibration_that_is_overdue_until_a_late_flag_says_otherwise(city: City, database: Database) -> None:
    rule = "qa.calibration_due"
    points = city.stack(city.enterprise("tianhe", since="2026-11-02"))
    city.hours(points["so2"], at("2026-11-02"), 48, 30.0)

    def flag(when: datetime) -> None:
        city.run(
            'update hourly set flag_counts = \'{"N": 55, "C": 5}\' where point_id = %s and hour_at = %s',
            points["so2"],
            when,
        )

    flag(at("2026-11-02 08:00"))
    judging = confirmed(database, rule)
    await step(judging, "2026-11-04 00:10")
    subject = "point:tianhe/S1-SO2"
    assert city.brief(rule, subject) == [("11-02 00", "compliant", "calibrated"), ("11-03 00", "violation", "overdue")]
    assert [row[2] for row in city.brief(rule, "point:tianhe/S1-O2")] == ["no_calibration"] * 2
    flag(at("2026-11-03 08:00"))
    city.work("hour", points["so2"], at("2026-11-03 08:00"))
    await step(judging, "2026-11-04 00:11")
    assert city.brief(rule, subject)[1] == ("11-03 00", "compliant", "calibrated")


async def test_an_oxidiser_to_which_no_air_is_added(city: City, database: Database) -> None:
    rule = "voc.oxidiser_o2"
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    outlet = city.outlet(enterprise, "R1", process="voc_incinerator")
    points = {word: city.point(enterprise, f"R1-{word}", word, outlet=outlet) for word in ("o2", "o2_inlet")}
    city.hours(points["o2"], at("2026-11-02"), 3, 20.6)
    city.hours(points["o2_inlet"], at("2026-11-02"), 3, 20.4)
    judging = engine(database, rule)
    await step(judging, "2026-11-02 03:10")
    assert city.current(rule) == []  # the register does not say that no air is added
    city.run("update outlet set makeup_air = false")
    city.work("register", enterprise, at("2026-11-02"))
    await step(judging, "2026-11-02 04:10")
    assert city.brief(rule)[:3] == [(f"11-02 0{n}", "violation", "o2_above_inlet") for n in range(3)]
    city.hours(points["o2"], at("2026-11-02 01:00"), 1, 17.0, work=True)
    await step(judging, "2026-11-02 04:11")
    assert city.brief(rule)[1] == ("11-02 01", "compliant", "o2_not_above_inlet")
    assert city.current(rule)[1]["period_end"] - city.current(rule)[1]["period_start"] == HOUR
