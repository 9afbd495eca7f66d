"""What must be found of a month's accounts: the frame for truth_balance, _intakes, _energy and _carbon.

Assumptions. A month is judged when it has closed, with what is reported by then, and again with every report that comes
later; a report has effect after the judgements of the clock value at which it is made. The register is that of the
month's last day; months before the enterprises were registered are known from their reports alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from domain.periods import add_months
from simulators.city import City, Intake, Line, MeteringPlace
from simulators.desk import reported_at
from simulators.effects import Outcome
from simulators.events import Event, closing_clock
from simulators.ledger import MONTHS, Figure, figures
from simulators.timing import Timeline
from simulators.truth_totals import Total, Totals

#: What is found: (rule, subject, outcome).
Found = Iterator[tuple[str, str, Outcome]]


@dataclass(frozen=True)
class Account:
    """A story month as known at some moment. months: twelve first days, the last one the story month's."""

    city: City
    totals: Totals
    reported: dict[tuple[str | None, str | None, str, date], float]
    months: list[date]

    @property
    def first(self) -> date:
        return self.months[-1]

    @property
    def last_day(self) -> date:
        return add_months(self.first, 1) - timedelta(days=1)

    @property
    def year_to_date(self) -> list[date]:
        return [month for month in self.months if month.year == self.first.year]

    def figure(self, enterprise: str | None, item: str, month: date, line: str | None = None) -> float | None:
        """What is reported, None for nothing."""
        return self.reported.get((enterprise, line, item, month))

    def items(self, enterprise: str, line: str | None = None, months: Iterable[date] | None = None) -> set[str]:
        """Items that are reported in any of some months."""
        chosen = set(self.months if months is None else months)
        return {item for (of, its, item, month) in self.reported if (of, its) == (enterprise, line) and month in chosen}

    def places(self, enterprise: str, medium: str, level: str | None = None) -> list[MeteringPlace]:
        """Places of an enterprise; all that are registered are in service."""
        return [p for p in self._places.get((enterprise, medium), []) if level in (None, p.level)]

    @cached_property
    def _places(self) -> dict[tuple[str, str], list[MeteringPlace]]:
        found: dict[tuple[str, str], list[MeteringPlace]] = {}
        for place in self.city.places:
            found.setdefault((place.enterprise, place.medium), []).append(place)
        return found

    def total(self, place: MeteringPlace) -> Total | None:
        """What a place's meters passed in the story month, None where none is connected."""
        return self.totals.of_places.get(place.key)

    def lines(self, enterprise: str) -> list[Line]:
        """Lines in service."""
        return [x for x in self.city.lines if x.enterprise == enterprise and x.in_service_from <= self.last_day]

    def intakes(self, enterprise: str) -> list[Intake]:
        """Intakes that are not for farmland."""
        return [x for x in self.city.intakes if x.enterprise == enterprise and not x.is_agricultural]

    def is_metered(self, month: date) -> bool:
        """Whether everybody was registered in that month."""
        return month >= self.first


class Accounts:
    """Judges a story's month with some judges."""

    def __init__(
        self, city: City, timeline: Timeline, totals: Totals, judges: Iterable[Callable[[Account], Found]]
    ) -> None:
        self._city = city
        self._timeline = timeline
        self._totals = totals
        self._judges = list(judges)
        self._figures = figures(timeline.first_day)

    def events(self, until: int) -> Iterator[Event]:
        """All judgements up to a clock value, in order."""
        closed = closing_clock(self._timeline.month_hours)
        at = {one: reported_at(one, self._timeline) for one in self._figures}
        clocks = [closed, *sorted({clock for clock in at.values() if clock >= closed})]
        said: dict[tuple[str, str], Outcome] = {}
        for clock in clocks:
            if clock > until:
                return
            known = {one for one, when in at.items() if when < closed or (when <= clock and clock != closed)}
            found = {(rule, subject): outcome for rule, subject, outcome in self.judge(known)}
            for key in said.keys() - found.keys():
                yield Event(clock, *key, self._timeline.month, None)
            for (rule, subject), outcome in found.items():
                if said.get((rule, subject)) != outcome:
                    yield Event(clock, rule, subject, self._timeline.month, outcome)
            said = found

    def judge(self, known: Iterable[Figure]) -> Found:
        """Everything that follows from some reports."""
        first = self._timeline.first_day
        reported = {(one.enterprise, one.line, one.item, one.first): one.value for one in known}
        account = Account(
            self._city, self._totals, reported, [add_months(first, offset) for offset in range(1 - MONTHS, 1)]
        )
        for judge in self._judges:
            yield from judge(account)
