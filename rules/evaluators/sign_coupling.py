"""Signs between quantities that physics ties together: gas that is cold, or air, or stands still, yet is measured."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.air import POLLUTANTS
from rules.evaluators.contract import Evidence
from rules.evaluators.outlet_day import (
    BATCH_INTERVAL_S,
    DAY_HOURS,
    RUNNING_QUANTITIES,
    Bools,
    DayPoint,
    Look,
    Needs,
    OutletDayWindow,
    SignParams,
    figure,
    level,
    sign,
)
from rules.evaluators.running import flow_point

#: Gases of combustion: a cold flue has none.
_COMBUSTION = ("so2", "nox")


class CouplingParams(SignParams):
    """hours: how many of a day. cold_flue: a temperature below cold_c and cold_pct of the usual one, which is at least
    warm_c, with a concentration of normal_pct of the usual one. nox_with_air: that with oxygen of air_o2_pct and at
    least nox_from. flow_constant needs none."""

    hours: int = Field(gt=0, le=24)
    cold_c: float
    cold_pct: float = Field(gt=0, lt=100)
    warm_c: float
    normal_pct: float = Field(gt=0, le=100)
    air_o2_pct: float = Field(gt=0, le=21)
    nox_from: float = Field(ge=0)


@sign(
    "coupling_broken",
    params=CouplingParams,
    needs=Needs(past=RUNNING_QUANTITIES | frozenset(_COMBUSTION)),
)
def coupling_broken(window: OutletDayWindow, params: CouplingParams) -> Look | None:
    """What cannot be true at once: one of two instruments does not measure what it says it does."""
    temperature, oxygen, flow = (
        window.best("flue_temperature", params),
        window.best("o2", params),
        _flow(window, params),
    )
    hot, nox = window.measured(*_COMBUSTION), window.measured("nox")
    varying = window.measured("o2", "flue_temperature", *POLLUTANTS)
    with_heat, with_air, with_flow = temperature and hot, oxygen and nox, flow and varying
    if not (with_heat or with_air or with_flow):
        return None
    look = Look()
    if temperature is not None and hot and look.consider(temperature, params):
        look.seen += _cold(window, temperature, [point for point in hot if point.speaks(params)], params)
    if oxygen is not None and nox and look.consider(oxygen, params):
        look.seen += _air(window, oxygen, [point for point in nox if point.speaks(params)], params)
    if flow is not None and varying and look.consider(flow, params):
        look.seen += _constant(window, flow, varying, params)
    return look


def _flow(window: OutletDayWindow, params: CouplingParams) -> DayPoint | None:
    flow = flow_point(window, params)
    return flow if flow is not None and flow.interval_s < BATCH_INTERVAL_S else None


def _normal(point: DayPoint, params: CouplingParams, at_least: float = 0.0) -> Bools:
    """Good hours in which a concentration is as high as usual."""
    usual = level(point, params)
    if not usual > 0:
        return np.zeros(DAY_HOURS, bool)
    threshold = max(usual * params.normal_pct / 100, at_least)
    return point.good(params) & (point.hours.mean >= threshold)


def _cold(
    window: OutletDayWindow, temperature: DayPoint, hot: list[DayPoint], params: CouplingParams
) -> list[Evidence]:
    usual = level(temperature, params)
    if not usual >= params.warm_c:
        return []
    bound = min(params.cold_c, usual * params.cold_pct / 100)
    cold = temperature.good(params) & (temperature.hours.mean < bound)
    return [
        {
            "point": temperature.code,
            "with": point.code,
            "detail": "cold_flue",
            "usual_temperature_c": figure(usual),
            "temperature_c": figure(float(temperature.hours.mean[both].mean())),
            "concentration": figure(float(point.hours.mean[both].mean())),
            "usual_concentration": figure(level(point, params)),
            "unit": point.unit,
            "hours": window.hours_at(both),
        }
        for point in hot
        if int((both := cold & _normal(point, params)).sum()) >= params.hours
    ]


def _air(window: OutletDayWindow, oxygen: DayPoint, nox: list[DayPoint], params: CouplingParams) -> list[Evidence]:
    air = oxygen.good(params) & (oxygen.hours.mean >= params.air_o2_pct)
    return [
        {
            "point": oxygen.code,
            "with": point.code,
            "detail": "nox_with_air",
            "o2_pct": figure(float(oxygen.hours.mean[both].mean())),
            "concentration": figure(float(point.hours.mean[both].mean())),
            "usual_concentration": figure(level(point, params)),
            "unit": point.unit,
            "hours": window.hours_at(both),
        }
        for point in nox
        if int((both := air & _normal(point, params, params.nox_from)).sum()) >= params.hours
    ]


def _constant(
    window: OutletDayWindow, flow: DayPoint, others: list[DayPoint], params: CouplingParams
) -> list[Evidence]:
    """Flow to the digit the same throughout an hour in which everything else that is measured varies."""
    still = flow.good(params) & (flow.hours.minimum == flow.hours.maximum) & (flow.hours.maximum > 0)
    heard, varies = np.zeros(DAY_HOURS, bool), np.ones(DAY_HOURS, bool)
    for point in others:
        if point.interval_s < BATCH_INTERVAL_S:
            good = point.good(params)
            heard |= good
            varies &= ~good | (point.hours.minimum < point.hours.maximum)
    chosen = still & heard & varies
    if int(chosen.sum()) < params.hours:
        return []
    return [
        {
            "point": flow.code,
            "with": ", ".join(point.code for point in others),
            "detail": "flow_constant",
            "flow": figure(float(flow.hours.mean[chosen][0]), 12),
            "unit": flow.unit,
            "hours": window.hours_at(chosen),
        }
    ]
