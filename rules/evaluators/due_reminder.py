"""What an enterprise has to do soon: tests and repairs of sealing points, other duties with a date. No breach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import day_period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator

Days = NDArray[np.datetime64]

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Term:
    """Something that is to be done by a day. group: what it is about, such as `test`: of a subject that several rules
    ask the same of only one counts."""

    rule_id: str
    title: str
    group: str
    subject: str


@dataclass(frozen=True, slots=True)
class ReminderWindow:
    """One enterprise on consecutive local days. before: how many were due by the finding that holds before the first
    day, 0 for none.

    Terms, one row each: begins is the day on which it began; due its last day; over the day on which it was done or
    came to nothing, NaT for neither.
    """

    subject: Subject
    days: Sequence[date]
    before: int
    terms: Sequence[Term]
    begins: Days
    due: Days
    over: Days


class DueReminderParams(Params):
    """days: how many are looked at, the day itself among them. reason: what the findings say."""

    days: int = Field(ge=1, le=60)
    reason: Literal["due_soon", "due_today"]


@evaluator(
    "due_reminder",
    params=DueReminderParams,
    window=ReminderWindow,
    selects=set(),
    subjects={SubjectKind.ENTERPRISE},
)
def due_reminder(window: ReminderWindow, params: DueReminderParams) -> list[Judgement]:
    """A judgement for each day on which another number of things is due within some days than on the day before.

    What is due on the day itself is never what was due the day before, so that is said on each such day.
    value: that number. A term counts from the day after it began, and on the day on which it is done.
    """
    out = []
    known = window.before
    for day in window.days:
        today = np.datetime64(day, "D")
        is_open = (window.begins < today) & ~(window.over < today)
        near = np.flatnonzero(is_open & (window.due >= today) & (window.due < today + np.timedelta64(params.days, "D")))
        count = len({(window.terms[row].group, window.terms[row].subject) for row in near.tolist()})
        if count != known or (count and params.days == 1):
            out.append(_judgement(window, params, day, near.tolist(), count))
        known = count
    return out


def _judgement(window: ReminderWindow, params: DueReminderParams, day: date, near: list[int], count: int) -> Judgement:
    if count == 0:
        return Judgement(window.subject, day_period(day), Verdict.COMPLIANT, "none_due", evidence={"days": params.days})
    due: list[date] = window.due[near].tolist()
    rows = sorted(zip(due, (window.terms[row] for row in near), strict=True), key=lambda row: (row[0], row[1].subject))
    earliest: dict[tuple[str, str], tuple[date, Term]] = {}
    for last_day, term in rows:
        earliest.setdefault((term.group, term.subject), (last_day, term))
    evidence: Evidence = {
        "days": params.days,
        "first_due_on": rows[0][0].isoformat(),
        "by_group": dict(sorted(Counter(group for group, _ in earliest).items())),
        "by_rule": dict(sorted(Counter(term.rule_id for _, term in rows).items())),
        "titles": dict(sorted({term.rule_id: term.title for _, term in rows}.items())),
        "by_day": dict(sorted(Counter(last_day.isoformat() for last_day, _ in earliest.values()).items())),
        "examples": [
            {"subject": term.subject, "rule": term.rule_id, "due_on": last_day.isoformat()}
            for last_day, term in list(earliest.values())[:_EXAMPLES]
        ],
    }
    return Judgement(window.subject, day_period(day), Verdict.VIOLATION, params.reason, float(count), evidence=evidence)
