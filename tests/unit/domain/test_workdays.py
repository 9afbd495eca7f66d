from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.workdays import PUBLISHED, add_workdays, holiday_name, is_published, is_reckoned, is_workday


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 9, 18), True),  # an ordinary Friday
        (date(2026, 9, 19), False),  # an ordinary Saturday
        (date(2026, 9, 20), True),  # a Sunday that is worked for the National Day
        (date(2026, 10, 1), False),  # the National Day, a Thursday
        (date(2026, 10, 10), True),  # a Saturday that is worked
    ],
)
def test_holidays_and_make_up_days_count(day: date, works: bool) -> None:
    assert is_workday(day) is works


@pytest.mark.parametrize(
    ("released", "last"),
    [
        (date(2026, 11, 6), date(2026, 11, 13)),  # Friday to Friday
        (date(2026, 11, 8), date(2026, 11, 13)),  # from a Sunday: Monday is the first
        # 30 September, 8, 9, 10 (a Saturday that is worked), 12 October
        (date(2026, 9, 29), date(2026, 10, 12)),
        (date(2026, 9, 18), date(2026, 9, 24)),  # the worked Sunday counts; the 25th is Mid-Autumn
    ],
)
def test_five_working_days(released: date, last: date) -> None:
    assert add_workdays(released, 5) == last


def test_a_year_without_a_notice_goes_by_weekends_and_says_so() -> None:
    after = date(PUBLISHED[1] + 1, 1, 1)
    assert not is_published(after)
    assert is_workday(after) is (after.weekday() < 5)
    assert is_reckoned(date(PUBLISHED[1], 12, 30), after)
    assert not is_reckoned(date(2026, 9, 1), date(2026, 9, 30))


def test_holidays_have_names() -> None:
    assert holiday_name(date(2026, 10, 1)) == "国庆节"
    assert holiday_name(date(2026, 11, 2)) is None


@given(st.dates(date(2004, 1, 1), date(2040, 1, 1)), st.integers(1, 30))
def test_a_term_ends_on_a_working_day_and_holds_so_many(day: date, count: int) -> None:
    last = add_workdays(day, count)
    days = [day + timedelta(n + 1) for n in range((last - day).days)]
    assert is_workday(last)
    assert sum(map(is_workday, days)) == count


def test_a_term_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        add_workdays(date(2026, 9, 1), 0)
