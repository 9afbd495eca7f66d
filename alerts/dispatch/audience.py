"""Who is to be told: a team's channels, and the people of steps of its escalation. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from alerts.dispatch.contract import AlertFacts, ChannelInfo, World
from alerts.dispatch.timing import first_steps
from alerts.messages import Receiver
from domain.roster import Person, Step, Team
from domain.teams import TeamPolicy

#: The team that is told where a site has none, or no route fits.
DUTY = "duty"
#: A channel that fails and has no message left to try again is tried with a copy after this.
TRY_AGAIN = timedelta(minutes=30)
#: Said in the detail of decisions about a person whose preferred channel fails.
CHANNEL_FAILING = "channel_failing"


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

    def first(self, team: Team, alert: AlertFacts) -> Audience:
        """Whom a team's steps without delay reach; where that is nobody, the first step after them that reaches
        anybody: nobody would answer the ones before."""
        found = self.of(team, first_steps(team, alert))
        for step in team.steps:
            if found.receivers:
                break
            if step.after and step.concerns(alert.severity):
                later = self.of(team, (step,))
                notes = dict.fromkeys([*found.note.split(), *later.note.split()])
                found = replace(later, note=" ".join(notes))
        return found

    def person(self, code: str) -> tuple[Receiver, ...]:
        """How a person is reached: by the first contact that is configured and works; by none when none is configured.

        Where all fail the first one keeps the message until it works again. Whether a channel works again shows when it
        is tried: one that nobody has tried for a while gets the message as well.
        """
        ways = self._ways(code)
        first = next((way for way in ways if way.channel not in self._world.failing), None)
        if first is None:
            return ways[:1]
        before = ways[: ways.index(first)]
        tried = [way for way in before if self._world.failing[way.channel] + TRY_AGAIN <= self._world.now]
        return (first, *tried)

    def is_failing(self, receiver: Receiver) -> bool:
        """Whether the channel that a person is to be reached by first has failed of late."""
        kind, _, code = receiver.name.partition(":")
        ways = self._ways(code) if kind == "person" and self._world.failing else ()
        return bool(ways) and ways[0].channel in self._world.failing

    def _ways(self, code: str) -> tuple[Receiver, ...]:
        """A person's contacts that are configured, the preferred one first."""
        known: Person | None = self._world.roster.people.get(code)
        if known is None or not known.active:
            return ()
        # the address at a group's robot is whom to mention there
        usable = {code for code, channel in self._channels.items() if not channel.is_group}
        return tuple(Receiver(one.channel, f"person:{code}") for one in known.contacts if one.channel in usable)

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
            receivers |= dict.fromkeys(self.person(person))
        return Audience(tuple(receivers), tuple(people), " ".join(notes))
