"""What a change of the roster by hand would bring, before it is made: who has which turns, and what is wrong. Pure.

Nothing here refuses anything: a lead may want somebody to hold two rooms at once, and is told that it will be so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.periods import Period
from domain.roster import Overlap, Override, Roster, Turn

#: A change that has no number yet is the latest made.
UNSAVED = 2**62
#: What gaps and turns around a change are looked at: a turn lasts a day at most.
_AROUND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody has two turns at once."""

    person: str
    period: Period
    team: str
    shift_name: str


@dataclass(frozen=True, slots=True)
class Foresight:
    """A team's roster with a change. turns: those that become others, uncut; gaps, overlaps: of the time of the change;
    clashes: other turns of who comes on, in any team, at the same time."""

    turns: tuple[Turn, ...]
    gaps: tuple[Period, ...]
    overlaps: tuple[Overlap, ...]
    clashes: tuple[Clash, ...] = ()


def with_change(roster: Roster, change: Override) -> Roster:
    """The roster as if a change had been made, or altered: one of the same number gives way to it."""
    others = [one for one in roster.overrides if one.override_id != change.override_id]
    return replace(roster, overrides=[*others, change])


def foresee(roster: Roster, change: Override) -> Foresight:
    """What a new change would bring. The person need not be active: one who has left holds no turn."""
    after = with_change(roster, change)
    fresh = _fresh(roster, after, change.team, change.period)
    taken = [turn.period for turn in fresh if change.person in turn.people]
    clashes = [
        Clash(change.person, common, turn.team, turn.shift_name)
        for team in sorted(roster.teams)
        for turn in roster.turns(team, change.period)
        if change.person in turn.people
        for common in _common(turn.period, taken, change.period)
    ]
    return _foresight(after, change.team, change.period, fresh, clashes)


def foresee_cancel(roster: Roster, change: Override, now: datetime) -> Foresight:
    """What it would bring to take a change back at an instant: it counts until then."""
    rest = Period(max(change.period.start, now), change.period.end)
    after = with_change(roster, replace(change, cancelled_at=now))
    return _foresight(after, change.team, rest, _fresh(roster, after, change.team, rest), ())


def _foresight(after: Roster, team: str, period: Period, fresh: Iterable[Turn], clashes: Iterable[Clash]) -> Foresight:
    gaps = after.gaps(team, period) if after.has_shifts(team) else []
    return Foresight(tuple(fresh), tuple(gaps), tuple(after.overlaps(team, period)), tuple(clashes))


def _fresh(before: Roster, after: Roster, team: str, period: Period) -> list[Turn]:
    """Turns that are not the same without the change; without people where a turn is not held by anybody any more."""
    around = Period(period.start - _AROUND, period.end + _AROUND)
    known = set(before.turns(team, around))
    return [turn for turn in after.turns(team, around) if turn not in known and turn.period.meets(period)]


def _common(period: Period, others: Iterable[Period], within: Period) -> Iterable[Period]:
    for other in others:
        start = max(period.start, other.start, within.start)
        end = min(period.end, other.end, within.end)
        if start < end:
            yield Period(start, end)
