"""What the two LDAR schedules share: the window of components with their tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.findings import Subject, Verdict
from domain.leaks import ONE_DAY, LeakStatus
from domain.periods import day_start
from rules.evaluators.contract import json_instant

Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ComponentWindow:
    """Components of one enterprise that have a duty, one row each, and every test of theirs known so far.

    as_of: the last closed local day. in_service_to: first day without, NaT while in service. registered_from: of the
    enterprise. in_service_count: all its components in service on as_of, exempt ones too. test_owner: row of the
    component that a test belongs to; test_day: its local day.
    """

    as_of: date
    registered_from: date
    in_service_count: int
    subjects: list[Subject]
    kinds: list[str]
    in_service_from: Days
    in_service_to: Days
    test_owner: Ints
    test_day: Days

    @property
    def judged_from(self) -> Days:
        """First day of each component that may be judged."""
        return np.maximum(self.in_service_from, np.datetime64(self.registered_from, "D"))

    @property
    def judged_to(self) -> Days:
        """Last day of each component that may be judged so far: as_of, or its last day in service."""
        as_of = np.datetime64(self.as_of, "D")
        last = self.in_service_to - ONE_DAY
        return np.where(np.isnat(last), as_of, np.minimum(last, as_of))


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
