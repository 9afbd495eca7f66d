"""Any single reading (任意一次浓度值) of a pollutant against the limit that holds at its place, hour by hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from domain.air import HourReason, judge_hours
from domain.findings import SubjectKind
from rules.evaluators.contract import Judgement, evaluator, known
from rules.evaluators.hourly_limit import judgement_of
from rules.evaluators.hours import HourlyWindow, HourParams, hour_columns, hour_evidence, limit_columns


class SingleLimitParams(HourParams):
    """See `HourParams`."""


@evaluator(
    "single_limit",
    params=SingleLimitParams,
    window=HourlyWindow,
    selects={"kind"},
    subjects={SubjectKind.POLLUTANT},
)
def single_limit(window: HourlyWindow, params: SingleLimitParams) -> list[Judgement]:
    """One judgement per row, on the greatest valid reading of the hour: value in mg/m3.

    One reading over the limit is enough, however few there were; that none was over is known only of an hour with
    enough valid minutes. Such limits have no reference: one reading has no mean of oxygen to be converted with.
    """
    largest = np.array([one.maximum for one in window.pollutant], np.float64)
    columns = hour_columns(window, largest, params.min_valid_minutes)
    # a reading stands for itself: the pollutant's minutes count only for the good of the outlet
    any_reading = replace(columns, valid_minutes=np.full(len(window), params.min_valid_minutes, np.int64))
    limits = limit_columns(window)
    verdicts = judge_hours(
        any_reading,
        limits,
        min_valid_minutes=params.min_valid_minutes,
        ambient_from_pct=params.ambient_o2_from_pct,
    )
    is_short = (verdicts.reason == HourReason.WITHIN_LIMIT) & (columns.valid_minutes < params.min_valid_minutes)
    reasons = np.where(is_short, int(HourReason.TOO_FEW_VALID_MINUTES), verdicts.reason)
    out = []
    for row, reason in enumerate(reasons.tolist()):
        evidence = hour_evidence(window, row, params, "Cmax")
        evidence["pollutant"]["maximum"] = known(largest[row])
        out.append(judgement_of(window, row, verdicts, reason, int(columns.excluded[row]), evidence))
    return out
