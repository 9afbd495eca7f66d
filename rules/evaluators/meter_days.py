"""Water meters by local day: one that stands still while the plant runs, and one whose increments are all the same.

Platform rules, no law: they tell people to look at a meter, and say nothing of compliance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Evidence, Floats, Judgement, Params, evaluator, known


class FrozenParams(Params):
    """min_hours: hours of the day with a known increment without which nothing is said. running_hours: hours in which
    the enterprise must have used electricity for its plant to have run all day."""

    min_hours: int = Field(ge=1, le=24)
    running_hours: int = Field(ge=1, le=24)


class IdenticalParams(Params):
    """hours: how long the increments are looked at, ending with the day. min_known: how many of them must be known.
    tolerance: how far an increment may be from the first to be called the same, in the meter's unit."""

    hours: int = Field(ge=24, le=168)
    min_known: int = Field(ge=2, le=168)
    tolerance: float = Field(ge=0)


@dataclass(frozen=True, slots=True)
class MeterDay:
    """A meter on a local day.

    increment: by hour up to the day's end, NaN where it is not known; as many hours as the rule looks at. running: what
    the electricity meters of the enterprise counted in the hours of the day, NaN where none is known; None for an
    enterprise without such a meter. serial: of the meter as registered.
    """

    subject: Subject
    period: Period
    unit: str
    serial: str | None
    increment: Floats
    running: Floats | None = None


@dataclass(frozen=True, slots=True)
class MeterDays:
    """One entry per (meter, day)."""

    days: list[MeterDay]


@evaluator("meter_frozen", params=FrozenParams, window=MeterDays, selects=set(), subjects={SubjectKind.POINT})
def meter_frozen(window: MeterDays, params: FrozenParams) -> list[Judgement]:
    """One judgement per day: value is the number of hours in which nothing passed."""
    return [_frozen(day, params) for day in window.days]


def _frozen(day: MeterDay, params: FrozenParams) -> Judgement:
    passed = day.increment[~np.isnan(day.increment)]
    ran = None if day.running is None else int((np.nan_to_num(day.running) > 0).sum())
    if len(passed) < params.min_hours:
        verdict, reason = Verdict.UNDETERMINED, "too_few_hours"
    elif passed.any():
        verdict, reason = Verdict.COMPLIANT, "moving"
    elif ran is None:
        verdict, reason = Verdict.UNDETERMINED, "no_running_signal"
    elif ran < params.running_hours:
        verdict, reason = Verdict.UNDETERMINED, "plant_not_running"
    else:
        verdict, reason = Verdict.VIOLATION, "frozen"
    moving = reason in ("too_few_hours", "moving")
    evidence: Evidence = {
        "serial": day.serial,
        "known_hours": len(passed),
        "min_hours": params.min_hours,
        "passed": known(float(passed.sum())) if len(passed) else None,
        "running_hours": None if moving else ran,  # not asked for while the meter moves
        "min_running_hours": params.running_hours,
    }
    standing = float((passed == 0).sum())
    return Judgement(day.subject, day.period, verdict, reason, standing, None, "h", evidence)


@evaluator(
    "identical_increments", params=IdenticalParams, window=MeterDays, selects=set(), subjects={SubjectKind.POINT}
)
def identical_increments(window: MeterDays, params: IdenticalParams) -> list[Judgement]:
    """One judgement per day: value is the standard deviation (population) of the known increments."""
    return [_identical(day, params) for day in window.days]


def _identical(day: MeterDay, params: IdenticalParams) -> Judgement:
    passed = day.increment[~np.isnan(day.increment)]
    same = len(passed) > 0 and bool((np.abs(passed - passed[0]) <= params.tolerance).all())
    if len(passed) < params.min_known:
        verdict, reason = Verdict.UNDETERMINED, "too_few_hours"
    elif not same:
        verdict, reason = Verdict.COMPLIANT, "varying"
    elif not passed.any():
        verdict, reason = Verdict.COMPLIANT, "standing"
    else:
        verdict, reason = Verdict.VIOLATION, "identical"
    evidence: Evidence = {
        "serial": day.serial,
        "known_hours": len(passed),
        "min_hours": params.min_known,
        "hours": params.hours,
        "increment": known(float(passed[0])) if same else None,
    }
    spread = float(passed.std()) if len(passed) else None
    return Judgement(day.subject, day.period, verdict, reason, spread, None, day.unit, evidence)


def hours_of(params: Params) -> int:
    """How many hours up to a day's end a rule looks at."""
    return params.hours if isinstance(params, IdenticalParams) else 24
