"""What the duty staff must be told, replayed from the judgements.

Assumptions, after the platform's published alert semantics. One alert at a time for each rule and alert subject; a
violation opens it (no rule here waits, so it fires at once), the next compliant period resolves it, undetermined does
neither. The series is looked at in order of event time, so late findings open and resolve alerts in the past. An
alert's occurred_at is the start of its first violating period. A finding that undoes the violation an alert rests on
withdraws the alert: it is over, and no longer among those that stand.

An LDAR finding's period is the time allowed, so the duty is broken from the period's end on, until the component's next
test; it is established a day later, when the day after the due day has closed. One alert for each rule and enterprise
spans the broken duties of all its components.

Firing is notified unless the newest violating period known (for LDAR: the establishment) ended more than 24 hours
before the clock. Resolved is notified to whom firing was notified, however late: nobody is left with a problem that is
over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.periods import HOUR
from simulators.effects import Outcome
from simulators.events import Event, FindingKey

HISTORICAL_AFTER_H = 24

#: rule prefix: (alert per, subject kinds that alert); the first that fits counts.
POLICIES = {
    "ule.": ("subject", ("pollutant",)),
    "legal.": ("subject", ("pollutant",)),
    "water.balance": ("subject", ("place", "enterprise")),
    "water.quota": ("subject", ("line",)),
    "water.cap": ("subject", ("city",)),
    "water.": ("subject", ("enterprise",)),
    "energy.balance.": ("subject", ("place", "enterprise")),
    "energy.unit": ("subject", ("line",)),
    "energy.benchmark_share": ("subject", ("city",)),
    "energy.": ("subject", ("enterprise",)),
    "carbon.": ("subject", ("enterprise",)),
    "green.": ("subject", ("city",)),
    "solid.": ("subject", ("enterprise", "city")),
    "ldar.spot_check": ("subject", ("enterprise",)),
    "ldar.sign_": ("subject", ("enterprise",)),
    "ldar.": ("enterprise", ("component",)),
    "duty.meter_verification": ("enterprise", ("place",)),
    "duty.": ("subject", ("enterprise", "park", "city", "place")),
    "remind.": ("subject", ("enterprise",)),
    "data.arrival_rate": ("subject", ("enterprise",)),
    "data.meter_": ("subject", ("point",)),
    "data.correction_magnitude": ("subject", ("point",)),
    "data.identical_increments": ("subject", ("point",)),
    "data.point_offline": ("subject", ("point",)),
    "mass.": ("subject", ("pollutant",)),
    "data.capture_rate": ("subject", ("pollutant",)),
    "data.transmission_rate": ("subject", ("outlet",)),
    "data.reported_": ("subject", ("point",)),
    "sign.": ("subject", ("outlet",)),
    "warn.": ("subject", ("pollutant",)),
    "qa.": ("subject", ("point",)),
    "gc.": ("subject", ("point",)),
    "voc.": ("subject", ("outlet",)),
}

#: Prefixes of rules whose findings' periods are terms.
DUTIES = ("ldar.gb", "ldar.wuhai", "ldar.first_attempt", "ldar.repair", "duty.")

#: rule id, alert subject, occurred_at
AlertKey = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True)
class Telling:
    """A message to the duty staff, or one withheld because its cause is history."""

    clock: int
    event: str
    rule_id: str
    subject: str
    occurred_at: datetime
    notified: bool

    @property
    def key(self) -> AlertKey:
        """The alert it is about."""
        return (self.rule_id, self.subject, self.occurred_at)


@dataclass(slots=True)
class Alerts:
    """States of all alerts so far and everything that was told. withdrawn: alerts that do not stand any more."""

    start: datetime
    states: dict[AlertKey, str] = field(default_factory=dict)
    withdrawn: set[AlertKey] = field(default_factory=set)
    tellings: list[Telling] = field(default_factory=list)
    _ever_violated: set[tuple[str, str]] = field(default_factory=set)
    _series: dict[tuple[str, str], dict[str, dict[datetime, Event]]] = field(default_factory=dict)

    def take(self, clock: int, events: Iterable[Event]) -> None:
        """Let the events of one evaluation take effect, then look at each series that they touch."""
        touched: dict[tuple[str, str], None] = {}
        for event in events:
            subject = alert_subject(event.rule_id, event.subject)
            if subject is None:
                continue
            series = self._series.setdefault((event.rule_id, subject), {}).setdefault(event.subject, {})
            if event.outcome is None:
                series.pop(event.period.start, None)
            else:
                series[event.period.start] = event
            if event.outcome is not None and event.outcome.verdict == "violation":
                self._ever_violated.add((event.rule_id, subject))
            if (event.rule_id, subject) in self._ever_violated:
                touched[(event.rule_id, subject)] = None
        for rule, subject in touched:
            self._look(clock, rule, subject)

    def _look(self, clock: int, rule: str, subject: str) -> None:
        members = self._series[(rule, subject)]
        episodes = list(_joined(members.values()) if is_duty(rule) else _episodes(members[subject]))
        for episode in episodes:
            key = (rule, subject, episode.occurred_at)
            if key not in self.states or key in self.withdrawn:  # what is back again is a new alert
                self.withdrawn.discard(key)
                self.states[key] = "firing"
                self._tell(clock, "firing", key, self._clock_at(clock - HISTORICAL_AFTER_H) <= episode.established_at)
            if episode.resolved_at is not None and self.states[key] == "firing":
                self._resolve(clock, key)
        derived = {episode.occurred_at for episode in episodes}
        for key, state in list(self.states.items()):
            if key[:2] != (rule, subject):
                continue
            if key[2] in derived or key in self.withdrawn:
                continue
            self.withdrawn.add(key)
            if state == "firing":
                self._resolve(clock, key)

    @property
    def standing(self) -> dict[AlertKey, str]:
        """States of the alerts that are not withdrawn."""
        return {key: state for key, state in self.states.items() if key not in self.withdrawn}

    def _resolve(self, clock: int, key: AlertKey) -> None:
        self.states[key] = "resolved"
        told = [t.notified for t in self.tellings if t.event == "firing" and t.key == key]
        self._tell(clock, "resolved", key, told[-1])

    def _tell(self, clock: int, event: str, key: AlertKey, notified: bool) -> None:
        self.tellings.append(Telling(clock, event, *key, notified))

    def _clock_at(self, clock: int) -> datetime:
        return self.start + clock * HOUR


def is_duty(rule: str) -> bool:
    """Whether its findings' periods are terms."""
    return rule.startswith(DUTIES)


def alert_subject(rule: str, subject: str) -> str | None:
    """What an alert about that subject is filed under; None when the rule raises none about it."""
    per, kinds = next(policy for prefix, policy in POLICIES.items() if rule.startswith(prefix))
    if subject.partition(":")[0] not in kinds:
        return None
    return f"enterprise:{subject.split(':')[1].split('/')[0]}" if per == "enterprise" else subject


#: By start of its period what is said, without what was superseded.
Series = Mapping[datetime, Event]


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of violation in event time. established_at: end of the newest violating period; None: not over."""

    occurred_at: datetime
    established_at: datetime
    resolved_at: datetime | None


def _episodes(series: Series) -> Iterator[Episode]:
    """In order of event time."""
    occurred: datetime | None = None
    newest = datetime.min.replace(tzinfo=UTC)
    for _, event in sorted(series.items()):
        period, outcome = event.period, _said(event)
        if outcome.verdict == "violation":
            occurred = occurred or period.start
            newest = period.end
        elif outcome.verdict == "compliant" and occurred is not None:
            yield Episode(occurred, newest, period.start)
            occurred = None
    if occurred is not None:
        yield Episode(occurred, newest, None)


def _joined(members: Iterable[Series]) -> Iterator[Episode]:
    """The broken duties of many components, joined where they overlap or touch."""
    broken = sorted(
        (duty for series in members for duty in _broken(series)), key=lambda duty: (duty.occurred_at, str(duty))
    )
    span: Episode | None = None
    for duty in broken:
        if span is None or (span.resolved_at is not None and span.resolved_at < duty.occurred_at):
            if span is not None:
                yield span
            span = duty
            continue
        until = None if None in (span.resolved_at, duty.resolved_at) else max(_at(span), _at(duty))
        span = Episode(span.occurred_at, max(span.established_at, duty.established_at), until)
    if span is not None:
        yield span


def _at(episode: Episode) -> datetime:
    assert episode.resolved_at is not None
    return episode.resolved_at


def _said(event: Event) -> Outcome:
    assert event.outcome is not None
    return event.outcome


def _broken(series: Series) -> Iterator[Episode]:
    """One subject's broken duties; what was met on the day after the due day, which breaks nothing yet, is left out."""
    ordered = [event for _, event in sorted(series.items())]
    for number, event in enumerate(ordered):
        if _said(event).verdict != "violation":
            continue
        met = event.met_at or _met_later(event, ordered[number + 1 :])
        if met is None or met > event.period.end:
            yield Episode(event.period.end, event.period.end + timedelta(days=1), met)


def _met_later(broken: Event, later: Iterable[Event]) -> datetime | None:
    """Where the next period starts; the next calendar year begins without a word on the one that was missed."""
    end = broken.period.end
    for event in later:
        said = _said(event)
        follows = _said(broken).reason == "overdue" and event.period.start <= end
        if follows and (said.reason in ("scheduled", "due_soon", "overdue") or said.verdict == "undetermined"):
            end = max(end, event.period.end)
        elif said.verdict != "undetermined":
            return max(broken.period.end, event.met_at or event.period.start if follows else event.period.start)
    return None


def group_by_clock(events: Iterable[Event]) -> list[tuple[int, list[Event]]]:
    """Events in order of clock, those of one clock value together, otherwise in the order given."""
    groups: dict[int, list[Event]] = {}
    for event in events:
        groups.setdefault(event.clock, []).append(event)
    return sorted(groups.items())


def decisive_clocks(events: list[Event], alerts: Alerts) -> set[int]:
    """Clock values at which the platform must have caught up before time moves on, so that the alerts are exact.

    Those are the ones at which somebody is told, at which history changes, and the one before each change of history.
    """
    seen: set[FindingKey] = set()
    changes: set[int] = set()
    for event in sorted(events, key=lambda event: event.clock):
        if event.key in seen:
            changes.add(event.clock)
        seen.add(event.key)
    return {telling.clock for telling in alerts.tellings} | changes | {clock - 1 for clock in changes}
