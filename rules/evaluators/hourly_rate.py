"""Emission rate (排放速率) of a pollutant in an hour against a limit in kg/h, HJ 212-2017 D.2.5 (33)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from domain.air import MIN_VALID_MINUTES
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from domain.rounding import round_gbt8170, without_noise
from rules.evaluators.contract import Judgement, Params, evaluator, known


class HourlyRateParams(Params):
    """min_valid_minutes: of the concentration and of all that turns it into mass, HJ 212-2017 D.2.2(2)."""

    min_valid_minutes: int = Field(default=MIN_VALID_MINUTES, ge=1, le=60)


@dataclass(frozen=True, slots=True)
class RateHour:
    """One hour. kg_h: NaN where there is none, with why in `problem`. excluded: the kind of process mark, None: none.

    parts: for evidence, what the figure rests on. marks: ids of the process marks that cover the hour.
    """

    kg_h: float
    problem: str
    excluded: str | None
    limit_id: int
    limit_kg_h: float
    decimals: int
    parts: dict[str, Any] = field(default_factory=dict)
    process: dict[str, float] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RateWindow:
    """One row per (pollutant, hour)."""

    subjects: list[Subject]
    periods: list[Period]
    hours: list[RateHour]


@evaluator(
    "hourly_rate",
    params=HourlyRateParams,
    window=RateWindow,
    selects=set(),
    subjects={SubjectKind.POLLUTANT},
)
def hourly_rate(window: RateWindow, params: HourlyRateParams) -> list[Judgement]:
    """One judgement per row; value and limit in kg/h. Rounded to the limit's decimals by GB/T 8170; equal is within."""
    out = []
    for subject, period, hour in zip(window.subjects, window.periods, window.hours, strict=True):
        value = None if hour.excluded else known(hour.kg_h)
        evidence = hour.parts | {
            "limit_id": hour.limit_id,
            "limit": hour.limit_kg_h,
            "comparison": "<=",
            "decimals": hour.decimals,
            "min_valid_minutes": params.min_valid_minutes,
            "formula": "C*Q*1e-6",
            "process": hour.process,
            "marks": hour.marks,
        }
        if hour.excluded:
            verdict, reason = Verdict.UNDETERMINED, f"excluded_{hour.excluded}"
        elif value is None:
            verdict, reason = Verdict.UNDETERMINED, hour.problem
        else:
            rounded = round_gbt8170(without_noise(value), hour.decimals)
            evidence["rounded"] = rounded
            over = rounded > hour.limit_kg_h
            verdict, reason = (Verdict.VIOLATION, "over_limit") if over else (Verdict.COMPLIANT, "within_limit")
        out.append(Judgement(subject, period, verdict, reason, value, hour.limit_kg_h, "kg/h", evidence))
    return out
