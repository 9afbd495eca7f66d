"""Signs in oxygen, by which concentrations are converted: air in the sample, or oxygen that reads too low."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.air import AIR_O2_PCT
from rules.evaluators.contract import Evidence
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    HISTORY_DAYS,
    RUNNING_QUANTITIES,
    Bools,
    DayPoint,
    Look,
    Needs,
    OutletDayWindow,
    figure,
    hour_limits,
    past_means,
    sign,
)
from rules.evaluators.running import Running, RunningParams, running

_STOPPED = frozenset({"stopped"})
#: Oxidisers may run on air: their oxygen is near that of air whatever is done to the sample.
_ON_AIR = "voc_incinerator"


class DilutionParams(RunningParams):
    """A step of oxygen in %-points with every concentration falling by at least dilution_pct of what air in the sample
    would make of it, flow and temperature unchanged; or oxygen of ambient_o2_pct and more in a running hour that no
    mark calls stopped."""

    step_o2_pct: float = Field(gt=0)
    dilution_pct: float = Field(gt=0, le=100)
    flow_change_pct: float = Field(gt=0)
    temperature_change_c: float = Field(gt=0)
    ambient_o2_pct: float = Field(gt=0, le=21)


@sign("o2_dilution", params=DilutionParams, needs=Needs(past=RUNNING_QUANTITIES, limits=True, marks=True))
def o2_dilution(window: OutletDayWindow, params: DilutionParams) -> Look | None:
    """Air in the sample: oxygen leaps up and everything else falls, while the stack goes on as before."""
    oxygen, pollutants, source = window.best("o2", params), window.pollutants(), running(window, params)
    if oxygen is None or not pollutants or source is None:
        return None
    look = Look(evidence={"running": source.evidence})
    if not source.clear or not look.consider(oxygen, params):
        return look
    look.seen += _ambient(window, oxygen, source, params)
    speaking = [point for point in pollutants if point.speaks(params)]
    look.left_out += [point.code for point in pollutants if not point.speaks(params)]
    if speaking:
        look.seen += _steps(window, oxygen, speaking, source, params)
    return look


def _steps(
    window: OutletDayWindow, oxygen: DayPoint, pollutants: list[DayPoint], source: Running, params: DilutionParams
) -> list[Evidence]:
    good = oxygen.good(params) & source.running
    for point in pollutants:
        good &= point.good(params)
    seen: list[Evidence] = []
    for now in np.flatnonzero(good):
        for before in (now - 1, now - 2):
            if before < 0 or not good[before] or not _leaps(oxygen, pollutants, source, int(before), int(now), params):
                continue
            chosen = np.zeros(DAY_HOURS, bool)
            chosen[[before, now]] = True
            seen.append(
                {
                    "point": oxygen.code,
                    "detail": "step",
                    "o2_before": figure(float(oxygen.hours.mean[before])),
                    "o2_after": figure(float(oxygen.hours.mean[now])),
                    "concentrations": [
                        {
                            "point": point.code,
                            "before": figure(float(point.hours.mean[before])),
                            "after": figure(float(point.hours.mean[now])),
                        }
                        for point in pollutants
                    ],
                    "hours": window.hours_at(chosen),
                }
            )
            break
    return seen


def _leaps(
    oxygen: DayPoint, pollutants: list[DayPoint], source: Running, before: int, now: int, params: DilutionParams
) -> bool:
    o2 = oxygen.hours.mean
    if o2[now] - o2[before] < params.step_o2_pct:
        return False
    if o2[before] >= AIR_O2_PCT:
        return False
    diluted = 1 - max(0.0, float((AIR_O2_PCT - o2[now]) / (AIR_O2_PCT - o2[before])))
    kept = 1 - diluted * params.dilution_pct / 100
    if any(point.hours.mean[now] > point.hours.mean[before] * kept for point in pollutants):
        return False
    if source.flow is not None:
        flow = source.flow.hours.mean
        if abs(flow[now] - flow[before]) > flow[before] * params.flow_change_pct / 100:
            return False
    if source.temperature is not None:
        heat = source.temperature.hours.mean
        if abs(heat[now] - heat[before]) > params.temperature_change_c:
            return False
    return True


def _ambient(window: OutletDayWindow, oxygen: DayPoint, source: Running, params: DilutionParams) -> list[Evidence]:
    if window.process == _ON_AIR or not _references(window):
        return []
    stopped = window.covered_minutes("process", _STOPPED) > 0
    chosen = oxygen.good(params) & source.running & ~stopped & (oxygen.hours.mean >= params.ambient_o2_pct)
    if not chosen.any():
        return []
    return [
        {
            "point": oxygen.code,
            "detail": "dilution_suspected",
            "o2": figure(float(oxygen.hours.mean[chosen].max())),
            "hours": window.hours_at(chosen),
        }
    ]


def _references(window: OutletDayWindow) -> list[float]:
    """Reference oxygen of the outlet's hourly limits."""
    quantities = sorted({point.quantity for point in window.pollutants()})
    found = [window.reference_of(limit) for quantity in quantities for limit, _ in hour_limits(window, quantity)]
    return sorted({reference for reference in found if reference is not None})


class LowBiasParams(RunningParams):
    """Hours in which oxygen is below_pct and more under the reference, where it usually is above_pct over it."""

    hours: int = Field(gt=0, le=24)
    below_pct: float = Field(ge=0)
    above_pct: float = Field(ge=0)
    min_history_days: int = Field(default=10, ge=1, le=HISTORY_DAYS)


@sign("o2_low_bias", params=LowBiasParams, needs=Needs(past=RUNNING_QUANTITIES | frozenset({"o2"}), limits=True))
def o2_low_bias(window: OutletDayWindow, params: LowBiasParams) -> Look | None:
    """Oxygen stays below the reference, which makes converted values small, though it never used to.

    What a type of stack usually has is taken from the outlet's own days before: no source gives figures by type.
    """
    oxygen, references, source = window.best("o2", params), _references(window), running(window, params)
    if oxygen is None or not references or source is None:
        return None
    look = Look(evidence={"running": source.evidence})
    before = past_means(oxygen, params)
    if not source.clear or not look.consider(oxygen, params, known=len(before) >= params.min_history_days):
        return look
    reference, usual = references[0], float(np.median(before))
    low: Bools = oxygen.good(params) & source.running & (oxygen.hours.mean < reference - params.below_pct)
    if usual >= reference + params.above_pct and int(low.sum()) >= params.hours:
        look.seen.append(
            {
                "point": oxygen.code,
                "detail": "o2_low_bias",
                "reference_o2_pct": reference,
                "usual_o2_pct": figure(usual),
                "o2_pct": figure(float(oxygen.hours.mean[low].mean())),
                "history_days": len(before),
                "hours": window.hours_at(low),
            }
        )
    return look
