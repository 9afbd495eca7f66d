"""Share of a calendar month's hours that kept an hourly limit (每月至少95%以上时段).

The denominator is our reading: hours with a verdict of compliant or violation. Hours that marks exclude and hours
without enough data stand beside it by reason, and too many of them leave the month undetermined.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.marks import STOPPED
from domain.metering import reaches
from domain.periods import Period
from rules.evaluators.contract import Judgement, Params, evaluator, share_pct

_EXCLUDED = "excluded_"
_STOPPED = f"{_EXCLUDED}{STOPPED}"


class MonthlyShareParams(Params):
    """of: the id of the hourly rule whose verdicts are counted."""

    of: str = Field(min_length=1)
    min_share_pct: float = Field(gt=0, le=100)
    min_judged_pct: float = Field(ge=0, le=100)


@dataclass(frozen=True, slots=True)
class HourCounts:
    """Hours of one month that have a limit, by verdict; undetermined ones, excluded ones among them, by reason."""

    compliant: int
    violation: int
    undetermined: dict[str, int]

    @property
    def in_service(self) -> int:
        """All of them."""
        return self.compliant + self.violation + sum(self.undetermined.values())

    @property
    def operating(self) -> int:
        """Those in which the source was not stopped."""
        return self.in_service - self.undetermined.get(_STOPPED, 0)


@dataclass(frozen=True, slots=True)
class MonthWindow:
    """One row per (pollutant, month)."""

    subjects: list[Subject]
    periods: list[Period]
    counts: list[HourCounts]


@evaluator(
    "monthly_share",
    params=MonthlyShareParams,
    window=MonthWindow,
    selects={"kind"},
    subjects={SubjectKind.POLLUTANT},
)
def monthly_share(window: MonthWindow, params: MonthlyShareParams) -> list[Judgement]:
    """One judgement per row; value and limit in %. Shares are compared unrounded and without binary fractions."""
    out = []
    for subject, period, counts in zip(window.subjects, window.periods, window.counts, strict=True):
        judged = counts.compliant + counts.violation
        if counts.operating == 0:
            verdict, reason = Verdict.UNDETERMINED, "not_operating"
        elif judged == 0 or not reaches(judged, counts.operating, params.min_judged_pct):
            verdict, reason = Verdict.UNDETERMINED, "insufficient_data"
        elif reaches(counts.compliant, judged, params.min_share_pct):
            verdict, reason = Verdict.COMPLIANT, "share_met"
        else:
            verdict, reason = Verdict.VIOLATION, "share_not_met"
        by_reason = sorted(counts.undetermined.items())
        evidence = {
            "of": params.of,
            "hours_in_service": counts.in_service,
            "hours_operating": counts.operating,
            "hours_judged": judged,
            "hours_compliant": counts.compliant,
            "hours_violation": counts.violation,
            "hours_excluded": {word: n for word, n in by_reason if word.startswith(_EXCLUDED)},
            "hours_undetermined": {word: n for word, n in by_reason if not word.startswith(_EXCLUDED)},
            "judged_pct": share_pct(judged, counts.operating),
            "min_judged_pct": params.min_judged_pct,
            "formula": "100*hours_compliant/hours_judged",
            "comparison": ">=",
        }
        value = share_pct(counts.compliant, judged)
        out.append(Judgement(subject, period, verdict, reason, value, params.min_share_pct, "%", evidence))
    return out
