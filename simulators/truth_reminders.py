"""What enterprises must be reminded of: how many terms end within a week, and how many today.

Assumptions. On every local day that begins, once the one before has closed, the terms are counted that have begun
before it, are not done, and end on it or within six days after it (due_soon), or on it (due_today); of one component
what several schedules ask for counts once, as do a leak's first attempt and its repair. What is done on a day is open
on it. A component that is gone or exempt has none. A finding says the number on the days on which it changes, and of
what is due today on every day with any: each day's are other things. A record makes the days after its own be counted
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from domain.periods import day_period, day_start, local_day
from simulators.duty_desk import DutyDone
from simulators.effects import Outcome
from simulators.events import Event, FindingKey, Term, closing_clock, last_closed_day
from simulators.leak_shapes import Check, Told
from simulators.timing import Timeline

#: rule: (reason, days that are looked at).
RULES = {"remind.due_soon": ("due_soon", 7), "remind.due_today": ("due_today", 1)}

_ONE = timedelta(days=1)


class Reminders:
    """terms: judgements of the rules whose findings are terms, in order of clock."""

    def __init__(
        self, timeline: Timeline, terms: Iterable[Event], told: Sequence[Told], records: Sequence[DutyDone]
    ) -> None:
        self._timeline = timeline
        self._judged: dict[int, list[Event]] = {}
        for event in terms:
            self._judged.setdefault(event.clock, []).append(event)
        self._arrivals: dict[int, dict[str, date]] = {}
        for one in told:
            if not isinstance(one.fact, Check) and one.becomes in ("stored", "correction"):
                self._arrive(one.clock, one.enterprise, local_day(one.at))
        for record in records:
            if record.enterprise is not None:
                self._arrive(record.posted, record.enterprise, record.done_on)
        self._current: dict[str, dict[FindingKey, tuple[Term, ...]]] = {}
        #: By rule and enterprise the days on which the number changes, with it.
        self._said: dict[tuple[str, str], dict[date, int]] = {}

    def _arrive(self, clock: int, enterprise: str, day: date) -> None:
        mine = self._arrivals.setdefault(clock, {})
        mine[enterprise] = min(day + _ONE, mine.get(enterprise, date.max))

    def events(self, until: int) -> Iterator[Event]:
        """All judgements up to a clock value."""
        through = self._timeline.first_day
        for clock in range(1, until + 1):
            for event in self._judged.get(clock, ()):
                enterprise = event.subject.partition(":")[2].split("/")[0]
                self._current.setdefault(enterprise, {})[event.key] = event.terms
            closed = last_closed_day(clock)
            for enterprise, first in self._arrivals.get(clock, {}).items():
                yield from self._count(clock, enterprise, max(first, self._timeline.first_day), through)
            if closed >= 0 and clock == closing_clock((closed + 1) * 24):
                through = self._timeline.first_day + (closed + 1) * _ONE
                for enterprise in self._current:
                    yield from self._count(clock, enterprise, through, through)

    def _count(self, clock: int, enterprise: str, first: date, last: date) -> Iterator[Event]:
        """Days from one to another, both included."""
        if first > last:
            return
        near = [
            (key[1], term)
            for key, mine in self._current.get(enterprise, {}).items()
            for term in mine
            if term.due >= first and term.begins < last
        ]
        for rule, (reason, days) in RULES.items():
            said = self._said.setdefault((rule, enterprise), {})
            before = [day for day in said if day < first]
            number = said[max(before)] if before else 0
            day = first
            while day <= last:
                found = len({
                    (term.group, subject) for subject, term in near
                    if term.begins < day <= term.due < day + days * _ONE and (term.over is None or term.over >= day)
                })  # fmt: skip
                was = said.pop(day, None)
                is_said = found != number or (days == 1 and found > 0)
                if is_said:
                    said[day] = found
                if said.get(day) != was:
                    outcome = None
                    if is_said:
                        due = Outcome("violation", reason, float(found))
                        outcome = due if found else Outcome("compliant", "none_due")
                    period = day_period(day)
                    assert period.start == day_start(day)
                    yield Event(clock, rule, f"enterprise:{enterprise}", period, outcome)
                number = found
                day += _ONE
