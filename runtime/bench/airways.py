"""Three ways from a month of minute data to verdicts and shares: the platform's, bare numpy, and row by row.

They must agree in every verdict, or comparing their speed would mean nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.air import HourColumns, HourReason, LimitColumns, judge_hours
from domain.exclusion import NOT_EXCLUDED
from domain.hourly import hours
from domain.pointhours import Windows
from domain.readings import HOUR_US, Int64, from_us
from domain.rounding import round_gbt8170, without_noise
from runtime.bench.airdata import O2, POLLUTANTS, QUANTITIES, Month

UNDETERMINED, COMPLIANT, VIOLATION = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shape (2, stacks, pollutants, hours) of the legal and the ultra-low verdicts; of these, by month, the hours that
    kept their limit and those that were judged."""

    verdict: NDArray[np.int8]
    compliant: Int64
    judged: Int64


def _outcome(verdict: NDArray[np.int8]) -> Outcome:
    return Outcome(
        verdict, np.count_nonzero(verdict == COMPLIANT, axis=3), np.count_nonzero(verdict != UNDETERMINED, axis=3)
    )


# --- the platform


def month_windows(month: Month) -> Windows:
    """Every hour of every point, as the roll-up asks for them."""
    size = month.size
    points, count = size.stacks * len(QUANTITIES), size.hours
    total = points * count
    return Windows(
        np.repeat(np.arange(points) + 1, count),
        np.tile((month.first_hour + np.arange(count)) * HOUR_US, points),
        np.zeros(total, np.bool_),
        np.full(total, 60),
        np.full(total, np.nan),
        np.full(total, np.nan),
        np.zeros(total, np.int64),
        np.full(total, np.nan),
    )


def platform(month: Month) -> Outcome:
    """Hourly rows with everything that they say, each judged by the limits that hold in it."""
    size, limits = month.size, month.limits
    grid = (size.stacks, len(QUANTITIES), size.hours)
    rows = hours(month_windows(month), month.readings, np.zeros(len(month.readings), np.bool_))
    mean, valid, count = (column.reshape(grid) for column in (rows.mean, rows.valid_minutes, rows.reading_count))
    shape = (2, size.stacks, POLLUTANTS, size.hours)

    def pollutant(column: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(column[None, :, :POLLUTANTS], shape).reshape(-1)

    def oxygen(column: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(column[None, :, O2, None], shape).reshape(-1)

    def limit(column: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(column[..., None], shape).reshape(-1)

    total = int(np.prod(shape))
    columns = HourColumns(
        pollutant(mean), np.ones(total), pollutant(valid), pollutant(count),
        oxygen(mean), oxygen(valid), oxygen(count), np.full(total, NOT_EXCLUDED),
    )  # fmt: skip
    holding = LimitColumns(limit(limits.value), limit(limits.decimals), limit(limits.reference_o2_pct))
    reason = judge_hours(columns, holding).reason
    verdict = np.select(
        [reason == HourReason.WITHIN_LIMIT, reason == HourReason.OVER_LIMIT], [COMPLIANT, VIOLATION], UNDETERMINED
    )
    return _outcome(verdict.astype(np.int8).reshape(shape))


# --- bare numpy


def bare_numpy(month: Month) -> Outcome:
    """What a good engineer writes for this month alone: one reading a minute, no counters, nothing but the verdicts."""
    size, limits, readings = month.size, month.limits, month.readings
    good = (readings.source_flag == ord("N")) & (readings.qc_flag == 1)
    hour = readings.measured_us // HOUR_US
    new = np.empty(len(hour), np.bool_)
    new[0] = True
    np.not_equal(hour[1:], hour[:-1], out=new[1:])
    new[1:] |= readings.point_id[1:] != readings.point_id[:-1]
    starts = np.flatnonzero(new)
    valid = np.add.reduceat(good, starts, dtype=np.int64)
    sums = np.add.reduceat(np.where(good, readings.value, 0.0), starts)
    cell = (readings.point_id[starts] - 1) * size.hours + hour[starts] - month.first_hour
    grid = (size.stacks, len(QUANTITIES), size.hours)
    mean, enough = np.full(grid, np.nan), np.zeros(grid, np.bool_)
    with np.errstate(invalid="ignore"):
        mean.reshape(-1)[cell] = sums / valid
    enough.reshape(-1)[cell] = valid >= 45
    o2 = mean[:, O2, None]
    reference = limits.reference_o2_pct[..., None]
    converts = ~np.isnan(reference)
    with np.errstate(divide="ignore", invalid="ignore"):
        converted = np.where(converts, mean[:, :POLLUTANTS] * (21 - reference) / (21 - o2), mean[:, :POLLUTANTS])
        power = 10.0 ** limits.decimals[..., None]
        rounded = np.rint(np.round(converted, 9) * power) / power
        within = rounded <= limits.value[..., None]
    usable = enough[:, :POLLUTANTS] & (~converts | (enough[:, O2, None] & (o2 >= 0) & (o2 < 19)))
    judged = usable & ~(rounded < 0)
    return _outcome(np.where(judged, np.where(within, COMPLIANT, VIOLATION), UNDETERMINED).astype(np.int8))


# --- row by row


def rows_of(month: Month, stacks: int) -> list[tuple[int, datetime, float, str, int]]:
    """The readings of the first stacks as a driver hands them over: point, instant, value, flag, check."""
    stop = int(np.searchsorted(month.readings.point_id, stacks * len(QUANTITIES), "right"))
    readings = month.readings
    return [
        (point, from_us(at), value, chr(flag), qc)
        for point, at, value, flag, qc in zip(
            readings.point_id[:stop].tolist(),
            readings.measured_us[:stop].tolist(),
            readings.value[:stop].tolist(),
            readings.source_flag[:stop].tolist(),
            readings.qc_flag[:stop].tolist(),
            strict=True,
        )
    ]


def row_by_row(month: Month, stacks: int, rows: Iterable[tuple[int, datetime, float, str, int]]) -> NDArray[np.int8]:
    """Verdicts of the first stacks, shape (2, stacks, pollutants, hours), as a program for one plant computes them."""
    normal: dict[tuple[int, datetime], list[float]] = defaultdict(list)
    seen: dict[tuple[int, datetime], int] = defaultdict(int)
    for point, at, value, flag, qc in rows:
        minute = (point, at.replace(second=0, microsecond=0))
        seen[minute] += 1
        if flag == "N" and qc == 1:
            normal[minute].append(value)
    means: dict[tuple[int, int], list[float]] = defaultdict(list)
    for minute, good in normal.items():
        if len(good) >= 0.75 * seen[minute]:
            hour = int(minute[1].timestamp()) // 3600 - month.first_hour
            means[minute[0], hour].append(sum(good) / len(good))
    verdict = np.zeros((2, stacks, POLLUTANTS, month.size.hours), np.int8)
    limits = month.limits
    for kind in range(2):
        for stack in range(stacks):
            for pollutant in range(POLLUTANTS):
                value = float(limits.value[kind, stack, pollutant])
                decimals = int(limits.decimals[kind, stack, pollutant])
                reference = float(limits.reference_o2_pct[kind, stack, pollutant])
                point = stack * len(QUANTITIES) + 1
                for hour in range(month.size.hours):
                    measured = means.get((point + pollutant, hour), [])
                    if len(measured) < 45:
                        continue
                    found = sum(measured) / len(measured)
                    if reference == reference:
                        oxygen = means.get((point + O2, hour), [])
                        if len(oxygen) < 45:
                            continue
                        o2 = sum(oxygen) / len(oxygen)
                        if not 0 <= o2 < 19:
                            continue
                        found = found * (21 - reference) / (21 - o2)
                    rounded = round_gbt8170(without_noise(found), decimals)
                    if rounded >= 0:
                        verdict[kind, stack, pollutant, hour] = COMPLIANT if rounded <= value else VIOLATION
    return verdict
