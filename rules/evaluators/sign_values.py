"""Signs in the values of one analyser while the source runs: they stand still, or are nothing or less."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.runs import FlatHours, Run, Runs, join_runs
from rules.evaluators.contract import known
from rules.evaluators.outlet_day import (
    BATCH_INTERVAL_S,
    DAY_HOURS,
    RUNNING_QUANTITIES,
    Bools,
    DayHours,
    Look,
    Needs,
    OutletDayWindow,
    sign,
)
from rules.evaluators.running import RunningParams, running


class FlatlineParams(RunningParams):
    """Minutes for which values may stand still: dust, and gases."""

    dust_minutes: int = Field(gt=0, le=1440)
    gas_minutes: int = Field(gt=0, le=1440)


def standstills(hours: DayHours, chosen: Bools) -> Runs:
    """Stretches of one value over the chosen hours, joined where these follow each other; see `domain.runs`."""
    hour = np.flatnonzero(chosen & (hours.valid_count > 0))
    return join_runs(
        FlatHours(
            np.zeros(len(hour), np.int64),
            hour,
            hours.first_value[hour],
            hours.last_value[hour],
            hours.minimum[hour],
            hours.maximum[hour],
            hours.flat_head_s[hour],
            hours.flat_tail_s[hour],
            hours.flat_longest_s[hour],
        )
    )


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
        for run in standstills(point.hours, source.running):
            if run.seconds >= minutes * 60 and not _may_be_zero(point.hours, run):
                chosen = np.zeros(DAY_HOURS, bool)
                chosen[run.first_hour : run.last_hour + 1] = True
                look.seen.append(
                    {
                        "point": point.code,
                        "detail": "flatline",
                        "value": known(run.value),
                        "unit": point.unit,
                        "minutes": run.seconds / 60,
                        "threshold_minutes": minutes,
                        "hours": window.hours_at(chosen),
                    }
                )
    return look


def _may_be_zero(hours: DayHours, run: Run) -> bool:
    """Whether a standstill is, or may be, one of zeros: they are another sign. Of one inside an hour nobody knows."""
    return run.value == 0 or (np.isnan(run.value) and hours.zero_minutes[run.first_hour] > 0)


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
