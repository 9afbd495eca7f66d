"""Sign at calibrations: every one of them leaves the concentration lower than it found it."""

from __future__ import annotations

from statistics import median

import numpy as np
from pydantic import Field

from rules.evaluators.outlet_day import (
    Look,
    Needs,
    OutletDayWindow,
    PastCalibrations,
    SignParams,
    figure,
    json_hour,
    sign,
)

#: Hours on either side of a calibration from which the step and the trend are taken.
_SIDE = 2


class CalibrationParams(SignParams):
    """events in 30 days, each with a step downward, half of them by step_pct or more."""

    events: int = Field(ge=2)
    step_pct: float = Field(gt=0)


@sign("step_at_calibration", params=CalibrationParams, needs=Needs(flags=True, marks=True, calibrations=True))
def step_at_calibration(window: OutletDayWindow, params: CalibrationParams) -> Look | None:
    """Honest calibrations move the zero up as often as down."""
    points = window.pollutants()
    if not points:
        return None
    look = Look()
    for point in points:
        past = point.calibrations
        if not look.consider(point, params) or past is None:
            continue
        steps = calibration_steps(past, params)
        today = any(window.first_hour <= hour < window.first_hour + 24 for hour in past.hour[past.calibrating].tolist())
        sizes = [step for _, step in steps]
        if today and len(steps) >= params.events and max(sizes) < 0 and median(sizes) <= -params.step_pct:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "step_at_calibration",
                    "steps_pct": [figure(step) for _, step in steps],
                    "hours": [json_hour(hour) for hour, _ in steps],
                }
            )
    return look


def calibration_steps(past: PastCalibrations, params: CalibrationParams) -> list[tuple[int, float]]:
    """(first hour, step in % of the mean before) of each calibration with two good hours on either side.

    What the concentration was doing anyway is taken off: the trend is the mean slope of the two hours before and of the
    two hours after, over the hours between.
    """
    good = {
        hour: mean
        for hour, mean, valid, calibrating in zip(
            past.hour.tolist(), past.mean.tolist(), past.valid_minutes.tolist(), past.calibrating.tolist(), strict=True
        )
        if valid >= params.min_valid_minutes and np.isfinite(mean) and not calibrating
    }
    events: list[tuple[int, int]] = []
    for hour in past.hour[past.calibrating].tolist():
        if events and hour == events[-1][1] + 1:
            events[-1] = (events[-1][0], hour)
        else:
            events.append((hour, hour))
    out = []
    for first, last in events:
        sides = [first - 2, first - 1, last + 1, last + _SIDE]
        if not all(hour in good for hour in sides):
            continue
        earlier, before, after, later = (good[hour] for hour in sides)
        if before <= 0:
            continue
        slope = ((before - earlier) + (later - after)) / 2
        step = after - before - slope * (last + 1 - (first - 1))
        out.append((first, 100 * step / before))
    return out
