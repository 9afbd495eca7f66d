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
from domain.segments import (
    RATE_TOLERANCE,
    ROLLOVER_FROM,
    ROLLOVER_TO,
    Count,
    Doubt,
    Meters,
    Passed,
    crossings,
    passed,
)


class Step(IntEnum):
    """What lies between a register value and the one before it."""

    PLAIN = 0
    ROLLOVER = 1
    RESET = 2  # the register fell without having been full: replaced without record, or reset; the volume is unknown
    JUMP = 3  # more than the meter can pass; contributes nothing
    SPIKE = 4  # back from a jump: the value before it is passed over
    FIRST = 5  # nothing before it
    REVERSED = 6  # the register went backwards by what may have flowed back; the increment is negative


@dataclass(frozen=True, slots=True)
class Increments:
    """Columns, one entry a register value."""

    value: Float64
    """In the unit of the point; NaN where it is unknown."""
    since_us: Int64
    """Time of the earlier value from which the increment counts; the value's own time where there is none."""
    step: NDArray[np.uint8]
    replaced: Bool
    """Where the increment counts over a recorded replacement of the meter."""


def _earlier(column: Float64, same: Bool, by: int) -> Float64:
    moved = np.full(len(column), np.nan)
    moved[by:] = column[:-by] if by < len(column) else moved[by:]
    return np.where(same, moved, np.nan)


def _same_series(series: Int64, by: int) -> Bool:
    same = np.zeros(len(series), np.bool_)
    same[by:] = series[by:] == series[:-by]
    return same


def increments(
    series: Int64,
    at_us: Int64,
    value: Float64,
    rollover: Float64,
    max_rate_per_h: Float64,
    meters: Meters | None = None,
) -> Increments:
    """Increments of many meters at once.

    All columns have one entry a register value, ordered by series (the meter) and time, valid values only, no instant
    twice within a series. rollover: value range R of the register; max_rate_per_h: units per hour, NaN when unknown;
    both of the register that shows the value. meters: what is known of replacements, by series.

    With the previous value p and the one before it q: an increase that the meter can pass counts. A fall from at least
    0.9 R to at most 0.1 R that makes a possible increase modulo R is a rollover. A fall right after an impossible
    increase that is a possible increase over q passes the spike over. A value that the register cannot show (below
    zero, or R and more) is no rise, rollover or flow backwards, nor is what follows it: a jump or a reset, so a
    register with too few digits, or one wrong value, never makes volume. A fall that the meter can have made backwards,
    to a value that it cannot have reached from zero since p, is reversed flow and keeps its sign; where it can have
    done both, or its rate is unknown, nobody knows whether the water came back or the register was reset. Any other
    fall is a reset, any other increase a jump; both contribute nothing.

    Over recorded replacements the parts count, see `domain.segments.passed`; where the record does not fit the values
    it is a reset when a register would have gone down, a jump when too much would have passed.
    """
    count = len(series)
    same1, same2 = _same_series(series, 1), _same_series(series, 2)
    before, before2 = _earlier(value, same1, 1), _earlier(value, same2, 2)
    elapsed1, elapsed2 = np.zeros(count, np.int64), np.zeros(count, np.int64)
    elapsed1[1:] = at_us[1:] - at_us[:-1]
    elapsed2[2:] = at_us[2:] - at_us[:-2]
    rate_unknown = np.isnan(max_rate_per_h)
    most = RATE_TOLERANCE * max_rate_per_h * (elapsed1 / HOUR_US)

    rise = value - before
    possible = (value >= 0) & (value < rollover)
    shown = possible & (before >= 0) & (before < rollover)
    wrapped = rollover - before + value
    over = value - before2
    plain = shown & (rise >= 0) & (rate_unknown | (rise <= most))
    fell = rise < 0
    full = (before >= ROLLOVER_FROM * rollover) & (value <= ROLLOVER_TO * rollover)
    rolled = fell & full & shown & (wrapped >= 0) & (rate_unknown | (wrapped <= most))
    jumped = (rise >= 0) & ~plain
    previous_jumped = np.zeros(count, np.bool_)
    previous_jumped[1:] = same2[1:] & jumped[:-1]
    spiked = fell & ~rolled & previous_jumped & (over >= 0) & possible & ~(before2 < 0)
    spiked &= rate_unknown | (over <= RATE_TOLERANCE * max_rate_per_h * (elapsed2 / HOUR_US))
    reversible = fell & shown & (-rise <= most) & (value > most)
    backwards = reversible & ~rolled & ~spiked
    step = np.select(
        [~same1, plain, rolled, spiked, backwards, fell],
        [Step.FIRST, Step.PLAIN, Step.ROLLOVER, Step.SPIKE, Step.REVERSED, Step.RESET],
        Step.JUMP,
    ).astype(np.uint8)
    gained = np.select([(plain | backwards) & same1, rolled, spiked], [rise, wrapped, over], np.nan)
    since = at_us - np.select([spiked, same1], [elapsed2, elapsed1], 0)
    found = Increments(gained, since, step, np.zeros(count, np.bool_))
    if meters:
        _cross(found, meters, jumped, reversible, series, at_us, value, rollover, max_rate_per_h)
    return found


def _cross(
    found: Increments,
    meters: Meters,
    jumped: Bool,
    reversible: Bool,
    series: Int64,
    at_us: Int64,
    value: Float64,
    rollover: Float64,
    max_rate_per_h: Float64,
) -> None:
    """Count again the few steps that recorded replacements concern, in place. jumped, reversible: of plain steps."""

    def count(row: int) -> Count:
        return Count(float(value[row]), int(at_us[row]), float(rollover[row]), float(max_rate_per_h[row]))

    def write(row: int, volume: float, earlier: int, step: Step, replaced: bool) -> None:
        found.value[row], found.since_us[row] = volume, at_us[earlier]
        found.step[row], found.replaced[row] = step, replaced

    for row, since_previous, since_second in crossings(meters, series, at_us, rollover, max_rate_per_h):
        step = Step(int(found.step[row]))
        if since_previous:
            one = passed(count(row - 1), since_previous, count(row))
            jumped[row] = one is Doubt.TOO_MUCH
            if isinstance(one, Passed):
                write(row, one.volume, row - 1, Step.ROLLOVER if one.rolled else Step.PLAIN, replaced=True)
                continue
            step = Step.RESET if one is Doubt.FELL else Step.JUMP
        elif step in (Step.PLAIN, Step.ROLLOVER):
            continue
        if row > 1 and series[row - 2] == series[row] and jumped[row - 1]:
            both = passed(count(row - 2), since_second, count(row))
            if isinstance(both, Passed):
                write(row, both.volume, row - 2, Step.SPIKE, replaced=True)
                continue
        if step is Step.SPIKE or step is Step.REVERSED:
            step = Step.REVERSED if reversible[row] else Step.RESET
        known = value[row] - value[row - 1] if step is Step.REVERSED else np.nan
        write(row, known, row - 1, step, replaced=False)
