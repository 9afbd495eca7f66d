"""Share of a calendar month's hours that kept an hourly limit (每月至少95%以上时段).

The denominator is our reading: hours with a verdict of compliant or violation. Hours without enough data stand beside
it, and too many of them leave the month undetermined.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import reaches
from domain.periods import Period
from rules.evaluators.contract import Judgement, Params, evaluator, share_pct


class MonthlyShareParams(Params):
    """of: the id of the hourly rule whose verdicts are counted."""

    of: str = Field(min_length=1)
    min_share_pct: float = Field(gt=0, le=100)
    min_judged_pct: float = Field(ge=0, le=100)


@dataclass(frozen=True, slots=True)
class HourCounts:
    """Hours of one month by verdict; undetermined ones by reason. in_service: all hours that the month asks for."""

    in_service: int
    compliant: int
    violation: int
    undetermined: dict[str, int]


@dataclass(frozen=True, slots=True)
class MonthWindow:
    """One row per (outlet, month)."""

    subjects: list[Subject]
    periods: list[Period]
    counts: list[HourCounts]


@evaluator(
    "monthly_share",
    params=MonthlyShareParams,
    window=MonthWindow,
    selects={"process", "quantity"},
    subjects={SubjectKind.OUTLET},
)
def monthly_share(window: MonthWindow, params: MonthlyShareParams) -> list[Judgement]:
    """One judgement per row; value and limit in %. Shares are compared unrounded and without binary fractions."""
    out = []
    for subject, period, counts in zip(window.subjects, window.periods, window.counts, strict=True):
        judged = counts.compliant + counts.violation
        enough = judged > 0 and reaches(judged, counts.in_service, params.min_judged_pct)
        if not enough:
            verdict, reason = Verdict.UNDETERMINED, "insufficient_data"
        elif reaches(counts.compliant, judged, params.min_share_pct):
            verdict, reason = Verdict.COMPLIANT, "share_met"
        else:
            verdict, reason = Verdict.VIOLATION, "share_not_met"
        evidence = {
            "of": params.of,
            "hours_in_service": counts.in_service,
            "hours_judged": judged,
            "hours_compliant": counts.compliant,
            "hours_violation": counts.violation,
            "hours_undetermined": dict(sorted(counts.undetermined.items())),
            "judged_pct": share_pct(judged, counts.in_service),
            "min_judged_pct": params.min_judged_pct,
            "formula": "100*hours_compliant/hours_judged",
            "comparison": ">=",
        }
        value = share_pct(counts.compliant, judged)
        out.append(Judgement(subject, period, verdict, reason, value, params.min_share_pct, "%", evidence))
    return out
