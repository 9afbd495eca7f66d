"""What the dispatcher knows and what it decides, as plain data. No table, no clock: all instants are given.

An alert has a standing (Progress); in it each team has its own (TeamState), since one team may sleep while another one
is told. What concerns the alert itself (a shelf, a silence, its cause) holds for all teams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from alerts.dispatch.late import Lateness
from alerts.messages import Receiver
from domain.alerts import Condition, Occasion, Severity
from domain.matchers import Matcher
from domain.roster import Roster, Team
from domain.routing import Routes
from domain.telling import Decision, NewsKind, Reason

State = Literal["told", "held", "silent", "over"]

#: The order of the list that people read: the most severe first.
RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A configured channel. is_group: it reaches a group by itself (a robot)."""

    code: str
    kind: str
    is_group: bool = False

    @property
    def needs_address(self) -> bool:
        """Whether it reaches nobody without an address: a team as such has none."""
        return self.kind in ("email", "sms")


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert as it stands. labels: as matchers see it. outlet: `{enterprise}/{code}` of what it is about, None where
    it is about no outlet. is_firing: it is not over. changes: when alerts of its series fired or were resolved, by the
    platform's clock, of the recent past."""

    alert_id: int
    rule_id: str
    subject: str
    severity: Severity
    condition: Condition
    is_firing: bool
    is_withdrawn: bool
    labels: Mapping[str, str]
    enterprise: str | None
    outlet: str | None
    occurred_at: datetime
    acknowledged_at: datetime | None = None
    realarmed_at: datetime | None = None
    assignee: str | None = None
    changes: tuple[datetime, ...] = ()

    @property
    def is_acknowledged(self) -> bool:
        """And not re-alarmed since."""
        return self.acknowledged_at is not None and (
            self.realarmed_at is None or self.realarmed_at <= self.acknowledged_at
        )

    @property
    def order(self) -> tuple[int, datetime, int]:
        """The most severe first, then the oldest."""
        return RANK[self.severity], self.occurred_at, self.alert_id


@dataclass(frozen=True, slots=True)
class AlertNews:
    """What is new about an alert: all of it together, whatever order it came in. established_at: event time of the
    newest period that shows a firing one, None when it has not fired."""

    kinds: frozenset[NewsKind] = frozenset()
    established_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.kinds & {"resolved", "withdrawn"})


@dataclass(frozen=True, slots=True)
class TeamState:
    """How far telling one team has come.

    told_at: the telling that escalation counts from; last_at: the latest one that repeats count from; count: of all
    tellings; step: number of the last escalation step taken. held: what keeps the team from being told of `waiting`
    until next_at. by_digest: it was told in a flood's digest.
    """

    told_at: datetime | None = None
    last_at: datetime | None = None
    count: int = 0
    step: int = 0
    held: Reason | None = None
    waiting: Occasion | None = None
    next_at: datetime | None = None
    by_digest: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far telling of an alert has come. since_at: of the state. settle_at: until when it stays held although what
    held it is over. next_at: when it is to be looked at again, None: on news alone."""

    state: State
    reason: Reason
    since_at: datetime
    teams: Mapping[str, TeamState] = field(default_factory=dict)
    cause_alert_id: int | None = None
    settle_at: datetime | None = None
    next_at: datetime | None = None

    @property
    def told_at(self) -> datetime | None:
        """Of the first team that escalation counts for."""
        return min((team.told_at for team in self.teams.values() if team.told_at is not None), default=None)


@dataclass(frozen=True, slots=True)
class SeriesHold:
    """Somebody shelved a series or took it out of service; until: None for as long as it takes."""

    kind: Literal["shelved", "out_of_service"]
    until: datetime | None
    author: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that stands."""

    silence_id: int
    matchers: tuple[Matcher, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody asked that old alerts be told, of an enterprise or (None) of all, that occurred in [from_at, to_at)."""

    enterprise: str | None
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Flap:
    """A series that comes and goes, told once, held until it has been quiet."""

    rule_id: str
    subject: str
    since_at: datetime
    until: datetime
    changes: int
    alert_id: int


@dataclass(frozen=True, slots=True)
class Flood:
    """A team's flood of alerts. flood_id: None for one that begins now."""

    team: str
    began_at: datetime
    flood_id: int | None = None
    alerts: int = 0
    digests: int = 0
    last_digest_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """An alert that fires and may be the cause of others; none that is out of service."""

    alert_id: int
    rule_id: str
    subject: str
    enterprise: str | None
    outlet: str | None


@dataclass(frozen=True, slots=True)
class World:
    """All that decisions rest on, at an instant of the platform's clock.

    holds, flaps: by (rule, subject). stopped: when the stop of an outlet is over, by outlet. dark: what lies
    wholly behind gateways that are offline, by point or outlet subject, with their alerts. came: how many
    alerts a team was told of, or waits for, within its flood window, and how many critical ones of these were
    told by themselves. group_last: when a (team, group) was last told. told_to: by alert, who was told of it by
    which team, in any way. failing: channels that took nothing of late, and when they last failed. behind: the
    outlets that a gateway (subject) serves, of gateways that serve nothing else. late: of old alerts that last and that
    nobody was told of, how they came to be known.
    """

    now: datetime
    roster: Roster
    routes: Routes
    channels: tuple[ChannelInfo, ...]
    notify_within_h: float
    holds: Mapping[tuple[str, str], tuple[SeriesHold, ...]] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    stopped: Mapping[str, datetime] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    dark: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    flaps: Mapping[tuple[str, str], Flap] = field(default_factory=dict)
    floods: Mapping[str, Flood] = field(default_factory=dict)
    came: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    group_last: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    told_to: Mapping[int, Mapping[str, tuple[Receiver, ...]]] = field(default_factory=dict)
    failing: Mapping[str, datetime] = field(default_factory=dict)
    behind: Mapping[str, frozenset[str]] = field(default_factory=dict)
    late: Mapping[int, Lateness] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """An alert to be looked at, with what is new about it and how far telling has come (None: not at all)."""

    facts: AlertFacts
    news: AlertNews
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Telling:
    """A team is to be told of an alert, unless a flood or its group holds it. people: codes of the persons meant; step:
    of an escalation; restarts: escalation counts from this telling on."""

    facts: AlertFacts
    team: Team
    event: Occasion
    reason: Reason
    receivers: tuple[Receiver, ...]
    people: tuple[str, ...] = ()
    step: int | None = None
    detail: str = ""
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision. message: position of the message in the plan, None for none."""

    alert_id: int
    event: Occasion
    team: str
    receiver: Receiver | None
    decision: Decision
    reason: Reason
    detail: str = ""
    message: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message to one receiver. alerts: with their own events, the most severe first; nth: a number that no other
    message of the first alert, team, event and receiver has; step: of an escalation; waits: of an escalation, the alert
    that has waited longest, and since which telling."""

    event: Occasion
    team: Team
    receiver: Receiver
    people: tuple[str, ...]
    reason: Reason
    group_key: str
    alerts: tuple[tuple[int, Occasion], ...]
    nth: str
    step: int | None = None
    waits: tuple[int, datetime] | None = None


@dataclass(slots=True)
class Plan:
    """What is to be written."""

    messages: list[PlannedMessage] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    progress: dict[int, Progress] = field(default_factory=dict)
    flaps: dict[tuple[str, str], Flap] = field(default_factory=dict)
    floods: list[Flood] = field(default_factory=list)
    realarmed: set[int] = field(default_factory=set)

    def decide(
        self,
        telling_of: AlertFacts,
        event: Occasion,
        team: str,
        decision: Decision,
        reason: Reason,
        detail: str = "",
        receivers: Sequence[Receiver] = (),
        message: int | None = None,
    ) -> None:
        """Note a decision, once for each receiver, or for the team as such when none is given."""
        for receiver in receivers or (None,):
            self.decisions.append(
                Decided(telling_of.alert_id, event, team, receiver, decision, reason, detail, message)
            )
