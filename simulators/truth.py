"""The truth of a story: what a platform that reads, judges and alerts correctly must hold.

It is known because the scenarios made it so; the modules truth_stacks, truth_water, truth_leaks and truth_alerts each
say what they assume. Nothing here uses the platform's own calculations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulators import truth_balance, truth_carbon, truth_energy, truth_intakes
from simulators.city import City
from simulators.duty_desk import duty_records
from simulators.duty_officers import Act, Duty, load_duty
from simulators.effects import Effects, Outcome
from simulators.events import Arrivals, Event, FindingKey
from simulators.field import Field
from simulators.leak_story import LeakStory
from simulators.standards import Limits
from simulators.timing import Timeline
from simulators.truth_accounts import Accounts
from simulators.truth_alerts import AlertKey, Alerts, decisive_clocks, group_by_clock
from simulators.truth_coverage import coverage_events
from simulators.truth_duties import Duties
from simulators.truth_emission import emission_events
from simulators.truth_gateways import gateway_events
from simulators.truth_hours import Hours
from simulators.truth_inhibition import Explanations
from simulators.truth_leak_signs import leak_sign_events
from simulators.truth_leaks import Schedules
from simulators.truth_mass import Masses
from simulators.truth_meters import Meters
from simulators.truth_reminders import Reminders
from simulators.truth_repairs import Repairs
from simulators.truth_routes import Routing
from simulators.truth_said import Said
from simulators.truth_signs import SIGNS, sign_events
from simulators.truth_stacks import Stacks
from simulators.truth_telling import Desk
from simulators.truth_told import Telling
from simulators.truth_totals import Totals
from simulators.truth_warn import Warnings
from simulators.truth_water import water_events

#: What judges a month's accounts.
JUDGES = (
    truth_balance.balances,
    truth_balance.leaks,
    truth_balance.reuse,
    truth_intakes.permits,
    truth_intakes.quotas,
    truth_intakes.cap,
    truth_intakes.reports,
    truth_energy.lines,
    truth_energy.enterprises,
    truth_carbon.accounts,
    truth_carbon.green,
    truth_carbon.solid,
)

if TYPE_CHECKING:
    from simulators.messages import Tally

#: Of signs of false data it is known what must be seen and that nothing else may be; whether a day without any has data
#: enough to say so is not.
VIOLATIONS_ONLY = (SIGNS, "ldar.sign_")


@dataclass(slots=True)
class Accounting:
    """Items of one enterprise over the whole story; received = stored + duplicates + corrections + refused.

    messages: publications on readings, leak-tests and refused topics; gateway status messages are not counted.
    """

    messages: int = 0
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    corrections: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class HourFact:
    """What a counter did in a remarkable hour. increment: units that really flowed, None when none can be known."""

    mark: str
    increment: float | None


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that must hold when the clock shows `until`.

    findings: (rule, subject, period start) -> (verdict, reason, value); a value of None is not asserted, all others
    hold up to float noise. redundant: keys of findings that a platform may also leave out. alerts: (rule, alert
    subject, occurred at) -> firing or resolved, of all that stand; withdrawn: those that late or corrected data undid
    (a platform keeps them, resolved and marked as such). tellings: which team must have been told of what, in the order
    of time; withheld: by (rule, alert subject, reason) how many alerts were held or not told, and withheld_open: how
    many more may have been. hours: counters in remarkable hours, by (point subject, hour start). evidence: what
    findings must hold besides. violations_only: prefixes of rules of which nothing but the violations is known.
    """

    until: datetime
    accounting: dict[str, Accounting]
    refusals: dict[tuple[str, str], int]
    findings: dict[FindingKey, Outcome]
    redundant: frozenset[FindingKey]
    alerts: dict[AlertKey, str]
    withdrawn: frozenset[AlertKey]
    tellings: list[Telling]
    withheld: Mapping[tuple[str, str, str], int]
    withheld_open: Mapping[tuple[str, str, str], int]
    hours: dict[tuple[str, datetime], HourFact]
    evidence: dict[FindingKey, Mapping[str, Any]]
    violations_only: tuple[str, ...]


def _is_known(event: Event) -> bool:
    """Whether a platform must say exactly this."""
    assert event.outcome is not None
    return event.outcome.verdict == "violation" or not event.rule_id.startswith(VIOLATIONS_ONLY)


class Referee:
    """Knows what every rule must find of one story."""

    def __init__(self, city: City, timeline: Timeline, effects: Effects, field: Field, leaks: LeakStory) -> None:
        self._city = city
        self._timeline = timeline
        self._effects = effects
        self._field = field
        self._leaks = leaks
        hours, limits = Hours(city, timeline, effects, field), Limits(city)
        self.stacks = Stacks(hours, limits)
        self._said = Said(hours, limits)
        self._masses = Masses(hours, limits)
        self._warnings = Warnings(hours, limits)
        self.totals = Totals(city, timeline, effects, field)
        self._books = Accounts(city, timeline, self.totals, JUDGES)
        self._meters = Meters(city, timeline, effects, field)
        self._duty: Duty = load_duty(timeline)
        self._routing, self._explanations = Routing(city), Explanations(city, effects)
        self._made: tuple[int, list[Event]] = (0, [])
        self._alerted: tuple[int, Alerts] | None = None

    def events(self, until: int, *, judged_first: bool = False) -> list[Event]:
        """All judgements up to a clock value, in order of clock."""
        if not judged_first and self._made[0] >= until:
            return [event for event in self._made[1] if event.clock <= until]
        arrivals = Arrivals(self._effects, judged_first=judged_first)
        made = [
            *self.stacks.events(until, arrivals),
            *self._said.events(until, arrivals),
            *self._masses.events(until, arrivals),
            *self._warnings.events(until, arrivals),
            *sign_events(self._timeline, self._effects, until),
            *water_events(self._city, self._timeline, until, arrivals),
            *gateway_events(self._city, self._timeline, self._effects, until, arrivals),
            *coverage_events(self._city, self._timeline, self.totals, until),
            *self._meters.events(until, arrivals),
            *self._books.events(until),
            *self._leak_events(until),
        ]
        made.sort(key=lambda event: event.clock)
        if not judged_first:
            self._made = (until, made)
        return made

    def _leak_events(self, until: int) -> Iterator[Event]:
        told, records = self._leaks.told, duty_records(self._timeline)
        schedules = Schedules(self._city, self._timeline)
        terms = list(schedules.events(told, until))
        terms += Repairs(self._city, self._timeline, schedules.in_service).events(told, until)
        terms += Duties(self._city, self._timeline, schedules.in_service, records).events(until)
        yield from terms
        yield from Reminders(self._timeline, terms, told, records).events(until)
        yield from leak_sign_events(self._timeline, self._leaks.rounds, until)
        yield from emission_events(self._city, self._timeline, told, until)

    def alerts(self, groups: Iterable[tuple[int, list[Event]]]) -> Alerts:
        """The alerts that follow from groups of judgements, each group evaluated at once at its clock value."""
        alerts = Alerts()
        for clock, group in groups:
            alerts.take(clock, group)
        return alerts

    def alerts_until(self, clock: int) -> Alerts:
        """The alerts that follow from all judgements up to a clock value; not to be changed, the newest are kept."""
        if self._alerted is None or self._alerted[0] != clock:
            self._alerted = clock, self.alerts(group_by_clock(self.events(clock)))
        return self._alerted[1]

    def desk(self, alerts: Alerts, until: int) -> Desk:
        """Who must be told of alerts up to a clock value, and what people do about them."""
        start, last = self._timeline.at(0), self._timeline.hours
        return Desk(start, self._routing, self._explanations, self._duty, alerts.news, until, last)

    def acts(self, until: int) -> list[Act]:
        """What people of the duty rooms do up to a clock value, in order."""
        return self.desk(self.alerts_until(until), until).acts

    def decisive(self, until: int) -> set[int]:
        """Clock values at which a platform must have caught up, see truth_alerts.decisive_clocks."""
        return decisive_clocks(self.events(until), self.alerts_until(until))

    def truth(self, clock: int, tallies: Iterable[tuple[str, Tally]]) -> Truth:
        """tallies: (enterprise, tally) of every message published so far."""
        events = self.events(max(clock, self._timeline.hours))
        newest = {event.key: event for event in events if event.clock <= clock}
        current = {key: event for key, event in newest.items() if event.outcome is not None and _is_known(event)}
        alerts = self.alerts_until(clock)
        desk = self.desk(alerts, clock)
        accounting, refusals = self._accounts(tallies)
        return Truth(
            until=self._timeline.at(clock),
            accounting=accounting,
            refusals=refusals,
            findings={key: event.outcome for key, event in current.items() if event.outcome is not None},
            redundant=frozenset(key for key, event in current.items() if event.redundant),
            alerts=alerts.standing,
            withdrawn=frozenset(alerts.withdrawn),
            tellings=desk.tellings,
            withheld=desk.withheld,
            withheld_open=desk.withheld_open,
            hours=dict(self._hour_facts(clock)),
            evidence={key: event.evidence for key, event in current.items() if event.evidence is not None},
            violations_only=VIOLATIONS_ONLY,
        )

    def _accounts(
        self, tallies: Iterable[tuple[str, Tally]]
    ) -> tuple[dict[str, Accounting], dict[tuple[str, str], int]]:
        accounting = {enterprise.code: Accounting() for enterprise in self._city.enterprises}
        refusals: Counter[tuple[str, str]] = Counter()
        for enterprise, tally in tallies:
            account = accounting[enterprise]
            account.messages += 1
            account.received += tally.received
            account.stored += tally.stored
            account.duplicates += tally.duplicates
            account.corrections += tally.corrections
            for reason, items in tally.refused:
                account.refused += items
                refusals[(enterprise, reason.value)] += items
        return accounting, dict(refusals)

    def _hour_facts(self, clock: int) -> Iterable[tuple[tuple[str, datetime], HourFact]]:
        for key, hour in self._effects.rollovers.items():
            if hour + 1 <= clock:
                volume = self._field.hour_volume(self._city.point(key), hour)
                yield (f"point:{key}", self._timeline.at(hour)), HourFact("rollover", volume)
        for change in self._effects.replacements:
            if change.hour + 1 <= clock:
                entered = change.posted <= clock
                known = self._field.hour_volume(self._city.point(change.point), change.hour) if entered else None
                fact = HourFact("replaced" if entered else "reset", known)
                yield (f"point:{change.point}", self._timeline.at(change.hour)), fact
        for key, hour in self._effects.resets.items():
            if hour + 1 <= clock:
                yield (f"point:{key}", self._timeline.at(hour)), HourFact("reset", None)
        for lost in self._effects.lost:
            point = self._city.point(lost.point)
            if point.kind == "counter" and lost.start > 0 and lost.end + 1 <= clock:
                flowed = sum(self._field.hour_volume(point, hour) for hour in range(lost.start, lost.end + 1))
                yield (f"point:{point.key}", self._timeline.at(lost.end)), HourFact("gap", round(flowed, 6))
