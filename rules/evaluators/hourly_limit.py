"""Hourly mean (小时均值) of a pollutant at an outlet against the limit that holds there, at its reference oxygen."""

from __future__ import annotations

import numpy as np

from domain.air import HourReason, HourVerdicts, judge_hours, reason_word
from domain.findings import SubjectKind, Verdict
from rules.evaluators.contract import Evidence, Judgement, evaluator, known
from rules.evaluators.hours import HourlyWindow, HourParams, hour_columns, hour_evidence, in_mg_m3, limit_columns


class HourlyLimitParams(HourParams):
    """See `HourParams`."""


@evaluator(
    "hourly_limit",
    params=HourlyLimitParams,
    window=HourlyWindow,
    selects={"kind"},
    subjects={SubjectKind.POLLUTANT},
)
def hourly_limit(window: HourlyWindow, params: HourlyLimitParams) -> list[Judgement]:
    """One judgement per row. value is the converted mean in mg/m3, None where there is none that may be compared."""
    means = np.array([one.mean for one in window.pollutant], np.float64)
    columns = hour_columns(window, means, params.min_valid_minutes)
    verdicts = judge_hours(
        columns,
        limit_columns(window),
        min_valid_minutes=params.min_valid_minutes,
        ambient_from_pct=params.ambient_o2_from_pct,
    )
    out = []
    for row, reason in enumerate(verdicts.reason.tolist()):
        evidence = hour_evidence(window, row, params)
        out.append(judgement_of(window, row, verdicts, reason, int(columns.excluded[row]), evidence))
    return out


def judgement_of(
    window: HourlyWindow, row: int, verdicts: HourVerdicts, reason: int, excluded: int, evidence: Evidence
) -> Judgement:
    """The judgement on one hour: a HourReason, the figure that was compared, in mg/m3, and its evidence."""
    limit, converted = window.limits[row], known(verdicts.converted[row])
    value = None
    if converted is not None:
        evidence |= {"converted": converted, "rounded": float(verdicts.rounded[row])}
        value = in_mg_m3(converted, limit)
    return Judgement(
        window.subjects[row],
        window.periods[row],
        verdict_of(reason),
        reason_word(reason, excluded),
        value,
        in_mg_m3(limit.value, limit),
        "mg/m3",
        evidence,
    )


def verdict_of(reason: int) -> Verdict:
    """The verdict of an hour's reason: too little data, and an hour that is excluded, are never compliant."""
    if reason == HourReason.WITHIN_LIMIT:
        return Verdict.COMPLIANT
    return Verdict.VIOLATION if reason == HourReason.OVER_LIMIT else Verdict.UNDETERMINED
