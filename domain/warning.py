"""Early warning (预警) from minutes: is an hour on its way above its limit, or has it been close to it for a while?

A warning is no verdict on the plant: the hour's mean is known only when the hour is over, and nothing here is 超标. The
three signs are engineering rules; HJ 75 and HJ 212 know no warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.readings import Bool, Float64, Int64
from domain.rounding import round_gbt8170, without_noise

MINUTES_OF_HOUR = 60


class Sign(IntEnum):
    """What is seen after a minute; the order is the order in which it is looked for."""

    PROJECTED_OVER = 0  # the hour's mean will be above the limit when what is left goes on like the last minutes
    MINUTES_OVER_100 = 1  # every one of the last minutes above the limit
    MINUTES_OVER_80 = 2  # every one above a share of the limit
    NORMAL = 3  # all of the last minutes measured, none of the above, and their mean within the limit
    EXCLUDED = 4  # no limit has applied for as long
    NONE = 5  # nothing that would change what was seen before

    @property
    def word(self) -> str:
        """As findings write it."""
        return self.name.lower()

    @property
    def warns(self) -> bool:
        """Whether it is a reason to warn."""
        return self <= Sign.MINUTES_OVER_80


@dataclass(frozen=True, slots=True)
class WarningSigns:
    """How signs are read. window: minutes in a row. share_pct: of the limit, for the weakest sign.

    projection_min_valid: minutes of the hour with a value before its mean is projected. min_valid_minutes: an hour that
    cannot reach them any more will not be judged, so that nothing is projected.
    """

    window: int = 10
    share_pct: float = 80.0
    projection_min_valid: int = 15
    min_valid_minutes: int = 45


@dataclass(frozen=True, slots=True)
class MinuteColumns:
    """Consecutive clock minutes of one quantity at one outlet.

    start: number of the first minute, in whole minutes since 1970. value: in the limit's unit at its reference
    oxygen, NaN where the minute has none. excluded: no limit applies in the minute; then it has no value. limit: NaN
    where there is none.
    """

    start: int
    value: Float64
    excluded: Bool
    limit: Float64
    decimals: Int64

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen after each minute: a Sign; the mean of the last `window` values; the projected mean of
    the hour with the minutes so far, their sum and the minutes left that it is made of. NaN where there is none."""

    sign: NDArray[np.int64]
    recent: Float64
    projected: Float64
    count: Float64
    total: Float64
    left: Int64


def look(minutes: MinuteColumns, signs: WarningSigns) -> Seen:
    """Signs after each minute. Sums and projections need the hour from its beginning: rows before the first full hour
    serve the looks back from the following ones only.
    """
    size, n = len(minutes), signs.window
    has = np.isfinite(minutes.value) & ~minutes.excluded & np.isfinite(minutes.limit)
    value = np.where(has, minutes.value, 0.0)
    position = minutes.start + np.arange(size)
    left = MINUTES_OF_HOUR - 1 - position % MINUTES_OF_HOUR
    hour = position // MINUTES_OF_HOUR
    begin = np.searchsorted(hour, hour)  # row of the first minute of each minute's hour
    count, total = _within(has.astype(np.int64), begin), _within(value, begin)
    recent = _recent(value, has, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        projected = (total + left * recent) / (count + left)
    sound = has & (count >= max(signs.projection_min_valid, n)) & (count + left >= signs.min_valid_minutes)
    projected = np.where(sound, projected, np.nan)
    full = has & (_run(has) >= n)
    share = minutes.limit * signs.share_pct / 100.0
    conditions = [
        _rounds_beyond(projected, minutes.limit, minutes.decimals),
        _run(has & _beyond(minutes.value, minutes.limit)) >= n,
        _run(has & _beyond(minutes.value, share)) >= n,
        full & ~_rounds_beyond(recent, minutes.limit, minutes.decimals),
        minutes.excluded & (_run(minutes.excluded) >= n),
    ]
    sign = np.select(conditions, list(range(len(conditions))), default=int(Sign.NONE)).astype(np.int64)
    sign[~(has | minutes.excluded)] = int(Sign.NONE)
    return Seen(sign, recent, projected, count, total, left)


def turns(sign: NDArray[np.int64], *, warned: bool) -> list[int]:
    """Rows at which warning begins or ends, in order. warned: whether there was a warning before the first row."""
    known = np.flatnonzero(sign != int(Sign.NONE))
    warns = sign[known] <= int(Sign.MINUTES_OVER_80)
    before = np.r_[warned, warns[:-1]]
    return [int(row) for row in known[warns != before]]


def _within(values: NDArray[np.float64] | NDArray[np.int64], begin: Int64) -> NDArray[np.float64]:
    """Sums from the first row of each row's group on; every group is added up for itself, so that its sum does not
    depend on how many groups are looked at together."""
    out = np.empty(len(values), np.float64)
    starts = np.unique(begin)
    for first, after in zip(starts, [*starts[1:], len(values)], strict=True):
        out[first:after] = np.cumsum(values[first:after])
    return out


def _recent(value: Float64, has: Bool, n: int) -> Float64:
    """Mean of the last n values up to each row, NaN where there are fewer."""
    out = np.full(len(value), np.nan)
    rows = np.flatnonzero(has)
    if len(rows) >= n:
        known = value[rows]
        total = np.zeros(len(rows) - n + 1)
        for offset in range(n):  # in order of time, so that a mean does not depend on what else is looked at
            total += known[offset : offset + len(total)]
        out[rows[n - 1 :]] = total / n
    return out


def _run(condition: Bool) -> Int64:
    """How many rows up to each one fulfil a condition without a break."""
    rows = np.arange(len(condition))
    broken = np.maximum.accumulate(np.where(condition, -1, rows)) if len(condition) else rows
    return rows - broken


def _beyond(value: Float64, bound: Float64) -> Bool:
    """value > bound, without what sums of binary fractions add beyond twelve digits; False for NaN."""
    out: Bool = value > bound
    for row in np.flatnonzero(np.abs(value - bound) <= 1e-9 * np.abs(bound)):
        out[row] = without_noise(value[row]) > without_noise(bound[row])
    return out


def _rounds_beyond(value: Float64, limit: Float64, decimals: Int64) -> Bool:
    """Whether values are above limits after rounding to their decimals by GB/T 8170; False for NaN."""
    out = np.zeros(len(value), np.bool_)
    for row in np.flatnonzero(value > limit - 10.0 ** -decimals.astype(np.float64)):
        out[row] = round_gbt8170(without_noise(value[row]), int(decimals[row])) > limit[row]
    return out
