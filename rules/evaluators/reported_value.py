"""What a data logger states of a period beside what we compute from its measurements: a difference is a finding.

It accuses nobody: loggers average over other instants, convert by oxygen of another moment (HJ 212-2017 annex D leaves
that open) and show fewer digits. Tolerances are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.limits import mg_m3_factor
from domain.periods import Period, numbered_hour
from domain.points import Statistic
from domain.rounding import without_noise
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_instant, known

#: Statistics whose statement speaks of an hour, and of a local day.
OF_HOUR = frozenset({Statistic.MINUTE_MEAN, Statistic.HOUR_MEAN, Statistic.HOUR_CONVERTED, Statistic.HOUR_TOTAL})
OF_DAY = frozenset({Statistic.DAY_MEAN, Statistic.DAY_CONVERTED})
#: Statistics at reference oxygen (折算).
CONVERTED = frozenset({Statistic.HOUR_CONVERTED, Statistic.DAY_CONVERTED})
#: Quantity that passes in an hour, in m3, by unit of the flow.
_HOURS_VOLUME = {"m3/s": 3600.0, "m3/h": 1.0}


class ReportedValueParams(Params):
    """tolerance_pct: of our own figure. abs_tolerance: one unit of the last decimal that loggers show, in the unit of
    the statement. min_valid_minutes, min_valid_hours: of our own figure (HJ 212-2017 D.2.2)."""

    tolerance_pct: float = Field(gt=0, le=100)
    abs_tolerance: float = Field(default=0.01, ge=0)
    min_valid_minutes: int = Field(default=45, ge=1, le=60)
    min_valid_hours: int = Field(default=20, ge=1, le=24)
    ambient_o2_from_pct: float = Field(default=19.0, gt=0, le=21)


@dataclass(frozen=True, slots=True)
class OwnHour:
    """Our row of an hour. hour: number since 1970. Means are NaN and counts 0 where there is none."""

    hour: int
    mean: float = np.nan
    valid_minutes: int = 0
    readings: int = 0
    o2_pct: float = np.nan
    o2_valid_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """What a point states of a period, and our hours of it. value: NaN where nothing valid was stated.

    valid_minutes: minutes with a valid statement, of a statistic that is given by the minute. own_point: code of the
    measuring point, own_unit its unit. reference_o2_pct: of the hour limit that holds in the period, None for none.
    """

    subject: Subject
    period: Period
    statistic: Statistic
    point: str
    unit: str
    value: float
    readings: int
    valid_minutes: int
    own_point: str
    own_unit: str
    hours: list[OwnHour]
    o2_point: str | None = None
    reference_o2_pct: float | None = None
    limit_id: int | None = None


@dataclass(frozen=True, slots=True)
class StatementWindow:
    """One entry per (stating point, period)."""

    statements: list[Statement]


@dataclass(slots=True)
class _Own:
    """Our figure in the statement's unit, None with the reason why there is none, and how it was made."""

    value: float | None
    why: str | None
    evidence: Evidence = field(default_factory=dict)


@evaluator(
    "reported_value",
    params=ReportedValueParams,
    window=StatementWindow,
    selects={"statistic"},
    subjects={SubjectKind.POINT},
)
def reported_value(window: StatementWindow, params: ReportedValueParams) -> list[Judgement]:
    """One judgement per statement. value: as stated, in the statement's unit."""
    return [_judge(statement, params) for statement in window.statements]


def _judge(said: Statement, params: ReportedValueParams) -> Judgement:
    own = _OWN[said.statistic](said, params)
    is_stated = np.isfinite(said.value)
    if said.statistic is Statistic.MINUTE_MEAN:
        is_stated &= said.valid_minutes >= params.min_valid_minutes
    evidence: Evidence = {
        "statistic": str(said.statistic),
        "stated": {
            "point": said.point,
            "value": known(said.value),
            "unit": said.unit,
            "readings": said.readings,
            **({"valid_minutes": said.valid_minutes} if said.statistic is Statistic.MINUTE_MEAN else {}),
        },
        "own": {"point": said.own_point, "unit": said.own_unit, "value": own.value, **own.evidence},
        "tolerance_pct": params.tolerance_pct,
        "abs_tolerance": params.abs_tolerance,
    }
    if own.why is not None:
        evidence["why"] = own.why
    if not is_stated:
        verdict, reason = Verdict.UNDETERMINED, "not_reported"
    elif own.value is None:
        verdict, reason = Verdict.UNDETERMINED, "no_own_value"
    else:
        difference = without_noise(said.value - own.value)
        tolerance = max(without_noise(abs(own.value) * params.tolerance_pct / 100.0), params.abs_tolerance)
        evidence |= {"difference": difference, "tolerance": tolerance}
        differs = abs(difference) > tolerance
        verdict, reason = (Verdict.VIOLATION, "differs") if differs else (Verdict.COMPLIANT, "same")
    return Judgement(said.subject, said.period, verdict, reason, known(said.value), None, said.unit, evidence)


def _hour_mean(said: Statement, params: ReportedValueParams) -> _Own:
    """Mean of the hour's valid minutes."""
    factor = unit_factor(said.own_unit, said.unit)
    (hour,) = said.hours
    shown = _counts(hour, params)
    if hour.valid_minutes < params.min_valid_minutes or not np.isfinite(hour.mean):
        return _Own(None, "too_few_valid_minutes", shown)
    if factor is None:
        return _Own(None, "unit", shown | {"mean": hour.mean})
    return _Own(without_noise(hour.mean * factor), None, shown | {"mean": hour.mean, "formula": "C"})


def _hour_total(said: Statement, params: ReportedValueParams) -> _Own:
    """What passed in the hour: HJ 212-2017 D.2.3 (31) gives the flow, Cou its sum over the hour."""
    (hour,) = said.hours
    shown = _counts(hour, params)
    if hour.valid_minutes < params.min_valid_minutes or not np.isfinite(hour.mean):
        return _Own(None, "too_few_valid_minutes", shown)
    factor = _HOURS_VOLUME.get(said.own_unit)
    if factor is None or said.unit != "m3":
        return _Own(None, "unit", shown | {"mean": hour.mean})
    shown |= {"mean": hour.mean, "formula": f"Q*{factor:g}"}
    return _Own(without_noise(hour.mean * factor), None, shown)


def _hour_converted(said: Statement, params: ReportedValueParams) -> _Own:
    """The hour's mean at the reference oxygen of its limit, by the hour's mean oxygen (equation 28)."""
    factor = unit_factor(said.own_unit, said.unit)
    (hour,) = said.hours
    shown = _counts(hour, params) | _reference(said)
    shown |= {"mean": known(hour.mean), "o2_pct": known(hour.o2_pct), "o2_valid_minutes": hour.o2_valid_minutes}
    if said.reference_o2_pct is None:
        return _Own(None, "no_reference", shown)
    if factor is None:
        return _Own(None, "unit", shown)
    why = _unconvertible(hour, params)
    if why is not None:
        return _Own(None, why, shown)
    return _Own(without_noise(_at_reference(hour, said.reference_o2_pct) * factor), None, shown)


def _day(said: Statement, params: ReportedValueParams) -> _Own:
    """Mean of the day's valid hours, converted ones where the statement is converted; HJ 212-2017 D.2.2(3)."""
    factor, reference = unit_factor(said.own_unit, said.unit), said.reference_o2_pct
    is_converted = said.statistic in CONVERTED
    figures: list[float] = []
    shown_hours = []
    for hour in said.hours:
        if hour.valid_minutes < params.min_valid_minutes or not np.isfinite(hour.mean):
            continue
        one: Evidence = {"hour": json_instant(numbered_hour(hour.hour).start), "mean": hour.mean}
        if is_converted:
            one["o2_pct"] = known(hour.o2_pct)
            if reference is None or _unconvertible(hour, params) is not None:
                continue
            one["converted"] = _at_reference(hour, reference)
        figures.append(one.get("converted", hour.mean))
        shown_hours.append(one)
    shown: Evidence = {
        "valid_hours": len(figures),
        "min_valid_hours": params.min_valid_hours,
        "min_valid_minutes": params.min_valid_minutes,
        "hours": shown_hours,
        **(_reference(said) if is_converted else {"formula": "mean of C"}),
    }
    if is_converted and reference is None:
        return _Own(None, "no_reference", shown)
    if factor is None:
        return _Own(None, "unit", shown)
    if len(figures) < params.min_valid_hours:
        return _Own(None, "too_few_valid_hours", shown)
    return _Own(without_noise(sum(figures) / len(figures) * factor), None, shown)


_OWN: Mapping[Statistic, Callable[[Statement, ReportedValueParams], _Own]] = {
    Statistic.MINUTE_MEAN: _hour_mean,
    Statistic.HOUR_MEAN: _hour_mean,
    Statistic.HOUR_TOTAL: _hour_total,
    Statistic.HOUR_CONVERTED: _hour_converted,
    Statistic.DAY_MEAN: _day,
    Statistic.DAY_CONVERTED: _day,
}


def unit_factor(own: str, stated: str) -> float | None:
    """What turns our unit into that of a statement, None where they cannot be compared."""
    if own == stated:
        return 1.0
    ours, theirs = mg_m3_factor(own), mg_m3_factor(stated)
    return None if ours is None or theirs is None else ours / theirs


def _unconvertible(hour: OwnHour, params: ReportedValueParams) -> str | None:
    """Why an hour cannot be converted, in the words of the hourly rules."""
    if hour.valid_minutes < params.min_valid_minutes or not np.isfinite(hour.mean):
        return "too_few_valid_minutes"
    if hour.o2_valid_minutes < params.min_valid_minutes or not np.isfinite(hour.o2_pct):
        return "too_few_valid_o2_minutes"
    if hour.o2_pct < 0 or hour.o2_pct >= params.ambient_o2_from_pct:
        return "o2_near_ambient" if 0 <= hour.o2_pct < 21.0 else "o2_invalid"
    return None


def _at_reference(hour: OwnHour, reference_o2_pct: float) -> float:
    return hour.mean * (21.0 - reference_o2_pct) / (21.0 - hour.o2_pct)


def _counts(hour: OwnHour, params: ReportedValueParams) -> Evidence:
    return {
        "valid_minutes": hour.valid_minutes,
        "readings": hour.readings,
        "min_valid_minutes": params.min_valid_minutes,
    }


def _reference(said: Statement) -> Evidence:
    if said.reference_o2_pct is None:
        return {"reference_o2_pct": None}
    return {
        "o2_point": said.o2_point,
        "reference_o2_pct": said.reference_o2_pct,
        "limit_id": said.limit_id,
        "formula": f"C*(21-{said.reference_o2_pct:g})/(21-O2)",
    }
