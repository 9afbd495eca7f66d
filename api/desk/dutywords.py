"""Turns, gaps and changes of the roster as they are read at the desk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from api.desk.words import one_line
from domain.errors import BadInput
from domain.periods import SITE_ZONE, Period, local_day
from domain.roster import Override, Roster, Turn
from domain.rosterplan import Foresight

_DAY = timedelta(days=1)
#: So many days running with the same hours are said in one line.
_RUN = 3
#: More lines than this are cut, and said to be.
_MOST = 12


@dataclass(frozen=True, slots=True)
class Line:
    """tone: good, bad, warn or none."""

    text: str
    tone: str = "none"


def day_text(day: date, now: datetime) -> str:
    """A local day; with its year where that is not the present one."""
    year = "" if day.year == local_day(now).year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def span_text(period: Period, now: datetime) -> str:
    """From when to when, in local time: `11月30日 08:00–16:00`; midnight at the end is 24:00 of the day before. What
    begins right now says so."""
    start, end = period.start.astimezone(SITE_ZONE), period.end.astimezone(SITE_ZONE)
    last = end.date()
    clock = f"{end:%H:%M}"
    if end > start and (end.hour, end.minute, end.second) == (0, 0, 0):
        last, clock = last - _DAY, "24:00"
    upto = clock if last == start.date() else f"{day_text(last, now)} {clock}"
    if period.start == now:
        return f"现在至 {upto}"
    return f"{day_text(start.date(), now)} {start:%H:%M}–{upto}"


def runs(periods: Iterable[tuple[Period, str]], now: datetime) -> list[tuple[str, str]]:
    """(when, what) of periods in order; the same hours and words on days running in one: `11月27日至12月10日每天
    08:00–08:15`."""
    groups: list[list[tuple[Period, str]]] = []
    for period, what in sorted(periods, key=lambda one: one[0]):
        for group in groups:
            before, said = group[-1]
            if said == what and Period(before.start + _DAY, before.end + _DAY) == period:
                group.append((period, what))
                break
        else:
            groups.append([(period, what)])
    found = []
    for group in groups:
        first, last = group[0][0], group[-1][0]
        if len(group) < _RUN:
            found += [(period.start, span_text(period, now), what) for period, what in group]
        else:
            days = f"{day_text(local_day(first.start), now)}至{day_text(local_day(last.start), now)}每天"
            found.append((first.start, f"{days} {_clocks(first)}", group[0][1]))
    return [(when, what) for _, when, what in sorted(found)]


def _clocks(period: Period) -> str:
    start, end = period.start.astimezone(SITE_ZONE), period.end.astimezone(SITE_ZONE)
    if end.date() == start.date():
        return f"{start:%H:%M}–{end:%H:%M}"
    if end - start <= _DAY and (end.hour, end.minute) == (0, 0):
        return f"{start:%H:%M}–24:00"
    return f"{start:%H:%M}–次日 {end:%H:%M}"


def troubles(roster: Roster, team: str, period: Period, now: datetime) -> list[Line]:
    """In which stretches nobody is on duty, and in which several shifts are at once; for a team with shifts."""
    if not roster.has_shifts(team):
        return []
    gaps = [(gap, "无人值班") for gap in roster.gaps(team, period)]
    overlaps = [(found.period, _overlap(roster, team, found.shifts)) for found in roster.overlaps(team, period)]
    lines = [Line(f"{when} {what}", "bad") for when, what in runs(gaps, now)]
    return _cut(lines) + _cut([Line(f"{when} {what}", "warn") for when, what in runs(overlaps, now)])


def _overlap(roster: Roster, team: str, shifts: Sequence[str]) -> str:
    named = {shift.code: shift.name for shift in roster.shifts if shift.team == team}
    return f"{'与'.join(one_line(named.get(code, code), 12) for code in shifts)}重叠"


def foresight_lines(roster: Roster, team: str, seen: Foresight, now: datetime) -> list[Line]:
    """What a change would bring: first what is wrong, then who has which turns."""
    lines = [Line(f"{when} 无人值班", "bad") for when, _ in runs([(gap, "") for gap in seen.gaps], now)]
    overlaps = [(found.period, _overlap(roster, team, found.shifts)) for found in seen.overlaps]
    for clash in seen.clashes:
        place = "" if clash.team == team else one_line(roster.teams[clash.team].name, 20)
        words = f"{one_line(roster.name_of(clash.person), 20)} 同时还有{place}{one_line(clash.shift_name, 12)}"
        lines.append(Line(f"{span_text(clash.period, now)} {words}", "bad"))
    lines += [Line(f"{when} {what}", "warn") for when, what in runs(overlaps, now)]
    turns = [Line(turn_line(roster, turn, now), "none" if turn.people else "bad") for turn in seen.turns]
    return _cut(lines) + _cut(turns)


def turn_line(roster: Roster, turn: Turn, now: datetime) -> str:
    """11月30日 08:00–20:00 白班：王维"""
    people = "、".join(one_line(roster.name_of(code), 20) for code in turn.people) or "无人"
    return f"{span_text(turn.period, now)} {one_line(turn.shift_name, 12)}：{people}"


def change_text(roster: Roster, change: Override) -> str:
    """王维 替 李娜; 王维 增援"""
    who = one_line(roster.name_of(change.person), 20)
    return f"{who} 增援" if change.replaces is None else f"{who} 替 {one_line(roster.name_of(change.replaces), 20)}"


def _cut(lines: list[Line]) -> list[Line]:
    if len(lines) <= _MOST:
        return lines
    return [*lines[: _MOST - 1], Line(f"……另有 {len(lines) - _MOST + 1} 条", lines[-1].tone)]


def typed_instant(text: str, what: str) -> datetime:
    """What somebody typed into a field of a local time, `2026-11-30T08:00`. Raises BadInput."""
    try:
        found = datetime.fromisoformat(text)
        return (found.replace(tzinfo=SITE_ZONE) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"请填写{what}") from error


def field_instant(at: datetime) -> str:
    """An instant as a field of a local time holds it."""
    return f"{at.astimezone(SITE_ZONE):%Y-%m-%dT%H:%M}"
