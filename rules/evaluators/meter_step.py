"""Steps of a meter's register that nothing explains: a platform rule, it tells people what to enter or to look at.

Findings only where something is: an hour without such a step has none. The record of a replacement takes the mark from
the hour, and the finding with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_instant

#: Marks of an hour that are looked at, in order of precedence, and what is said of them.
REASONS = {"reset": "reset_without_record", "jump": "jump_unexplained"}


class MeterStepParams(Params):
    """None: what a step is, the register's marks say."""


@dataclass(frozen=True, slots=True)
class MarkedHour:
    """An hour of a counter with a mark of REASONS; before: the last valid value of an earlier hour, and that hour."""

    subject: Subject
    period: Period
    unit: str
    serial: str | None
    marks: tuple[str, ...]
    before: float | None
    before_hour: Period | None
    first_value: float | None
    last_value: float | None
    increment: float | None


@dataclass(frozen=True, slots=True)
class MarkedHours:
    """One entry per (counter, hour)."""

    hours: list[MarkedHour]


@evaluator("meter_step", params=MeterStepParams, window=MarkedHours, selects=set(), subjects={SubjectKind.POINT})
def meter_step(window: MarkedHours, params: MeterStepParams) -> list[Judgement]:
    """One judgement per marked hour, without value or limit: what passed is not known."""
    return [judgement for hour in window.hours if (judgement := _judge(hour)) is not None]


def _judge(hour: MarkedHour) -> Judgement | None:
    reason = next((REASONS[mark] for mark in REASONS if mark in hour.marks), None)
    if reason is None:
        return None
    evidence: Evidence = {
        "serial": hour.serial,
        "unit": hour.unit,
        "marks": list(hour.marks),
        "before": hour.before,
        "before_hour": None if hour.before_hour is None else json_instant(hour.before_hour.start),
        "first_value": hour.first_value,
        "last_value": hour.last_value,
        "known_increment": hour.increment,
    }
    return Judgement(hour.subject, hour.period, Verdict.VIOLATION, reason, evidence=evidence)
