"""What the LDAR schedules share: the window of components with their tests and events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.findings import Subject, Verdict
from domain.leaks import ONE_DAY, LeakStatus
from domain.leakterms import Events, OpenDuties, Service
from domain.periods import day_period, day_start
from rules.evaluators.contract import Evidence, Judgement, json_instant

Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ComponentWindow:
    """Components of one enterprise, one row each, and every test of theirs known so far that counts for a schedule.

    as_of: the last closed local day. in_service_to: first day without, NaT while in service. start: of the service that
    schedules count from, not before its installation first ran (首次开工). exempt_from, exempt_to: of the exemption
    (豁免), NaT where there is none or while it lasts. standards: that of the component's installation, None for none.
    cycle_kinds: see `domain.leaks.cycle_kind`.
    registered_from: of the enterprise. in_service_count: all its components in service on as_of, exempt ones too.
    test_owner: row of the component that a test belongs to; test_day: its local day. events: restarts and releases.
    """

    as_of: date
    registered_from: date
    in_service_count: int
    subjects: list[Subject]
    kinds: list[str]
    cycle_kinds: list[str]
    standards: list[str | None]
    in_service_from: Days
    in_service_to: Days
    start: Days
    exempt_from: Days
    exempt_to: Days
    test_owner: Ints
    test_day: Days
    events: Events

    @property
    def service(self) -> Service:
        """As the terms of schedules have it."""
        return Service(self.start, self.exempt_from, self.exempt_to)

    @property
    def judged_from(self) -> Days:
        """First day of each component that may be judged."""
        return np.maximum(self.start, np.datetime64(self.registered_from, "D"))

    @property
    def judged_to(self) -> Days:
        """Last day of each component that may be judged so far: as_of, or its last day in service."""
        as_of = np.datetime64(self.as_of, "D")
        last = self.in_service_to - ONE_DAY
        return np.where(np.isnat(last), as_of, np.minimum(last, as_of))

    @property
    def there(self) -> Bools:
        """Whether each component is in service and may be judged on as_of."""
        as_of = np.datetime64(self.as_of, "D")
        there: Bools = (self.judged_from <= as_of) & (self.judged_to == as_of)
        return there

    def open_on_last_day(self, duties: OpenDuties) -> OpenDuties:
        """The duties of those that are there on as_of."""
        return duties.of(self.there)


def verdict_of(status: LeakStatus) -> Verdict:
    """A schedule knows its state at any time, so it is never undetermined."""
    return Verdict.VIOLATION if status.is_violation else Verdict.COMPLIANT


def to_date(day: np.datetime64) -> date:
    """A numpy day as a date."""
    converted: date = day.astype(object)
    return converted


def met_at(day: np.datetime64) -> dict[str, str]:
    """When a duty was met, for evidence: the tests' local day and its start."""
    met = to_date(day)
    return {"tested_on": met.isoformat(), "met_at": json_instant(day_start(met))}


def ended(window: ComponentWindow, owner: int, due: np.datetime64) -> list[Judgement]:
    """A compliant day of a component whose duty has been broken since its due day, and has ended since: it is exempt or
    removed from then on. Nothing before that day has come."""
    as_of = np.datetime64(window.as_of, "D")
    exempt, removed = window.exempt_from[owner], window.in_service_to[owner]
    if due < exempt <= as_of and not exempt >= removed:
        day, word, key = to_date(exempt), LeakStatus.EXEMPT, "exempt_from"
    elif not np.isnat(removed) and removed <= as_of:
        day, word, key = to_date(removed), LeakStatus.REMOVED, "removed_on"
    else:
        return []
    evidence: Evidence = {"kind": window.kinds[owner], key: day.isoformat()}
    return [Judgement(window.subjects[owner], day_period(day), Verdict.COMPLIANT, word.word, evidence=evidence)]


def regulated(window: ComponentWindow, standard: str | None) -> ComponentWindow:
    """The window without the duty of components whose installation is regulated otherwise. None: all of them are."""
    if standard is None:
        return window
    foreign = np.array([own != standard for own in window.standards], bool)
    return replace(window, start=np.where(foreign, np.datetime64("9999-12-31", "D"), window.start))
