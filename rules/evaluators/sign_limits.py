"""Signs at a limit or at the top of the range: values crowd below it, end at it, or vanish on the way to it."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.air import POLLUTANTS
from domain.limits import Limit, mg_m3_factor
from rules.evaluators.contract import Evidence, Floats
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    Bools,
    DayPoint,
    Look,
    Needs,
    OutletDayWindow,
    SignParams,
    at_reference,
    figure,
    hour_limits,
    sign,
)

_MINUTES = 60


class ClippingParams(SignParams):
    """Of at least min_judged_hours judged hours near_share_pct from near_from_pct to 100 % of a limit, and less than
    over_share_pct over it. Or the day's maximum in repeated_hours hours, `repeated` times and repeated_share_pct of the
    readings, so that a coarse instrument is not taken for a cut one, and not below maximum_from_pct of the lowest
    hourly limit, as is the noise of a stack that stands still."""

    near_from_pct: float = Field(default=95.0, gt=0, lt=100)
    near_share_pct: float = Field(gt=0, le=100)
    over_share_pct: float = Field(gt=0, le=100)
    min_judged_hours: int = Field(default=240, ge=1, le=720)
    repeated: int = Field(ge=2)
    repeated_hours: int = Field(default=5, ge=1, le=24)
    repeated_share_pct: float = Field(default=1.0, ge=0, le=100)
    maximum_from_pct: float = Field(default=50.0, ge=0, le=100)


@sign("clipping", params=ClippingParams, needs=Needs(limits=True, judged=True, shares=True))
def clipping(window: OutletDayWindow, params: ClippingParams) -> Look | None:
    """Hours crowd just below a limit and are hardly ever above it, or readings end at one and the same maximum."""
    points = window.pollutants()
    if not points:
        return None
    look = Look()
    for point in points:
        if look.consider(point, params):
            look.seen += _near_limit(window, point, params) + _hard_maximum(window, point, params)
    return look


def _near_limit(window: OutletDayWindow, point: DayPoint, params: ClippingParams) -> list[Evidence]:
    seen: list[Evidence] = []
    for share in window.shares:
        if share.quantity != point.quantity or share.judged < params.min_judged_hours:
            continue
        near, over = 100 * share.near / share.judged, 100 * share.over / share.judged
        if near < params.near_share_pct or over >= params.over_share_pct:
            continue
        today = _hours_near(window, share.rule_id, point.quantity, params)
        if today.any():
            seen.append(
                {
                    "point": point.code,
                    "detail": "near_limit",
                    "rule": share.rule_id,
                    "judged_hours": share.judged,
                    "near_hours": share.near,
                    "near_pct": figure(near),
                    "over_hours": share.over,
                    "hours": window.hours_at(today),
                }
            )
    return seen


def _hours_near(window: OutletDayWindow, rule_id: str, quantity: str, params: ClippingParams) -> Bools:
    today = np.zeros(DAY_HOURS, bool)
    for judged in window.judged:
        if (judged.rule_id, judged.quantity) == (rule_id, quantity):
            near = ~judged.over & (judged.value >= judged.limit * params.near_from_pct / 100)
            at = judged.hour[near] - window.first_hour
            today[at[(at >= 0) & (at < DAY_HOURS)]] = True
    return today


def _hard_maximum(window: OutletDayWindow, point: DayPoint, params: ClippingParams) -> list[Evidence]:
    hours = point.hours
    if not np.isfinite(hours.maximum).any():
        return []
    top = float(np.nanmax(hours.maximum))
    if top <= 0 or (point.range_top is not None and top >= point.range_top):
        return []
    lowest, factor = min((v for _, v in hour_limits(window, point.quantity)), default=0.0), mg_m3_factor(point.unit)
    if factor is not None and top * factor < lowest * params.maximum_from_pct / 100:
        return []
    at_top = hours.maximum == top
    times, readings = int(hours.maximum_count[at_top].sum()), int(hours.valid_count.sum())
    flat = hours.minimum[at_top] == top  # hours that stand still are another sign
    wanted = max(params.repeated, readings * params.repeated_share_pct / 100)
    if int(at_top.sum()) < params.repeated_hours or times < wanted or flat.all():
        return []
    return [
        {
            "point": point.code,
            "detail": "hard_maximum",
            "maximum": top,
            "unit": point.unit,
            "times": times,
            "readings": readings,
            "hours": window.hours_at(at_top),
        }
    ]


class RangeTopParams(SignParams):
    """readings: how many at the top of the range, without flag T, make the sign."""

    readings: int = Field(default=1, ge=1)


@sign("range_top", params=RangeTopParams)
def range_top(window: OutletDayWindow, params: RangeTopParams) -> Look | None:
    """Valid readings at the top of the measuring range: HJ 212 wants them flagged T."""
    points = [point for point in window.measured("o2", *POLLUTANTS) if point.range_top is not None]
    if not points:
        return None
    look = Look()
    for point in points:
        if not look.consider(point, params) or point.range_top is None:
            continue
        at_top = point.hours.maximum >= point.range_top
        times = int(point.hours.maximum_count[at_top].sum())
        if at_top.any() and times >= params.readings:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "range_top",
                    "range_top": point.range_top,
                    "maximum": float(point.hours.maximum[at_top].max()),
                    "unit": point.unit,
                    "times": times,
                    "hours": window.hours_at(at_top),
                }
            )
    return look


class GapAtRiseParams(SignParams):
    """missing_minutes without any reading, after a rise of rise_pct to near_pct of a limit and more. From
    ambient_o2_pct on nothing is converted: it would multiply the noise of a stack that stands still.
    """

    missing_minutes: int = Field(gt=0, le=60)
    rise_pct: float = Field(gt=0)
    near_pct: float = Field(gt=0, le=100)
    ambient_o2_pct: float = Field(default=19.0, gt=0, le=21)


@sign("gap_at_rise", params=GapAtRiseParams, needs=Needs(limits=True))
def gap_at_rise(window: OutletDayWindow, params: GapAtRiseParams) -> Look | None:
    """Readings are missing right after the concentration rose towards its limit.

    A gap leaves few hours: what was seen counts also where there are too few of them to say that nothing was.
    """
    points = [point for point in window.pollutants() if hour_limits(window, point.quantity)]
    if not points:
        return None
    look = Look()
    for point in points:
        look.consider(point, params)
        for limit, value in hour_limits(window, point.quantity):
            look.seen += _gaps(window, point, limit, value, params)
    return look


def _gaps(
    window: OutletDayWindow, point: DayPoint, limit: Limit, value: float, params: GapAtRiseParams
) -> list[Evidence]:
    hours = point.hours
    expected = max(1.0, 3600 / point.interval_s)
    missing = _MINUTES * np.clip(1 - hours.reading_count / expected, 0, 1)
    converted = in_mg_m3(window, point, limit, params)
    seen: list[Evidence] = []
    for gap in np.flatnonzero(missing >= params.missing_minutes):
        for before, last in ((gap - 2, gap - 1), (gap - 1, gap)):
            if before < 0 or not np.isfinite(converted[[before, last]]).all():
                continue
            rise = hours.mean[last] - hours.mean[before]
            if rise < hours.mean[before] * params.rise_pct / 100 or hours.mean[before] <= 0:
                continue
            if converted[last] < value * params.near_pct / 100:
                continue
            chosen = np.zeros(DAY_HOURS, bool)
            chosen[[before, last, gap]] = True
            seen.append(
                {
                    "point": point.code,
                    "detail": "gap_at_rise",
                    "limit_id": limit.limit_id,
                    "limit": value,
                    "mean_before": figure(float(hours.mean[before])),
                    "mean_last": figure(float(hours.mean[last])),
                    "converted_last": figure(float(converted[last])),
                    "missing_minutes": figure(float(missing[gap])),
                    "hours": window.hours_at(chosen),
                }
            )
            break
    return seen


def in_mg_m3(window: OutletDayWindow, point: DayPoint, limit: Limit, params: GapAtRiseParams) -> Floats:
    """Hour means of a concentration in mg/m3, converted to the reference oxygen of a limit; NaN where they cannot be.

    Takes hours with any valid minute: an hour that breaks off has few.
    """
    factor = mg_m3_factor(point.unit)
    reference = window.reference_of(limit)
    mean: Floats = point.hours.mean * (np.nan if factor is None else factor)
    if reference is None:
        return mean
    o2 = window.best("o2", params)
    if o2 is None:
        return np.full(DAY_HOURS, np.nan)
    oxygen = o2.hours.mean
    return at_reference(mean, np.where(oxygen < params.ambient_o2_pct, oxygen, np.nan), reference)
