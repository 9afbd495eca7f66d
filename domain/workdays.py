"""Working days (工作日) of China: weekends, public holidays, and the weekends that are worked instead (调休).

The days come from the package chinesecalendar, which carries the State Council's yearly notices as data. Notices come
out in the November before: a year without one is reckoned by weekends alone, and says so.
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]
from chinese_calendar.constants import holidays, workdays  # type: ignore[import-untyped]

_ONE_DAY = timedelta(days=1)

#: First and last year of which the notice is known.
PUBLISHED: tuple[int, int] = (min(day.year for day in holidays), max(day.year for day in workdays))


def is_published(day: date) -> bool:
    """Whether the holidays of the day's year are known."""
    return PUBLISHED[0] <= day.year <= PUBLISHED[1]


def is_workday(day: date) -> bool:
    """Whether people work on a local day; of a year without a notice Monday to Friday are working days."""
    if is_published(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


def holiday_name(day: date) -> str | None:
    """The public holiday that a day belongs to, in Chinese; None for any other day, and for years without a notice."""
    holiday = holidays.get(day)
    return None if holiday is None else str(chinese_calendar.Holiday(holiday).chinese)


def add_workdays(day: date, count: int) -> date:
    """The last day of a term of working days that begins on the day after `day`.

    A release on a Friday with a term of 5 working days: the next Friday. count: at least 1, else ValueError.
    """
    if count < 1:
        raise ValueError(f"a term of {count} working days: at least 1")
    while count:
        day += _ONE_DAY
        count -= is_workday(day)
    return day


def is_reckoned(first: date, last: date) -> bool:
    """Whether a term that touches [first, last] rests on a year without a notice."""
    return not (is_published(first) and is_published(last))
