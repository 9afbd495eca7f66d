"""Hourly mean (小时均值) of a pollutant at an outlet against a limit, at reference oxygen where the limit has one."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from domain.air import HourColumns, HourlyLimit, HourReason, judge_hours
from domain.findings import Subject, SubjectKind, Verdict
from domain.oxygen import AIR_O2_PCT
from domain.periods import Period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, known


class HourlyLimitParams(Params):
    """A limit of one pollutant; see `domain.air.HourlyLimit`."""

    limit_mg_m3: float = Field(gt=0)
    decimals: int = Field(default=0, ge=0, le=6)
    reference_o2_pct: float | None = Field(default=None, ge=0, lt=AIR_O2_PCT)
    min_valid_minutes: int = Field(default=45, ge=1, le=60)
    ambient_o2_from_pct: float = Field(default=19.0, gt=0, le=AIR_O2_PCT)


@dataclass(frozen=True, slots=True)
class HourlyWindow:
    """One row per (outlet, hour). point and o2_point are point codes, None where the register has none in service."""

    subjects: list[Subject]
    periods: list[Period]
    columns: HourColumns
    points: list[str | None]
    o2_points: list[str | None]


@evaluator(
    "hourly_limit",
    params=HourlyLimitParams,
    window=HourlyWindow,
    selects={"process", "quantity"},
    subjects={SubjectKind.OUTLET},
)
def hourly_limit(window: HourlyWindow, params: HourlyLimitParams) -> list[Judgement]:
    """One judgement per row. value is the converted mean, None where the hour cannot be judged."""
    limit = HourlyLimit(
        params.limit_mg_m3,
        params.decimals,
        params.reference_o2_pct,
        params.min_valid_minutes,
        params.ambient_o2_from_pct,
    )
    verdicts = judge_hours(window.columns, limit)
    out = []
    for row, (subject, period) in enumerate(zip(window.subjects, window.periods, strict=True)):
        reason = HourReason(int(verdicts.reason[row]))
        value = known(verdicts.converted[row])
        evidence = _evidence(window, row, params)
        if value is not None:
            evidence |= {"converted": value, "rounded": float(verdicts.rounded[row])}
        out.append(
            Judgement(subject, period, _verdict(reason), reason.word, value, params.limit_mg_m3, "mg/m3", evidence)
        )
    return out


def _verdict(reason: HourReason) -> Verdict:
    if reason is HourReason.WITHIN_LIMIT:
        return Verdict.COMPLIANT
    return Verdict.VIOLATION if reason is HourReason.OVER_LIMIT else Verdict.UNDETERMINED


def _evidence(window: HourlyWindow, row: int, params: HourlyLimitParams) -> Evidence:
    columns = window.columns
    evidence: Evidence = {
        "pollutant": {
            "point": window.points[row],
            "mean": known(columns.mean[row]),
            "valid_minutes": int(columns.valid_minutes[row]),
            "readings": int(columns.reading_count[row]),
        },
        "limit": params.limit_mg_m3,
        "comparison": "<=",
        "decimals": params.decimals,
        "min_valid_minutes": params.min_valid_minutes,
    }
    if params.reference_o2_pct is None:
        evidence["formula"] = "C"
        return evidence
    evidence["o2"] = {
        "point": window.o2_points[row],
        "mean_pct": known(columns.o2_mean_pct[row]),
        "valid_minutes": int(columns.o2_valid_minutes[row]),
        "readings": int(columns.o2_reading_count[row]),
    }
    evidence["reference_o2_pct"] = params.reference_o2_pct
    evidence["formula"] = f"C*(21-{params.reference_o2_pct:g})/(21-O2)"
    return evidence
