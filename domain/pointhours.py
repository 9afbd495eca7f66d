"""Point-hours to compute, and the readings that belong to each: the bookkeeping below `domain.hourly`.

Readings come ordered by point and time, so the readings of a point-hour lie together; everything here is positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.readings import HOUR_US, SECOND_US, Bool, Float64, Int64, Readings, valid_mask

MINUTE_S = 60
#: Most slots of an hour: a slot is a minute or longer.
SLOTS = 60

#: Entries a point up to which points are not worth a search of their own.
_FEW_ENTRIES = 8
#: Readings that are worked on at a time: their columns stay in a core's cache.
_BLOCK_READINGS = 1 << 17


@dataclass(frozen=True, slots=True)
class Windows:
    """Point-hours to compute: columns of equal length, ordered by point and hour, no pair twice."""

    point_id: Int64
    hour_us: Int64
    """Start of the hour."""
    is_counter: Bool
    interval_s: Int64
    rollover: Float64
    """Value range of the register; NaN for what is no counter."""
    max_rate_per_h: Float64
    """NaN when unknown."""
    stuck_minutes: Int64
    """How long valid values may stay identical before the hour is marked `stuck`; 0 asks nothing."""
    max_step: Float64
    """Change between neighbouring valid values beyond which the hour is marked `step`; NaN asks nothing."""

    def __len__(self) -> int:
        return len(self.point_id)

    def take(self, chosen: Bool | slice) -> Windows:
        """The windows where a mask holds, or of a slice."""
        return Windows(*(getattr(self, name)[chosen] for name in self.__slots__))

    @property
    def from_us(self) -> Int64:
        """The first instant of each: counters own (start, end], other points [start, end)."""
        return self.hour_us + self.is_counter

    @property
    def slot_us(self) -> Int64:
        """Length of a slot: a minute, or the point's interval when that is longer, at most the hour."""
        return np.clip(self.interval_s, MINUTE_S, HOUR_US // SECOND_US) * SECOND_US


def ranges(windows: Windows, readings: Readings) -> tuple[Int64, Int64]:
    """First position of each window's readings, and the position after its last one."""
    first = _search(readings, windows.point_id, windows.from_us)
    # where the next hour of the point follows at once, its first reading is the one after our last
    last = np.ones(len(windows), np.bool_)
    last[:-1] = (np.diff(windows.point_id) != 0) | (np.diff(windows.hour_us) != HOUR_US)
    stop = np.empty_like(first)
    stop[:-1] = first[1:]
    stop[last] = _search(readings, windows.point_id[last], windows.from_us[last] + HOUR_US)
    return first, stop


def _search(readings: Readings, point_id: Int64, at_us: Int64) -> Int64:
    """For each entry the position of the first reading of its point that is not before its instant.

    Entries are grouped by point, and within a point any instant may be asked for. Instants are in order within a point
    only: few points are searched one after the other, many points with few entries all at once.
    """
    begins = np.flatnonzero(np.diff(point_id, prepend=-1))
    points, counts = point_id[begins], np.diff(begins, append=len(point_id))
    low = readings.point_id.searchsorted(points, "left")
    high = readings.point_id.searchsorted(points, "right")
    if len(points) * _FEW_ENTRIES > len(point_id):
        return _bisect(readings.measured_us, low.repeat(counts), high.repeat(counts), at_us)
    found = low.repeat(counts)
    for begin, count, first, stop in zip(*(a.tolist() for a in (begins, counts, low, high)), strict=True):
        found[begin : begin + count] += readings.measured_us[first:stop].searchsorted(at_us[begin : begin + count])
    return found


def _bisect(at_us: Int64, low: Int64, high: Int64, wanted: Int64) -> Int64:
    """For each entry the first position in [low, high) whose instant is not before `wanted`."""
    while (looking := low < high).any():
        middle = (low + high) >> 1
        # an entry that is done looks at a position that exists and changes nothing
        earlier = at_us[np.minimum(middle, len(at_us) - 1)] < wanted
        low = np.where(looking & earlier, middle + 1, low)
        high = np.where(looking & ~earlier, middle, high)
    return low


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches [start, end) of points that somebody has marked, ordered by start: columns of equal length."""

    point_id: Int64
    mark_id: Int64
    start_us: Int64
    end_us: Int64

    def __len__(self) -> int:
        return len(self.point_id)


def marked_by(readings: Readings, spans: Spans) -> Int64:
    """The mark on each reading, 0 for none; of several the one that starts last. readings: by point and time."""
    found = np.zeros(len(readings), np.int64)
    first = _search(readings, spans.point_id, spans.start_us)
    stop = _search(readings, spans.point_id, spans.end_us)
    found[positions(first, stop)] = np.repeat(spans.mark_id, stop - first)
    return found


def positions(low: Int64, high: Int64) -> Int64:
    """All positions of some ranges [low, high), one after the other."""
    counts = high - low
    return np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())


class Block:
    """Some windows with exactly their readings, in order."""

    def __init__(
        self, windows: Windows, readings: Readings, corrected: Bool, marked: Int64 | None, counts: Int64
    ) -> None:
        """counts: readings of each window. marked: identity of the mark on each reading, 0 for none."""
        self.windows = windows
        self.readings = readings
        self.corrected = corrected
        self.marked = None if marked is None or not marked.any() else marked
        self.counts = counts
        self.stops = np.cumsum(counts)
        self.starts = self.stops - counts
        self.slot_us = windows.slot_us

    def owner(self, position: Int64) -> Int64:
        """The window of each reading at some positions."""
        return self.stops.searchsorted(position, "right")

    def spread(self, column: Int64) -> Int64:
        """A column of windows as one of readings."""
        return column.repeat(self.counts)

    @cached_property
    def normal(self) -> Bool:
        """Readings that their instrument and our checks call good, whatever a mark says."""
        return valid_mask(self.readings.source_flag, self.readings.qc_flag)

    @cached_property
    def unmarked(self) -> Bool:
        """Readings that may enter a mean or a verdict: normal and not marked."""
        return self.normal if self.marked is None else self.normal & (self.marked == 0)

    @cached_property
    def other(self) -> Int64:
        """Positions of those that may not."""
        return np.flatnonzero(~self.unmarked)

    @cached_property
    def other_owner(self) -> Int64:
        """The window of each."""
        return self.owner(self.other)

    @cached_property
    def valid(self) -> Valid:
        """Those that may, alone."""
        if len(self.other) == 0:
            return Valid(self, self.readings.value, self.counts)
        counts = self.counts - np.bincount(self.other_owner, minlength=len(self.counts))
        return Valid(self, self.readings.value[self.unmarked], counts)


class Valid:
    """The valid readings of a block."""

    def __init__(self, block: Block, value: Float64, counts: Int64) -> None:
        self.block = block
        self.value = value
        self.counts = counts
        self.stops = np.cumsum(counts)
        self.starts = self.stops - counts
        self.there = np.flatnonzero(counts)
        """Windows that have any."""
        self._before = block.other - np.arange(len(block.other))  # valid readings before each of the others

    def position(self, place: Int64) -> Int64:
        """Where in the block the valid readings at some places among them are."""
        return place + self._before.searchsorted(place, "right")

    def at_us(self, place: Int64) -> Int64:
        """Their instants."""
        found: Int64 = self.block.readings.measured_us[self.position(place)]
        return found

    def step_us(self, place: Int64) -> Int64:
        """Time from valid readings at some places to the valid readings after each, which must be there."""
        position = self.position(place)
        after = position + 1
        astray = np.flatnonzero(~self.block.unmarked[after])  # what follows is not valid: the next valid one is later
        after[astray] = self.position(place[astray] + 1)
        at_us = self.block.readings.measured_us
        return at_us[after] - at_us[position]

    def owner(self, place: Int64) -> Int64:
        """The window of each valid reading at some places."""
        return self.stops.searchsorted(place, "right")

    def spread(self, column: Float64) -> Float64:
        """A column of windows as one of valid readings."""
        return column.repeat(self.counts)


def blocks(windows: Windows, readings: Readings, corrected: Bool, marked: Int64 | None) -> Iterator[Block]:
    """All windows in blocks, in order; readings of no window are left out. At least one block, if an empty one."""
    first, stop = ranges(windows, readings)
    number = np.cumsum(stop - first) // _BLOCK_READINGS
    edges = np.r_[0, np.flatnonzero(np.diff(number)) + 1, len(windows)]
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        some, low, high = windows.take(slice(begin, end)), first[begin:end], stop[begin:end]
        chosen: slice | Int64 = slice(int(low[0]), int(high[-1])) if end > begin else slice(0)
        if (low[1:] != high[:-1]).any():  # readings of no window lie between
            chosen = positions(low, high)
        yield Block(
            some,
            Readings(*(getattr(readings, name)[chosen] for name in readings.__slots__)),
            corrected[chosen],
            None if marked is None else marked[chosen],
            high - low,
        )
