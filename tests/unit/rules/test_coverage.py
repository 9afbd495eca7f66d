"""Metering rates: what is remembered over days changes nothing, evidence stays small, monthly totals of places."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.accountreasons import account_word
from domain.metering import Intake, Meter, Place, WaterUser
from domain.periods import day_start
from rules.cases.files import case_files
from rules.cases.model import read_cases
from rules.evaluators.account import LOOK_BACK
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import DAILY_RATES, Register
from rules.families.contract import Job
from rules.families.days import city_of, judge_days
from rules.families.placetotals import place_totals
from rules.pack import load_packs
from storage.month_totals import PointMonth

RULES = load_packs()
CASES = Path(__file__).parents[2] / "cases" / "rules"
LONG_AGO = date(2024, 1, 1)
FIRST = date(2026, 9, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(12)]
SOME_DAY = st.sampled_from([None, *DAYS])
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def job(rule_id: str) -> Job:
    return Job(rule_id, [rule.model_copy(update={"enabled": True}) for rule in RULES.variants[rule_id]], NOW, NOW, 1)


def judged(rule_id: str, register: Register, days: list[date]) -> list[Judgement]:
    subjects = set(city_of(register, {}, job(rule_id)).starts)
    return [one for _, one in judge_days(job(rule_id), register, dict.fromkeys(days, subjects), [])]


PLACES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["unit", "secondary", "equipment"]),
        st.sampled_from(["water", "electricity", "coal_tar"]),
        SOME_DAY,  # out of service from
        SOME_DAY,  # meter installed on
        SOME_DAY,  # meter removed on
        SOME_DAY,  # last day of the verification
    ),
    max_size=8,
)


@settings(max_examples=80)
@given(PLACES, SOME_DAY)
def test_many_days_at_once_say_what_each_day_says(entries: list[tuple[object, ...]], joins: date | None) -> None:
    users = [WaterUser("a", "d", True, LONG_AGO, park="p"), WaterUser("b", "d", True, joins or LONG_AGO)]
    places, meters = [], []
    for number, (enterprise, level, medium, ends, installed, removed, due) in enumerate(entries):
        code = f"P{number}"
        places.append(Place(enterprise, code, level, None, LONG_AGO, ends, medium))  # type: ignore[arg-type]
        verified = (due or date(2027, 9, 1)).replace(year=(due or date(2027, 9, 1)).year - 2)  # type: ignore[attr-defined]
        meters.append(Meter(enterprise, code, code, verified, 24, installed or LONG_AGO, removed))  # type: ignore[arg-type]
    register = Register(["city"], ["d"], users, [], places, meters, ["p"])
    for rule_id in ("water.meter_installation_rate", "water.fit_rate", "energy.fit_rate"):
        alone = [one for day in DAYS for one in judged(rule_id, register, [day])]
        together = judged(rule_id, register, DAYS)
        assert sorted(together, key=_key) == sorted(alone, key=_key)


def _key(one: Judgement) -> tuple[datetime, str]:
    return one.period.start, str(one.subject)


def test_what_a_group_says_grows_with_enterprises_and_not_with_places() -> None:
    sizes = {}
    for many in (1, 40):
        users = [WaterUser(f"e{number}", "d", True, LONG_AGO) for number in range(3)]
        places = [Place(user.code, f"P{n}", "unit", f"Q{n}", LONG_AGO) for user in users for n in range(many)]
        places += [
            Place(user.code, f"E{n}", "unit", None, LONG_AGO, None, "steam") for user in users for n in range(many)
        ]
        intakes = [
            Intake(user.code, f"Q{n}", "surface", 600_000.0, False, LONG_AGO) for user in users for n in range(many)
        ]
        register = Register(["city"], ["d"], users, intakes, places)
        for rule_id in ("water.meter_installation_rate", "water.intake_online_rate.green_park_plan", "energy.fit_rate"):
            (city,) = [one for one in judged(rule_id, register, [FIRST]) if str(one.subject) == "city:city"]
            sizes[rule_id, many] = len(json.dumps(city.evidence))
    for rule_id, many in sizes:
        assert sizes[rule_id, many] < sizes[rule_id, 1] + 200, "digits may grow, lists may not"


def row(point: int, total: float | None, first: str | None, last: str | None, **more: int) -> PointMonth:
    hours = [None if at is None else datetime.fromisoformat(f"2026-{at}:00+08:00") for at in (first, last)]
    return PointMonth(point, FIRST, total, 0.0, 0.0, more.get("hours", 700), more.get("unknown", 0), *hours)


def why(*rows: PointMonth, meters: list[Meter] | None = None) -> str | None:
    register = Register(
        ["city"], ["d"], [WaterUser("a", "d", True, LONG_AGO)], [], [Place("a", "P", "unit", None, LONG_AGO)],
        meters or [meter(1)],
    )  # fmt: skip
    return place_totals(register, rows, [FIRST])["a", "P"][FIRST].why


def meter(point: int, installed: date = LONG_AGO, removed: date | None = None) -> Meter:
    return Meter("a", "P", f"S{point}", date(2026, 1, 1), 24, installed, removed, point, f"W{point}", LONG_AGO)


def test_a_total_is_complete_up_to_a_day_without_readings_at_either_end() -> None:
    assert why(row(1, 5.0, "09-01T00:00", "09-30T23:00")) is None
    assert why(row(1, 5.0, "09-02T00:00", "09-30T23:00")) is None
    assert why(row(1, 5.0, "09-02T01:00", "09-30T23:00")) == "late_start"
    assert why(row(1, 5.0, "09-01T00:00", "09-29T23:00")) is None
    assert why(row(1, 5.0, "09-01T00:00", "09-29T22:00")) == "open_gap"
    assert why(row(1, 5.0, "09-01T00:00", "09-30T23:00", unknown=1)) == "meter_reset"
    assert why(row(1, None, "09-01T00:00", "09-30T23:00")) == "no_data"
    assert why() == "no_data"


def test_a_place_is_the_sum_of_its_meters_and_counts_the_days_that_one_was_there() -> None:
    meters = [meter(1, removed=date(2026, 9, 11)), meter(2, date(2026, 9, 21)), meter(3, date(2026, 10, 1))]
    register = Register(
        ["city"], ["d"], [WaterUser("a", "d", True, LONG_AGO)], [], [Place("a", "P", "unit", None, LONG_AGO)], meters
    )
    rows = [
        row(1, 5.0, "09-01T00:00", "09-10T23:00", hours=240),
        row(2, 7.0, "09-21T00:00", "09-30T23:00", hours=230),
        row(3, 900.0, "09-01T00:00", "09-30T23:00"),
    ]
    (found,) = place_totals(register, rows, [FIRST]).values()
    total = found[FIRST]
    assert (total.total, total.hours, total.expected_hours, total.why) == (12.0, 470, 720, "open_gap"), (
        "no meter for ten days"
    )
    assert list(place_totals(register, rows, [FIRST, date(2026, 8, 1)])["a", "P"]) == [FIRST, date(2026, 8, 1)]
    assert day_start(FIRST) == datetime(2026, 8, 31, 16, tzinfo=UTC)


def test_the_two_plans_of_2027_are_never_merged() -> None:
    """At least 95 % in one draft, more than 90 % in the other: two rules, each with its own target and document."""
    users = [WaterUser("a", "d", True, LONG_AGO)]
    register = Register(["city"], ["d"], users, [Intake("a", "Q", "surface", 600_000.0, False, LONG_AGO)])
    said = {}
    for rule_id in ("water.intake_online_rate.green_park_plan", "water.intake_online_rate.coking_plan"):
        (city,) = [one for one in judged(rule_id, register, [date(2027, 3, 1)]) if str(one.subject) == "city:city"]
        said[city.limit, city.evidence["target"]["operator"], city.evidence["target"]["target_id"]] = {
            name: (city.evidence[name]["method"], city.evidence[name]["document_status"])
            for name in ("by_volume", "by_count")
        }
    assert said == {
        (95.0, ">=", "T033"): {"by_volume": ("by_volume", "送审稿"), "by_count": ("by_count", "现行")},
        (90.0, ">", "T002"): {"by_volume": ("by_volume", "征求意见稿"), "by_count": ("by_count", "现行")},
    }


@settings(max_examples=80)
@given(PLACES)
def test_a_fit_rate_of_the_city_is_the_sum_of_its_enterprises_and_every_level_decides(
    entries: list[tuple[Any, ...]],
) -> None:
    users = [WaterUser("a", "d", True, LONG_AGO), WaterUser("b", "d", True, LONG_AGO)]
    places = [
        Place(whose, f"P{n}", level, None, LONG_AGO, None, medium)
        for n, (whose, level, medium, *_) in enumerate(entries)
    ]
    meters = [
        Meter(whose, f"P{n}", f"P{n}", date(2026, 1, 1), 24, LONG_AGO)
        for n, (whose, _, _, lacks, *_) in enumerate(entries)
        if lacks is None
    ]
    register = Register(["city"], ["d"], users, [], places, meters)
    for rule_id in ("water.fit_rate", "energy.fit_rate"):
        found = {str(one.subject): one for one in judged(rule_id, register, [FIRST])}
        sums: dict[tuple[str, str], list[int]] = {}
        for code in "ab":
            own = found.get(f"enterprise:{code}")
            for row in [] if own is None else own.evidence["levels"]:
                known = sums.setdefault((row["medium"], row["level"]), [0, 0])
                known[0] += row["fitted"]
                known[1] += row["required"]
        city = found["city:city"]
        levels = {(row["medium"], row["level"]): row for row in city.evidence["levels"]}
        assert {key: [row["fitted"], row["required"]] for key, row in levels.items()} == sums
        exact = [
            Fraction(100 * fitted, of) - Fraction(levels[key]["required_pct"]) for key, (fitted, of) in sums.items()
        ]
        if not exact:
            assert (city.reason, city.value) == ("no_metering_place", None)
            continue
        assert (city.reason == "target_met") == (min(exact) >= 0)
        assert abs((city.value or 0.0) - (city.limit or 0.0) - float(min(exact))) < 1e-9


def test_every_reason_of_metering_and_accounts_has_a_chinese_word() -> None:
    evaluators = {*DAILY_RATES, *LOOK_BACK}
    silent = {
        expected.reason
        for path in case_files([CASES])
        for rule_id, case in read_cases(path)
        if RULES.variants[rule_id][0].evaluator in evaluators
        for expected in case.expect
        if account_word(expected.reason) == expected.reason
    }
    assert silent == set()
