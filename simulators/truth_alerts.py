"""Which alerts there are and what becomes of them, replayed from the judgements.

Assumptions, after the platform's published alert semantics. One alert at a time for each rule and alert subject; it
stands for a stretch of trouble as truth_episodes.py says. The series is looked at in order of event time, so late
findings open and resolve alerts in the past. An alert's occurred_at is the start of its stretch. A finding that undoes
what an alert rests on withdraws the alert: it is over, and no longer among those that stand.

What becomes of an alert is news; whom it is told to is said in truth_telling.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from simulators.events import Event, FindingKey
from simulators.truth_episodes import EACH_PERIOD, Episode, Stretches, episodes, is_duty, joined

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
    "data.gateway_offline": ("subject", ("gateway",)),
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

#: rule id, alert subject, occurred_at
AlertKey = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True)
class News:
    """What becomes of an alert. kind: seen is fired once more, with newer evidence; withdrawn is resolved, by data that
    undo it. established_at: event time, end of the newest period that shows it."""

    clock: int
    kind: Literal["fired", "seen", "resolved", "withdrawn"]
    key: AlertKey
    established_at: datetime
    condition: str


@dataclass(slots=True)
class _Growing:
    """A series as far as it was gone through, for as long as only later periods are added to it."""

    through: datetime | None = None
    stretches: Stretches | None = None
    waiting: list[Event] = field(default_factory=list)

    def see(self, event: Event) -> None:
        """Something was said, of a later period or of one that is known already."""
        start = event.period.start
        if event.outcome is None or (self.through is not None and start <= self.through):
            self.stretches = None
        self.through = start if self.through is None else max(self.through, start)
        if self.stretches is not None:
            self.waiting.append(event)

    def episodes(self, rule: str, series: Mapping[datetime, Event]) -> list[Episode]:
        """Of the whole series."""
        if self.stretches is None:
            self.stretches = Stretches(rule, [event for _, event in sorted(series.items())])
        else:
            for event in self.waiting:
                self.stretches.take(event)
        self.waiting.clear()
        return self.stretches.episodes


@dataclass(slots=True)
class Alerts:
    """States of all alerts so far and what became of them. withdrawn: alerts that do not stand any more."""

    states: dict[AlertKey, str] = field(default_factory=dict)
    withdrawn: set[AlertKey] = field(default_factory=set)
    news: list[News] = field(default_factory=list)
    _troubled: set[tuple[str, str]] = field(default_factory=set)
    _series: dict[tuple[str, str], dict[str, dict[datetime, Event]]] = field(default_factory=dict)
    _growing: dict[tuple[str, str], _Growing] = field(default_factory=dict)
    _of_series: dict[tuple[str, str], dict[AlertKey, None]] = field(default_factory=dict)
    _known: dict[AlertKey, Episode] = field(default_factory=dict)

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
            self._growing.setdefault((event.rule_id, subject), _Growing()).see(event)
            if event.outcome is not None and (event.outcome.verdict == "violation" or event.is_wanting):
                self._troubled.add((event.rule_id, subject))
            if (event.rule_id, subject) in self._troubled:
                touched[(event.rule_id, subject)] = None
        for rule, subject in touched:
            self._look(clock, rule, subject)

    def _look(self, clock: int, rule: str, subject: str) -> None:
        found = self._found(rule, subject)
        for episode in found:
            key = (rule, subject, episode.occurred_at)
            if key not in self.states or key in self.withdrawn:  # what is back again is a new alert
                self.withdrawn.discard(key)
                self.states[key] = "firing"
                self._of_series.setdefault((rule, subject), {})[key] = None
                self._say(clock, "fired", key, episode)
            elif self._known[key].condition != episode.condition:
                raise AssertionError(f"{key} was an alert of another condition: the story must not do that")
            elif self.states[key] == "firing" and episode.established_at > self._known[key].established_at:
                self._say(clock, "seen", key, episode)
            if episode.resolved_at is not None and self.states[key] == "firing":
                self.states[key] = "resolved"
                self._say(clock, "resolved", key, episode)
            self._known[key] = episode
        derived = {episode.occurred_at for episode in found}
        for key in self._of_series.get((rule, subject), ()):
            if key[2] in derived or key in self.withdrawn:
                continue
            self.withdrawn.add(key)
            if self.states[key] == "firing":
                self._say(clock, "withdrawn", key, self._known[key])
            self.states[key] = "resolved"

    def _found(self, rule: str, subject: str) -> list[Episode]:
        members = self._series[(rule, subject)]
        if is_duty(rule):
            return list(joined(members.values()))
        if rule in EACH_PERIOD:
            return list(episodes(rule, members[subject]))
        return self._growing[(rule, subject)].episodes(rule, members[subject])

    @property
    def standing(self) -> dict[AlertKey, str]:
        """States of the alerts that are not withdrawn."""
        return {key: state for key, state in self.states.items() if key not in self.withdrawn}

    def _say(
        self, clock: int, kind: Literal["fired", "seen", "resolved", "withdrawn"], key: AlertKey, episode: Episode
    ) -> None:
        self.news.append(News(clock, kind, key, episode.established_at, episode.condition))


def alert_subject(rule: str, subject: str) -> str | None:
    """What an alert about that subject is filed under; None when the rule raises none about it."""
    per, kinds = next(policy for prefix, policy in POLICIES.items() if rule.startswith(prefix))
    if subject.partition(":")[0] not in kinds:
        return None
    return f"enterprise:{subject.split(':')[1].split('/')[0]}" if per == "enterprise" else subject


def group_by_clock(events: Iterable[Event]) -> list[tuple[int, list[Event]]]:
    """Events in order of clock, those of one clock value together, otherwise in the order given."""
    groups: dict[int, list[Event]] = {}
    for event in events:
        groups.setdefault(event.clock, []).append(event)
    return sorted(groups.items())


def decisive_clocks(events: list[Event], alerts: Alerts) -> set[int]:
    """Clock values at which the platform must have caught up before time moves on, so that the alerts are exact.

    Those are the ones at which an alert changes, at which history changes, and the one before each change of history.
    """
    seen: set[FindingKey] = set()
    changes: set[int] = set()
    for event in sorted(events, key=lambda event: event.clock):
        if event.key in seen:
            changes.add(event.clock)
        seen.add(event.key)
    return {news.clock for news in alerts.news} | changes | {clock - 1 for clock in changes}
