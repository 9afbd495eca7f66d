"""Substitution (修约) of hourly mass emissions where there is no valid one, HJ 75-2017 12.2, tables 5 and 6.

Only the mass emission (排放量) is substituted; concentrations and the state of the gas never are. What the quarter's
capture rate and the length of the failure say:

    capture >= 90 %, at most 24 h   greatest of the last 180 valid hourly emissions before the failure
    capture >= 90 %, more than 24 h greatest of the last 720
    75 % <= capture < 90 %          greatest of the last 2160
    capture < 75 %                  nothing: the emission has to be accounted for in another way

Where an analyser was out of control or its calibration overdue, "before" is before its last calibration (table 5)
rather than before the failure (table 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.metering import reaches

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SHORT, LONG, POOR = 180, 720, 2160
#: A failure of more hours is a long one.
SHORT_FAILURE_H = 24
FULL_PCT, LEAST_PCT = 90.0, 75.0
#: Hours before a quarter in which valid ones are looked for: the 2160 may be spread over twice their number, with a
#: stopped source between them. Without a bound, one late hour would touch everything after it.
LOOK_BACK_H = 2 * POOR

#: `Substituted.rule` of hours that are no substitutes.
MEASURED, STOPPED, UNKNOWN = 0, -1, -2


@dataclass(frozen=True, slots=True)
class Capture:
    """Hours of a quarter (so far): operating ones, and those of them with a valid hourly emission."""

    valid: int
    operating: int

    @property
    def pct(self) -> float | None:
        """有效数据捕集率 in per cent, None when the source never ran."""
        return 100.0 * self.valid / self.operating if self.operating else None

    def reaches(self, pct: float) -> bool:
        """Whether the rate is at least so much, without rounding: 89.99 % is not 90 %."""
        return self.operating > 0 and reaches(self.valid, self.operating, pct)


@dataclass(frozen=True, slots=True)
class Failure:
    """Hours [start, stop) without a valid emission; hours: how many of them the source was operating in."""

    start: int
    stop: int
    hours: int


@dataclass(frozen=True, slots=True)
class Substituted:
    """One row per hour.

    kg: measured, or substituted; 0 in a stopped hour without a measured one; NaN where nothing is known. rule: 180, 720
    or 2160 for a substitute, else MEASURED, STOPPED or UNKNOWN. available: valid hours that were found for a
    substitute, at most `rule`. since: the earliest row on which a failing hour's figure rests, 0 where more valid hours
    would have counted if there had been any; -1 for hours that rest on themselves or on no rule.
    """

    kg: Floats
    rule: Ints
    available: Ints
    since: Ints


def window_h(capture: Capture, failure_h: int, *, full_pct: float = FULL_PCT, least_pct: float = LEAST_PCT) -> int:
    """Of how many valid hours the greatest stands for a failing one, 0 for no rule."""
    if capture.reaches(full_pct):
        return SHORT if failure_h <= SHORT_FAILURE_H else LONG
    return POOR if capture.reaches(least_pct) else 0


def failures(kg: Floats, operating: Bools) -> list[Failure]:
    """Stretches without a valid emission in which the source was operating, in order.

    A stop of the source within a stretch neither ends the failure nor counts in its hours.
    """
    bad = np.isnan(kg)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], bad, [False])).astype(np.int8)))
    running = np.concatenate(([0], np.cumsum(operating)))
    found = [Failure(a, b, int(running[b] - running[a])) for a, b in edges.reshape(-1, 2).tolist()]
    return [failure for failure in found if failure.hours]


def substitute(
    kg: Floats,
    operating: Bools,
    first: int,
    capture: Capture,
    *,
    before: Mapping[int, int] | None = None,
    full_pct: float = FULL_PCT,
    least_pct: float = LEAST_PCT,
) -> Substituted:
    """Hourly emissions of a quarter (so far) with substitutes; kg is NaN where an hour has no valid one.

    Rows before `first` are the hours before the quarter, for the failures that began there and for what substitutes
    rest on; they come back as they are, UNKNOWN where invalid. A failure counts up to the last row: what comes later is
    not known when a quarter is audited. before: by first row of a failure, the row before which its valid hours lie,
    where that is not the failure itself (table 5: the last calibration).
    """
    size = len(kg)
    valid = np.flatnonzero(~np.isnan(kg))
    out = kg.copy()
    rule = np.where(np.isnan(kg), np.where(operating, UNKNOWN, STOPPED), MEASURED).astype(np.int64)
    available = np.zeros(size, np.int64)
    since = np.full(size, -1, np.int64)
    out[(rule == STOPPED)] = 0.0
    for failure in failures(kg, operating):
        width = window_h(capture, failure.hours, full_pct=full_pct, least_pct=least_pct)
        if width == 0 or failure.stop <= first:
            continue
        rows = np.arange(max(failure.start, first), failure.stop)
        rows = rows[operating[rows]]
        end = int(np.searchsorted(valid, (before or {}).get(failure.start, failure.start)))
        used = valid[max(0, end - width) : end]
        since[rows] = used[0] if len(used) == width else 0
        if len(used):
            out[rows], rule[rows], available[rows] = kg[used].max(), width, len(used)
    return Substituted(out, rule, available, since)
