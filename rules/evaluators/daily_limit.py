"""Daily mean (日均值) of a pollutant at an outlet: the mean of the converted means of the day's valid hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field

from domain.air import HourReason, HourVerdicts, judge_hours, reason_word
from domain.findings import Subject, SubjectKind, Verdict
from domain.limits import Limit
from domain.periods import Period
from domain.rounding import round_gbt8170, without_noise
from rules.evaluators.contract import Evidence, Ints, Judgement, evaluator, json_instant, known
from rules.evaluators.hours import (
    HourlyWindow,
    HourParams,
    hour_columns,
    in_mg_m3,
    limit_columns,
    marks_of,
    reference_of,
)


class DailyLimitParams(HourParams):
    """min_valid_hours: HJ 212-2017 D.2.2(3) asks for 20; the note of C.18 flags a day by 18."""

    min_valid_hours: int = Field(default=20, ge=1, le=24)


@dataclass(frozen=True, slots=True)
class DayWindow:
    """One row per (pollutant, local day); hours: the rows of all days, of_day: which day each belongs to."""

    subjects: list[Subject]
    periods: list[Period]
    limits: list[Limit]
    hours: HourlyWindow
    of_day: Ints


@evaluator(
    "daily_limit",
    params=DailyLimitParams,
    window=DayWindow,
    selects={"kind"},
    subjects={SubjectKind.POLLUTANT},
)
def daily_limit(window: DayWindow, params: DailyLimitParams) -> list[Judgement]:
    """One judgement per row. value is the mean in mg/m3, None where too few hours could be judged."""
    hours = window.hours
    means = np.array([one.mean for one in hours.pollutant], np.float64)
    columns = hour_columns(hours, means, params.min_valid_minutes)
    verdicts = judge_hours(
        columns,
        limit_columns(hours),
        min_valid_minutes=params.min_valid_minutes,
        ambient_from_pct=params.ambient_o2_from_pct,
    )
    words = [
        reason_word(reason, int(kind)) for reason, kind in zip(verdicts.reason.tolist(), columns.excluded, strict=True)
    ]
    return [
        _day(window, day, np.flatnonzero(window.of_day == day).tolist(), verdicts, words, params)
        for day in range(len(window.subjects))
    ]


def _day(
    window: DayWindow,
    day: int,
    rows: Sequence[int],
    verdicts: HourVerdicts,
    words: Sequence[str],
    params: DailyLimitParams,
) -> Judgement:
    hours, limit = window.hours, window.limits[day]
    good = [row for row in rows if verdicts.reason[row] >= HourReason.OVER_LIMIT]
    others = Counter(words[row] for row in rows if verdicts.reason[row] < HourReason.OVER_LIMIT)
    evidence: Evidence = {
        "limit_id": limit.limit_id,
        "limit": limit.value,
        "limit_unit": limit.unit,
        "comparison": "<=",
        "decimals": limit.decimals,
        "min_valid_minutes": params.min_valid_minutes,
        "min_valid_hours": params.min_valid_hours,
        "hours_judged": len(good),
        "hours_excluded": {word: n for word, n in sorted(others.items()) if word.startswith("excluded_")},
        "hours_undetermined": {word: n for word, n in sorted(others.items()) if not word.startswith("excluded_")},
        "hours": [_hour(hours, row, verdicts) for row in good],
        "formula": "sum(converted)/hours_judged",
        "marks": sorted({mark for row in rows for mark in marks_of(hours, row)}),
    }
    if rows and (reference := reference_of(hours, rows[0])) is not None:
        evidence["reference_o2_pct"] = reference
    verdict, reason, value = Verdict.UNDETERMINED, "too_few_valid_hours", None
    if set(others) == {"no_data"} and not good:
        reason = "no_data"
    elif len(good) >= params.min_valid_hours:
        mean = float(np.mean(verdicts.converted[good]))
        rounded = round_gbt8170(without_noise(mean), limit.decimals)
        evidence |= {"mean": mean, "rounded": rounded}
        value = in_mg_m3(mean, limit)
        is_over = rounded > limit.value
        verdict = Verdict.VIOLATION if is_over else Verdict.COMPLIANT
        reason = "over_limit" if is_over else "within_limit"
    return Judgement(
        window.subjects[day],
        window.periods[day],
        verdict,
        reason,
        value,
        in_mg_m3(limit.value, limit),
        "mg/m3",
        evidence,
    )


def _hour(hours: HourlyWindow, row: int, verdicts: HourVerdicts) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "at": json_instant(hours.periods[row].start),
        "point": hours.pollutant[row].point,
        "mean": known(hours.pollutant[row].mean),
        "converted": float(verdicts.converted[row]),
    }
    if reference_of(hours, row) is not None:
        entry["o2_mean_pct"] = known(hours.oxygen[row].mean)
    return entry
