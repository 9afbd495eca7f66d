"""Who is to be told: a team's channels, and the people of steps of its escalation. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from alerts.dispatch.contract import AlertFacts, ChannelInfo, World
from alerts.messages import Receiver
from domain.roster import Person, Step, Team
from domain.teams import TeamPolicy

#: The team that is told where a site has none, or no route fits.
DUTY = "duty"


def built_in(channels: Iterable[ChannelInfo]) -> Team:
    """Whoever reads the channels that reach somebody without an address."""
    return Team(
        DUTY,
        "值班",
        channels=tuple(channel.code for channel in channels if not channel.needs_address),
        steps=(Step(timedelta(0), "on_duty"),),  # it knows no people to escalate to
        policy=TeamPolicy.DEFAULT,
    )


@dataclass(frozen=True, slots=True)
class Audience:
    """Receivers in order, the persons among those meant, and what the roster had to say."""

    receivers: tuple[Receiver, ...]
    people: tuple[str, ...]
    note: str


class Audiences:
    """Asked for one telling after the other; equal questions are answered once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._channels = {channel.code: channel for channel in world.channels}
        self._built_in = built_in(world.channels)
        self._known: dict[tuple[str, tuple[Step, ...]], Audience] = {}
        self._shown: dict[frozenset[tuple[str, str]], tuple[Team, ...]] = {}

    def teams(self, alert: AlertFacts) -> tuple[Team, ...]:
        """The teams that an alert's routes lead to, else the built-in one."""
        key = frozenset(alert.labels.items())
        if key not in self._shown:
            codes = self._world.routes.teams(alert.labels)
            found = tuple(self._world.roster.teams[code] for code in codes if code in self._world.roster.teams)
            self._shown[key] = found or (self._world.roster.teams.get(DUTY, self._built_in),)
        return self._shown[key]

    def is_routed(self, alert: AlertFacts) -> bool:
        """Whether a route fits."""
        return bool(self._world.routes.teams(alert.labels))

    def team(self, code: str) -> Team | None:
        """A team by code, None for one that is no more."""
        found = self._world.roster.teams.get(code)
        return self._built_in if found is None and code == DUTY else found

    def of(self, team: Team, steps: tuple[Step, ...]) -> Audience:
        """Whom a team's steps reach now: its channels and the steps' people."""
        key = (team.code, steps)
        if key not in self._known:
            self._known[key] = self._find(team, steps)
        return self._known[key]

    def person(self, code: str) -> Receiver | None:
        """How a person is reached: by the first contact that is configured; None when by none."""
        known: Person | None = self._world.roster.people.get(code)
        if known is None or not known.active:
            return None
        for contact in known.contacts:
            channel = self._channels.get(contact.channel)
            # the address at a group's robot is whom to mention there
            if channel is not None and not channel.is_group:
                return Receiver(contact.channel, f"person:{code}")
        return None

    def is_configured(self, receiver: Receiver) -> bool:
        """Whether somebody delivers what is sent to a receiver."""
        return receiver.channel in self._channels

    def _find(self, team: Team, steps: tuple[Step, ...]) -> Audience:
        told = [team]
        people: dict[str, None] = {}
        notes: dict[str, None] = {}
        for step in steps:
            kind, _, code = step.to.partition(":")
            other = self.team(code) if kind == "team" else None
            if other is not None and other not in told:
                told.append(other)
            if team.code in self._world.roster.teams:
                found = self._world.roster.people_for(team.code, step.to, self._world.now)
                people |= dict.fromkeys(found.people)
                notes |= {} if found.note is None else {found.note: None}
        receivers: dict[Receiver, None] = {}
        for one in told:
            for code in one.channels:
                channel = self._channels.get(code)
                if channel is not None and not channel.needs_address:
                    receivers[Receiver(code, f"team:{one.code}")] = None
        for person in people:
            receiver = self.person(person)
            if receiver is not None:
                receivers[receiver] = None
        return Audience(tuple(receivers), tuple(people), " ".join(notes))
