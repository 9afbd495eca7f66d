"""Slots: the minutes of an hour, or the point's interval when that is longer. What makes one valid is decided here.

A minute is valid when at least 75 % of its readings are normal (HJ 212-2017 C.16, note), that is flagged N and within
their physical range; a zero flagged D or B is never normal. No reading of it may lie in an equipment mark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.pointhours import MINUTE_S, SLOTS, Block, Windows, blocks
from domain.readings import FLAG_CODES, SECOND_US, Bool, Float64, Int64, Readings

#: Share of valid readings that makes a minute valid (HJ 212-2017 C.16, note).
VALID_SHARE_NUMERATOR, VALID_SHARE_DENOMINATOR = 3, 4

_FLAG_COLUMN = np.zeros(128, np.int64)
_FLAG_COLUMN[FLAG_CODES] = np.arange(len(FLAG_CODES))


@dataclass(frozen=True, slots=True)
class Slots:
    """Shape (windows, 60); windows whose slots are longer use the first ones."""

    mean: Float64
    """Mean of the normal readings of a valid slot, 0 in any other."""
    is_valid: Bool
    marked: Int64
    """Shape (windows,): slots that would be valid and are not, because of a mark."""

    @property
    def valid(self) -> Int64:
        """Valid slots of each window."""
        count: Int64 = np.count_nonzero(self.is_valid, axis=1)
        return count


def minutes_of(windows: Windows, slots: Int64) -> Int64:
    """The minutes that some slots of each window make up.

    Slots that do not fill whole minutes are rounded down, so that a threshold of valid minutes is never reached by
    rounding.
    """
    made: Int64 = np.minimum(slots * windows.slot_us // (MINUTE_S * SECOND_US), SLOTS)
    return made


def slot_positions(block: Block) -> Int64:
    """The slot of each reading: window * 60 + slot of the hour. In order, as the readings are."""
    windows = block.windows
    length = windows.slot_us
    if block.uniform:
        since = (block.readings.measured_us.reshape(len(windows), -1) - windows.from_us[:, None]).ravel()
    else:
        since = block.readings.measured_us - block.spread(windows.from_us)
    if (length == length[:1]).all():
        since //= length.max(initial=1)
    else:
        since //= block.spread(length)
    if block.uniform:
        by_window = since.reshape(len(windows), -1)
        by_window += (np.arange(len(windows)) * SLOTS)[:, None]
    else:
        since += block.spread(np.arange(len(windows)) * SLOTS)
    return since


def slots_of(block: Block) -> Slots:
    """The slots of a block's windows."""
    size = len(block.windows) * SLOTS
    shape = (len(block.windows), SLOTS)
    position = slot_positions(block)
    value, normal = block.readings.value, block.normal
    if (position[1:] > position[:-1]).all():  # at most one reading a slot: its value is the mean
        if len(position) == size:
            valid, mean = normal, value + 0.0
        else:
            valid, mean = np.zeros(size, np.bool_), np.zeros(size)
            valid[position] = normal
            mean[position] = value + 0.0
        if not valid.all():
            mean[~valid] = 0.0
    else:
        total = np.bincount(position, minlength=size)
        usable = np.bincount(position[normal], minlength=size)
        sums = np.bincount(position[normal], value[normal], minlength=size)
        valid = (usable > 0) & (usable * VALID_SHARE_DENOMINATOR >= total * VALID_SHARE_NUMERATOR)
        mean = np.divide(sums, usable, out=np.zeros(size), where=valid)
    lost = np.zeros(len(block.windows), np.int64)
    if block.marked is not None:
        under_mark = np.zeros(size, np.bool_)
        under_mark[position[block.marked != 0]] = True
        lost = np.count_nonzero((valid & under_mark).reshape(shape), axis=1)
        valid = valid & ~under_mark
        mean[under_mark] = 0.0
    return Slots(mean.reshape(shape), valid.reshape(shape), lost)


@dataclass(frozen=True, slots=True)
class Minutes:
    """The slots that have readings, one entry each, by window and time."""

    window: Int64
    """Position of the window."""
    slot: Int64
    """Number within the hour, from 0."""
    start_us: Int64
    length_s: Int64
    mean: Float64
    """Of the normal readings; NaN when the slot is not valid."""
    is_valid: Bool
    readings: Int64
    valid_readings: Int64
    """Normal and not marked."""
    corrected: Int64
    mark_id: Int64
    """A mark that makes it invalid; 0 for none."""
    flag_counts: Int64
    """Shape (slots, source flags in the order of the enumeration): readings by flag."""

    def __len__(self) -> int:
        return len(self.window)


def minutes(windows: Windows, readings: Readings, corrected: Bool, marked: Int64 | None = None) -> Minutes:
    """An hour opened down to its slots: what `domain.hourly.hours` makes its means of, by the same code.

    Parameters as there. For points that are no counters: a counter's hour is no mean.
    """
    parts: list[list[NDArray[np.generic]]] = []
    before = 0
    for block in blocks(windows, readings, corrected, marked):
        size = len(block.windows) * SLOTS
        slots, position = slots_of(block), slot_positions(block)
        there = np.flatnonzero(np.bincount(position, minlength=size))
        owner, number = there // SLOTS, there % SLOTS
        length = block.windows.slot_us[owner]
        valid = slots.is_valid.ravel()[there]
        good = block.normal if block.marked is None else block.normal & (block.marked == 0)
        mark_id = np.zeros(size, np.int64)
        if block.marked is not None:
            mark_id[position[block.marked != 0]] = block.marked[block.marked != 0]
        flags = np.bincount(
            position * len(FLAG_CODES) + _FLAG_COLUMN[block.readings.source_flag], minlength=size * len(FLAG_CODES)
        ).reshape(size, len(FLAG_CODES))
        parts.append(
            [
                owner + before,
                number,
                block.windows.from_us[owner] + number * length,
                length // SECOND_US,
                np.where(valid, slots.mean.ravel()[there], np.nan),
                valid,
                np.bincount(position, minlength=size)[there],
                np.bincount(position[good], minlength=size)[there],
                np.bincount(position[block.corrected], minlength=size)[there],
                mark_id[there],
                flags[there],
            ]
        )
        before += len(block.windows)
    return Minutes(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def flag_counts(block: Block) -> Int64:
    """Shape (windows, source flags): readings by flag. Most are one flag, so only the others are looked at."""
    codes = block.readings.source_flag
    most = int(codes[0]) if len(codes) else int(FLAG_CODES[0])
    other = np.flatnonzero(codes != most)
    kinds = len(FLAG_CODES)
    cell = block.owner(other) * kinds + _FLAG_COLUMN[codes[other]]
    counts = np.bincount(cell, minlength=len(block.windows) * kinds).reshape(-1, kinds)
    counts[:, _FLAG_COLUMN[most]] = block.counts - counts.sum(axis=1)
    return counts
