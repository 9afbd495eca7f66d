"""What must be found of duties with a date that are not LDAR: weekly looks, monthly meetings, verifications of meters.

Assumptions. A term of the calendar is judged once it has begun, and only when it begins while the duty holds of its
subject: from the registration on, on a list from the day of listing on. A duty that follows its last record is first
counted from the day on which it begins to hold. Where a term stands is said as at the last closed day, and at once when
a record is made; the last day is in time. A week or year that was missed stays so; of a day of the month, the rest of
the month is late. A record without the evidence asked for leaves it undetermined.

The weekly look is asked of enterprises with 2000 sealing points, and of those with an installation of GB 31571.

A meter's verification is good until its day so many months later, included; a place is judged by its newest one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.periods import Period, add_months, day_start, local_day
from simulators.city import City
from simulators.duty_desk import DutyDone
from simulators.effects import Outcome
from simulators.events import Event, FindingKey, closing_clock, last_closed_day
from simulators.events import Term as Due
from simulators.timing import Timeline

_ONE = timedelta(days=1)
WEEKLY, DISPATCH, VERIFICATION = "duty.visual_weekly", "duty.retrofit_dispatch", "duty.meter_verification"
#: rule: (list, months, due soon, kinds of evidence); each counted from the last record.
CHAINED = {
    "duty.cooling_water_toc": ("cooling_water", 6, 30, frozenset({"report"})),
    "duty.hidden_danger": ("soil_key_unit", 24, 90, frozenset({"ledger"})),
}
YEARLY = {"duty.soil_monitoring": ("soil_key_unit", 60, frozenset({"report"}))}
VISUAL_FROM = 2000
DISPATCH_BY, DISPATCH_SOON, WEEKLY_SOON, VERIFICATION_SOON = 15, 3, 2, 30

#: Period, what is said, and when it was met.
Said = tuple[Period, Outcome, date | None]


@dataclass(frozen=True, slots=True)
class Term:
    """start: first day; due: last day in time; until: last day on which a record still counts for it."""

    start: date
    due: date
    until: date

    @property
    def period(self) -> Period:
        return Period(day_start(self.start), day_start(self.due + _ONE))

    def standing(self, done: Sequence[DutyDone], asked: frozenset[str], day: date, soon: int) -> Said:
        """What is said of it as at the end of a day, given the records that count for it, oldest first."""
        whole = [one for one in done if asked <= one.kinds]
        in_time = [one for one in done if one.done_on <= self.due]
        if whole and whole[0].done_on <= self.due:
            return self.period, Outcome("compliant", "done_in_time"), whole[0].done_on
        if in_time:
            return self.period, Outcome("undetermined", "done_without_evidence"), None
        if whole:
            return self.period, Outcome("violation", "done_late"), whole[0].done_on
        if day > self.due:
            return self.period, Outcome("violation", "overdue"), None
        near = (self.due - day).days <= soon
        return self.period, Outcome("compliant", "due_soon" if near else "scheduled"), None


def weeks(first: date, day: date) -> Iterator[Term]:
    """Weeks from Monday to Sunday that begin in [first, day]."""
    monday = first + timedelta(days=-first.weekday() % 7)
    while monday <= day:
        yield Term(monday, monday + 6 * _ONE, monday + 6 * _ONE)
        monday += 7 * _ONE


def months(first: date, day: date, by: int) -> Iterator[Term]:
    """Months that begin in [first, day], each to be met by one of its days."""
    start = first if first.day == 1 else add_months(first.replace(day=1), 1)
    while start <= day:
        yield Term(start, start.replace(day=by), add_months(start, 1) - _ONE)
        start = add_months(start, 1)


def years(first: date, day: date) -> Iterator[Term]:
    """Years that begin in [first, day]."""
    start = first if (first.month, first.day) == (1, 1) else date(first.year + 1, 1, 1)
    while start <= day:
        yield Term(start, date(start.year, 12, 31), date(start.year, 12, 31))
        start = date(start.year + 1, 1, 1)


class Duties:
    """serving: components of an enterprise in service on a day. records: of the story, in order of time."""

    def __init__(
        self, city: City, timeline: Timeline, serving: Callable[[str, date], int], records: Sequence[DutyDone]
    ) -> None:
        self._city = city
        self._timeline = timeline
        self._serving = serving
        self._records = records
        self._said: dict[FindingKey, tuple[Period, Outcome]] = {}

    def events(self, until: int) -> Iterator[Event]:
        """All judgements up to a clock value."""
        posted = {one.posted for one in self._records}
        for clock in range(1, until + 1):
            closed = last_closed_day(clock)
            if closed < 0 or not (clock == closing_clock((closed + 1) * 24) or clock in posted):
                continue
            day = self._timeline.first_day + timedelta(days=closed)
            known = [one for one in self._records if one.posted <= clock]
            for rule, subject, (period, outcome, met) in self._all(day, known, clock):
                key = (rule, subject, period.start)
                if self._said.get(key) != (period, outcome):
                    self._said[key] = (period, outcome)
                    due = Due(rule, local_day(period.start), local_day(period.end) - _ONE, met)
                    met_at = None if met is None else day_start(met)
                    terms = () if subject.startswith("city:") else (due,)
                    yield Event(clock, rule, subject, period, outcome, met_at=met_at, terms=terms)

    def _all(self, day: date, known: Sequence[DutyDone], clock: int) -> Iterator[tuple[str, str, Said]]:
        first = self._timeline.first_day
        for enterprise in self._city.enterprises:
            subject = f"enterprise:{enterprise.code}"
            by_standard = any(
                one.enterprise == enterprise.code and one.standard == "GB31571" for one in self._city.installations
            )
            if by_standard or self._serving(enterprise.code, first) >= VISUAL_FROM:
                yield from _calendar(WEEKLY, subject, weeks(first, day), known, frozenset(), day, WEEKLY_SOON)
        terms = months(first, day, DISPATCH_BY)
        yield from _calendar(DISPATCH, f"city:{self._city.code}", terms, known, frozenset(), day, DISPATCH_SOON)
        for listing in self._city.listings:
            subject, since = f"enterprise:{listing.enterprise}", max(first, listing.listed_from)
            for rule, (name, cycle, soon, asked) in CHAINED.items():
                if name == listing.list and since <= day:
                    for said in _chained(rule, subject, since, cycle, known, asked, day, soon):
                        yield rule, subject, said
            for rule, (name, soon, asked) in YEARLY.items():
                if name == listing.list and since <= day:
                    yield from _calendar(rule, subject, years(since, day), known, asked, day, soon)
        today = first + timedelta(days=clock // 24)
        for said_of in self._verifications(day, today):
            yield (VERIFICATION, *said_of)

    def _verifications(self, day: date, today: date) -> Iterator[tuple[str, Said]]:
        """Of every place with a meter; what is verified tomorrow is not known today."""
        for place in self._city.places:
            mine = sorted(
                (
                    meter for meter in self._city.meters
                    if (meter.enterprise, meter.place) == (place.enterprise, place.code) and meter.verified_on <= today
                ),
                key=lambda meter: meter.verified_on,
            )  # fmt: skip
            for number, meter in enumerate(mine):
                due = add_months(meter.verified_on, meter.verification_months)
                term = Term(meter.verified_on, due, due)
                after = mine[number + 1].verified_on if number + 1 < len(mine) else None
                if after is not None:
                    late = after > due
                    outcome = Outcome("violation", "done_late") if late else Outcome("compliant", "done_in_time")
                    yield f"place:{place.key}", (term.period, outcome, after)
                elif meter.removed_on is None or due < meter.removed_on:
                    yield f"place:{place.key}", term.standing((), frozenset(), day, VERIFICATION_SOON)


def _calendar(
    rule: str,
    subject: str,
    terms: Iterator[Term],
    known: Sequence[DutyDone],
    asked: frozenset[str],
    day: date,
    soon: int,
) -> Iterator[tuple[str, str, Said]]:
    mine = _of(rule, subject, known)
    for term in terms:
        counting = [one for one in mine if term.start <= one.done_on <= term.until]
        yield rule, subject, term.standing(counting, asked, day, soon)


def _chained(
    rule: str,
    subject: str,
    since: date,
    cycle: int,
    known: Sequence[DutyDone],
    asked: frozenset[str],
    day: date,
    soon: int,
) -> Iterator[Said]:
    anchor = since
    for one in _of(rule, subject, known):
        if one.done_on <= anchor:
            continue
        due = add_months(anchor, cycle)
        assert one.done_on <= due, "nothing in the story is late here"
        yield Term(anchor, due, due).standing([one], asked, day, soon)
        anchor = one.done_on
    due = add_months(anchor, cycle)
    yield Term(anchor, due, due).standing((), asked, day, soon)


def _of(rule: str, subject: str, known: Sequence[DutyDone]) -> list[DutyDone]:
    return sorted((one for one in known if (one.rule, one.subject) == (rule, subject)), key=lambda one: one.done_on)
