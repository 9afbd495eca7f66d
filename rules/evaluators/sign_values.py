"""Signs in the values of one analyser while the source runs: they stand still, or are nothing or less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from rules.evaluators.outlet_day import (
    BATCH_INTERVAL_S,
    RUNNING_QUANTITIES,
    DayHours,
    Look,
    Needs,
    OutletDayWindow,
    sign,
)
from rules.evaluators.running import RunningParams, running, stretches


class FlatlineParams(RunningParams):
    """Minutes for which values may stand still: dust, and gases."""

    dust_minutes: int = Field(gt=0, le=1440)
    gas_minutes: int = Field(gt=0, le=1440)


@dataclass(frozen=True, slots=True)
class Standstill:
    """A value that did not change from somewhere in hour `first` to somewhere in hour `last`, for some seconds."""

    first: int
    last: int
    seconds: int
    value: float


def standstills(hours: DayHours, first: int, end: int) -> list[Standstill]:
    """Longest stretches of one value that touch an hour's edge, joined over the hours [first, end).

    Two hours join where the last valid value of one is the first of the next. What is missing between them inside an
    hour does not break a stretch; an hour without valid readings does.
    """
    out: list[Standstill] = []
    current: Standstill | None = None
    for n in range(first, end):
        if hours.valid_count[n] == 0:
            out += [current] if current else []
            current = None
            continue
        head, tail = int(hours.flat_head_s[n]), int(hours.flat_tail_s[n])
        if current is not None and hours.first_value[n] == current.value:
            current = Standstill(current.first, n, current.seconds + head, current.value)
            if hours.minimum[n] == hours.maximum[n]:
                continue
        out += [current] if current else []
        current = Standstill(n, n, tail, float(hours.last_value[n]))
    return [*out, current] if current else out


@sign("flatline", params=FlatlineParams, needs=Needs(past=RUNNING_QUANTITIES))
def flatline(window: OutletDayWindow, params: FlatlineParams) -> Look | None:
    """The same non-zero value for long while the source runs. Analysers that work in batches repeat theirs: exempt."""
    points = [point for point in window.pollutants() if point.interval_s < BATCH_INTERVAL_S]
    source = running(window, params)
    if not points or source is None:
        return None
    look = Look(evidence={"running": source.evidence})
    if not source.clear:
        return look
    for point in points:
        if not look.consider(point, params):
            continue
        minutes = params.dust_minutes if point.quantity == "pm" else params.gas_minutes
        for begin, end in stretches(source.running):
            for found in standstills(point.hours, begin, end):
                if found.value != 0 and found.seconds >= minutes * 60:
                    chosen = np.zeros(len(source.running), bool)
                    chosen[found.first : found.last + 1] = True
                    look.seen.append(
                        {
                            "point": point.code,
                            "detail": "flatline",
                            "value": found.value,
                            "unit": point.unit,
                            "minutes": found.seconds / 60,
                            "threshold_minutes": minutes,
                            "hours": window.hours_at(chosen),
                        }
                    )
    return look


class ZeroParams(RunningParams):
    """Minutes of zero and of less, together, in the running hours of the day."""

    minutes: int = Field(gt=0, le=1440)


@sign("zero_or_negative", params=ZeroParams, needs=Needs(past=RUNNING_QUANTITIES))
def zero_or_negative(window: OutletDayWindow, params: ZeroParams) -> Look | None:
    """Nothing, or less than nothing, comes out of a stack that runs."""
    points, source = window.pollutants(), running(window, params)
    if not points or source is None:
        return None
    look = Look(evidence={"running": source.evidence})
    if not source.clear:
        return look
    for point in points:
        if not look.consider(point, params):
            continue
        hours = point.hours
        minutes = np.where(source.running, hours.zero_minutes + hours.negative_minutes, 0)
        if int(minutes.sum()) >= params.minutes:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "zero_or_negative",
                    "zero_minutes": int(hours.zero_minutes[source.running].sum()),
                    "negative_minutes": int(hours.negative_minutes[source.running].sum()),
                    "hours": window.hours_at(minutes > 0),
                }
            )
    return look
