"""A shift (班次) and its rotation: on which local days it begins, how long it lasts, and whose turn it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property, lru_cache
from typing import Literal

from domain.periods import HOUR, Period, local_day
from domain.teams import Days, clock_time, falls_on, instant_of

#: After how long the next of the members comes on.
TurnLength = Literal["shift", "day", "week", "month"]

_ONE_DAY = timedelta(days=1)
_EPOCH = date(2000, 1, 1)


@dataclass(frozen=True)
class Shift:
    """A stretch of duty that begins at a local time of day and may reach over midnight; its day is the first one.

    members: codes of persons in the order of their turns; so many at a time as there are seats. turn, every: after how
    long the next ones come on: shift counts only the days on which it begins, week is seven days from the anchor, month
    a calendar month. anchor_on: local day from which the first members have their turn; the order goes on before it.
    valid_from: first day on which it begins, valid_to: first day on which it does not any more.
    """

    team: str
    code: str
    name: str
    starts_at: str
    hours: float
    members: tuple[str, ...]
    anchor_on: date
    valid_from: date
    valid_to: date | None = None
    days: Days = "all"
    seats: int = 1
    turn: TurnLength = "day"
    every: int = 1

    def begins_on(self, day: date) -> bool:
        """Whether it begins on a local day."""
        valid = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return valid and falls_on(self.days, day)

    def period(self, day: date) -> Period:
        """From when to when it lasts if it begins on a local day."""
        start = instant_of(day, self._clock)
        return Period(start, start + self._length)

    def days_touching(self, period: Period) -> list[date]:
        """Local days on which it begins such that it is on duty at some time of a period, in order."""
        day, last = local_day(period.start - self._length), local_day(period.end)
        found = []
        while day <= last:
            if self.begins_on(day) and self.period(day).meets(period):
                found.append(day)
            day += _ONE_DAY
        return found

    def round(self, day: date) -> int:
        """How many turns passed from the anchor to the one of a local day; negative before the anchor."""
        if self.turn == "shift":
            passed = _days_before(self.days, day) - _days_before(self.days, self.anchor_on)
        elif self.turn == "month":
            passed = 12 * (day.year - self.anchor_on.year) + day.month - self.anchor_on.month
        else:
            passed = (day - self.anchor_on).days // (7 if self.turn == "week" else 1)
        return passed // self.every

    def order(self, day: date) -> tuple[str, ...]:
        """All members beginning with whose turn it is on a local day; the first `seats` of them are on duty."""
        first = self.round(day) * self.seats % len(self.members)
        return self.members[first:] + self.members[:first]

    @cached_property
    def _clock(self) -> time:
        return clock_time(self.starts_at)

    @cached_property
    def _length(self) -> timedelta:
        return self.hours * HOUR


def _days_before(days: Days, day: date) -> int:
    """How many of such days there are from the epoch until before a day; negative before the epoch."""
    if days == "all":
        return (day - _EPOCH).days
    whole = sum(_year(days, year)[-1] for year in range(_EPOCH.year, day.year))
    whole -= sum(_year(days, year)[-1] for year in range(day.year, _EPOCH.year))
    return whole + _year(days, day.year)[(day - date(day.year, 1, 1)).days]


@lru_cache(maxsize=1024)
def _year(days: Days, year: int) -> tuple[int, ...]:
    """How many of such days came before each day of a year; the last item counts the whole year."""
    counts = [0]
    day = date(year, 1, 1)
    while day.year == year:
        counts.append(counts[-1] + falls_on(days, day))
        day += _ONE_DAY
    return tuple(counts)
