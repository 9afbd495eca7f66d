"""Signs in a day as a whole against the outlet's own days before: it varies too little, or is off by a unit."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.air import POLLUTANTS
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    HISTORY_DAYS,
    RUNNING_QUANTITIES,
    Bools,
    DayHours,
    Look,
    Needs,
    OutletDayWindow,
    SignParams,
    figure,
    past_means,
    sign,
)
from rules.evaluators.running import RunningParams, running


class LowVariationParams(SignParams):
    """share_pct: of the usual coefficient of variation below which a day's is low."""

    share_pct: float = Field(gt=0, lt=100)
    min_history_days: int = Field(default=10, ge=1, le=HISTORY_DAYS)


@sign("low_variation", params=LowVariationParams, needs=Needs(past=frozenset(POLLUTANTS)))
def low_variation(window: OutletDayWindow, params: LowVariationParams) -> Look | None:
    """The day varies far less than the outlet's own days before: coefficient of variation of the day's minutes."""
    points = window.pollutants()
    if not points:
        return None
    look = Look()
    for point in points:
        past = point.past
        usual = np.zeros(0) if past is None else past.variation[past.good_hours >= params.min_valid_hours]
        usual = usual[np.isfinite(usual)]
        if not look.consider(point, params, known=len(usual) >= params.min_history_days):
            continue
        found, typical = variation(point.hours, point.good(params)), float(np.median(usual))
        if found < typical * params.share_pct / 100:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "low_variation",
                    "variation": figure(found),
                    "usual_variation": figure(typical),
                    "history_days": len(usual),
                    "hours": window.hours_at(point.good(params)),
                }
            )
    return look


def variation(hours: DayHours, good: Bools) -> float:
    """Coefficient of variation of the minutes of some hours, NaN where the mean is not above zero.

    From hourly means and deviations: the variance of all minutes is that within the hours and that between them.
    """
    mean, deviation = hours.mean[good], hours.deviation[good]
    if len(mean) == 0 or not np.isfinite(deviation).all() or mean.mean() <= 0:
        return float("nan")
    total = float(np.mean(deviation**2) + np.var(mean))
    return float(np.sqrt(total) / mean.mean())


class UnitJumpParams(RunningParams):
    """factor: between units such as mg and ug; tolerance: how far from it, as a factor; hours: how many of a day."""

    factor: float = Field(default=1000.0, gt=1)
    tolerance: float = Field(default=2.0, ge=1)
    hours: int = Field(default=2, ge=1, le=24)
    min_history_days: int = Field(default=10, ge=1, le=HISTORY_DAYS)


@sign("unit_jump", params=UnitJumpParams, needs=Needs(past=RUNNING_QUANTITIES | frozenset(POLLUTANTS)))
def unit_jump(window: OutletDayWindow, params: UnitJumpParams) -> Look | None:
    """Hours about a thousand times above what is usual, or below it while the source runs: a unit has changed."""
    points, source = window.pollutants(), running(window, params)
    if not points:
        return None
    runs = source.running if source is not None else np.zeros(DAY_HOURS, bool)
    look = Look()
    for point in points:
        means = past_means(point, params)
        if not look.consider(point, params, known=len(means) >= params.min_history_days):
            continue
        usual = float(np.median(means))
        if usual <= 0:
            continue
        ratio = np.where(point.good(params), point.hours.mean, np.nan) / usual
        low, high = params.factor / params.tolerance, params.factor * params.tolerance
        up = (ratio >= low) & (ratio <= high)
        down = runs & (ratio >= 1 / high) & (ratio <= 1 / low)
        for name, chosen in (("up", up), ("down", down)):
            if int(chosen.sum()) >= params.hours:
                look.seen.append(
                    {
                        "point": point.code,
                        "detail": f"unit_{name}",
                        "usual": figure(usual),
                        "ratio": figure(float(np.median(ratio[chosen]))),
                        "unit": point.unit,
                        "history_days": len(means),
                        "hours": window.hours_at(chosen),
                    }
                )
    return look
