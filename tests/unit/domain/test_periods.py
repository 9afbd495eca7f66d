"""Calendar periods of the site."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import periods

INSTANTS = st.integers(694_224_000, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
DAYS = st.dates(date(1992, 1, 1), date(2100, 1, 1))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_local_day_begins_at_sixteen_utc() -> None:
    assert periods.day_period(date(2026, 11, 2)) == periods.Period(utc(2026, 11, 1, 16), utc(2026, 11, 2, 16))
    assert periods.local_day(utc(2026, 11, 1, 15, 59)) == date(2026, 11, 1)
    assert periods.local_day(utc(2026, 11, 1, 16)) == date(2026, 11, 2)


def test_months_and_years_are_local() -> None:
    assert periods.month_of(utc(2026, 10, 31, 16)) == periods.month_period(2026, 11)
    assert periods.month_period(2026, 12).end == utc(2026, 12, 31, 16)
    assert periods.month_period(2024, 2).hours == 29 * 24
    assert periods.year_period(2026) == periods.Period(utc(2025, 12, 31, 16), utc(2026, 12, 31, 16))


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        periods.local_day(datetime(2026, 11, 2))  # noqa: DTZ001  that is the point


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 6, "2026-07-31"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-05-05", 0, "2026-05-05"),
    ],
)
def test_add_months(day: str, months: int, expected: str) -> None:
    assert periods.add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(INSTANTS, st.integers(-12, 14))
def test_an_offset_does_not_change_the_period(at: datetime, hours: int) -> None:
    elsewhere = at.astimezone(timezone(timedelta(hours=hours)))
    for period_of in (periods.hour_of, periods.day_of, periods.month_of):
        assert at in period_of(at)
        assert period_of(elsewhere) == period_of(at)


@given(INSTANTS)
def test_hour_numbers_and_hours_are_one_to_one(at: datetime) -> None:
    assert periods.numbered_hour(periods.hour_number(at)) == periods.hour_of(at)


@given(st.lists(INSTANTS, max_size=20))
def test_local_days_on_columns(instants: list[datetime]) -> None:
    seconds = np.array([int(at.timestamp()) for at in instants], np.int64)
    assert periods.local_day_numbers(seconds).tolist() == [periods.local_day(at) for at in instants]


@given(DAYS)
def test_days_and_hours_tile_their_month(day: date) -> None:
    month = periods.month_of(periods.day_start(day))
    days = list(periods.days_in(month))
    assert (days[0].start, days[-1].end) == (month.start, month.end)
    assert all(before.end == after.start for before, after in pairwise(days))
    hours = [hour for one in days for hour in periods.hours_in(one)]
    assert hours == list(periods.hours_in(month))
    assert all(hour == periods.hour_of(hour.start) for hour in hours)


def test_days_in_leaves_a_begun_day_out() -> None:
    begun = periods.Period(utc(2026, 11, 1, 17), utc(2026, 11, 3, 16))
    assert list(periods.days_in(begun)) == [periods.day_period(date(2026, 11, 3))]


@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_months_added_at_once_are_never_before_months_added_in_turn(day: date, one: int, other: int) -> None:
    assert periods.add_months(periods.add_months(day, one), other) <= periods.add_months(day, one + other)
