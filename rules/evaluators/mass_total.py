"""Mass of a pollutant since the first of January against the permitted total (许可排放量) of the year, month by month.

The figures of a month, with what was measured and what was substituted, are the family's; here they are summed up and
compared. A sum is over as soon as what is known is over; it is within only when nothing is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import Field

from domain.air import MIN_VALID_MINUTES
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from domain.rounding import round_gbt8170, without_noise
from domain.substitution import FULL_PCT, LEAST_PCT
from rules.evaluators.contract import Judgement, Params, evaluator


class MassTotalParams(Params):
    """full_capture_pct, least_capture_pct: of the quarter, HJ 75-2017 tables 5 and 6; see `domain.substitution`."""

    min_valid_minutes: int = Field(default=MIN_VALID_MINUTES, ge=1, le=60)
    full_capture_pct: float = Field(default=FULL_PCT, gt=0, le=100)
    least_capture_pct: float = Field(default=LEAST_PCT, gt=0, le=100)


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """What is known of one month of a pollutant; kept in the evidence, so that a year is summed from months.

    month: as 2026-01. month_t: measured and substituted. Hours by what became of them: measured_h (also while the
    source was stopped), substituted_h by valid hours looked back to (180, 720, 2160), unsubstituted_h, stopped_h
    (source stopped, nothing measured). invalid_h: why hours of an operating source were not measured. flow_h: where the
    flow of measured hours comes from. capture_*: of the quarter up to capture_until. substitutes: each failure.
    rests_on_from: start of the earliest hour on which a substitute rests.
    """

    month: str
    month_t: float
    measured_h: int
    substituted_h: dict[str, int]
    unsubstituted_h: int
    stopped_h: int
    hours_in_service: int
    invalid_h: dict[str, int]
    flow_h: dict[str, int]
    has_flow: bool
    capture_valid_h: int
    capture_operating_h: int
    capture_pct: float | None
    capture_until: str
    capture_reached: bool
    substitutes: list[dict[str, Any]] = field(default_factory=list)
    rests_on_from: str | None = None
    marks: list[int] = field(default_factory=list)

    @classmethod
    def from_evidence(cls, evidence: Mapping[str, Any]) -> MonthFigures | None:
        """The figures that a finding's evidence holds; None for evidence of a version that kept others."""
        names = cls.__dataclass_fields__
        return cls(**{name: evidence[name] for name in names}) if names.keys() <= evidence.keys() else None


@dataclass(frozen=True, slots=True)
class PermittedTotal:
    """The limit of averaging `year` that holds at the month's end, in t."""

    limit_id: int
    t: float
    decimals: int


@dataclass(frozen=True, slots=True)
class MassWindow:
    """One row per (pollutant, month). figures: the months of the year up to it, in order, itself the last."""

    subjects: list[Subject]
    periods: list[Period]
    figures: list[Sequence[MonthFigures]]
    totals: list[PermittedTotal]


@evaluator(
    "mass_total",
    params=MassTotalParams,
    window=MassWindow,
    selects=set(),
    subjects={SubjectKind.POLLUTANT},
)
def mass_total(window: MassWindow, params: MassTotalParams) -> list[Judgement]:
    """One judgement per row; value and limit in t. Rounded to the limit's decimals by GB/T 8170; equal is within."""
    out = []
    for subject, period, figures, total in zip(
        window.subjects, window.periods, window.figures, window.totals, strict=True
    ):
        year_t = sum(one.month_t for one in figures)
        rounded = round_gbt8170(without_noise(year_t), total.decimals)
        verdict, reason = _verdict(figures, rounded, total)
        evidence = asdict(figures[-1]) | {
            "year_t": year_t,
            "rounded": rounded,
            "decimals": total.decimals,
            "limit_id": total.limit_id,
            "limit": total.t,
            "comparison": "<=",
            "months": [
                {"month": one.month, "t": one.month_t, "unsubstituted_h": one.unsubstituted_h} for one in figures
            ],
            "min_valid_minutes": params.min_valid_minutes,
            "formula": "sum(C*Q*1e-6)/1000",
        }
        out.append(Judgement(subject, period, verdict, reason, year_t, total.t, "t", evidence))
    return out


def _verdict(figures: Sequence[MonthFigures], rounded: float, total: PermittedTotal) -> tuple[Verdict, str]:
    unknown = [one for one in figures if one.unsubstituted_h]
    if rounded > total.t:
        return Verdict.VIOLATION, "over_total"
    if not figures[-1].has_flow:
        return Verdict.UNDETERMINED, "no_flow"
    if any(not one.capture_reached for one in unknown):
        return Verdict.UNDETERMINED, "capture_too_low"
    if unknown:
        return Verdict.UNDETERMINED, "no_valid_hour_before"
    return Verdict.COMPLIANT, "within_total"
