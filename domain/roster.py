"""The roster (排班表): who is on duty when, by shifts, their rotations, and what was changed by hand. Pure.

A turn (班) is a stretch of one shift with the same people. Instants are in UTC; shifts begin at local times. A person
who has left holds no turn: the next member of the order who is still there stands in, so that the turns of all others
stay where they were, and the turn says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from domain.periods import Period, local_day
from domain.shifts import Shift
from domain.teams import Contact, Person, QuietHours, Step, Team, TeamPolicy
from domain.workdays import is_reckoned

__all__ = [
    "Contact", "Overlap", "Override", "Person", "QuietHours", "Roster", "Shift", "Step", "Team", "TeamPolicy", "Told",
    "Turn",
]  # fmt: skip

#: How far ahead somebody is looked for who comes on next.
HORIZON = timedelta(days=62)
_WINDOW = timedelta(days=2)
_INSTANT = timedelta(microseconds=1)
#: What a stretch is called on which somebody comes in addition (增援).
_ADDED = "增援"


@dataclass(frozen=True, slots=True)
class Override:
    """A change by hand: in a period a person takes the turns of another, or comes in addition when replaces is None.

    The later made counts, by created_at and then number. One that was cancelled counts until then, and never did when
    that was before it began.
    """

    override_id: int
    team: str
    period: Period
    person: str
    replaces: str | None
    created_at: datetime
    author: str = ""
    reason: str = ""
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None

    @property
    def effective(self) -> Period | None:
        """When it counts, None for never."""
        if self.cancelled_at is None:
            return self.period
        end = min(self.period.end, self.cancelled_at)
        return None if end <= self.period.start else Period(self.period.start, end)


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of duty. shift: its code, empty where people come in addition. people: codes; none: nobody is there.

    overridden: by hand. left: members whose turn it would be but who have left. shift_period: of the whole shift of the
    day, where the turn is a part of it.
    """

    team: str
    shift: str
    shift_name: str
    period: Period
    people: tuple[str, ...]
    overridden: bool = False
    left: tuple[str, ...] = ()
    shift_period: Period | None = None

    @property
    def whole(self) -> Period:
        """From when to when the shift of the day lasts, whoever takes parts of it."""
        return self.shift_period or self.period


@dataclass(frozen=True, slots=True)
class Overlap:
    """A stretch in which several shifts of a team are on duty at once."""

    period: Period
    shifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a step reaches. note: roster_gap (nobody is on duty: the lead instead), no_next (nobody comes on: the lead
    instead), member_left (somebody stands in), unknown (no such team or person, or who has left); None when all is as
    the roster says."""

    people: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Base:
    """A shift of a day, or an addition, before anybody takes somebody's turn."""

    shift: str
    name: str
    period: Period
    people: tuple[str, ...]
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """People and teams by code, shifts and overrides of all teams in any order."""

    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    shifts: Sequence[Shift] = ()
    overrides: Sequence[Override] = ()

    def on_duty(self, team: str, at: datetime) -> tuple[Turn, ...]:
        """The turns of an instant that somebody holds; several where shifts overlap, none in a gap."""
        return tuple(turn for turn in self.turns(team, Period(at, at + _INSTANT)) if turn.people)

    def following(self, team: str, at: datetime) -> Turn | None:
        """The next turn after an instant that somebody holds; None when there is none within the horizon."""
        return next(self._coming(team, at), None)

    def relief(self, team: str, at: datetime) -> Turn | None:
        """The next turn with somebody who is not on duty at an instant; None when there is none within the horizon."""
        present = {person for turn in self.on_duty(team, at) for person in turn.people}
        known = {person for shift in self._shifts(team) for person in shift.members}
        known |= {override.person for override in self._overrides(team)}
        if known <= present:
            return None
        return next((turn for turn in self._coming(team, at) if not set(turn.people) <= present), None)

    def turns(self, team: str, period: Period) -> list[Turn]:
        """All turns that touch a period, uncut, by start; those that nobody holds have no people."""
        bases = self._bases(team, period)
        if not bases:
            return []
        hull = Period(min(base.period.start for base in bases), max(base.period.end for base in bases))
        swaps = [override for override in self._overrides(team) if override.replaces and override.period.meets(hull)]
        beside = self._bases(team, hull) if swaps else []
        found = []
        for base in bases:
            mine = [override for override in swaps if override.period.meets(base.period)]
            found += _pieces(team, base, mine, beside) if mine else [_turn(team, base)]
        touching = [turn for turn in found if turn.period.meets(period)]
        return sorted(touching, key=lambda turn: (turn.period, turn.shift, turn.people))

    def gaps(self, team: str, period: Period) -> list[Period]:
        """Stretches of a period in which nobody is on duty; all of it for a team without shifts."""
        found, reached = [], period.start
        for turn in self.turns(team, period):
            if not turn.people:
                continue
            if turn.period.start > reached:
                found.append(Period(reached, turn.period.start))
            reached = max(reached, turn.period.end)
        if reached < period.end:
            found.append(Period(reached, period.end))
        return found

    def overlaps(self, team: str, period: Period) -> list[Overlap]:
        """Stretches of a period with more than one shift on duty; who comes in addition is meant to."""
        turns = [turn for turn in self.turns(team, period) if turn.shift and turn.people]
        edges = sorted({period.start, period.end, *(edge for turn in turns for edge in _edges(turn.period, period))})
        found: list[Overlap] = []
        for start, end in pairwise(edges):
            shifts = tuple(sorted({turn.shift for turn in turns if start in turn.period}))
            if len(shifts) < 2:
                continue
            if found and found[-1].shifts == shifts and found[-1].period.end == start:
                found[-1] = Overlap(Period(found[-1].period.start, end), shifts)
            else:
                found.append(Overlap(Period(start, end), shifts))
        return found

    def people_for(self, team: str, to: str, at: datetime) -> Told:
        """Whom a step of a team's escalation reaches at an instant.

        to: on_duty, next, lead, team:CODE or person:CODE. Never fails: what cannot be found is said by the note.
        """
        kind, _, code = to.partition(":")
        if kind == "team":
            return self.people_for(code, "on_duty", at) if code in self.teams else Told((), "unknown")
        if kind == "person":
            return Told((code,)) if self.is_active(code) else Told((), "unknown")
        if kind == "on_duty":
            turns: tuple[Turn, ...] = self.on_duty(team, at)
            note = "roster_gap"
        elif kind == "next":
            relief = self.relief(team, at)
            turns = () if relief is None else (relief,)
            note = "no_next"
        else:
            lead = self._lead(team)
            return Told(lead, None if lead else "unknown")
        if not turns:
            return Told(self._lead(team), note)
        people = tuple(dict.fromkeys(person for turn in turns for person in turn.people))
        return Told(people, "member_left" if any(turn.left for turn in turns) else None)

    def is_active(self, person: str) -> bool:
        """Whether there is such a person, and he has not left."""
        known = self.people.get(person)
        return known is not None and known.active

    def name_of(self, person: str) -> str:
        """A person's name, the code of who is unknown."""
        known = self.people.get(person)
        return person if known is None else known.name

    def has_shifts(self, team: str) -> bool:
        """Whether anybody is ever meant to be on duty in a team; a plant's own often has a lead alone."""
        return any(self._shifts(team))

    def is_reckoned(self, team: str, period: Period) -> bool:
        """Whether turns of a period rest on a year whose holidays are not published yet: weekends alone count then."""
        first, last = local_day(period.start), local_day(period.end - _INSTANT)
        return is_reckoned(first, last) and any(shift.days != "all" for shift in self._shifts(team))

    def _lead(self, team: str) -> tuple[str, ...]:
        known = self.teams.get(team)
        return (known.lead,) if known is not None and known.lead is not None and self.is_active(known.lead) else ()

    def _shifts(self, team: str) -> Iterator[Shift]:
        return (shift for shift in self.shifts if shift.team == team)

    def _overrides(self, team: str) -> list[Override]:
        """Those that count, as long as they do, the later made behind."""
        mine = (
            replace(override, period=effective)
            for override in self.overrides
            if override.team == team and self.is_active(override.person)
            if (effective := override.effective) is not None
        )
        return sorted(mine, key=lambda override: (override.created_at, override.override_id))

    def _coming(self, team: str, at: datetime) -> Iterator[Turn]:
        """Turns that somebody holds and that begin after an instant, by start, within the horizon."""
        if not self.has_shifts(team) and not self._overrides(team):
            return
        start = at
        while start < at + HORIZON:
            window = Period(start, start + _WINDOW)
            for turn in self.turns(team, window):
                if turn.people and turn.period.start in window and turn.period.start > at:
                    yield turn
            start = window.end

    def _bases(self, team: str, period: Period) -> list[_Base]:
        found = [
            self._held(shift, shift.period(day), shift.order(day))
            for shift in self._shifts(team)
            for day in shift.days_touching(period)
        ]
        return found + [
            _Base("", _ADDED, override.period, (override.person,))
            for override in self._overrides(team)
            if override.replaces is None and override.period.meets(period)
        ]

    def _held(self, shift: Shift, period: Period, order: Sequence[str]) -> _Base:
        due, others = order[: shift.seats], [person for person in order[shift.seats :] if self.is_active(person)]
        people: list[str] = []
        left: list[str] = []
        for person in due:
            if self.is_active(person):
                people.append(person)
                continue
            left.append(person)
            stand_in = next((other for other in others if other not in people), None)
            if stand_in is not None:
                people.append(stand_in)
        return _Base(shift.code, shift.name, period, tuple(dict.fromkeys(people)), tuple(dict.fromkeys(left)))


def _pieces(team: str, base: _Base, swaps: Sequence[Override], beside: Sequence[_Base]) -> list[Turn]:
    """A base cut where somebody takes somebody's turn; neighbours with the same people are one again.

    Whose turn is taken: that of who holds it by the shifts. Only where he holds none in the whole team at that time is
    it the one that he took from somebody else; so two people can swap, and a stand-in can find a stand-in.
    """
    touching = [other for other in beside if other.period.meets(base.period)]
    edges = {base.period.start, base.period.end}
    for period in (*(swap.period for swap in swaps), *(other.period for other in touching)):
        edges.update(_edges(period, base.period))
    cuts = sorted(edges)
    found: list[Turn] = []
    for start, end in pairwise(cuts):
        holders = {person for other in touching if start in other.period for person in other.people}
        people = {person: person for person in base.people}  # by whose turn it was
        for swap in swaps:
            if start not in swap.period:
                continue
            for own, present in people.items():
                if swap.replaces == (own if swap.replaces in holders else present):
                    people[own] = swap.person
        present_people = tuple(dict.fromkeys(people.values()))
        overridden = present_people != base.people
        if found and found[-1].people == present_people:
            start = found.pop().period.start
        period = Period(start, end)
        whole = None if period == base.period else base.period
        found.append(Turn(team, base.shift, base.name, period, present_people, overridden, base.left, whole))
    return found


def _turn(team: str, base: _Base) -> Turn:
    return Turn(team, base.shift, base.name, base.period, base.people, not base.shift, base.left)


def _edges(period: Period, within: Period) -> Iterable[datetime]:
    return (edge for edge in (period.start, period.end) if within.start < edge < within.end)
