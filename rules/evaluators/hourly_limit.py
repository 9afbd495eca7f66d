"""Hourly mean (小时均值) of a pollutant at an outlet against the limit that holds there, at its reference oxygen."""

from __future__ import annotations

import numpy as np

from domain.air import HourReason, judge_hours, reason_word
from domain.findings import SubjectKind, Verdict
from rules.evaluators.contract import Judgement, evaluator, known
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
        limit, converted = window.limits[row], known(verdicts.converted[row])
        evidence = hour_evidence(window, row, params)
        value = None
        if converted is not None:
            evidence |= {"converted": converted, "rounded": float(verdicts.rounded[row])}
            value = in_mg_m3(converted, limit)
        out.append(
            Judgement(
                window.subjects[row],
                window.periods[row],
                verdict_of(reason),
                reason_word(reason, int(columns.excluded[row])),
                value,
                in_mg_m3(limit.value, limit),
                "mg/m3",
                evidence,
            )
        )
    return out


def verdict_of(reason: int) -> Verdict:
    """The verdict of an hour's reason: too little data, and an hour that is excluded, are never compliant."""
    if reason == HourReason.WITHIN_LIMIT:
        return Verdict.COMPLIANT
    return Verdict.VIOLATION if reason == HourReason.OVER_LIMIT else Verdict.UNDETERMINED
