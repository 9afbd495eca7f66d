"""Quality assurance of analysers (HJ 75-2017 11): drift at zero and span, and whether calibrations are made in time.

The figures of HJ 75 were not read in its text (KH): the rules ship as drafts, disabled. They read statements of drift
in % of full scale and the flag of calibrating, and alter no value; which hours are out of control is for the
substitution of mass emissions, which asks for the last good calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import HOUR, Period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_instant


class DriftParams(Params):
    """pm_pct, gas_pct: drift in % of full scale beyond which an analyser of particulates or of gases is out of control
    (失控). history_days: how far back the last good calibration is looked for."""

    pm_pct: float = Field(gt=0, le=100)
    gas_pct: float = Field(gt=0, le=100)
    history_days: int = Field(default=30, ge=1, le=92)


class CalibrationDueParams(Params):
    """period_h: between two calibrations. tolerance_h: beyond it, since hours are all that is known of their times."""

    period_h: int = Field(ge=1, le=2208)
    tolerance_h: int = Field(default=2, ge=0, le=24)
    history_days: int = Field(default=30, ge=1, le=92)


@dataclass(frozen=True, slots=True)
class DriftHour:
    """Valid statements of drift in one hour: lowest and highest, % of full scale."""

    start: datetime
    minimum: float
    maximum: float
    point: str

    @property
    def worst(self) -> float:
        """The statement furthest from zero."""
        return max(self.minimum, self.maximum, key=abs)


@dataclass(frozen=True, slots=True)
class DriftDay:
    """A day of an analyser: its statements within the history up to the day's end, in order."""

    subject: Subject
    period: Period
    quantity: str
    hours: list[DriftHour]


@dataclass(frozen=True, slots=True)
class DriftWindow:
    """One entry per (analyser, day)."""

    days: list[DriftDay]


@dataclass(frozen=True, slots=True)
class CalibrationDay:
    """A day of an analyser: starts of the hours with a calibration, within the history up to the day's end, in order;
    said_by: what says so, a stating point or the analyser's own flag."""

    subject: Subject
    period: Period
    hours: list[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class CalibrationWindow:
    """One entry per (analyser, day)."""

    days: list[CalibrationDay]


@evaluator("qa_drift", params=DriftParams, window=DriftWindow, selects={"statistic"}, subjects={SubjectKind.POINT})
def qa_drift(window: DriftWindow, params: DriftParams) -> list[Judgement]:
    """One judgement per day: value is the statement furthest from zero, limit the bound of the analyser's class."""
    return [_drift(day, params) for day in window.days]


def _drift(day: DriftDay, params: DriftParams) -> Judgement:
    bound = params.pm_pct if day.quantity == "pm" else params.gas_pct
    today = [hour for hour in day.hours if hour.start >= day.period.start]
    bad = next((hour for hour in today if abs(hour.worst) > bound), None)
    before = bad.start if bad is not None else day.period.end
    good = [hour for hour in day.hours if hour.start < before and abs(hour.worst) <= bound]
    evidence: Evidence = {
        "quantity": day.quantity,
        "bound_pct": bound,
        "hours": [
            {
                "hour": json_instant(hour.start),
                "point": hour.point,
                "minimum_pct": hour.minimum,
                "maximum_pct": hour.maximum,
            }
            for hour in today
        ],
        "last_good_calibration": json_instant(good[-1].start) if good else None,
        "history_days": params.history_days,
        "comparison": "<=",
    }
    if not today:
        return Judgement(day.subject, day.period, Verdict.UNDETERMINED, "no_calibration", None, bound, "%", evidence)
    worst = max((hour.worst for hour in today), key=abs)
    if bad is None:
        verdict, reason = Verdict.COMPLIANT, "in_control"
    else:
        verdict, reason = Verdict.VIOLATION, "out_of_control"
        evidence["out_of_control_from"] = json_instant(bad.start)
    return Judgement(day.subject, day.period, verdict, reason, worst, bound, "%", evidence)


@evaluator(
    "qa_calibration_due",
    params=CalibrationDueParams,
    window=CalibrationWindow,
    selects=set(),
    subjects={SubjectKind.POINT},
)
def qa_calibration_due(window: CalibrationWindow, params: CalibrationDueParams) -> list[Judgement]:
    """One judgement per day: value is the longest time without a calibration that reaches into the day, in hours."""
    return [_due(day, params) for day in window.days]


def _due(day: CalibrationDay, params: CalibrationDueParams) -> Judgement:
    limit = float(params.period_h + params.tolerance_h)
    starts = [start for start, _ in day.hours]
    # from one calibration to the next; the last one counts up to the end of the day
    waits = [(after - start, start) for start, after in pairwise([*starts, day.period.end]) if after > day.period.start]
    evidence: Evidence = {
        "period_h": params.period_h,
        "tolerance_h": params.tolerance_h,
        "history_days": params.history_days,
        "calibrations": [
            {"hour": json_instant(start), "said_by": said_by}
            for start, said_by in day.hours
            if start >= day.period.start - timedelta(hours=limit)
        ],
        "last_calibration": json_instant(starts[-1]) if starts else None,
        "comparison": "<=",
    }
    if not waits:
        return Judgement(day.subject, day.period, Verdict.UNDETERMINED, "no_calibration", None, limit, "h", evidence)
    longest, since = max(waits)
    value = longest / HOUR
    evidence["since"] = json_instant(since)
    overdue = value > limit
    verdict, reason = (Verdict.VIOLATION, "overdue") if overdue else (Verdict.COMPLIANT, "calibrated")
    return Judgement(day.subject, day.period, verdict, reason, value, limit, "h", evidence)
