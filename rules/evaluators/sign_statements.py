"""Signs in what a data logger states: its converted hour values and hour totals against what its own readings give."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.air import POLLUTANTS
from domain.limits import mg_m3_factor
from domain.points import Statistic
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

#: Hours of flow in a unit make up so many of the total's unit.
_PER_HOUR = {"m3/s": 3600.0, "m3/h": 1.0, "Nm3/s": 3600.0, "Nm3/h": 1.0}
_TOTAL_UNITS = frozenset({"m3", "Nm3"})


class ZsMismatchParams(SignParams):
    """tolerance_pct and tolerance_mg_m3: a stated value that is further than both from ours, in `hours` hours."""

    tolerance_pct: float = Field(gt=0)
    tolerance_mg_m3: float = Field(default=0.5, ge=0)
    hours: int = Field(default=3, ge=1, le=24)
    ambient_o2_pct: float = Field(default=19.0, gt=0, le=21)


@sign("zs_mismatch", params=ZsMismatchParams, needs=Needs(limits=True))
def zs_mismatch(window: OutletDayWindow, params: ZsMismatchParams) -> Look | None:
    """The logger's converted hour value (折算, -ZsAvg) is not what its own hour means of concentration and oxygen give.

    The logger's reference oxygen is not known: a value that fits the reference of any hourly limit fits.
    """
    oxygen = window.best("o2", params)
    pairs = [
        (stating, of, sorted({window.reference_of(limit) for limit, _ in limits}, key=lambda one: one or 0.0))
        for stating, of in window.stated(Statistic.HOUR_CONVERTED)
        if of.quantity in POLLUTANTS and (limits := hour_limits(window, of.quantity))
    ]
    if oxygen is None or not pairs:
        return None
    look = Look()
    for stating, of, references in pairs:
        good = of.good(params) & oxygen.good(params) & _stated(stating)
        good &= (oxygen.hours.mean >= 0) & (oxygen.hours.mean < params.ambient_o2_pct)
        if int(good.sum()) < params.min_valid_hours:
            look.left_out.append(of.code)
            continue
        look.spoke += 1
        look.seen += _mismatches(window, stating, of, oxygen, references, good, params)
    return look


def _mismatches(
    window: OutletDayWindow,
    stating: DayPoint,
    of: DayPoint,
    oxygen: DayPoint,
    references: list[float | None],
    good: Bools,
    params: ZsMismatchParams,
) -> list[Evidence]:
    factor, own_factor = mg_m3_factor(stating.unit), mg_m3_factor(of.unit)
    if factor is None or own_factor is None:
        return []
    said: Floats = stating.hours.mean * factor
    off = good.copy()
    nearest: Floats = np.full(DAY_HOURS, np.nan)
    for reference in references:
        ours = at_reference(of.hours.mean * own_factor, oxygen.hours.mean, reference)
        distance = np.abs(said - ours)
        off &= (distance > np.abs(ours) * params.tolerance_pct / 100) & (distance > params.tolerance_mg_m3)
        nearer = np.isnan(nearest) | (distance < np.abs(said - nearest))
        nearest = np.where(nearer, ours, nearest)
    if int(off.sum()) < params.hours:
        return []
    return [
        {
            "point": stating.code,
            "of": of.code,
            "o2_point": oxygen.code,
            "detail": "zs_mismatch",
            "references_o2_pct": references,
            "stated": [figure(float(value)) for value in said[off]],
            "ours": [figure(float(value)) for value in nearest[off]],
            "hours": window.hours_at(off),
        }
    ]


class FlowParams(SignParams):
    """tolerance_pct between the stated total and the mean flow over the hour, in `hours` hours of full_minutes."""

    tolerance_pct: float = Field(gt=0)
    hours: int = Field(default=3, ge=1, le=24)
    full_minutes: int = Field(default=58, ge=45, le=60)


@sign("flow_inconsistent", params=FlowParams)
def flow_inconsistent(window: OutletDayWindow, params: FlowParams) -> Look | None:
    """The stated total of an hour (-Cou) is not its mean flow times one hour. Real loggers agree within 0.01 %."""
    pairs = [
        (stating, of)
        for stating, of in window.stated(Statistic.HOUR_TOTAL)
        if of.quantity == "flue_flow" and of.unit in _PER_HOUR and stating.unit in _TOTAL_UNITS
    ]
    if not pairs:
        return None
    look = Look()
    for stating, of in pairs:
        good = (of.hours.valid_minutes >= params.full_minutes) & np.isfinite(of.hours.mean) & _stated(stating)
        if int(good.sum()) < params.min_valid_hours:
            look.left_out.append(of.code)
            continue
        look.spoke += 1
        said, ours = stating.hours.mean, of.hours.mean * _PER_HOUR[of.unit]
        off = good & (np.abs(said - ours) > np.abs(ours) * params.tolerance_pct / 100)
        if int(off.sum()) >= params.hours:
            look.seen.append(
                {
                    "point": stating.code,
                    "of": of.code,
                    "detail": "flow_inconsistent",
                    "stated": [figure(float(value)) for value in said[off]],
                    "ours": [figure(float(value)) for value in ours[off]],
                    "unit": stating.unit,
                    "hours": window.hours_at(off),
                }
            )
    return look


def _stated(stating: DayPoint) -> Bools:
    """Hours of which something was stated."""
    return (stating.hours.valid_count > 0) & np.isfinite(stating.hours.mean)
