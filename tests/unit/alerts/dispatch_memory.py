"""The dispatcher's store in memory: what queries/dispatchfacts.sql reads back of what was planned, for properties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from alerts.dispatch.contract import (
    AlertFacts,
    AlertNews,
    Cause,
    ChannelInfo,
    Decided,
    Flap,
    Flood,
    Plan,
    PlannedMessage,
    Progress,
    SeriesHold,
    Subject,
    World,
)
from alerts.dispatch.inhibit import shipped
from alerts.dispatch.plan import plan
from alerts.messages import Receiver
from domain.alerts import Condition, Occasion, Severity
from domain.matchers import Matcher
from domain.roster import Person, Roster, Step, Team, TeamPolicy
from domain.routing import Route, Routes
from domain.teams import Contact, QuietHours
from domain.telling import Decision, NewsKind, Reason

START = datetime(2026, 11, 2, 3, 30, tzinfo=UTC)  # half an hour before the quiet hours of a team
MINUTE = timedelta(minutes=1)
CHANNELS = (ChannelInfo("robot", "dingtalk", True), ChannelInfo("sms", "sms"))
PEOPLE = {code: Person(code, code, contacts=(Contact("sms", "1"),)) for code in ("wang", "li")}
CITY = Team(
    "city",
    "市局",
    channels=("robot",),
    steps=(
        Step(timedelta(0), "person:wang"),
        Step(15 * MINUTE, "person:li", frozenset({Severity.CRITICAL})),
    ),
)
NIGHT = Team(
    "night",
    "夜间安静",
    channels=("robot",),
    policy=replace(TeamPolicy.DEFAULT, quiet=(QuietHours("12:00", "14:00"),), group_by=("cause",)),
)
ROSTER = Roster(PEOPLE, {"city": CITY, "night": NIGHT})
ROUTES = Routes(
    (
        Route("all", 1, (), "city", goes_on=True),
        Route("north", 2, (Matcher("enterprise", "=", ("beishan",)),), "night"),
    )
)


@dataclass
class Memory:
    """Alerts, and what has been decided about them, as a store would hold it."""

    roster: Roster = ROSTER
    routes: Routes = ROUTES
    alerts: dict[int, AlertFacts] = field(default_factory=dict)
    news: dict[int, list[tuple[NewsKind, datetime]]] = field(default_factory=dict)
    progress: dict[int, Progress] = field(default_factory=dict)
    holds: dict[tuple[str, str], tuple[SeriesHold, ...]] = field(default_factory=dict)
    flaps: dict[tuple[str, str], Flap] = field(default_factory=dict)
    floods: dict[str, Flood] = field(default_factory=dict)
    messages: list[tuple[datetime, PlannedMessage]] = field(default_factory=list)
    decisions: list[tuple[datetime, Decided]] = field(default_factory=list)
    changes: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)

    def fire(self, at: datetime, rule: str, subject: str, severity: Severity) -> int | None:
        """A new alert, unless one of its series is open."""
        if any(a.is_firing and (a.rule_id, a.subject) == (rule, subject) for a in self.alerts.values()):
            return None
        number = len(self.alerts) + 1
        enterprise = subject.partition(":")[2].partition("/")[0]
        labels = {"rule": rule, "severity": severity, "subject": subject, "enterprise": enterprise}
        self.alerts[number] = AlertFacts(
            number, rule, subject, severity, Condition.VIOLATION, True, False, labels, enterprise, None, at
        )
        self.changes.setdefault((rule, subject), []).append(at)
        self.news.setdefault(number, []).append(("fired", at))
        return number

    def resolve(self, at: datetime, number: int) -> None:
        """An alert is over."""
        alert = self.alerts[number]
        self.alerts[number] = replace(alert, is_firing=False)
        self.changes[alert.rule_id, alert.subject].append(at)
        self.news.setdefault(number, []).append(("resolved", at))

    def acknowledge(self, at: datetime, number: int) -> None:
        """Somebody takes charge."""
        self.alerts[number] = replace(self.alerts[number], acknowledged_at=at)
        self.news.setdefault(number, []).append(("acknowledged", at))

    def step(self, now: datetime, order: Sequence[int] | None = None) -> Plan:
        """Decide about what is new or due. order: in which the alerts are given to the plan."""
        due = {number for number, one in self.progress.items() if one.next_at is not None and one.next_at <= now}
        ended = {number for number, found in self.news.items() if any(kind == "resolved" for kind, _ in found)}
        due |= {number for number, one in self.progress.items() if one.cause_alert_id in ended and one.state == "held"}
        if self.floods:
            due |= {
                number
                for number, one in self.progress.items()
                if any(team.held is Reason.FLOOD for team in one.teams.values())
            }
        numbers = sorted(due | self.news.keys())
        found = plan(self._world(now), [self._subject(number) for number in order or numbers])
        self.news.clear()
        self._keep(found, now)
        return found

    def next_at(self) -> datetime | None:
        """When something is due."""
        return min((one.next_at for one in self.progress.values() if one.next_at is not None), default=None)

    def _subject(self, number: int) -> Subject:
        alert = self.alerts[number]
        news = self.news.get(number, [])
        fired = [at for kind, at in news if kind == "fired"]
        changes = tuple(self.changes[alert.rule_id, alert.subject]) if news else ()
        return Subject(
            replace(alert, changes=changes),
            AlertNews(frozenset(kind for kind, _ in news), max(fired, default=None)),
            self.progress.get(number),
        )

    def _world(self, now: datetime) -> World:
        rules = shipped().cause_rules
        told_to: dict[int, dict[str, tuple[Receiver, ...]]] = {}
        for _, message in self.messages:
            for number, _ in message.alerts:
                by_team = told_to.setdefault(number, {})
                known = by_team.get(message.team.code, ())
                by_team[message.team.code] = known if message.receiver in known else (*known, message.receiver)
        return World(
            now=now,
            roster=self.roster,
            routes=self.routes,
            channels=CHANNELS,
            notify_within_h=24,
            holds={
                key: tuple(hold for hold in found if hold.until is None or hold.until > now)
                for key, found in self.holds.items()
            },
            causes=tuple(
                Cause(a.alert_id, a.rule_id, a.subject, a.enterprise, None)
                for a in self.alerts.values()
                if a.is_firing and a.rule_id in rules
            ),
            flaps={key: flap for key, flap in self.flaps.items() if flap.until > now},
            floods=dict(self.floods),
            came={code: self._came(team, now) for code, team in self.roster.teams.items()},
            group_last=self._group_last(now),
            told_to=told_to,
        )

    def _came(self, team: Team, now: datetime) -> tuple[int, int]:
        since = now - team.policy.flood_window
        found = [one for at, one in self.decisions if since < at <= now and _counts(one, team.code)]
        alone = {
            one.alert_id
            for one in found
            if one.decision is Decision.SEND
            and one.reason is not Reason.FLOOD
            and one.event is Occasion.FIRING
            and self.alerts[one.alert_id].severity is Severity.CRITICAL
        }
        return len({one.alert_id for one in found}), len(alone)

    def _group_last(self, now: datetime) -> dict[tuple[str, str], datetime]:
        return {
            (message.team.code, message.group_key): at
            for at, message in self.messages
            if message.event is Occasion.FIRING and now - 10 * MINUTE < at <= now
        }

    def _keep(self, found: Plan, now: datetime) -> None:
        self.messages += [(now, message) for message in found.messages]
        self.decisions += [(now, decided) for decided in found.decisions]
        self.progress |= found.progress
        self.flaps |= found.flaps
        for number in found.realarmed:
            self.alerts[number] = replace(self.alerts[number], realarmed_at=now)
        for flood in found.floods:
            if flood.ended_at is not None:
                self.floods.pop(flood.team)
            else:
                self.floods[flood.team] = replace(flood, flood_id=flood.flood_id or 1)


def _counts(one: Decided, team: str) -> bool:
    if one.team != team or one.event not in (Occasion.FIRING, Occasion.REPEATED, Occasion.REALARMED):
        return False
    if one.decision is Decision.SEND:
        return not (one.reason is Reason.FLOOD and one.detail == "waited")
    return one.decision is Decision.HOLD and one.reason is Reason.FLOOD


def told(memory: Memory, events: Iterable[Occasion]) -> list[tuple[datetime, PlannedMessage]]:
    """Messages of some occasions."""
    wanted = set(events)
    return [(at, message) for at, message in memory.messages if message.event in wanted]
