"""Standstills that last longer than an hour, put together from hourly rows without looking at a reading.

An hourly row says for how long its values stand still from the first one on, up to the last one, and at most
(`domain.behaviour.Still`). Where the last value of an hour is the first of the next hour of the clock, both parts are
one standstill, and an hour that has one value only is passed through. An hour without a valid reading ends every one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain.readings import Bool, Float64, Int64


@dataclass(frozen=True, slots=True)
class FlatHours:
    """Hourly rows, ordered by point and hour, none twice; hours that are not there are simply absent."""

    point_id: Int64
    hour: Int64
    """Number of the hour since 1970."""
    first_value: Float64
    """Of the valid readings, as are the next three; NaN without any."""
    last_value: Float64
    minimum: Float64
    maximum: Float64
    flat_head_s: Int64
    flat_tail_s: Int64
    flat_longest_s: Int64

    def __len__(self) -> int:
        return len(self.point_id)


@dataclass(frozen=True, slots=True)
class Run:
    """A standstill of one point: `seconds` of equal valid readings, beginning in first_hour and ending in last_hour.

    value: NaN when the run lies inside an hour and touches neither end of it: the row does not say where.
    """

    point_id: int
    first_hour: int
    last_hour: int
    seconds: int
    value: float


@dataclass(frozen=True, slots=True)
class Runs:
    """Columns of Run, ordered by point and first_hour."""

    point_id: Int64
    first_hour: Int64
    last_hour: Int64
    seconds: Int64
    value: Float64

    def __len__(self) -> int:
        return len(self.point_id)

    def __iter__(self) -> Iterator[Run]:
        columns = (getattr(self, name).tolist() for name in self.__slots__)
        return (Run(*values) for values in zip(*columns, strict=True))

    def take(self, index: Int64 | Bool) -> Runs:
        """The runs at some positions, or where a mask holds."""
        return Runs(*(getattr(self, name)[index] for name in self.__slots__))

    def longest(self) -> Run | None:
        """The longest run, the earliest of several; None when there is none."""
        if len(self) == 0:
            return None
        return next(iter(self.take(np.array([self.seconds.argmax()]))))


def join_runs(hours: FlatHours) -> Runs:
    """Every standstill that touches an end of its hours, joined, and of each hour the longest that lies inside it.

    A lone value is a standstill of one interval, so every hour with a valid reading has some. The longest run here is
    the longest of the readings themselves, however they are cut into hours.
    """
    there = np.flatnonzero(~np.isnan(hours.first_value))
    point_id, hour = hours.point_id[there], hours.hour[there]
    first, last = hours.first_value[there], hours.last_value[there]
    head, tail, longest = hours.flat_head_s[there], hours.flat_tail_s[there], hours.flat_longest_s[there]
    is_whole = hours.minimum[there] == hours.maximum[there]
    linked = np.zeros(len(there), np.bool_)
    linked[1:] = (point_id[1:] == point_id[:-1]) & (hour[1:] == hour[:-1] + 1) & (first[1:] == last[:-1])

    # the parts in order of time: one for an hour that is flat as a whole, else its head and its tail
    parts = np.where(is_whole, 1, 2)
    row = np.repeat(np.arange(len(there)), parts)
    is_tail = np.r_[False, row[1:] == row[:-1]] if len(row) else np.zeros(0, np.bool_)
    seconds = np.where(is_tail, tail[row], head[row])
    begins = np.flatnonzero(is_tail | ~linked[row])
    if len(begins) == 0:
        joined = Runs(*(np.empty(0, np.int64),) * 4, np.empty(0))
    else:
        ends = np.r_[begins[1:], len(row)] - 1
        value = np.where(is_tail[begins], last[row[begins]], first[row[begins]])
        joined = Runs(
            point_id[row[begins]], hour[row[begins]], hour[row[ends]], np.add.reduceat(seconds, begins), value
        )
    inner = np.flatnonzero(longest > np.maximum(head, tail))
    found = Runs(
        np.r_[joined.point_id, point_id[inner]],
        np.r_[joined.first_hour, hour[inner]],
        np.r_[joined.last_hour, hour[inner]],
        np.r_[joined.seconds, longest[inner]],
        np.r_[joined.value, np.full(len(inner), np.nan)],
    )
    return found.take(np.lexsort((found.first_hour, found.point_id)))
