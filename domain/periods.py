"""Calendar periods. The only module that knows the site's time zone.

Stored instants are UTC; hours, days, months and years are half-open [start, end) periods of the Asia/Shanghai
calendar. China has kept UTC+8 without daylight saving since 1992, so whole hours agree with UTC hours, days do not.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

SITE_ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
_OFFSET_S = 8 * 3600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Half-open [start, end); both aware and in UTC."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def meets(self, other: Period) -> bool:
        """Whether they have any time in common."""
        return self.start < other.end and other.start < self.end

    @property
    def hours(self) -> float:
        """Length in hours."""
        return (self.end - self.start) / HOUR


def require_aware(at: datetime) -> datetime:
    """The instant in UTC. Raises ValueError when it has no offset: a naive time means eight hours of doubt."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"naive datetime {at.isoformat()}: an offset such as +08:00 is required")
    return at.astimezone(UTC)


def local_day(at: datetime) -> date:
    """The Asia/Shanghai calendar date of an instant."""
    return require_aware(at).astimezone(SITE_ZONE).date()


def day_start(day: date) -> datetime:
    """Midnight at the start of a local day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=SITE_ZONE).astimezone(UTC)


def hour_of(at: datetime) -> Period:
    """The clock hour that holds an instant."""
    start = require_aware(at).replace(minute=0, second=0, microsecond=0)
    return Period(start, start + HOUR)


def hour_number(at: datetime) -> int:
    """The clock hour that holds an instant, as whole hours since 1970: what columns of hours hold."""
    return int(require_aware(at).timestamp() // 3600)


def numbered_hour(number: int) -> Period:
    """The clock hour of a number. The inverse of hour_number."""
    start = _EPOCH + number * HOUR
    return Period(start, start + HOUR)


def day_of(at: datetime) -> Period:
    """The local day that holds an instant."""
    return day_period(local_day(at))


def day_period(day: date) -> Period:
    """The period of a local day."""
    return Period(day_start(day), day_start(day + timedelta(days=1)))


def month_period(year: int, month: int) -> Period:
    """The period of a local calendar month."""
    first = date(year, month, 1)
    return Period(day_start(first), day_start(first + timedelta(days=monthrange(year, month)[1])))


def month_of(at: datetime) -> Period:
    """The local calendar month that holds an instant."""
    day = local_day(at)
    return month_period(day.year, day.month)


def quarter_of(at: datetime) -> Period:
    """The local calendar quarter that holds an instant."""
    day = local_day(at)
    first = 3 * ((day.month - 1) // 3) + 1
    return Period(month_period(day.year, first).start, month_period(day.year, first + 2).end)


def year_period(year: int) -> Period:
    """The period of a local calendar year."""
    return Period(day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1)))


def local_day_numbers(at_s: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Asia/Shanghai calendar dates of epoch seconds, on columns. Exact from 1992 on, see above."""
    return (at_s + _OFFSET_S).astype("datetime64[s]").astype("datetime64[D]")


def local_day_of_s(at_s: int) -> date:
    """The Asia/Shanghai calendar date of epoch seconds. Exact from 1992 on, see above."""
    return (_EPOCH + timedelta(seconds=at_s + _OFFSET_S)).date()


def hours_in(period: Period) -> Iterator[Period]:
    """Whole clock hours of a period, in order. The period must start and end on the hour."""
    start = period.start
    while start < period.end:
        yield Period(start, start + HOUR)
        start += HOUR


def days_in(period: Period) -> Iterator[Period]:
    """Local days that start within the period, in order."""
    day = local_day(period.start)
    if day_start(day) < period.start:
        day += timedelta(days=1)
    while day_start(day) < period.end:
        yield day_period(day)
        day += timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day of the month some calendar months later, clipped to the month's end.

    2026-01-31 + 6 is 2026-07-31; 2025-08-31 + 6 is 2026-02-28.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
