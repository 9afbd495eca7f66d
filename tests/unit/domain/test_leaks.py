"""LDAR schedules on columns, held against the same rules written for one component."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.leaks import (
    LeakStatus,
    add_months_to_days,
    anchors,
    campaign_status,
    schedule_status,
    year_of,
)
from domain.periods import add_months

DAYS = st.dates(date(2000, 1, 1), date(2080, 12, 31))


def column(days: list[date]) -> np.ndarray:
    return np.array(days, "datetime64[D]")


@given(st.lists(st.tuples(DAYS, st.integers(1, 60)), max_size=30))
def test_adding_months_to_columns(pairs: list[tuple[date, int]]) -> None:
    added = add_months_to_days(column([day for day, _ in pairs]), np.array([n for _, n in pairs], np.int64))
    assert added.tolist() == [add_months(day, n) for day, n in pairs]


@given(st.lists(st.tuples(DAYS, st.lists(DAYS, max_size=6)), max_size=8))
def test_anchors_are_the_tests_and_an_untested_start(components: list[tuple[date, list[date]]]) -> None:
    owners = [owner for owner, (_, tests) in enumerate(components) for _ in tests]
    days = [day for _, tests in components for day in tests]
    found = anchors(column([start for start, _ in components]), np.array(owners, np.int64), column(days))
    expected = []
    for owner, (start, tests) in enumerate(components):
        series = sorted(set(tests) | ({start} if all(day > start for day in tests) else set()))
        following = [*series[1:], None]
        expected += [(owner, day, day in tests, after) for day, after in zip(series, following, strict=True)]
    rows = zip(found.owner.tolist(), found.day.tolist(), found.is_test.tolist(), found.next_day.tolist(), strict=True)
    assert list(rows) == expected


def one_status(due: date, next_day: date | None, as_of: date, soon: int) -> LeakStatus:
    if next_day is not None:
        return LeakStatus.TESTED_IN_TIME if next_day <= due else LeakStatus.TESTED_LATE
    if as_of > due:
        return LeakStatus.OVERDUE
    return LeakStatus.DUE_SOON if (due - as_of).days <= soon else LeakStatus.SCHEDULED


@given(DAYS, st.one_of(st.none(), st.integers(-50, 50)), st.integers(-50, 50), st.integers(0, 40))
def test_status_of_a_stretch(due: date, tested: int | None, seen: int, soon: int) -> None:
    next_day = None if tested is None else due + timedelta(days=tested)
    as_of = due + timedelta(days=seen)
    after = np.array([np.datetime64("NaT", "D") if next_day is None else np.datetime64(next_day, "D")])
    (status,) = schedule_status(column([due]), after, column([as_of]), soon)
    assert LeakStatus(int(status)) is one_status(due, next_day, as_of, soon)


def test_a_year_is_overdue_when_its_last_day_has_closed() -> None:
    as_of = column([date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 30), date(2026, 12, 31), date(2027, 2, 1)])
    status = campaign_status(np.full(5, 2026), np.zeros(5, bool), as_of, 30)
    assert [LeakStatus(int(one)).word for one in status] == ["scheduled", "due_soon", "due_soon", "overdue", "overdue"]
    assert campaign_status(np.array([2026]), np.array([True]), column([date(2027, 2, 1)]), 30) == [LeakStatus.TESTED]


def test_years_before_1970_too() -> None:
    assert year_of(column([date(1969, 12, 31), date(1970, 1, 1), date(2026, 12, 31)])).tolist() == [1969, 1970, 2026]


def test_what_is_a_violation() -> None:
    assert [status.word for status in LeakStatus if status.is_violation] == ["overdue", "tested_late"]
