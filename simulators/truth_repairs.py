"""What must be found of leaks: the first attempt within 5 days, the repair within 15, and the bureau's spot checks.

Assumptions. A leak begins with a test that drips or reads more than the standard's definition while the component has
none; its terms count from that local day, the last day is still in time. Repaired is what a passing retest (or routine
test) after the last repair shows; without a repair since it was last seen leaking no test ends it, and a spot check
never does. A delay filed within the term moves its end to the day filed; one filed later only counts from its day on.
What is taken out of service in time asks for nothing any more. GB 37822 speaks of enterprises with 2000 components in
service on the day of discovery, GB 31571 of its installations; each by its own definition. The day of reference is the
last closed day; facts that arrive in between count at once.

Spot checks: more than two leaking points outside their term of repair, of at most 100 on a day. GB 31571 hears of
readings alone, which need only reach the figure, and of no delay but for want of a shutdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import nextafter

from domain.periods import Period, day_period, day_start, local_day
from simulators.city import City
from simulators.city_leaks import Component
from simulators.effects import Outcome
from simulators.events import Event, FindingKey, Term, closing_clock, last_closed_day
from simulators.leak_register import regulated_by
from simulators.leak_shapes import Fact, Filing, Mending, Probe, Told
from simulators.timing import Timeline
from simulators.truth_leaks import over

DUTY_FROM = 2000
ATTEMPT_DAYS, ATTEMPT_SOON = 5, 2
REPAIR_DAYS, REPAIR_SOON = 15, 5
MOST_LEAKS, MOST_POINTS = 2, 100
SPOT_CHECK = "ldar.spot_check"

#: net umol/mol: GB 37822-2019 table 1, which has stricter figures in key regions, and GB 31571-2015.
ORDINARY = {"gas": 5000.0, "light_liquid": 5000.0, "heavy_liquid": 2000.0}
STRICT = {"gas": 2000.0, "light_liquid": 2000.0, "heavy_liquid": 500.0}

_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Regime:
    """standard: of the installations that it is about; None: all, from 2000 components on.

    grounds: on which a repair may be delayed. reached: whether a reading that only reaches the figure is a leak.
    visible: whether what drips is one whatever is read.
    """

    attempt: str
    repair: str
    standard: str | None
    grounds: frozenset[str]
    reached: bool
    visible: bool

    def definition(self, medium: str) -> float:
        """Net umol/mol above which there is a leak."""
        figure = (ORDINARY if self.standard is None else STRICT)[medium]
        return nextafter(figure, 0.0) if self.reached else figure

    def heard(self, facts: Sequence[Fact]) -> list[Fact]:
        """What it goes by of some facts."""
        return [
            replace(fact, visible=fact.visible and self.visible) if isinstance(fact, Probe) else fact
            for fact in facts
            if not isinstance(fact, Filing) or fact.ground in self.grounds
        ]


REGIMES = (
    Regime("ldar.first_attempt", "ldar.repair", None, frozenset({"shutdown", "unsafe", "special"}), False, True),
    Regime("ldar.gb31571_first_attempt", "ldar.gb31571_repair", "GB31571", frozenset({"shutdown"}), True, False),
)


@dataclass(slots=True)
class Leak:
    """failed: when it was last seen leaking. closed: by which test; removed: first day out of service."""

    found: datetime
    failed: datetime
    repairs: list[datetime] = field(default_factory=list)
    filings: list[Filing] = field(default_factory=list)
    closed: datetime | None = None
    removed: date | None = None

    @property
    def is_mended(self) -> bool:
        """Whether there was a repair since it was last seen leaking."""
        return bool(self.repairs) and self.repairs[-1] > self.failed


def leaks_of(facts: Sequence[Fact], definition: float, removed: date | None) -> list[Leak]:
    """The leaks of one component, oldest first. removed: first day out of service, once that has come."""
    found: list[Leak] = []
    current: Leak | None = None
    for fact in sorted(facts, key=_turn):
        match fact:
            case Probe():
                leaking = fact.visible or (fact.net is not None and fact.net > definition)
                if current is None and leaking:
                    current = Leak(fact.tested_at, fact.tested_at)
                    found.append(current)
                elif current is not None and leaking:
                    current.failed = fact.tested_at
                elif current is not None and current.is_mended and fact.purpose != "spot_check":
                    current.closed = fact.tested_at
                    current = None
            case Mending() if current is not None:
                current.repairs.append(fact.repaired_at)
            case Filing() if current is not None:
                current.filings.append(fact)
    if current is not None and removed is not None:
        current.removed = removed
    return found


def _turn(fact: Fact) -> tuple[datetime, int]:
    return Told("", 0, fact).at, 0 if isinstance(fact, Probe) else 1


#: Last day in time, what is said, and when a broken term was met after all.
Standing = tuple[date, Outcome, date | None]


def attempt(leak: Leak, day: date) -> Standing:
    """The term of the first attempt as at the end of a day."""
    due = local_day(leak.found) + timedelta(days=ATTEMPT_DAYS)
    if leak.repairs:
        done = local_day(leak.repairs[0])
        if done <= due:
            return due, Outcome("compliant", "attempted_in_time"), None
        return due, Outcome("violation", "attempted_late"), done
    if leak.removed is not None:
        return _given_up(due, leak.removed)
    return due, _open(due, day, ATTEMPT_SOON), None


def repair(leak: Leak, day: date) -> Standing:
    """The term of the repair as at the end of a day."""
    term = local_day(leak.found) + timedelta(days=REPAIR_DAYS)
    due = max([term, *(filing.repair_by for filing in leak.filings if local_day(filing.filed_at) <= term)])
    late = _late_filing(leak, due)
    mended = local_day(leak.repairs[-1]) if leak.repairs else None
    ended = mended if leak.closed is not None else leak.removed
    if late is not None and (ended is None or local_day(late.filed_at) <= ended):
        return due, Outcome("violation", "delayed_late"), local_day(late.filed_at)
    if day <= due and due > term and leak.closed is None and leak.removed is None:
        return due, Outcome("compliant", "delayed"), None
    return _mended_by(leak, due, day)


def filed_late(leak: Leak, day: date) -> tuple[datetime, Standing] | None:
    """What a filing that came after the term began, where that term was broken in turn: (when filed, standing)."""
    term = local_day(leak.found) + timedelta(days=REPAIR_DAYS)
    due = max([term, *(filing.repair_by for filing in leak.filings if local_day(filing.filed_at) <= term)])
    late = _late_filing(leak, due)
    if late is None:
        return None
    standing = _mended_by(leak, late.repair_by, day)
    return (late.filed_at, standing) if standing[1].verdict == "violation" else None


def _late_filing(leak: Leak, due: date) -> Filing | None:
    return next((filing for filing in leak.filings if local_day(filing.filed_at) > due), None)


def _mended_by(leak: Leak, due: date, day: date) -> Standing:
    """Whether it was mended by a day, as at the end of another."""
    mended = local_day(leak.repairs[-1]) if leak.repairs else None
    if leak.closed is not None:
        assert mended is not None
        if mended > due:
            return due, Outcome("violation", "repaired_late"), mended
        in_time = local_day(leak.closed) <= due
        outcome = Outcome("compliant", "repaired_in_time") if in_time else Outcome("undetermined", "retest_after_term")
        return due, outcome, None
    if leak.removed is not None:
        return _given_up(due, leak.removed)
    if day > due and leak.is_mended and mended is not None and mended <= due:
        return due, Outcome("undetermined", "retest_missing"), None
    return due, _open(due, day, REPAIR_SOON), None


def attempt_terms(component: Component, leak: Leak) -> tuple[Term, ...]:
    """What the first attempt asks for."""
    found = local_day(leak.found)
    due = found + timedelta(days=ATTEMPT_DAYS)
    done = local_day(leak.repairs[0]) if leak.repairs else None
    return (Term("attempt", found, due, over(component, done, due)),)


def repair_terms(component: Component, leak: Leak) -> tuple[Term, ...]:
    """What the repair asks for: until a delay was filed by the first date, from then on by the filed one."""
    found = local_day(leak.found)
    due = found + timedelta(days=REPAIR_DAYS)
    done = local_day(leak.repairs[-1]) if leak.repairs and (leak.is_mended or leak.closed is not None) else None
    filed = next((one for one in leak.filings if local_day(one.filed_at) <= due), None)
    if filed is None or filed.repair_by <= due:
        return (Term("repair", found, due, over(component, done, due)),)
    on = local_day(filed.filed_at)
    until = over(component, done, due)
    return (
        Term("repair", found, due, on if until is None else min(until, on)),
        Term("repair", on, filed.repair_by, over(component, done, filed.repair_by)),
    )


def repair_terms_end(leak: Leak) -> date:
    """The last day of the term of repair, with what was filed."""
    return max([local_day(leak.found) + timedelta(days=REPAIR_DAYS), *(one.repair_by for one in leak.filings)])


def _given_up(due: date, removed: date) -> Standing:
    if removed <= due + _ONE:
        return due, Outcome("compliant", "removed"), None
    return due, Outcome("violation", "removed_late"), removed


def _open(due: date, day: date, soon: int) -> Outcome:
    if day > due:
        return Outcome("violation", "overdue")
    return Outcome("compliant", "due_soon" if (due - day).days <= soon else "scheduled")


class Repairs:
    """serving: components of an enterprise in service on a day."""

    def __init__(self, city: City, timeline: Timeline, serving: Callable[[str, date], int]) -> None:
        self._timeline = timeline
        self._by_key = {component.key: component for component in city.components}
        self._serving = serving
        self._facts: dict[str, list[Fact]] = {}
        self._said: dict[FindingKey, tuple[Period, Outcome, tuple[Term, ...]]] = {}
        self._leaky: dict[str, None] = {}
        self._spot_checks: dict[tuple[str, date], dict[tuple[str, datetime], Probe]] = {}

    def events(self, told: Sequence[Told], until: int) -> Iterator[Event]:
        """All judgements up to a clock value."""
        arrivals: dict[int, list[Told]] = {}
        for one in told:
            if one.key is not None and one.becomes in ("stored", "correction"):
                arrivals.setdefault(one.clock, []).append(one)
        for clock in range(1, until + 1):
            closed = last_closed_day(clock)
            day = self._timeline.first_day + timedelta(days=closed)
            touched: dict[str, None] = {}
            if closed >= 0 and clock == closing_clock((closed + 1) * 24):
                touched = dict(self._leaky)
            for one in arrivals.get(clock, ()):
                assert one.key is not None
                self._take(one.key, one.fact)
                if one.key in self._leaky:
                    touched[one.key] = None
            if closed < 0:
                continue
            for key in touched:
                yield from self._judge(self._by_key[key], day, clock)
            if self._spot_checks and (clock in arrivals or clock == closing_clock((closed + 1) * 24)):
                yield from self._checks(clock, day)

    def _take(self, key: str, fact: Fact) -> None:
        mine = self._facts.setdefault(key, [])
        if isinstance(fact, Probe):  # a correction takes the place of what was said before
            mine[:] = [one for one in mine if not (isinstance(one, Probe) and one.tested_at == fact.tested_at)]
            if fact.purpose == "spot_check":
                on = (key.split("/")[0], local_day(fact.tested_at))
                self._spot_checks.setdefault(on, {})[key, fact.tested_at] = fact
            if fact.visible or (fact.net or 0.0) > STRICT[self._by_key[key].medium]:
                self._leaky[key] = None
        mine.append(fact)

    def _judge(self, component: Component, day: date, clock: int) -> Iterator[Event]:
        removed = component.in_service_to
        if removed is not None and removed > day:
            removed = None
        for regime in REGIMES:
            if regime.standard is not None and regulated_by(component) != regime.standard:
                continue
            facts = regime.heard(self._facts[component.key])
            for leak in leaks_of(facts, regime.definition(component.medium), removed):
                found = local_day(leak.found)
                if regime.standard is None and self._serving(component.enterprise, found) < DUTY_FROM:
                    continue
                said = [
                    (regime.attempt, leak.found, attempt(leak, day), attempt_terms(component, leak)),
                    (regime.repair, leak.found, repair(leak, day), repair_terms(component, leak)),
                ]
                if (again := filed_late(leak, day)) is not None:
                    said.append((regime.repair, *again, ()))
                for rule, start, (due, outcome, met), terms in said:
                    period = Period(start, day_start(due + _ONE))
                    key = (rule, f"component:{component.key}", period.start)
                    if self._said.get(key) != (period, outcome, terms):
                        self._said[key] = (period, outcome, terms)
                        met_at = None if met is None else day_start(met)
                        yield Event(clock, rule, key[1], period, outcome, met_at=met_at, terms=terms)

    # The bureau's spot checks -------------------------------------------------------------------------------------

    def _checks(self, clock: int, day: date) -> Iterator[Event]:
        """Days of spot checks up to `day`, judged when they have closed and whenever that changes."""
        for (enterprise, on), tests in sorted(self._spot_checks.items()):
            if on > day or self._serving(enterprise, on) < DUTY_FROM:
                continue
            leaking = sum(self._is_leaking(key, test) for (key, _), test in tests.items())
            if len(tests) > MOST_POINTS:
                outcome = Outcome("undetermined", "more_than_100_points", float(leaking))
            elif leaking > MOST_LEAKS:
                outcome = Outcome("violation", "too_many_leaks", float(leaking))
            else:
                outcome = Outcome("compliant", "within", float(leaking))
            key = (SPOT_CHECK, f"enterprise:{enterprise}", day_start(on))
            if self._said.get(key) != (day_period(on), outcome, ()):
                self._said[key] = (day_period(on), outcome, ())
                yield Event(clock, SPOT_CHECK, key[1], day_period(on), outcome)

    def _is_leaking(self, key: str, test: Probe) -> bool:
        """Whether it leaks, and was not known to leak before and within its term of repair."""
        definition = ORDINARY[self._by_key[key].medium]
        if not (test.visible or (test.net or 0.0) > definition):
            return False
        before = [fact for fact in self._facts[key] if _turn(fact) < _turn(test)]
        known = leaks_of(before, definition, None)
        return not (known and known[-1].closed is None and local_day(test.tested_at) <= repair_terms_end(known[-1]))
