"""Turns of a roster as iCalendar events, of a team or of one person. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from api.ical import TimedEvent
from domain.roster import Roster, Turn

#: A telephone says so before somebody has to be there.
_REMIND = timedelta(minutes=30)


def events(roster: Roster, turns: Iterable[Turn], person: str | None = None) -> list[TimedEvent]:
    """One event a turn that somebody holds; of a person: their own, with a reminder."""
    return [_event(roster, turn, person) for turn in turns if turn.people and (person is None or person in turn.people)]


def _event(roster: Roster, turn: Turn, person: str | None) -> TimedEvent:
    team = roster.teams[turn.team].name
    names = "、".join(map(roster.name_of, turn.people))
    lines = [f"值班组：{team}", f"值班人：{names}"]
    if turn.overridden:
        lines.append("按排班变动")
    if turn.left:
        lines.append(f"已离岗：{'、'.join(map(roster.name_of, turn.left))}，由次序中的下一人顶替")
    key = f"{turn.team}|{turn.shift}|{turn.period.start.isoformat()}|{'' if turn.shift else names}|{person or ''}"
    return TimedEvent(
        uid=f"turn-{hashlib.sha256(key.encode()).hexdigest()[:32]}@plantwatch",
        start=turn.period.start,
        end=turn.period.end,
        summary=f"{turn.shift_name}（{team}）" if person else f"{turn.shift_name}：{names}",
        description="\n".join(lines),
        category="值班",
        remind=_REMIND if person else None,
    )
