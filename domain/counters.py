"""Increments of cumulative meters (water, energy), from one valid register value to the next.

Every increment depends on at most two earlier values, so that a late or corrected value changes nothing beyond the
two that follow it, and any window can be computed from its own values and the two before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.readings import HOUR_US, Bool, Float64, Int64

#: A register may exceed its greatest rate by a fifth before the value is doubted.
RATE_TOLERANCE = 1.2
#: A rollover leads from the last tenth of the register to its first tenth.
ROLLOVER_FROM, ROLLOVER_TO = 0.9, 0.1


class Step(IntEnum):
    """What lies between a register value and the one before it."""

    PLAIN = 0
    ROLLOVER = 1
    RESET = 2  # the register fell without having been full: replaced or reset; the volume is unknown
    JUMP = 3  # more than the meter can pass; contributes nothing
    SPIKE = 4  # back from a jump: the value before it is passed over
    FIRST = 5  # nothing before it


@dataclass(frozen=True, slots=True)
class Increments:
    """Columns, one entry a register value."""

    value: Float64
    """In the unit of the point; NaN where it is unknown."""
    since_us: Int64
    """Time of the earlier value from which the increment counts; the value's own time where there is none."""
    step: NDArray[np.uint8]


def _earlier(column: Float64, same: Bool, by: int) -> Float64:
    moved = np.full(len(column), np.nan)
    moved[by:] = column[:-by] if by < len(column) else moved[by:]
    return np.where(same, moved, np.nan)


def _same_series(series: Int64, by: int) -> Bool:
    same = np.zeros(len(series), np.bool_)
    same[by:] = series[by:] == series[:-by]
    return same


def increments(series: Int64, at_us: Int64, value: Float64, rollover: Float64, max_rate_per_h: Float64) -> Increments:
    """Increments of many meters at once.

    All columns have one entry a register value, ordered by series (the meter) and time, valid values only, no instant
    twice within a series. rollover: value range R of the register; max_rate_per_h: units per hour, NaN when unknown.

    With the previous value p and the one before it q: an increase that the meter can pass counts. A fall from at least
    0.9 R to at most 0.1 R that makes a possible increase modulo R is a rollover. A fall right after an impossible
    increase that is a possible increase over q passes the spike over. Any other fall is a reset, any other increase a
    jump; both contribute nothing.
    """
    count = len(series)
    same1, same2 = _same_series(series, 1), _same_series(series, 2)
    before, before2 = _earlier(value, same1, 1), _earlier(value, same2, 2)
    elapsed1, elapsed2 = np.zeros(count, np.int64), np.zeros(count, np.int64)
    elapsed1[1:] = at_us[1:] - at_us[:-1]
    elapsed2[2:] = at_us[2:] - at_us[:-2]

    def possible(increase: Float64, elapsed_us: Int64) -> Bool:
        most = RATE_TOLERANCE * max_rate_per_h * (elapsed_us / HOUR_US)
        return (increase >= 0) & (np.isnan(max_rate_per_h) | (increase <= most))

    rise = value - before
    wrapped = rollover - before + value
    over = value - before2
    plain = possible(rise, elapsed1)
    full = (before >= ROLLOVER_FROM * rollover) & (value <= ROLLOVER_TO * rollover)
    rolled = (rise < 0) & full & possible(wrapped, elapsed1)
    previous_jumped = np.zeros(count, np.bool_)
    previous_jumped[1:] = same2[1:] & ((rise > 0) & ~plain)[:-1]
    spiked = (rise < 0) & ~rolled & previous_jumped & possible(over, elapsed2)
    step = np.select(
        [~same1, plain, rolled, spiked, rise < 0],
        [Step.FIRST, Step.PLAIN, Step.ROLLOVER, Step.SPIKE, Step.RESET],
        Step.JUMP,
    ).astype(np.uint8)
    gained = np.select([plain & same1, rolled, spiked], [rise, wrapped, over], np.nan)
    since = at_us - np.select([spiked, same1], [elapsed2, elapsed1], 0)
    return Increments(gained, since, step)
