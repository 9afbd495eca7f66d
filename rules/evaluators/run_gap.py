"""Runs of an analyser that works in batches (GC) and are missing: a platform rule, it tells people to look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from domain.readings import SECOND_US, Int64, from_us, to_us
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_instant


class RunGapParams(Params):
    """max_missing: runs that may be missing in a row. history_days: how far a row may reach back before the day."""

    max_missing: int = Field(default=2, ge=0, le=48)
    history_days: int = Field(default=1, ge=0, le=7)


@dataclass(frozen=True, slots=True)
class RunDay:
    """A day of a point. from_us: where the history begins, not before its service, a day's start or a whole number of
    intervals before it. valid_us: instants of valid readings from then on. readings: of the day, valid or not."""

    subject: Subject
    period: Period
    point: str
    interval_s: int
    from_us: int
    valid_us: Int64
    readings: int


@dataclass(frozen=True, slots=True)
class RunWindow:
    """One entry per (point, day)."""

    days: list[RunDay]


@evaluator("run_gap", params=RunGapParams, window=RunWindow, selects=set(), subjects={SubjectKind.POINT})
def run_gap(window: RunWindow, params: RunGapParams) -> list[Judgement]:
    """One judgement per day: value is the longest row of missing runs that reaches into it, limit how many may be."""
    return [_judge(day, params) for day in window.days]


def _judge(day: RunDay, params: RunGapParams) -> Judgement:
    interval_us, start_us, end_us = day.interval_s * SECOND_US, to_us(day.period.start), to_us(day.period.end)
    before = max(0, (start_us - day.from_us) // interval_us)  # slots are counted from the day's start
    ahead = max(1, (end_us - start_us) // interval_us)
    first_us = start_us - before * interval_us
    there = np.zeros(before + ahead, np.bool_)
    slot = (day.valid_us - first_us) // interval_us
    there[slot[(slot >= 0) & (slot < len(there))]] = True
    longest, begin = _longest(~there, before)
    evidence: Evidence = {
        "point": day.point,
        "interval_s": day.interval_s,
        "max_missing": params.max_missing,
        "expected": ahead,
        "runs": int(there[before:].sum()),
        "readings": day.readings,
        "missing_from": json_instant(from_us(first_us + begin * interval_us)) if longest else None,
        "missing_to": json_instant(from_us(first_us + (begin + longest) * interval_us)) if longest else None,
        "comparison": "<=",
    }
    gap = longest > params.max_missing
    verdict, reason = (Verdict.VIOLATION, "gap") if gap else (Verdict.COMPLIANT, "no_gap")
    return Judgement(
        day.subject, day.period, verdict, reason, float(longest), float(params.max_missing), None, evidence
    )


def _longest(missing: np.ndarray[tuple[int], np.dtype[np.bool_]], judged_from: int) -> tuple[int, int]:
    """Length and first row of the longest row of missing slots that reaches to `judged_from` or beyond."""
    edges = np.flatnonzero(np.diff(np.r_[False, missing, False].astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    reaching = ends > judged_from
    begins, ends = begins[reaching], ends[reaching]
    if len(begins) == 0:
        return 0, 0
    best = int(np.argmax(ends - begins))
    return int(ends[best] - begins[best]), int(begins[best])
