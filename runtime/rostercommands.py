"""`plantwatch roster show TEAM`: who is on duty, for a person at a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.errors import BadInput
from domain.periods import SITE_ZONE, Period
from domain.roster import Roster, Turn
from runtime.clock import open_clock
from runtime.settings import Settings
from storage.database import Database
from storage.roster import load

_WEEKDAYS = "一二三四五六日"


async def roster(options: argparse.Namespace, settings: Settings) -> int:
    """Run the command; returns an exit code. Raises BadInput for an unknown team or a number of days beyond 1 to 92."""
    if not 1 <= options.days <= 92:
        raise BadInput(f"--days {options.days}: expected 1 to 92")
    now = open_clock(settings.clock_file)()
    async with Database(settings.require_database_url()) as database, database.transaction() as connection:
        known, _ = await load(connection)
    if options.team not in known.teams:
        teams = ", ".join(sorted(known.teams)) or "no team is registered"
        raise BadInput(f"there is no team {options.team}; expected one of: {teams}")
    sys.stdout.write("".join(f"{line}\n" for line in shown(known, options.team, now, options.days)))
    return 0


def shown(known: Roster, team: str, now: datetime, days: int) -> Iterator[str]:
    """Lines in Chinese: the present turn first, gaps where they are, local times."""
    lead = known.teams[team].lead
    yield f"{known.teams[team].name}（{team}）　负责人：{'—' if lead is None else _name(known, lead)}"
    ahead = Period(now, now + timedelta(days=days))
    stretches: list[tuple[Period, str]] = [
        (turn.period, _turn(known, turn, now)) for turn in known.turns(team, ahead) if turn.people
    ]
    stretches += [(gap, "无人值班！") for gap in known.gaps(team, ahead)]
    for period, text in sorted(stretches):
        yield f"{_span(period)}　{text}"
    if known.is_reckoned(team, ahead):
        yield "注：其中一年的放假安排尚未公布，工作日暂按周末推算。"


def _turn(known: Roster, turn: Turn, now: datetime) -> str:
    marks = ["当班"] if now in turn.period else []
    marks += ["变动"] if turn.overridden else []
    marks += [f"{'、'.join(_name(known, code) for code in turn.left)}已离岗"] if turn.left else []
    people = "、".join(_name(known, code) for code in turn.people)
    note = f"（{'，'.join(marks)}）" if marks else ""
    return f"{turn.shift_name}　{people}{note}"


def _span(period: Period) -> str:
    start, end = (at.astimezone(SITE_ZONE) for at in (period.start, period.end))
    return f"{start:%m-%d} 周{_WEEKDAYS[start.weekday()]} {start:%H:%M} 至 {end:%m-%d %H:%M}"


def _name(known: Roster, code: str) -> str:
    person = known.people.get(code)
    return code if person is None else person.name
