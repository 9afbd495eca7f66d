"""What must be found of the LDAR schedules, from the ledger and the dates of tests and events.

Assumptions. A duty period runs from its anchor (day of the last test, or of the start of service) to its due day;
periods that a test had closed before the enterprise was registered are not judged. The day of reference of a
judgement is the last closed local day, also when a record arrives in between; before the first one nothing is judged.
Overdue: that day lies after the due day; due soon: at most 30 days before it.

GB 37822 holds on a day on which at least 2000 components are in service, exempt ones counted; GB 31571 holds in the
installations that it regulates, for any number, with half the months. A test counts that is routine or a recheck, made
with a probe, or otherwise where nobody can reach. GB 37822 asks for a test 90 days after a restart and 5 working days
after a relief device has released, where that is earlier. What falls due in an exemption is not missed: it is due when
as many days as a first test has have passed after the exemption's end. On days of an exemption nothing is judged; what
was said before it stays. What is given up while overdue gets a day of its own, which ends the duty.

The yearly duty begins with the year of registration, and with the year after a component's start of service when that
lies within a year; its due day is 31 December.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain.periods import Period, add_months, day_period, day_start, local_day, year_period
from domain.workdays import add_workdays
from simulators.city import City
from simulators.city_leaks import Component
from simulators.effects import Outcome
from simulators.events import Event, FindingKey, Term, closing_clock, last_closed_day
from simulators.leak_register import cycle_months, regulated_by
from simulators.leak_shapes import Happening, Probe, Told
from simulators.timing import Timeline

YEARLY = "ldar.wuhai_yearly"
DUE_SOON_DAYS = 30
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Regime:
    """duty_from: components in service at the enterprise. standard: of the installations concerned, None: all."""

    rule: str
    duty_from: int
    first_test_days: int
    standard: str | None = None
    restart_days: int | None = None
    release_workdays: int | None = None

    def months(self, component: Component) -> int:
        return cycle_months(component, self.standard or "GB37822")

    def regulates(self, component: Component) -> bool:
        return self.standard is None or regulated_by(component) == self.standard


GB37822 = Regime("ldar.gb37822", 2000, 90, restart_days=90, release_workdays=5)
GB31571 = Regime("ldar.gb31571", 1, 30, standard="GB31571")
REGIMES = (GB37822, GB31571)


@dataclass(slots=True)
class Known:
    """Days of tests, and of what else happened, as (day, restart or release), of one component."""

    tests: set[date] = field(default_factory=set)
    events: set[tuple[date, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From an anchor to the test that closed it. due: None when it cannot be missed; end: last day of the period.

    moved: day of the event, or of the exemption's end, that the due day is counted from instead."""

    anchor: date
    tested: date | None
    due: date | None
    end: date
    moved: date | None = None

    def term(self, component: Component) -> Term:
        """What it asks for; a shortened or put off one begins with what moved it."""
        return Term("test", self.moved or self.anchor, self.end, over(component, self.tested, self.end))

    def outcome(self, day: date) -> Outcome:
        if self.tested is not None:
            late = self.due is not None and self.tested > self.due
            return Outcome("violation", "tested_late") if late else Outcome("compliant", "tested_in_time")
        if self.due is None:
            return Outcome("compliant", "scheduled")
        if day > self.due:
            return Outcome("violation", "overdue")
        return Outcome("compliant", "due_soon" if (self.due - day).days <= DUE_SOON_DAYS else "scheduled")


def stretches(component: Component, known: Known, regime: Regime) -> Iterator[Stretch]:
    """The stretches of one component's schedule, oldest first."""
    start, tests = component.in_service_from, sorted(known.tests)
    anchors = [*tests] if tests and tests[0] <= start else [start, *tests]
    begins, ends = exemption(component)
    for number, anchor in enumerate(anchors):
        tested = anchors[number + 1] if number + 1 < len(anchors) else None
        is_start = anchor == start and anchor not in known.tests
        own = timedelta(days=regime.first_test_days)
        due = anchor + own if is_start else add_months(anchor, regime.months(component))

        moved: date | None = None
        for day, kind in sorted(known.events):
            if anchor < day and (tested is None or day <= tested) and (begins is None or day < begins):
                due, moved = min((due, moved), _asked(component, regime, day, kind, due, moved), key=lambda one: one[0])
        lasts = False
        if begins is not None and (ends is None or anchor < ends) and (tested is None or tested >= begins):
            assert due >= begins, f"{component.key}: nothing in the story is overdue when an exemption begins"
            lasts = ends is None
            if ends is not None and ends + own > due:
                due, moved = ends + own, ends
        yield Stretch(anchor, tested, None if lasts else due, due, moved)


def _asked(
    component: Component, regime: Regime, day: date, kind: str, due: date, moved: date | None
) -> tuple[date, date | None]:
    """(due day, day of the event) that an event asks for, or what there is without one."""
    if kind == "restart" and regime.restart_days is not None:
        return day + timedelta(days=regime.restart_days), day
    if kind == "release" and regime.release_workdays is not None and component.kind == "relief":
        return add_workdays(day, regime.release_workdays), day
    return due, moved


def over(component: Component, done: date | None, due: date) -> date | None:
    """The last day on which a term is open: that on which it was done, or before the component went or was exempt."""
    ends = [done]
    if component.in_service_to is not None:
        ends.append(component.in_service_to - _ONE)
    begins, until = exemption(component)
    if begins is not None and (until is None or due < until):
        ends.append(begins - _ONE)
    return min((day for day in ends if day is not None), default=None)


def exemption(component: Component) -> tuple[date | None, date | None]:
    """(first day, first day without it again), None for no exemption and for one that lasts."""
    if component.exempt_clause is None:
        return None, None
    return component.exempt_from or component.in_service_from, component.exempt_to


def duties(
    component: Component, known: Known, regime: Regime, registered: date, day: date
) -> Iterator[tuple[Period, Outcome, tuple[Term, ...]]]:
    """(period, outcome, terms) of what must be said of one component as at the end of a day, oldest first."""
    first, last = max(component.in_service_from, registered), last_served(component, day)
    if first > last:
        return
    begins, _ = exemption(component)
    exempt = component.is_exempt(last)
    for stretch in stretches(component, known, regime):
        if stretch.tested is not None and stretch.tested < first:
            continue
        until = last
        if exempt and begins is not None:
            if stretch.anchor >= begins:
                continue
            until = begins - _ONE
            if first > until:
                continue
        outcome = stretch.outcome(until)
        period = Period(day_start(stretch.anchor), day_start(stretch.end + _ONE))
        yield period, outcome, (stretch.term(component),)
        if outcome.reason == "overdue" and last < day:
            assert component.in_service_to is not None
            yield day_period(component.in_service_to), Outcome("compliant", "removed"), ()


def yearly(
    component: Component, known: Known, registered: date, day: date
) -> Iterator[tuple[Period, Outcome, tuple[Term, ...]]]:
    """(period, outcome, terms) of each calendar year that obliges one component."""
    started, last = component.in_service_from, last_served(component, day)
    if max(started, registered) > last:
        return
    first = started.year if (started.month, started.day) == (1, 1) else started.year + 1
    for year in range(max(first, registered.year), last.year + 1):
        end = date(year, 12, 31)
        first_test = min((test for test in known.tests if test.year == year), default=None)
        if first_test is not None:
            outcome = Outcome("compliant", "tested")
        elif component.is_exempt(min(last, end)):
            continue
        elif last >= end:
            outcome = Outcome("violation", "overdue")
        else:
            outcome = Outcome("compliant", "due_soon" if (end - last).days <= DUE_SOON_DAYS else "scheduled")
        yield year_period(year), outcome, (Term("test", date(year, 1, 1), end, over(component, first_test, end)),)


def last_served(component: Component, day: date) -> date:
    """The day, or the component's last one before it."""
    return day if component.in_service_to is None else min(day, component.in_service_to - _ONE)


def counts(component: Component, test: Probe) -> bool:
    """Whether a test meets a schedule."""
    return test.purpose in ("routine", "recheck") and (test.method == "instrument" or not component.reachable)


class Schedules:
    """What is known and was said of all components. city, timeline: of the story."""

    def __init__(self, city: City, timeline: Timeline) -> None:
        self._timeline = timeline
        self._components = city.components
        self._by_key = {component.key: component for component in city.components}
        self._known: dict[str, Known] = {component.key: Known() for component in city.components}
        self._said: dict[FindingKey, tuple[Outcome, tuple[Term, ...]]] = {}
        #: First day on which something may change by the mere passing of time.
        self._quiet_until: dict[str, date] = {}
        self._changes: dict[str, list[tuple[date, int]]] = {}
        for component in city.components:
            changes = self._changes.setdefault(component.enterprise, [])
            changes.append((component.in_service_from, 1))
            if component.in_service_to is not None:
                changes.append((component.in_service_to, -1))

    def events(self, told: Sequence[Told], until: int) -> Iterator[Event]:
        """All judgements up to a clock value, in order for each component."""
        arrivals: dict[int, list[Told]] = {}
        for one in told:
            arrivals.setdefault(one.clock, []).append(one)
        for clock in range(1, until + 1):
            closed = last_closed_day(clock)
            day = self._timeline.first_day + timedelta(days=closed)
            touched: dict[str, Component] = {}
            if closed >= 0 and clock == closing_clock((closed + 1) * 24):
                touched = {c.key: c for c in self._components if self._quiet_until.get(c.key, day) <= day}
            for one in arrivals.get(clock, ()):
                touched |= {component.key: component for component in self._take(one)}
            if touched and closed >= 0:
                yield from self._judge(touched.values(), day, clock)

    def in_service(self, enterprise: str, day: date) -> int:
        """Components of an enterprise in service on a day, exempt ones counted."""
        return sum(change for since, change in self._changes.get(enterprise, ()) if since <= day)

    def _take(self, one: Told) -> Iterator[Component]:
        """Whom a fact concerns."""
        fact = one.fact
        if isinstance(fact, Probe):
            component = self._by_key[f"{one.enterprise}/{fact.component}"]
            if counts(component, fact) and one.becomes in ("stored", "correction"):
                self._known[component.key].tests.add(local_day(fact.tested_at))
            yield component
        elif isinstance(fact, Happening):
            for component in self._components:
                of_it = (component.unit or "").partition("/")[0] == fact.installation
                if component.enterprise == one.enterprise and (component.code == fact.component or of_it):
                    self._known[component.key].events.add((local_day(fact.happened_at), fact.kind))
                    yield component

    def _judge(self, touched: Iterable[Component], day: date, clock: int) -> Iterator[Event]:
        registered = self._timeline.first_day
        serving = {enterprise: self.in_service(enterprise, day) for enterprise in self._changes}
        for component in touched:
            known = self._known[component.key]
            self._quiet_until[component.key] = self._next_change(component, known, day)
            found = [(YEARLY, *year) for year in yearly(component, known, registered, day)]
            for regime in REGIMES:
                if serving[component.enterprise] < regime.duty_from:
                    continue
                if regime.regulates(component):
                    found += [(regime.rule, *duty) for duty in duties(component, known, regime, registered, day)]
            for rule, period, outcome, terms in found:
                key = (rule, f"component:{component.key}", period.start)
                if self._said.get(key) != (outcome, terms):
                    self._said[key] = (outcome, terms)
                    yield Event(clock, rule, key[1], period, outcome, terms=terms)

    def _next_change(self, component: Component, known: Known, day: date) -> date:
        """The next day on which a judgement without new records can differ from that of `day`, or an earlier one."""
        marks = [date(day.year, 12, 1), date(day.year, 12, 31), date(day.year + 1, 1, 1), component.in_service_from]
        marks += [mark for mark in (*exemption(component), component.in_service_to) if mark is not None]
        for regime in REGIMES:
            if not regime.regulates(component):
                continue
            last = list(stretches(component, known, regime))[-1]
            if last.due is not None:
                marks += [last.due - timedelta(days=DUE_SOON_DAYS), last.due + _ONE]
        return min((mark for mark in marks if mark > day), default=date.max)
