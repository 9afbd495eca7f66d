"""Components of a rule-test case, with their tests and what happened to them, and how a schedule judges them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.leaks import SCHEDULED_PURPOSES
from domain.periods import day_start, local_day
from rules.evaluators.contract import Judgement
from rules.families.components import window_of
from rules.families.contract import Job, judge
from storage.schedules import Component, ComponentEvent, ComponentOwner

_LONG_AGO = date(2000, 1, 1)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class TestEntry(_Strict):
    """A test that is not a routine test by a probe."""

    __test__ = False

    at: datetime
    purpose: Literal["routine", "retest", "spot_check", "recheck"] = "routine"
    method: Literal["instrument", "visual", "ogi", "ultrasonic"] = "instrument"


class ComponentEntry(_Strict):
    """A component with the instants of its tests, `other_tests` of another purpose or method, and of restarts and
    releases. started_on and standard are those of its installation. exempt alone: since service began."""

    code: str
    kind: str
    medium: Literal["gas", "light_liquid", "heavy_liquid"] = "gas"
    in_service_from: date
    in_service_to: date | None = None
    exempt: bool = False
    exempt_from: date | None = None
    exempt_to: date | None = None
    started_on: date | None = None
    standard: str | None = None
    reachable: bool = True
    tests: list[datetime] = Field(default_factory=list)
    other_tests: list[TestEntry] = Field(default_factory=list)
    restarts: list[datetime] = Field(default_factory=list)
    releases: list[datetime] = Field(default_factory=list)

    def component(self, number: int) -> Component:
        """As the register has it."""
        begins = (self.exempt_from or self.in_service_from) if self.exempt else None
        return Component(
            number,
            self.code,
            self.kind,
            self.medium,
            self.in_service_from,
            self.in_service_to,
            self.started_on,
            self.standard,
            begins,
            self.exempt_to,
        )

    def counting(self) -> list[datetime]:
        """Tests that meet a schedule; what the store picks of real ones."""
        return self.tests + [
            test.at
            for test in self.other_tests
            if test.purpose in SCHEDULED_PURPOSES and (test.method == "instrument" or not self.reachable)
        ]


def judge_case_components(
    job: Job,
    entries: Sequence[ComponentEntry],
    at: datetime,
    *,
    as_of: date | None,
    registered_from: date | None,
    in_service: int | None,
) -> list[Judgement]:
    """The components as at the end of `as_of`, by default the day before `at`, up to which records are known.

    in_service: components at the enterprise, by default the entries that are in service.
    """
    day = as_of or local_day(at) - timedelta(days=1)
    rule = job.variant_at(day_start(day))
    if rule is None:
        return []
    own = sum(e.in_service_from <= day and (e.in_service_to is None or day < e.in_service_to) for e in entries)
    tests = [(n, int(t.timestamp())) for n, e in enumerate(entries) for t in e.counting() if t <= at]
    events = [
        ComponentEvent(number, is_release, int(happened.timestamp()))
        for number, entry in enumerate(entries)
        for is_release, times in ((False, entry.restarts), (True, entry.releases))
        for happened in times
        if happened <= at
    ]
    owner = ComponentOwner(1, "plant", registered_from or _LONG_AGO)
    components = [entry.component(number) for number, entry in enumerate(entries)]
    window = window_of(owner, components, tests, events, day, own if in_service is None else in_service)
    return judge(rule, window)
