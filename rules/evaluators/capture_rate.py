"""Effective data capture (有效数据捕集率) of a pollutant's analyser in a quarter, HJ 75-2017 12.1.3.

(hours of the quarter - invalid hours - hours of a stopped source) / (hours of the quarter - hours of a stopped source)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field

from domain.air import MIN_VALID_MINUTES
from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import reaches
from domain.periods import Period
from rules.evaluators.contract import Judgement, Params, evaluator, share_pct


class CaptureRateParams(Params):
    """min_valid_minutes: what makes a valid hour, HJ 212-2017 D.2.2(2)."""

    min_capture_pct: float = Field(gt=0, le=100)
    min_valid_minutes: int = Field(default=MIN_VALID_MINUTES, ge=1, le=60)


@dataclass(frozen=True, slots=True)
class CaptureHours:
    """Hours of a period in service: those of a stopped source, valid ones, and invalid ones by reason.

    marks: ids of the marks by which hours are those of a stopped source.
    """

    in_service: int
    stopped: int
    valid: int
    invalid: dict[str, int] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)

    @property
    def operating(self) -> int:
        """Hours in which the source ran."""
        return self.in_service - self.stopped


@dataclass(frozen=True, slots=True)
class CaptureWindow:
    """One row per (pollutant, quarter)."""

    subjects: list[Subject]
    periods: list[Period]
    hours: list[CaptureHours]


@evaluator(
    "capture_rate",
    params=CaptureRateParams,
    window=CaptureWindow,
    selects=set(),
    subjects={SubjectKind.POLLUTANT},
)
def capture_rate(window: CaptureWindow, params: CaptureRateParams) -> list[Judgement]:
    """One judgement per row; value and limit in %. The rate is compared without rounding."""
    out = []
    for subject, period, hours in zip(window.subjects, window.periods, window.hours, strict=True):
        if hours.operating <= 0:
            verdict, reason = Verdict.UNDETERMINED, "not_operating"
        elif reaches(hours.valid, hours.operating, params.min_capture_pct):
            verdict, reason = Verdict.COMPLIANT, "capture_met"
        else:
            verdict, reason = Verdict.VIOLATION, "capture_not_met"
        evidence = {
            "hours_in_service": hours.in_service,
            "hours_stopped": hours.stopped,
            "hours_operating": hours.operating,
            "hours_valid": hours.valid,
            "hours_invalid": dict(sorted(hours.invalid.items())),
            "min_valid_minutes": params.min_valid_minutes,
            "marks": hours.marks,
            "formula": "100*hours_valid/hours_operating",
            "comparison": ">=",
        }
        value = share_pct(hours.valid, hours.operating)
        out.append(Judgement(subject, period, verdict, reason, value, params.min_capture_pct, "%", evidence))
    return out
