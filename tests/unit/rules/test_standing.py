"""Gap, projection and state of targets."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.periods import add_months
from rules.policy.tables import Comparison, YearRule
from rules.scoreboard.standing import Aim, Point, State, project, stand, worst

TODAY = date(2026, 11, 20)
REACH = Aim(Comparison.AT_LEAST, 100.0, 2027, YearRule.BY, is_share=True)
CAP = Aim(Comparison.AT_MOST, 3.29, 2026, YearRule.BY, grows=True)
BETTER = [State.MISSED, State.BEHIND, State.ON_TRACK, State.MET]
VALUES = st.floats(0, 100)


def months(*values: float, until: date = date(2026, 10, 31)) -> list[Point]:
    ends = [add_months(until, -number) for number in range(len(values))][::-1]
    return [Point(end, value) for end, value in zip(ends, values, strict=True)]


def test_nothing_known() -> None:
    assert stand(REACH, [], TODAY).state is State.UNKNOWN


def test_met_on_track_behind_missed() -> None:
    assert stand(REACH, months(100), TODAY).state is State.MET
    assert stand(REACH, months(70, 75, 80), TODAY).state is State.ON_TRACK
    assert stand(REACH, months(80, 80, 80), TODAY).state is State.BEHIND
    assert stand(REACH, months(80), TODAY).state is State.BEHIND, "one figure shows no way to go"
    past = Aim(Comparison.AT_LEAST, 100.0, 2025, YearRule.BY, is_share=True)
    assert stand(past, months(70, 75, 80), TODAY).state is State.MISSED
    assert stand(past, months(70, 75, 80), TODAY).projected is None
    assert stand(past, months(100), TODAY).state is State.MET


def test_more_than_is_not_as_much_as() -> None:
    more = Aim(Comparison.MORE, 25.0, 2028, YearRule.BY)
    assert stand(more, months(25.0), TODAY).state is State.BEHIND
    assert stand(more, months(25.0), TODAY).gap == 0
    assert stand(more, months(25.1), TODAY).state is State.MET


def test_a_rule_that_judged_the_target_has_the_say() -> None:
    assert stand(REACH, [Point(date(2026, 10, 31), 99.99999, meets=True)], TODAY).state is State.MET


def test_from_a_year_on_and_every_year_are_said_of_the_year_of_the_figure() -> None:
    lasting = Aim(Comparison.MORE, 95.0, 2025, YearRule.FROM)
    assert stand(lasting, months(94), TODAY).state is State.BEHIND
    assert stand(lasting, months(94), TODAY).year == 2026
    assert stand(lasting, months(94, until=date(2025, 12, 31)), TODAY).state is State.MISSED
    yearly = Aim(Comparison.AT_LEAST, 1.0, None, YearRule.EVERY)
    assert (stand(yearly, months(1), TODAY).state, stand(yearly, months(1), TODAY).year) == (State.MET, 2026)


def test_a_cap_is_decided_by_the_end_of_its_year() -> None:
    growing = [Point(date(2026, 1, 31), 0.3), Point(date(2026, 2, 28), 0.6), Point(date(2026, 3, 31), 0.9)]
    assert stand(CAP, growing[:1], date(2026, 2, 5)).state is State.BEHIND, "at this pace 3.53 in a year"
    assert stand(CAP, growing[:1], date(2026, 2, 5)).projected is None
    found = stand(CAP, growing, date(2026, 4, 5))
    assert found.state is State.BEHIND
    assert found.projected == pytest.approx(3.69, abs=0.03)
    low = [Point(point.as_of, point.value * 0.8) for point in growing]
    assert stand(CAP, low, date(2026, 4, 5)).state is State.ON_TRACK
    assert stand(CAP, [*low, Point(date(2026, 12, 31), 3.29)], date(2027, 1, 2)).state is State.MET
    assert stand(CAP, [*low, Point(date(2026, 12, 31), 3.3)], date(2027, 1, 2)).state is State.MISSED
    assert stand(CAP, low, date(2027, 2, 1)).state is State.UNKNOWN, "nobody knows the rest of that year"
    assert stand(CAP, [Point(date(2026, 11, 30), 3.3)], date(2026, 12, 5)).state is State.BEHIND


def test_a_cap_of_a_later_year_is_told_by_the_present_one() -> None:
    later = Aim(Comparison.AT_MOST, 3.29, 2028, YearRule.BY, grows=True)
    found = stand(later, [Point(date(2026, 6, 30), 1.5)], TODAY)
    assert (found.state, found.year) == (State.ON_TRACK, 2026)
    assert found.why == "按2026年的进度判断，目标年为2028年"
    past = Aim(Comparison.AT_MOST, 3.29, 2025, YearRule.BY, grows=True)
    assert stand(past, [Point(date(2026, 6, 30), 1.5)], TODAY).why == "没有2025年的数据"


def test_three_different_months_make_a_line() -> None:
    same_month = [Point(date(2026, 10, day), float(day)) for day in (1, 2, 3)]
    assert project(REACH, same_month, date(2027, 12, 31)) is None
    assert project(REACH, months(10, 20), date(2027, 12, 31)) is None
    old = months(10, 20, until=date(2024, 10, 31)) + months(30)
    assert project(REACH, old, date(2027, 12, 31)) is None, "years ago is no trend"
    assert project(REACH, months(10, 20, 30), date(2027, 12, 31)) == 100
    assert project(REACH, months(30, 20, 10), date(2027, 12, 31)) == 0


def test_the_worst_part_speaks_for_all() -> None:
    assert worst([State.MET, State.UNKNOWN]) is State.UNKNOWN
    assert worst([State.MET, State.MISSED, State.UNKNOWN]) is State.MISSED
    assert worst([State.MET, State.MET]) is State.MET


@given(value=VALUES, target=VALUES, operator=st.sampled_from(Comparison))
def test_the_gap_has_the_sign_of_what_is_missing(value: float, target: float, operator: Comparison) -> None:
    aim = Aim(operator, target)
    if aim.gap(value) > 0:
        assert not aim.is_met_by(value)
    if aim.gap(value) < 0:
        assert aim.is_met_by(value)


@given(values=st.lists(VALUES, min_size=1, max_size=12), more=VALUES, year=st.integers(2025, 2028))
def test_a_better_newest_figure_never_makes_it_worse(values: list[float], more: float, year: int) -> None:
    aim = Aim(Comparison.AT_LEAST, 60.0, year, YearRule.BY)
    plain = stand(aim, months(*values), TODAY)
    better = stand(aim, months(*values[:-1], values[-1] + more), TODAY)
    assert BETTER.index(better.state) >= BETTER.index(plain.state)
    assert better.gap is not None
    assert plain.gap is not None
    assert better.gap <= plain.gap
