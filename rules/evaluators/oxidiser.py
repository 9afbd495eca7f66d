"""Thermal oxidisers of VOC (RTO, TO, RCO): oxygen that was not added must not be there, and the furnace must be hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from domain.rounding import round_gbt8170, without_noise
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, known


class OxidiserO2Params(Params):
    """decimals: to which oxygen is rounded before it is compared."""

    min_valid_minutes: int = Field(default=45, ge=1, le=60)
    decimals: int = Field(default=1, ge=0, le=3)


class FurnaceTemperatureParams(Params):
    """min_c: lowest hourly mean that the permit or the design allows."""

    min_c: float = Field(gt=0, le=2000)
    min_valid_minutes: int = Field(default=45, ge=1, le=60)


@dataclass(frozen=True, slots=True)
class OutletHour:
    """An hour of one quantity at an outlet. point: code of the point that speaks for it, None for none in service."""

    point: str | None = None
    mean: float = np.nan
    valid_minutes: int = 0
    readings: int = 0

    def shown(self, unit: str) -> Evidence:
        """As evidence."""
        return {
            "point": self.point,
            f"mean_{unit}": known(self.mean),
            "valid_minutes": self.valid_minutes,
            "readings": self.readings,
        }


@dataclass(frozen=True, slots=True)
class OutletHours:
    """One row per (outlet, hour).

    quantities: hours by quantity, as many as rows. excluded: kind of the process mark that excludes the hour, None for
    none; process: minutes by kind; marks: ids of the process marks that overlap the hour.
    """

    subjects: list[Subject]
    periods: list[Period]
    quantities: dict[str, list[OutletHour]]
    excluded: Sequence[str | None]
    process: Sequence[dict[str, float]]
    marks: Sequence[list[int]]


@evaluator("oxidiser_o2", params=OxidiserO2Params, window=OutletHours, selects=set(), subjects={SubjectKind.OUTLET})
def oxidiser_o2(window: OutletHours, params: OxidiserO2Params) -> list[Judgement]:
    """GB 37822-2019 10.3.3: where no air is added, oxygen at the outlet must not be above that at the inlet.

    value and limit: hourly mean of oxygen at the outlet and at the inlet, %.
    """
    out = []
    for row, (subject, period) in enumerate(zip(window.subjects, window.periods, strict=True)):
        outlet, inlet = window.quantities["o2"][row], window.quantities["o2_inlet"][row]
        evidence: Evidence = {
            "o2": outlet.shown("pct"),
            "o2_inlet": inlet.shown("pct"),
            "decimals": params.decimals,
            "comparison": "<=",
            **_shared(window, row, params.min_valid_minutes),
        }
        problem = _problem(window, row, (outlet, inlet), params.min_valid_minutes)
        if problem is not None:
            verdict, reason = Verdict.UNDETERMINED, problem
        else:
            leaving, entering = (_rounded(one.mean, params.decimals) for one in (outlet, inlet))
            evidence["rounded"] = {"o2": leaving, "o2_inlet": entering}
            above = leaving > entering
            verdict = Verdict.VIOLATION if above else Verdict.COMPLIANT
            reason = "o2_above_inlet" if above else "o2_not_above_inlet"
        value, limit = known(outlet.mean), known(inlet.mean)
        out.append(Judgement(subject, period, verdict, reason, value, limit, "%", evidence))
    return out


@evaluator(
    "furnace_temperature",
    params=FurnaceTemperatureParams,
    window=OutletHours,
    selects=set(),
    subjects={SubjectKind.OUTLET},
)
def furnace_temperature(window: OutletHours, params: FurnaceTemperatureParams) -> list[Judgement]:
    """Hourly mean of the furnace against the lowest temperature of its permit; value and limit in °C."""
    out = []
    for row, (subject, period) in enumerate(zip(window.subjects, window.periods, strict=True)):
        furnace = window.quantities["furnace_temperature"][row]
        evidence: Evidence = {
            "furnace": furnace.shown("c"),
            "min_c": params.min_c,
            "comparison": ">=",
            **_shared(window, row, params.min_valid_minutes),
        }
        problem = _problem(window, row, (furnace,), params.min_valid_minutes)
        if problem is not None:
            verdict, reason = Verdict.UNDETERMINED, problem
        else:
            below = without_noise(furnace.mean) < params.min_c
            verdict = Verdict.VIOLATION if below else Verdict.COMPLIANT
            reason = "below_minimum" if below else "not_below_minimum"
        value = known(furnace.mean)
        out.append(Judgement(subject, period, verdict, reason, value, params.min_c, "℃", evidence))
    return out


def _problem(window: OutletHours, row: int, hours: Sequence[OutletHour], min_valid_minutes: int) -> str | None:
    """Why an hour cannot be judged, in the order of the hourly rules."""
    if window.excluded[row] is not None:
        return f"excluded_{window.excluded[row]}"
    if any(one.readings <= 0 for one in hours):
        return "no_data"
    if any(one.valid_minutes < min_valid_minutes or not np.isfinite(one.mean) for one in hours):
        return "too_few_valid_minutes"
    return None


def _shared(window: OutletHours, row: int, min_valid_minutes: int) -> Evidence:
    return {
        "min_valid_minutes": min_valid_minutes,
        "process": dict(window.process[row]),
        "marks": list(window.marks[row]),
    }


def _rounded(value: float, decimals: int) -> float:
    return round_gbt8170(without_noise(value), decimals)
