"""Corrections of registers by an order of magnitude: a platform rule, it tells people to look at what was corrected.

Cross-checks of monitored volumes treat a value that differs ten times before and after its correction as a severe
anomaly, whichever of the two is the right one. Findings only where something is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_instant

_SHOWN = 20


class CorrectionMagnitudeParams(Params):
    """factor: how many times one increment must be the other."""

    factor: float = Field(gt=1)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A valid reading that was corrected: what came first, what counts now, and the valid value before it."""

    at: datetime
    first: float
    corrected: float
    before: float


@dataclass(frozen=True, slots=True)
class CorrectedHour:
    """An hour of a counter whose register only went up, as it counts now, with its corrected readings."""

    subject: Subject
    period: Period
    unit: str
    serial: str | None
    readings: list[Corrected]


@dataclass(frozen=True, slots=True)
class CorrectedHours:
    """One entry per (counter, hour)."""

    hours: list[CorrectedHour]


@evaluator(
    "correction_magnitude",
    params=CorrectionMagnitudeParams,
    window=CorrectedHours,
    selects=set(),
    subjects={SubjectKind.POINT},
)
def correction_magnitude(window: CorrectedHours, params: CorrectionMagnitudeParams) -> list[Judgement]:
    """One judgement per hour with such a correction: value is how many times, of the one that moves most; None where
    one of the two increments is zero."""
    return [judgement for hour in window.hours if (judgement := _judge(hour, params.factor)) is not None]


def _judge(hour: CorrectedHour, factor: float) -> Judgement | None:
    found = [(one, one.first - one.before, one.corrected - one.before) for one in hour.readings]
    severe = [(one, was, now) for one, was, now in found if was != now and _apart(abs(was), abs(now), factor)]
    if not severe:
        return None
    severe.sort(key=lambda entry: -abs(entry[1] - entry[2]))
    _, was, now = severe[0]
    low, high = sorted((abs(was), abs(now)))
    evidence: Evidence = {
        "serial": hour.serial,
        "unit": hour.unit,
        "corrections": len(severe),
        "readings": [
            {
                "at": json_instant(one.at),
                "before": one.before,
                "first": one.first,
                "corrected": one.corrected,
                "first_increment": was,
                "corrected_increment": now,
            }
            for one, was, now in severe[:_SHOWN]
        ],
    }
    times = high / low if low > 0 else None
    return Judgement(hour.subject, hour.period, Verdict.VIOLATION, "corrected_tenfold", times, factor, None, evidence)


def _apart(one: float, other: float, factor: float) -> bool:
    """Whether one is so many times the other; anything is of nothing."""
    return one >= factor * other or other >= factor * one
