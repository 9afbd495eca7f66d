"""Whether a source was running, hour by hour, from flow and temperature against what is usual at the outlet.

Never from marks, flags or statements: signs compare those with this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from rules.evaluators.contract import Evidence
from rules.evaluators.outlet_day import DAY_HOURS, Bools, DayPoint, OutletDayWindow, SignParams, figure, level


class RunningParams(SignParams):
    """running_flow_pct, running_temperature_pct: share of the usual flow and flue temperature from which on they say
    `running`. telling_temperature_c: a flue that is usually colder does not say by its temperature whether it runs.
    """

    running_flow_pct: float = Field(default=30.0, gt=0, le=100)
    running_temperature_pct: float = Field(default=60.0, gt=0, le=100)
    telling_temperature_c: float = 40.0


@dataclass(frozen=True, slots=True)
class Running:
    """known: hours in which every witness that the outlet has can be heard; running: known hours in which each of them
    says so. clear: whether there are enough known hours and every witness has a usual figure that tells something."""

    known: Bools
    running: Bools
    clear: bool
    flow: DayPoint | None
    temperature: DayPoint | None
    evidence: Evidence


def flow_point(window: OutletDayWindow, params: SignParams) -> DayPoint | None:
    """The point that says how much gas flows."""
    return window.best("flue_flow", params) or window.best("flue_velocity", params)


def running(window: OutletDayWindow, params: RunningParams) -> Running | None:
    """What flow and temperature say; None for an outlet that measures neither."""
    flow, temperature = flow_point(window, params), window.best("flue_temperature", params)
    if flow is None and temperature is None:
        return None
    known, runs = np.ones(DAY_HOURS, bool), np.ones(DAY_HOURS, bool)
    tells = True
    evidence: Evidence = {}
    if flow is not None:
        usual = level(flow, params)
        tells &= usual > 0
        threshold = usual * params.running_flow_pct / 100
        known &= flow.good(params)
        runs &= flow.hours.mean >= threshold
        evidence["flow"] = _witness(flow, usual, threshold)
    if temperature is not None:
        usual = level(temperature, params)
        tells &= usual >= params.telling_temperature_c
        threshold = usual * params.running_temperature_pct / 100
        known &= temperature.good(params)
        runs &= temperature.hours.mean >= threshold
        evidence["temperature"] = _witness(temperature, usual, threshold)
    clear = bool(tells) and int(known.sum()) >= params.min_valid_hours
    runs &= known & bool(tells)
    evidence |= {"known_hours": int(known.sum()), "running_hours": int(runs.sum())}
    return Running(known, runs, clear, flow, temperature, evidence)


def _witness(point: DayPoint, usual: float, threshold: float) -> Evidence:
    return {"point": point.code, "usual": figure(usual), "running_from": figure(threshold)}
