"""Hourly rows from readings: means of valid minutes, and increments of counters. Many points and hours in one pass.

Rules of HJ 75 / HJ 212-2017 Annex D as far as they concern one hour: a minute is valid when at least 75 % of its
readings are (`domain.slots`), the hourly mean is the mean of the valid minutes. How many valid minutes a verdict needs
is the rules' business, not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.behaviour import NO_DIGEST, at_maximum, digests, edges, late, leaps, spread, standstill
from domain.counters import Increments, Step, increments
from domain.pointhours import Block, Valid, Windows, blocks, positions, ranges
from domain.quality import QcFlag, SourceFlag
from domain.readings import FLAG_CODES, HOUR_US, Bool, Float64, Int64, Readings, valid_mask
from domain.segments import Meters, geometry
from domain.slots import flag_counts, minutes_of, slots_of

__all__ = ["MARKS", "MARK_WORDS", "NO_DIGEST", "NO_GAP", "Hours", "Windows", "hours", "mark_names"]

#: Marks of an hour; the position is the bit in Hours.marks, the order that of the stored array.
MARKS = (
    *("rollover", "reset", "jump", "spike", "gap", "corrected", "over_range", "suspect", "stuck", "step"),
    *("replaced", "reversed"),
)
#: What a person reads for each.
MARK_WORDS = dict(
    zip(
        MARKS,
        ("翻转", "归零", "跳变", "尖峰", "缺口", "更正", "超量程", "可疑", "卡滞", "突变", "换表", "倒流"),
        strict=True,
    )
)
_BIT = {mark: 1 << position for position, mark in enumerate(MARKS)}
_STEP_BIT = {
    Step.ROLLOVER: _BIT["rollover"],
    Step.RESET: _BIT["reset"],
    Step.JUMP: _BIT["jump"],
    Step.SPIKE: _BIT["spike"],
    Step.REVERSED: _BIT["reversed"],
}

_OVER_RANGE = FLAG_CODES.tolist().index(ord(SourceFlag.OVER_RANGE))

#: gap_from of an hour without a gap: before any instant that the store can hold.
NO_GAP = np.iinfo(np.int64).min


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
    marked_minutes: Int64
    """Minutes that would be valid and are not, because of equipment marks."""
    mark_ids: NDArray[np.object_]
    """Equipment marks (标记) on readings of the hour: a tuple of identities in order."""
    deviation: Float64
    """Standard deviation (population) of the valid minutes; NaN for counters too."""
    flat_head_s: Int64
    """Standstill of valid readings from the first one on, see `domain.behaviour.Still`; as flat_tail_s up to the last
    one and flat_longest_s anywhere. 0 for counters."""
    flat_tail_s: Int64
    flat_longest_s: Int64
    zero_minutes: Int64
    """Valid minutes whose mean is 0."""
    negative_minutes: Int64
    maximum_count: Int64
    """Valid readings equal to the maximum."""
    late_count: Int64
    """Readings received more than an hour after they were measured."""
    digest: Int64
    """Of the valid minutes' values in order, NO_DIGEST for none; see `domain.behaviour.digests`."""

    def take(self, chosen: Bool) -> Hours:
        """The rows where a mask holds."""
        return Hours(*(getattr(self, name)[chosen] for name in self.__slots__))


def hours(
    windows: Windows,
    readings: Readings,
    corrected: Bool,
    marked: Int64 | None = None,
    meters: Meters | None = None,
) -> Hours:
    """The hourly rows of some windows.

    readings: effective values (corrections applied; `corrected` says where), ordered by point and time, no instant
    twice within a point. They hold every reading of each window, and for counters besides the two valid readings
    before it; others are harmless. Counters own (start, end], other points [start, end). marked: identity of the
    equipment mark that covers each reading, 0 for none (see `domain.marks`): such a reading is not valid, nor is its
    minute. meters: what is known of the counters' meters beyond the windows' registers, None for nothing; all of a
    point. A row depends on its own readings only, to the last bit, whatever is computed beside it.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # sums of absurd values may be beyond a double
        found = _concatenated([_block_rows(block) for block in blocks(windows, readings, corrected, marked)])
    increment, gap_from, bits = _counted(windows, readings, marked, meters)
    return replace(found, increment=increment, gap_from_us=gap_from, marks=found.marks | bits)


def _block_rows(block: Block) -> Hours:
    """The rows of a block, without what counts."""
    windows, size = block.windows, len(block.windows)
    slots, valid = slots_of(block), block.valid
    valid_slots = slots.valid
    minutes = minutes_of(block, valid_slots)
    totals = slots.mean.sum(axis=1)
    mean = np.divide(totals, valid_slots, out=np.full(size, np.nan), where=(valid_slots > 0) & ~windows.is_counter)
    minimum, maximum, first, last = _extremes(valid)
    flags = flag_counts(block)
    marks = np.zeros(size, np.uint16)
    if block.corrected.any():
        _mark(marks, block.owner(np.flatnonzero(block.corrected)), _BIT["corrected"])
    _mark(marks, np.flatnonzero(flags[:, _OVER_RANGE]), _BIT["over_range"])
    suspect = block.readings.qc_flag[block.other] == int(QcFlag.SUSPECT)
    _mark(marks, block.other_owner[suspect], _BIT["suspect"])
    still = standstill(valid)
    _mark(marks, np.flatnonzero(still.is_stuck), _BIT["stuck"])
    _mark(marks, leaps(valid), _BIT["step"])
    zero, negative = edges(block, slots, minimum)
    deviation = spread(slots, mean)
    return Hours(
        mean=mean,
        increment=np.full(size, np.nan),
        valid_minutes=minutes,
        reading_count=block.counts,
        valid_count=valid.counts,
        minimum=minimum,
        maximum=maximum,
        first_value=first,
        last_value=last,
        flag_counts=flags,
        marks=marks,
        gap_from_us=np.full(size, NO_GAP, np.int64),
        marked_minutes=minutes_of(block, valid_slots + slots.marked) - minutes,
        mark_ids=_mark_ids(block),
        deviation=deviation,
        flat_head_s=still.head_s,
        flat_tail_s=still.tail_s,
        flat_longest_s=still.longest_s,
        zero_minutes=zero,
        negative_minutes=negative,
        maximum_count=at_maximum(valid, maximum),
        late_count=late(block),
        digest=digests(windows, slots, minutes, mean, deviation),
    )


def _concatenated(parts: list[Hours]) -> Hours:
    if len(parts) == 1:
        return parts[0]
    return Hours(*(np.concatenate([getattr(part, name) for part in parts]) for name in Hours.__slots__))


def _extremes(valid: Valid) -> tuple[Float64, Float64, Float64, Float64]:
    """Minimum, maximum, first and last valid value of each window."""
    size, there, value = len(valid.counts), valid.there, valid.value
    minimum, maximum, first, last = np.full((4, size), np.nan)
    if len(there):
        starts = valid.starts[there]
        minimum[there] = np.minimum.reduceat(value, starts)
        maximum[there] = np.maximum.reduceat(value, starts)
        first[there] = value[starts]
        last[there] = value[valid.stops[there] - 1]
    return minimum, maximum, first, last


def _mark_ids(block: Block) -> NDArray[np.object_]:
    found = np.empty(len(block.windows), object)
    found.fill(())
    if block.marked is not None:
        under = np.flatnonzero(block.marked)
        pairs = np.unique(np.stack([block.owner(under), block.marked[under]], axis=1), axis=0)
        for window, mark_id in pairs.tolist():
            found[window] = (*found[window], mark_id)
    return found


def _mark(marks: NDArray[np.uint16], window: Int64, bit: int) -> None:
    marks[window] |= np.uint16(bit)


def _counted(
    windows: Windows, readings: Readings, marked: Int64 | None, meters: Meters | None
) -> tuple[Float64, Int64, NDArray[np.uint16]]:
    """Sum of the known increments of each counter window, where a gap began, and the bits of the counter marks."""
    size = len(windows)
    total, gap_from = np.full(size, np.nan), np.full(size, NO_GAP, np.int64)
    marks = np.zeros(size, np.uint16)
    counters = np.flatnonzero(windows.is_counter)
    if len(counters) == 0:
        return total, gap_from, marks
    own = windows.take(windows.is_counter)
    points, any_window = np.unique(own.point_id, return_index=True)
    low, high = (np.searchsorted(readings.point_id, points, side) for side in ("left", "right"))
    index = positions(low, high)
    place, series = np.repeat(any_window, high - low), readings.take(index)
    owner = np.full(len(series), -1, np.int64)
    first, stop = ranges(own, series)
    owner[positions(first, stop)] = np.repeat(counters, stop - first)
    valid = valid_mask(series.source_flag, series.qc_flag)
    if marked is not None:
        valid &= marked[index] == 0
    series, place, owner = series.take(valid), place[valid], owner[valid]
    rollover, max_rate = own.rollover[place], own.max_rate_per_h[place]
    if meters:
        rollover, max_rate = geometry(meters.registers, series.point_id, series.measured_us, rollover, max_rate)
    found: Increments = increments(series.point_id, series.measured_us, series.value, rollover, max_rate, meters)
    owned = owner >= 0
    for step, bit in _STEP_BIT.items():
        _mark(marks, owner[owned & (found.step == step)], bit)
    _mark(marks, owner[owned & found.replaced], _BIT["replaced"])
    known = owned & ~np.isnan(found.value)
    sums = np.bincount(owner[known], found.value[known], minlength=size)
    total = np.where(np.bincount(owner[known], minlength=size) > 0, sums, np.nan)
    bridging = known.copy()
    bridging[known] = found.since_us[known] < windows.hour_us[owner[known]] - HOUR_US
    gap_from[owner[bridging]] = found.since_us[bridging]
    _mark(marks, owner[bridging], _BIT["gap"])
    return total, gap_from, marks


def mark_names(bits: int) -> list[str]:
    """The names of an hour's marks, in their fixed order."""
    return [mark for position, mark in enumerate(MARKS) if bits >> position & 1]
