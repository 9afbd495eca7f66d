"""How the values of an hour behave: whether they stand still, leap, repeat themselves or sit at an edge.

Everything here says something of the instrument or of the one who writes; no mean is changed by it. Nothing is judged:
what is unusual is the rules' business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.pointhours import SLOTS, Block, Valid, Windows
from domain.readings import HOUR_US, SECOND_US, Bool, Float64, Int64
from domain.slots import Slots, minutes_of

#: digest of an hour that has none.
NO_DIGEST = np.iinfo(np.int64).min
#: Valid minutes that an hour needs before its values say who they are.
DIGEST_MINUTES = 30

_MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Still:
    """How long valid readings stand still, in seconds, one entry a window.

    Each reading stands for the time to the next valid one of its hour, at most for one interval and at most for an
    hour; the last one of the hour for a whole interval. A standstill lasts as long as its readings stand for together:
    what is missing or not valid between equal values neither ends it nor makes it longer. Over hours, standstills are
    put together by `domain.runs`.
    """

    head_s: Int64
    """From the first valid reading on; 0 without one."""
    tail_s: Int64
    """Up to the last one."""
    longest_s: Int64
    is_stuck: Bool
    """At least two readings that are equal in a row, from the first to the last plus one interval at least
    `stuck_minutes`."""


def standstill(valid: Valid) -> Still:
    """Standstills within each hour. Counters have none: a register that stands still is a meter without flow."""
    windows, size = valid.block.windows, len(valid.block.windows)
    interval_us = np.minimum(windows.interval_s * SECOND_US, HOUR_US)
    head, tail, longest = np.zeros((3, size), np.int64)
    stuck = np.zeros(size, np.bool_)

    def stands_us(place: Int64, owner: Int64) -> Int64:
        """What single readings stand for."""
        stands = interval_us[owner]
        followed = np.flatnonzero(place + 1 < valid.stops[owner])
        stands[followed] = np.minimum(stands[followed], valid.step_us(place[followed]))
        return stands

    there = valid.there
    head[there] = stands_us(valid.starts[there], there)
    tail[there] = longest[there] = interval_us[there]

    # places whose value is that of the place before; few, as a rule
    again = np.flatnonzero(valid.value[1:] == valid.value[:-1])
    again += 1
    owner = valid.owner(again)
    within = again != valid.starts[owner]
    again, owner = again[within], owner[within]
    if len(again):
        apart = np.ones(len(again) + 1, np.bool_)
        apart[1:-1] = (again[1:] - again[:-1] != 1) | (owner[1:] != owner[:-1])
        edge = np.flatnonzero(apart)
        begins, ends = edge[:-1], edge[1:] - 1
        of, from_place, to_place = owner[begins], again[begins] - 1, again[ends]
        within_us = np.minimum(interval_us[owner], valid.step_us(again - 1))
        lasted = np.add.reduceat(within_us, begins) + stands_us(to_place, of)
        np.maximum.at(longest, of, lasted)
        is_head, is_tail = from_place == valid.starts[of], to_place == valid.stops[of] - 1
        head[of[is_head]] = lasted[is_head]
        tail[of[is_tail]] = lasted[is_tail]
        stretch = valid.at_us(to_place) - valid.at_us(from_place) + windows.interval_s[of] * SECOND_US
        asked = (windows.stuck_minutes[of] > 0) & ~windows.is_counter[of]
        stuck[of[asked & (stretch >= windows.stuck_minutes[of] * _MINUTE_US)]] = True
    for column in (head, tail, longest):
        column[windows.is_counter] = 0
    return Still(head // SECOND_US, tail // SECOND_US, longest // SECOND_US, stuck)


def leaps(valid: Valid) -> Int64:
    """Windows in which two neighbouring valid readings, at most two intervals apart, differ by more than `max_step`.

    Within the hour only.
    """
    windows = valid.block.windows
    asked = ~windows.is_counter & ~np.isnan(windows.max_step)
    if not asked.any() or len(valid.value) < 2:
        return np.empty(0, np.int64)
    with np.errstate(over="ignore"):  # the difference of two doubles may be beyond a double, and is beyond any step
        change = np.abs(np.diff(valid.value))
    place = np.flatnonzero(change > windows.max_step[asked].min()) + 1
    owner = valid.owner(place)
    chosen = asked[owner] & (place != valid.starts[owner])
    place, owner = place[chosen], owner[chosen]
    near = valid.at_us(place) - valid.at_us(place - 1) <= 2 * windows.interval_s[owner] * SECOND_US
    # values are decimals that a double holds only nearly: 0.8 - 0.6 is no more than 0.2
    noise = 4 * np.finfo(np.float64).eps * np.maximum(np.abs(valid.value[place]), np.abs(valid.value[place - 1]))
    beyond = change[place - 1] - windows.max_step[owner] > noise
    leaping: Int64 = owner[near & beyond]
    return leaping


def at_maximum(valid: Valid, maximum: Float64) -> Int64:
    """Valid readings of each window that are equal to its maximum."""
    found = np.flatnonzero(valid.value == valid.spread(maximum))
    return np.bincount(valid.owner(found), minlength=len(valid.counts))


def late(block: Block) -> Int64:
    """Readings of each window that were received more than an hour after they were measured."""
    found = np.flatnonzero(block.readings.received_us - block.readings.measured_us > HOUR_US)
    return np.bincount(block.owner(found), minlength=len(block.counts))


def spread(slots: Slots, mean: Float64) -> Float64:
    """Standard deviation (population) of the valid slots about their mean; NaN without any."""
    off = slots.mean - mean[:, None]
    off.reshape(-1)[slots.others] = 0.0
    squares = np.einsum("ij,ij->i", off, off)
    count = slots.valid
    deviation: Float64 = np.sqrt(np.divide(squares, count, out=np.full(len(count), np.nan), where=count > 0))
    return deviation


def edges(block: Block, slots: Slots, minimum: Float64) -> tuple[Int64, Int64]:
    """Valid minutes whose mean is exactly 0, and those whose mean is below 0.

    minimum: of each window's valid readings; where it is above 0, nothing has to be looked at.
    """
    zero, negative = np.zeros((2, len(minimum)), np.int64)
    low = np.flatnonzero(minimum <= 0)
    if len(low):
        mean, is_valid = slots.mean[low], slots.is_valid[low]
        zero[low] = np.count_nonzero(is_valid & (mean == 0), axis=1)
        negative[low] = np.count_nonzero(is_valid & (mean < 0), axis=1)
    return minutes_of(block, zero), minutes_of(block, negative)


_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def _mixed(number: int) -> int:
    """splitmix64: a constant of its own for each slot, the same for ever, because digests are stored."""
    number = (number + 1) * _GOLDEN & _MASK
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return (number ^ number >> 31) | 1


_FACTORS = np.array([_mixed(slot) for slot in range(SLOTS)], np.uint64)


def digests(windows: Windows, slots: Slots, minutes: Int64, mean: Float64, deviation: Float64) -> Int64:
    """One number of the values of the valid slots and their places in the hour; NO_DIGEST where it would say little.

    Equal hours have equal numbers; that others have is a chance of 2^-46 or less, as no one tries. minutes, mean,
    deviation: of the valid slots of each window. None for counters, for hours whose valid slots all have one value, and
    below DIGEST_MINUTES.
    """
    bits = slots.mean.view(np.uint64)
    # decimals such as 12.5 have many zero bits at the end, which a product would keep: the high bits come down
    found = bits >> np.uint64(32)
    found ^= bits
    found *= _FACTORS
    found.reshape(-1)[slots.others] = 0
    digest = found.sum(axis=1, dtype=np.uint64).view(np.int64)
    none = windows.is_counter | (minutes < DIGEST_MINUTES)
    # one value alone deviates from its mean by what a sum of binary fractions is off, if at all
    even = np.flatnonzero(deviation <= 1e-9 * np.abs(mean))
    values, is_valid = slots.mean[even], slots.is_valid[even]
    first = values[np.arange(len(even)), is_valid.argmax(axis=1)]
    none[even] |= ((values == first[:, None]) | ~is_valid).all(axis=1)
    return np.where(none, NO_DIGEST, digest)
