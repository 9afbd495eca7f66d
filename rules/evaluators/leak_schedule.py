"""LDAR test cycles of GB 37822-2019 chapter 8 and GB 31571-2015 5.3: components are due some months after a test."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from domain.findings import SubjectKind
from domain.leaks import COMPONENT_KINDS, LIQUID_RELIEF, ONE_DAY, LeakStatus, schedule_status
from domain.leakterms import (
    ANCHOR_WORDS,
    RELEASE,
    RESTART,
    TEST,
    OpenDuties,
    Stretches,
    Terms,
    open_duties,
    stretches,
)
from domain.periods import Period, day_start
from domain.workdays import is_reckoned
from rules.evaluators.components import ComponentWindow, ended, met_at, regulated, to_date, verdict_of
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator


class LeakScheduleParams(Params):
    """min_components: in service at the enterprise (密封点数量), from which the duty applies.

    months: cycle by kind of component, for every kind, and for relief devices of liquids where these differ.
    first_test_days: for what was never tested, from the start of service, and after an exemption. restart_days: after
    maintenance; release_workdays: of a relief device after a release. due_soon_days: last days of a cycle, called
    `due_soon`. standard: of the installations that it is about, by default all components of the enterprise.
    """

    min_components: int = Field(ge=1)
    first_test_days: int = Field(ge=1)
    restart_days: int | None = Field(default=None, ge=1)
    release_workdays: int | None = Field(default=None, ge=1)
    due_soon_days: int = Field(ge=0)
    standard: Literal["GB31571"] | None = None
    months: dict[str, int]

    @field_validator("months")
    @classmethod
    def _every_kind(cls, months: dict[str, int]) -> dict[str, int]:
        if set(months) - {LIQUID_RELIEF} != set(COMPONENT_KINDS):
            raise ValueError(f"a number of months for each of {', '.join(COMPONENT_KINDS)}")
        if min(months.values()) < 1:
            raise ValueError("at least one month")
        return {LIQUID_RELIEF: months["relief"]} | months

    def terms(self, kinds: list[str]) -> Terms:
        """The terms of components by their cycle kinds."""
        months = np.array([self.months[kind] for kind in kinds], dtype=np.int64)
        return Terms(months, self.first_test_days, self.restart_days, self.release_workdays)


@evaluator(
    "leak_schedule",
    params=LeakScheduleParams,
    window=ComponentWindow,
    selects=set(),
    subjects={SubjectKind.COMPONENT},
)
def leak_schedule(window: ComponentWindow, params: LeakScheduleParams) -> list[Judgement]:
    """One judgement per component and stretch of its schedule that was open on or after its first judged day.

    A stretch is [start of the anchor day, end of the due day). A component that is taken out of service or exempt when
    overdue gets a further, compliant one of a day, `removed` or `exempt`: that ends its duty. Days of an exemption
    are not judged: what was said on the day before it stays. No value: nothing is measured here.
    """
    if window.in_service_count < params.min_components or not window.subjects:
        return []
    window = regulated(window, params.standard)
    found = _found(window, params)
    owner, service = found.owner, window.service
    first, last = window.judged_from[owner], window.judged_to[owner]
    exempt = service.exempt_on(window.judged_to)[owner]
    begins, ends = service.exempt_from[owner], service.ends[owner]
    judged = (first <= last) & (np.isnat(found.next_day) | (found.next_day >= first))
    judged &= ~(exempt & (found.day >= begins)) & (~found.after_exemption | (ends <= last))
    last = np.where(exempt | (found.relieved & (begins <= last)), begins - ONE_DAY, last)
    judged &= first <= last
    status = schedule_status(found.deadline, found.next_day, last, params.due_soon_days)
    out = []
    for row in np.flatnonzero(judged):
        word = LeakStatus(int(status[row]))
        out.append(_stretch(window, params, found, word, int(row)))
        if word is LeakStatus.OVERDUE:
            out += ended(window, int(owner[row]), found.due[row])
    return out


def schedule_duties(window: ComponentWindow, params: LeakScheduleParams) -> OpenDuties:
    """The open duties of the components that are there on the window's last day."""
    if window.in_service_count < params.min_components:
        return window.open_on_last_day(OpenDuties.none())
    window = regulated(window, params.standard)
    as_of = np.full(len(window.start), np.datetime64(window.as_of, "D"))
    return window.open_on_last_day(open_duties(_found(window, params), window.service, as_of))


def _found(window: ComponentWindow, params: LeakScheduleParams) -> Stretches:
    terms = params.terms(window.cycle_kinds)
    return stretches(window.service, window.test_owner, window.test_day, window.events, terms)


def _stretch(
    window: ComponentWindow, params: LeakScheduleParams, found: Stretches, word: LeakStatus, row: int
) -> Judgement:
    owner = int(found.owner[row])
    period = Period(day_start(to_date(found.day[row])), day_start(to_date(found.due[row] + ONE_DAY)))
    why, counted_from, due = int(found.why[row]), to_date(found.counted_from[row]), to_date(found.due[row])
    evidence: Evidence = {
        "kind": window.kinds[owner],
        "anchor": ANCHOR_WORDS[why],
        "anchor_on": counted_from.isoformat(),
        "cycle": _cycle(params, window.cycle_kinds[owner], why),
        "due_on": due.isoformat(),
        "as_of": to_date(window.judged_to[owner]).isoformat(),
        "components_in_service": window.in_service_count,
        "min_components": params.min_components,
    }
    if why == RELEASE:
        evidence["holidays_published"] = not is_reckoned(counted_from, due)
    if not np.isnat(found.next_day[row]):
        evidence |= met_at(found.next_day[row])
    return Judgement(window.subjects[owner], period, verdict_of(word), word.word, evidence=evidence)


def _cycle(params: LeakScheduleParams, kind: str, why: int) -> dict[str, int | None]:
    if why == TEST:
        return {"months": params.months[kind]}
    if why == RELEASE:
        return {"workdays": params.release_workdays}
    return {"days": params.restart_days if why == RESTART else params.first_test_days}
