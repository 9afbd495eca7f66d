"""Effective transmission rate (数据传输有效率) of an outlet in a month: 数据传输率 times 数据有效率.

Four counters, as the national software keeps them: hours that had to be transmitted and were, hours that had to be
valid (those transmitted) and were. Hours of a stopped source are not due.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field

from domain.air import MIN_VALID_MINUTES
from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import reaches
from domain.periods import Period
from rules.evaluators.contract import Judgement, Params, evaluator, share_pct


class TransmissionRateParams(Params):
    """min_valid_minutes: what makes a valid hour, HJ 212-2017 D.2.2(2)."""

    min_rate_pct: float = Field(gt=0, le=100)
    min_valid_minutes: int = Field(default=MIN_VALID_MINUTES, ge=1, le=60)


@dataclass(frozen=True, slots=True)
class Counters:
    """Hours of one quantity: due, received (with any reading), and valid ones among these."""

    due: int
    received: int
    valid: int


@dataclass(frozen=True, slots=True)
class TransmissionHours:
    """An outlet's month. by_quantity: pollutants and oxygen. marks: by which hours are those of a stopped source."""

    in_service: int
    stopped: int
    by_quantity: dict[str, Counters]
    marks: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TransmissionWindow:
    """One row per (outlet, month)."""

    subjects: list[Subject]
    periods: list[Period]
    hours: list[TransmissionHours]


@evaluator(
    "transmission_rate",
    params=TransmissionRateParams,
    window=TransmissionWindow,
    selects=set(),
    subjects={SubjectKind.OUTLET},
)
def transmission_rate(window: TransmissionWindow, params: TransmissionRateParams) -> list[Judgement]:
    """One judgement per row; value and limit in %. What was received has to be valid, so the product is valid/due."""
    out = []
    for subject, period, hours in zip(window.subjects, window.periods, window.hours, strict=True):
        counters = hours.by_quantity.values()
        due, received, valid = (sum(getattr(c, name) for c in counters) for name in ("due", "received", "valid"))
        if due <= 0:
            verdict, reason = Verdict.UNDETERMINED, "not_operating"
        elif reaches(valid, due, params.min_rate_pct):
            verdict, reason = Verdict.COMPLIANT, "transmission_met"
        else:
            verdict, reason = Verdict.VIOLATION, "transmission_not_met"
        evidence = {
            "hours_in_service": hours.in_service,
            "hours_stopped": hours.stopped,
            "due": due,
            "received": received,
            "due_valid": received,
            "valid": valid,
            "transmission_pct": share_pct(received, due),
            "validity_pct": share_pct(valid, received),
            "quantities": {
                quantity: {"due": c.due, "received": c.received, "valid": c.valid}
                for quantity, c in sorted(hours.by_quantity.items())
            },
            "min_valid_minutes": params.min_valid_minutes,
            "marks": hours.marks,
            "formula": "100*received/due*valid/due_valid",
            "comparison": ">=",
        }
        value = share_pct(valid, due)
        out.append(Judgement(subject, period, verdict, reason, value, params.min_rate_pct, "%", evidence))
    return out
