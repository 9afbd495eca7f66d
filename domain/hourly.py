"""Hourly rows from readings: means of valid minutes, and increments of counters. Many points and hours in one pass.

Rules of HJ 75 / HJ 212-2017 Annex D as far as they concern one hour: a minute is valid when at least 75 % of its
readings are, the hourly mean is the mean of the valid minutes. How many valid minutes a verdict needs is the rules'
business, not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.counters import Increments, Step, increments
from domain.quality import QcFlag, SourceFlag
from domain.readings import FLAG_CODES, HOUR_US, SECOND_US, Bool, Float64, Int64, Readings, valid_mask

#: Marks of an hour; the position is the bit in Hours.marks, the order that of the stored array.
MARKS = ("rollover", "reset", "jump", "spike", "gap", "corrected", "over_range", "suspect", "stuck", "step")
#: What a person reads for each.
MARK_WORDS = dict(
    zip(MARKS, ("翻转", "归零", "跳变", "尖峰", "缺口", "更正", "超量程", "可疑", "卡滞", "突变"), strict=True)
)
_BIT = {mark: 1 << position for position, mark in enumerate(MARKS)}
_STEP_BIT = {
    Step.ROLLOVER: _BIT["rollover"],
    Step.RESET: _BIT["reset"],
    Step.JUMP: _BIT["jump"],
    Step.SPIKE: _BIT["spike"],
}

MINUTE_S = 60
#: Share of valid readings that makes a minute valid (HJ 212-2017 C.16, note).
VALID_SHARE_NUMERATOR, VALID_SHARE_DENOMINATOR = 3, 4

#: gap_from of an hour without a gap: before any instant that the store can hold.
NO_GAP = np.iinfo(np.int64).min


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

    def take(self, chosen: Bool) -> Windows:
        """The windows where a mask holds."""
        return Windows(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Hours:
    """One entry a window, in the windows' order. NaN where there is no number."""

    mean: Float64
    increment: Float64
    valid_minutes: Int64
    reading_count: Int64
    valid_count: Int64
    minimum: Float64
    """Of the valid readings, as are maximum, first_value and last_value."""
    maximum: Float64
    first_value: Float64
    last_value: Float64
    flag_counts: Int64
    """Shape (windows, source flags in the order of the enumeration): readings by flag."""
    marks: NDArray[np.uint16]
    """Bits by position in MARKS."""
    gap_from_us: Int64
    """Time of the reading before a gap; NO_GAP when there is none."""

    def take(self, chosen: Bool) -> Hours:
        """The rows where a mask holds."""
        return Hours(*(getattr(self, name)[chosen] for name in self.__slots__))


def hours(windows: Windows, readings: Readings, corrected: Bool) -> Hours:
    """The hourly rows of some windows.

    readings: effective values (corrections applied; `corrected` says where), ordered by point and time, no instant
    twice within a point. They hold every reading of each window, and for counters besides the two valid readings
    before it; others are harmless. Counters own (start, end], other points [start, end).
    """
    window = _window_of(windows, readings)
    valid = valid_mask(readings.source_flag, readings.qc_flag)
    inside = window >= 0
    slots = _slots(windows, readings, window, inside, valid)
    size = len(windows)
    counts = np.bincount(window[inside], minlength=size)
    chosen = inside & valid
    valid_counts = np.bincount(window[chosen], minlength=size)
    minimum, maximum, first, last = _extremes(window[chosen], readings.value[chosen], size)
    flags = np.zeros((size, len(FLAG_CODES)), np.int64)
    column = np.searchsorted(_SORTED_FLAGS, readings.source_flag[inside])
    np.add.at(flags, (window[inside], _FLAG_ORDER[column]), 1)
    marks = np.zeros(size, np.uint16)
    _mark(marks, window[inside & corrected], _BIT["corrected"])
    _mark(marks, window[inside & (readings.source_flag == ord(SourceFlag.OVER_RANGE))], _BIT["over_range"])
    _mark(marks, window[inside & (readings.qc_flag == int(QcFlag.SUSPECT))], _BIT["suspect"])
    _mark_behaviour(windows, readings, window, valid, marks)
    increment, gap_from = _counted(windows, readings, window, valid, marks)
    mean = np.where(windows.is_counter, np.nan, slots.mean)
    return Hours(
        mean,
        increment,
        slots.valid_minutes,
        counts,
        valid_counts,
        minimum,
        maximum,
        first,
        last,
        flags,
        marks,
        gap_from,
    )


_FLAG_ORDER = np.argsort(FLAG_CODES)
_SORTED_FLAGS = FLAG_CODES[_FLAG_ORDER]


def _key(point_id: Int64, hour: Int64) -> Int64:
    # hours since 1970 stay below 2**32 for half a million years; points are 31-bit identities
    return (point_id << 32) + hour


def _window_of(windows: Windows, readings: Readings) -> Int64:
    """Position of each reading's window, -1 for readings of none."""
    if len(windows) == 0:
        return np.full(len(readings), -1, np.int64)
    first = np.searchsorted(windows.point_id, readings.point_id)
    first = np.minimum(first, len(windows) - 1)
    is_counter = windows.is_counter[first]  # meaningless for foreign points, which match no key below
    wanted = _key(readings.point_id, (readings.measured_us - is_counter) // HOUR_US)
    keys = _key(windows.point_id, windows.hour_us // HOUR_US)
    found = np.minimum(np.searchsorted(keys, wanted), len(windows) - 1)
    return np.where(keys[found] == wanted, found, -1)


@dataclass(frozen=True, slots=True)
class _Slots:
    mean: Float64
    valid_minutes: Int64


def _slots(windows: Windows, readings: Readings, window: Int64, inside: Bool, valid: Bool) -> _Slots:
    """Mean over the valid slots of each window, and the minutes that these make up.

    A slot is a minute, or the point's interval when that is longer. Slots that do not fill whole minutes are rounded
    down, so that a threshold of valid minutes is never reached by rounding.
    """
    size = len(windows)
    slot_us = np.clip(windows.interval_s, MINUTE_S, HOUR_US // SECOND_US) * SECOND_US
    owner = window[inside]
    offset = readings.measured_us[inside] - windows.hour_us[owner] - windows.is_counter[owner]
    slot = owner * MINUTE_S + offset // slot_us[owner]  # at most 60 slots in an hour
    good = valid[inside]
    total = np.bincount(slot, minlength=size * MINUTE_S)
    usable = np.bincount(slot[good], minlength=size * MINUTE_S)
    sums = np.bincount(slot[good], readings.value[inside][good], minlength=size * MINUTE_S)
    is_valid = (usable > 0) & (usable * VALID_SHARE_DENOMINATOR >= total * VALID_SHARE_NUMERATOR)
    means = np.divide(sums, usable, out=np.zeros(len(sums)), where=is_valid)
    valid_slots = is_valid.reshape(size, MINUTE_S).sum(axis=1)
    totals = np.where(is_valid, means, 0.0).reshape(size, MINUTE_S).sum(axis=1)
    mean = np.divide(totals, valid_slots, out=np.full(size, np.nan), where=valid_slots > 0)
    minutes = np.minimum(valid_slots * slot_us // (MINUTE_S * SECOND_US), MINUTE_S)
    return _Slots(mean, minutes)


def _extremes(window: Int64, value: Float64, size: int) -> tuple[Float64, Float64, Float64, Float64]:
    """Minimum, maximum, first and last value of each window; `window` is grouped, values are in order of time."""
    minimum, maximum = np.full(size, np.nan), np.full(size, np.nan)
    first, last = np.full(size, np.nan), np.full(size, np.nan)
    if len(window):
        starts = np.flatnonzero(np.r_[True, window[1:] != window[:-1]])
        owners = window[starts]
        minimum[owners] = np.minimum.reduceat(value, starts)
        maximum[owners] = np.maximum.reduceat(value, starts)
        first[owners] = value[starts]
        last[owners] = value[np.r_[starts[1:], len(value)] - 1]
    return minimum, maximum, first, last


def _mark(marks: NDArray[np.uint16], window: Int64, bit: int) -> None:
    marks[np.unique(window)] |= np.uint16(bit)


def _mark_behaviour(
    windows: Windows, readings: Readings, window: Int64, valid: Bool, marks: NDArray[np.uint16]
) -> None:
    """Set the marks of series that stand still or leap. They say something of the instrument; no value is changed.

    `stuck`: at least two valid readings in a row, within the hour, are identical, and from the first to the last of
    them plus one interval are at least `stuck_minutes`. What lies between them and is not valid or missing does not
    interrupt the row. `step`: two neighbouring valid readings of the hour, at most two intervals apart, differ by more
    than `max_step`. Both look within the hour only: a row that spans two hours is judged in each by its part there.
    """
    asked = ~windows.is_counter & ((windows.stuck_minutes > 0) | ~np.isnan(windows.max_step))
    if not asked.any():
        return
    chosen = (window >= 0) & valid
    chosen[chosen] = asked[window[chosen]]
    owner, at_us, value = window[chosen], readings.measured_us[chosen], readings.value[chosen]
    if len(owner) < 2:
        return
    interval_us = windows.interval_s * SECOND_US
    together = owner[1:] == owner[:-1]

    near = together & (np.diff(at_us) <= 2 * interval_us[owner[1:]])
    # values are decimals that a double holds only nearly: 0.8 - 0.6 is no more than 0.2
    noise = 4 * np.finfo(np.float64).eps * np.maximum(np.abs(value[1:]), np.abs(value[:-1]))
    with np.errstate(over="ignore"):  # the difference of two doubles may be beyond a double, and is beyond any step
        beyond = np.abs(np.diff(value)) - windows.max_step[owner[1:]] > noise
    _mark(marks, owner[1:][near & beyond], _BIT["step"])

    starts = np.flatnonzero(np.r_[True, ~together | (value[1:] != value[:-1])])
    ends = np.r_[starts[1:], len(owner)] - 1
    of = owner[starts]
    lasted_us = at_us[ends] - at_us[starts] + interval_us[of]
    long = lasted_us >= windows.stuck_minutes[of] * MINUTE_S * SECOND_US
    _mark(marks, of[(ends > starts) & long & (windows.stuck_minutes[of] > 0)], _BIT["stuck"])


def _counted(
    windows: Windows, readings: Readings, window: Int64, valid: Bool, marks: NDArray[np.uint16]
) -> tuple[Float64, Int64]:
    """Sum of the known increments of each counter window and where a gap began; sets the counter marks."""
    size = len(windows)
    total, gap_from = np.full(size, np.nan), np.full(size, NO_GAP, np.int64)
    if not windows.is_counter.any():
        return total, gap_from
    position = np.minimum(np.searchsorted(windows.point_id, readings.point_id), size - 1)
    chosen = valid & (windows.point_id[position] == readings.point_id) & windows.is_counter[position]
    place = position[chosen]
    found: Increments = increments(
        readings.point_id[chosen],
        readings.measured_us[chosen],
        readings.value[chosen],
        windows.rollover[place],
        windows.max_rate_per_h[place],
    )
    owner = window[chosen]
    owned = owner >= 0
    for step, bit in _STEP_BIT.items():
        _mark(marks, owner[owned & (found.step == step)], bit)
    known = owned & ~np.isnan(found.value)
    sums = np.bincount(owner[known], found.value[known], minlength=size)
    total = np.where(np.bincount(owner[known], minlength=size) > 0, sums, np.nan)
    bridging = known.copy()
    bridging[known] = found.since_us[known] < windows.hour_us[owner[known]] - HOUR_US
    gap_from[owner[bridging]] = found.since_us[bridging]
    _mark(marks, owner[bridging], _BIT["gap"])
    return total, gap_from


def mark_names(bits: int) -> list[str]:
    """The names of an hour's marks, in their fixed order."""
    return [mark for position, mark in enumerate(MARKS) if bits >> position & 1]
