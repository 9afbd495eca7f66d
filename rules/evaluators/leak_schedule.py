"""LDAR test cycles of GB 37822-2019 chapter 8: each component is due some months after its last test."""

from __future__ import annotations

import numpy as np
from pydantic import Field, field_validator

from domain.findings import SubjectKind, Verdict
from domain.leaks import COMPONENT_KINDS, ONE_DAY, Anchors, LeakStatus, add_months_to_days, anchors, schedule_status
from domain.periods import Period, day_period, day_start
from rules.evaluators.components import ComponentWindow, Days, Ints, met_at, to_date, verdict_of
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator


class LeakScheduleParams(Params):
    """min_components: in service at the enterprise (密封点数量), from which the duty applies.

    months: cycle by kind of component, for every kind. first_test_days: for what was never tested, from the start of
    service. due_soon_days: last days of a cycle, called `due_soon`.
    """

    min_components: int = Field(ge=1)
    first_test_days: int = Field(ge=1)
    due_soon_days: int = Field(ge=0)
    months: dict[str, int]

    @field_validator("months")
    @classmethod
    def _every_kind(cls, months: dict[str, int]) -> dict[str, int]:
        if set(months) != set(COMPONENT_KINDS):
            raise ValueError(f"a number of months for each of {', '.join(COMPONENT_KINDS)}")
        if min(months.values()) < 1:
            raise ValueError("at least one month")
        return months


@evaluator(
    "leak_schedule",
    params=LeakScheduleParams,
    window=ComponentWindow,
    selects=set(),
    subjects={SubjectKind.COMPONENT},
)
def leak_schedule(window: ComponentWindow, params: LeakScheduleParams) -> list[Judgement]:
    """One judgement per component and stretch of its schedule that was open on or after its first judged day.

    A stretch is [start of the anchor day, end of the due day). A component taken out of service when overdue gets a
    further, compliant one of a day, `removed`: that ends its duty. No value: nothing is measured here.
    """
    if window.in_service_count < params.min_components or not window.subjects:
        return []
    months = np.array([params.months[kind] for kind in window.kinds], dtype=np.int64)
    found = anchors(window.in_service_from, window.test_owner, window.test_day)
    due = np.where(
        found.is_test,
        add_months_to_days(found.day, months[found.owner]),
        found.day + np.timedelta64(params.first_test_days, "D"),
    )
    first, last = window.judged_from[found.owner], window.judged_to[found.owner]
    status = schedule_status(due, found.next_day, last, params.due_soon_days)
    open_then = np.isnat(found.next_day) | (found.next_day >= first)
    out = []
    for row in np.flatnonzero((first <= last) & open_then):
        out.append(_stretch(window, params, found, months, due, status, row))
        if status[row] == LeakStatus.OVERDUE and not np.isnat(window.in_service_to[found.owner[row]]):
            out += _removal(window, int(found.owner[row]))
    return out


def _stretch(
    window: ComponentWindow,
    params: LeakScheduleParams,
    found: Anchors,
    months: Ints,
    due: Days,
    status: Ints,
    row: np.intp,
) -> Judgement:
    owner, word = int(found.owner[row]), LeakStatus(int(status[row]))
    is_test = bool(found.is_test[row])
    period = Period(day_start(to_date(found.day[row])), day_start(to_date(due[row] + ONE_DAY)))
    evidence: Evidence = {
        "kind": window.kinds[owner],
        "anchor": "test" if is_test else "in_service",
        "anchor_on": to_date(found.day[row]).isoformat(),
        "cycle": {"months": int(months[owner])} if is_test else {"days": params.first_test_days},
        "due_on": to_date(due[row]).isoformat(),
        "as_of": to_date(window.judged_to[owner]).isoformat(),
        "components_in_service": window.in_service_count,
        "min_components": params.min_components,
    }
    if not np.isnat(found.next_day[row]):
        evidence |= met_at(found.next_day[row])
    return Judgement(window.subjects[owner], period, verdict_of(word), word.word, evidence=evidence)


def _removal(window: ComponentWindow, owner: int) -> list[Judgement]:
    day = window.in_service_to[owner]
    if day > np.datetime64(window.as_of, "D"):
        return []
    removed = to_date(day)
    evidence: Evidence = {"kind": window.kinds[owner], "removed_on": removed.isoformat()}
    return [
        Judgement(
            window.subjects[owner], day_period(removed), Verdict.COMPLIANT, LeakStatus.REMOVED.word, evidence=evidence
        )
    ]
