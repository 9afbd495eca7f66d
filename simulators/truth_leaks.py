"""What must be found of the LDAR components, from the ledger and the dates of the tests.

Assumptions. A duty period runs from its anchor (day of the last test, or of the start of service) to its due day;
periods that a test had closed before the enterprise was registered are not judged. The day of reference of a
judgement is the last closed local day, also when a test arrives in between; before the first one nothing is judged.
Overdue: that day lies after the due day;
due soon: at most 30 days before it. GB 37822 holds on a day on which at least 2000 components are in service, exempt
ones counted. An exempt component has neither duty. The yearly duty begins with the year of registration, and with the
year after a component's start of service when that lies within a year; its due day is 31 December.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain.periods import Period, add_months, day_start, local_day, year_period
from simulators.city import City, Component
from simulators.effects import Effects, Outcome
from simulators.events import Event, FindingKey, closing_clock, last_closed_day
from simulators.leak_register import CYCLE_MONTHS, last_tests
from simulators.timing import Timeline

GB37822 = "ldar.gb37822"
YEARLY = "ldar.wuhai_yearly"

#: From this number of components of an enterprise on, GB 37822-2019 clause 8.1.
DUTY_FROM = 2000
FIRST_TEST_DAYS = 90
DUE_SOON_DAYS = 30


@dataclass(slots=True)
class _Ledger:
    """Test days of each component as known so far, and what was last said of it."""

    tests: dict[str, set[date]] = field(default_factory=dict)
    said: dict[FindingKey, Outcome] = field(default_factory=dict)
    quiet_until: dict[str, date] = field(default_factory=dict)
    """first day on which something may change by the mere passing of time"""


def leak_events(city: City, timeline: Timeline, effects: Effects, until: int) -> Iterator[Event]:
    """All judgements of both rules up to a clock value, in order for each component."""
    by_key = {component.key: component for component in city.components}
    ledger = _Ledger()
    arrivals: dict[int, list[tuple[str, date]]] = {}
    for component, day in last_tests(timeline.first_day, city.components):
        arrivals.setdefault(1, []).append((component.key, day))
    for test in effects.leak_tests:
        key = f"{test.enterprise}/{test.component}"
        arrivals.setdefault(test.sent + 1, []).append((key, local_day(test.tested_at)))
    for clock in range(1, until + 1):
        closed = last_closed_day(clock)
        day = timeline.first_day + timedelta(days=closed)
        touched: list[Component] = []
        if closed >= 0 and clock == closing_clock((closed + 1) * 24):
            touched += [c for c in city.components if ledger.quiet_until.get(c.key, day) <= day]
        for key, tested in arrivals.get(clock, ()):
            ledger.tests.setdefault(key, set()).add(tested)
            touched.append(by_key[key])
        if touched and closed >= 0:
            yield from _judge(city, ledger, touched, timeline.first_day, day, clock)


def _judge(
    city: City, ledger: _Ledger, touched: list[Component], registered: date, day: date, clock: int
) -> Iterator[Event]:
    obliged = {
        enterprise.code for enterprise in city.enterprises if in_service(city, enterprise.code, day) >= DUTY_FROM
    }
    for component in touched:
        if component.exempt_clause is not None or not _serves(component, day):
            continue
        tests = sorted(ledger.tests.get(component.key, ()))
        if component.enterprise in obliged:
            ledger.quiet_until[component.key] = _next_change(component, tests, day)
        found = [(YEARLY, *year) for year in yearly(component, tests, registered, day)]
        if component.enterprise in obliged:
            found += [(GB37822, *duty) for duty in duties(component, tests, registered, day)]
        for rule, period, outcome in found:
            key = (rule, f"component:{component.key}", period.start)
            if ledger.said.get(key) != outcome:
                ledger.said[key] = outcome
                yield Event(clock, rule, key[1], period, outcome)


def in_service(city: City, enterprise: str, day: date) -> int:
    """Components of an enterprise in service on a day, exempt ones counted."""
    return sum(_serves(c, day) for c in city.components if c.enterprise == enterprise)


def _serves(component: Component, day: date) -> bool:
    return component.in_service_from <= day and (component.in_service_to is None or day < component.in_service_to)


def duties(component: Component, tests: list[date], registered: date, day: date) -> Iterator[tuple[Period, Outcome]]:
    """(period, outcome) of each duty period of one component, oldest first."""
    months = CYCLE_MONTHS[component.kind]
    anchor, due = component.in_service_from, component.in_service_from + timedelta(days=FIRST_TEST_DAYS)
    for test in [*tests, None]:
        period = Period(day_start(anchor), day_start(due + timedelta(days=1)))
        if test is None:
            yield period, _open(day, due)
        else:
            if test >= registered:
                in_time = test <= due
                outcome = ("compliant", "tested_in_time") if in_time else ("violation", "tested_late")
                yield period, Outcome(*outcome)
            anchor, due = test, add_months(test, months)


def _next_change(component: Component, tests: list[date], day: date) -> date:
    """The next day on which a judgement without new tests can differ from that of `day`, or an earlier one."""
    due = component.in_service_from + timedelta(days=FIRST_TEST_DAYS)
    if tests:
        due = add_months(tests[-1], CYCLE_MONTHS[component.kind])
    marks = [due - timedelta(days=DUE_SOON_DAYS), due + timedelta(days=1)]
    marks += [date(day.year, 12, 1), date(day.year, 12, 31), date(day.year + 1, 1, 1)]
    return min(mark for mark in marks if mark > day)


def _open(day: date, due: date) -> Outcome:
    if day > due:
        return Outcome("violation", "overdue")
    return Outcome("compliant", "due_soon" if (due - day).days <= DUE_SOON_DAYS else "scheduled")


def yearly(component: Component, tests: list[date], registered: date, day: date) -> Iterator[tuple[Period, Outcome]]:
    """(period, outcome) of each calendar year that obliges one component."""
    started = component.in_service_from
    first = started.year if (started.month, started.day) == (1, 1) else started.year + 1
    for year in range(max(first, registered.year), day.year + 1):
        last = date(year, 12, 31)
        if any(test.year == year for test in tests):
            outcome = Outcome("compliant", "tested")
        elif day >= last:
            outcome = Outcome("violation", "overdue")
        else:
            outcome = Outcome("compliant", "due_soon" if (last - day).days <= DUE_SOON_DAYS else "scheduled")
        yield year_period(year), outcome
