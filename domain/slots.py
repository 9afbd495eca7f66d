"""Slots: the minutes of an hour, or the point's interval when that is longer. What makes one valid is decided here.

A minute is valid when at least 75 % of its readings are normal (HJ 212-2017 C.16, note), that is flagged N and within
their physical range; a zero flagged D or B is never normal. No reading of it may lie in an equipment mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.pointhours import MINUTE_S, SLOTS, Block, Windows, blocks
from domain.quality import VALID_SOURCE_FLAGS
from domain.readings import FLAG_CODES, SECOND_US, Bool, Float64, Int64, Readings

#: Share of valid readings that makes a minute valid (HJ 212-2017 C.16, note).
VALID_SHARE_NUMERATOR, VALID_SHARE_DENOMINATOR = 3, 4

_FLAG_COLUMN = np.zeros(128, np.int64)
_FLAG_COLUMN[FLAG_CODES] = np.arange(len(FLAG_CODES))
(_VALID_FLAG,) = VALID_SOURCE_FLAGS
_VALID_COLUMN = int(_FLAG_COLUMN[ord(_VALID_FLAG)])


@dataclass(frozen=True, slots=True)
class Slots:
    """Shape (windows, 60); windows whose slots are longer use the first ones."""

    mean: Float64
    """Mean of the normal readings of a valid slot, 0 in any other."""
    is_valid: Bool
    others: Int64
    """Positions, in the flattened matrix, of the slots that are not valid."""
    valid: Int64
    """Shape (windows,): valid slots."""
    marked: Int64
    """Shape (windows,): slots that would be valid and are not, because of a mark."""


def minutes_of(block: Block, slots: Int64) -> Int64:
    """The minutes that some slots of each window make up.

    Slots that do not fill whole minutes are rounded down, so that a threshold of valid minutes is never reached by
    rounding.
    """
    made: Int64 = np.minimum(slots * block.slot_us // (MINUTE_S * SECOND_US), SLOTS)
    return made


def slot_positions(block: Block) -> Int64:
    """The slot of each reading: window * 60 + slot of the hour. In order, as the readings are."""
    length = block.slot_us
    # whole slots added before the division are whole slots after it
    origin = block.windows.from_us - np.arange(len(length)) * SLOTS * length
    since = block.readings.measured_us - block.spread(origin)
    since //= length.max(initial=1) if (length == length[:1]).all() else block.spread(length)
    return since


def slots_of(block: Block) -> Slots:
    """The slots of a block's windows."""
    shape = (len(block.windows), SLOTS)
    size = shape[0] * SLOTS
    position = slot_positions(block)
    step = position[1:] - position[:-1]
    breaks = np.flatnonzero(step != 1)
    if (step[breaks] > 0).all():  # at most one reading a slot: its value is the mean
        valid, mean = np.zeros(size, np.bool_), np.zeros(size)
        _lay(valid, block.normal, position, breaks)
        _lay(mean, block.readings.value, position, breaks)
        mean += 0.0  # a zero has no sign, as sums of zeros have none
    else:
        normal = block.normal
        total = np.bincount(position, minlength=size)
        usable = np.bincount(position[normal], minlength=size)
        sums = np.bincount(position[normal], block.readings.value[normal], minlength=size)
        valid = (usable > 0) & (usable * VALID_SHARE_DENOMINATOR >= total * VALID_SHARE_NUMERATOR)
        mean = np.divide(sums, usable, out=np.zeros(size), where=valid)
    lost = np.zeros(len(block.windows), np.int64)
    if block.marked is not None:
        under_mark = np.zeros(size, np.bool_)
        under_mark[position[block.marked != 0]] = True
        lost = np.count_nonzero((valid & under_mark).reshape(shape), axis=1)
        valid &= ~under_mark
    others = np.flatnonzero(~valid)
    mean[others] = 0.0
    count = SLOTS - np.bincount(others // SLOTS, minlength=len(block.windows))
    return Slots(mean.reshape(shape), valid.reshape(shape), others, count, lost)


def _lay(into: NDArray[Any], values: NDArray[Any], position: Int64, breaks: Int64) -> None:
    """into[position] = values, where positions go up by one but at `breaks`: piece by piece when these are few."""
    if len(breaks) > len(position) >> 5:
        into[position] = values
        return
    begins = [0, *(breaks + 1).tolist()]
    for begin, end, at in zip(
        begins, [*begins[1:], len(position)], position[begins[: len(position)]].tolist(), strict=False
    ):
        into[at : at + end - begin] = values[begin:end]


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
        length = block.slot_us[owner]
        valid = slots.is_valid.ravel()[there]
        good = block.unmarked
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
    """Shape (windows, source flags): readings by flag. All valid ones have the same; only the others are looked at."""
    kinds = len(FLAG_CODES)
    cell = block.other_owner * kinds + _FLAG_COLUMN[block.readings.source_flag[block.other]]
    counts = np.bincount(cell, minlength=len(block.windows) * kinds).reshape(-1, kinds)
    counts[:, _VALID_COLUMN] += block.valid.counts
    return counts
