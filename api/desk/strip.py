"""The head of every page: three figures of the city, who is on duty, and what the desk itself suffers from.

The figures take a look at a month of hours; they are read in the background every few minutes, while no page waits.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from alerts.failures import failure_text
from api.desk.words import clock_text, full_text, one_line
from api.naming import Names
from domain.accounts import Actor
from domain.errors import BadInput, WorldFailed
from domain.periods import HOUR, Period, local_day
from domain.roster import Roster, Turn
from storage.database import Connection, Database
from storage.listing.desk_strip import failing_channels, intake_share, ldar_share, ule_share
from storage.listing.session import begin
from storage.roster import load

logger = logging.getLogger(__name__)

#: A gap of the roster is said so long before it comes.
_AHEAD = 24 * HOUR
_FIGURES_EVERY_S = 120.0
#: More teams than this do not fit the head.
_TEAMS = 3

_NAMES = {"ule": "超低排放小时达标率", "water": "取水计量在线监控率", "ldar": "LDAR 按期率"}


def _waiting(name: str, as_of: str = "正在计算") -> dict[str, str]:
    return {"name": name, "value": "—", "target": "", "as_of": as_of, "tone": "none"}


@dataclass
class Strip:
    """What the heads of pages show; read anew by the poller."""

    figures: Sequence[Mapping[str, str]] = field(default_factory=lambda: [_waiting(name) for name in _NAMES.values()])
    duty: Sequence[Mapping[str, str]] = ()
    banners: Sequence[str] = ()
    trouble: str = ""
    present: frozenset[str] = frozenset()
    _figures_at: float | None = None

    def shown(self, actor: Actor) -> dict[str, Any]:
        """For the browser of somebody, whose own team comes first; an enterprise is told when what it sees is old, and
        nothing of the bureau's."""
        trouble = [self.trouble] if self.trouble else []
        if actor.enterprise is not None:
            return {"figures": [], "duty": [], "others": 0, "banners": trouble}
        duty = sorted(self.duty, key=lambda line: line["code"] != actor.team)
        return {
            "figures": list(self.figures),
            "duty": duty[:_TEAMS],
            "others": max(0, len(duty) - _TEAMS),
            "banners": [*trouble, *self.banners],
        }

    def away(self, since: datetime) -> None:
        """The database cannot be read: whatever the pages show is as old as this."""
        self.trouble = self.trouble or f"暂时读不到新的数据：页面停在 {full_text(since)[11:]}，恢复后自动更新"

    def back(self) -> None:
        """It can be read."""
        self.trouble = ""

    async def read(self, connection: Connection, now: datetime) -> None:
        """Who is on duty and what is wrong: at every look that something happened."""
        try:
            roster, _ = await load(connection)
        except BadInput as error:
            logger.error("the roster cannot be read", extra={"error": str(error)})
            self.banners = ["排班表无法读取，请联系管理员"]
            return
        self.present = frozenset(
            code for team in roster.teams for turn in roster.on_duty(team, now) for code in turn.people
        )
        self.duty = [on_duty(roster, code, now) for code in teams_shown(roster)]
        self.banners = banners(roster, await failing_channels(connection), now)

    async def read_figures(self, database: Database, now: datetime, at_s: float, timeout_s: float) -> bool:
        """The figures, when their time has come; one that cannot be read shows a dash and stops no other. Whether any
        was read."""
        if self._figures_at is not None and at_s - self._figures_at < _FIGURES_EVERY_S:
            return False
        self._figures_at = at_s
        found = []
        for name, ask in (("ule", ule_share), ("water", intake_share), ("ldar", lambda c, _now: ldar_share(c))):
            try:
                async with database.transaction() as connection:
                    await begin(connection, read_only=True, timeout_s=timeout_s)
                    found.append(_FIGURES[name](await ask(connection, now), now))
            except WorldFailed as error:
                logger.warning("a figure of the strip cannot be read", extra={"figure": name, "error": str(error)})
                found.append(_FIGURES[name]({}, now))
        self.figures = found
        return True


def teams_shown(roster: Roster) -> list[str]:
    """Teams for the head, the city's own before those of its districts. Plants' teams are on the page of duty, and so
    is a team without shifts, which nobody is missing from."""
    bureaus = [(team.district or "", code) for code, team in roster.teams.items() if team.enterprise is None]
    return [code for _, code in sorted(bureaus) if roster.has_shifts(code)]


def on_duty(roster: Roster, team: str, now: datetime) -> dict[str, str]:
    """A team's line: who is on duty until when, and who comes next."""
    turns = roster.on_duty(team, now)
    following = roster.following(team, now)
    return {
        "code": team,
        "team": one_line(roster.teams[team].name, 20),
        "now": "、".join(turn_text(roster, turn, now) for turn in turns) or "无人值班",
        "next": ""
        if following is None
        else f"{clock_text(following.period.start, now)} 起 {people_text(roster, following)}",
        "tone": "good" if turns else "bad",
    }


def people_text(roster: Roster, turn: Turn) -> str:
    """Names of a turn, or that nobody has it."""
    return "、".join(one_line(roster.name_of(code), 20) for code in turn.people) or "无人"


def turn_text(roster: Roster, turn: Turn, now: datetime) -> str:
    """王维（夜班，至 08:00）"""
    return f"{people_text(roster, turn)}（{one_line(turn.shift_name, 12)}，至 {clock_text(turn.period.end, now)}）"


def banners(roster: Roster, failing: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """What the people at the desk must know of the desk itself."""
    channels = Names(channels={row["channel"]: row["kind"] or "" for row in failing})
    found = [
        f"通知渠道 {channels.channel(row['channel'])}（{row['channel']}）自 {clock_text(row['failing_since'], now)} 起"
        f"发送失败，通知可能没有送达：{one_line(failure_text(row['last_error'] or '原因不明'), 120)}"
        for row in failing
    ]
    for code in sorted(roster.teams):
        if not roster.has_shifts(code):
            continue
        for gap in roster.gaps(code, Period(now, now + _AHEAD)):
            name = one_line(roster.teams[code].name, 20)
            if gap.start <= now:
                found.append(f"{name} 现在无人值班，至 {clock_text(gap.end, now)}：告警转给负责人")
            else:
                span = f"{clock_text(gap.start, now)} 至 {clock_text(gap.end, now)}"
                found.append(f"{name} {span} 排班空缺，请安排人员")
    return found


def _figure(name: str, row: Mapping[str, Any], target: float | None, as_of: str) -> dict[str, str]:
    value = row.get("value")
    if value is None:
        return _waiting(name, "暂无可判定的数据")
    tone = "none" if target is None else "good" if value >= target else "bad"
    return {
        "name": name,
        "value": f"{value:.2f}".rstrip("0").rstrip(".") + "%",
        "target": "" if target is None else f"目标 {target:g}%",
        "as_of": as_of,
        "tone": tone,
    }


def _ule(row: Mapping[str, Any], now: datetime) -> dict[str, str]:
    judged = f"（已判定 {row['judged']} 小时）" if row.get("judged") else ""
    return _figure(_NAMES["ule"], row, row.get("target"), f"本月至 {clock_text(now, now)}{judged}")


def _water(row: Mapping[str, Any], now: datetime) -> dict[str, str]:
    end = row.get("period_end")
    return _figure(
        _NAMES["water"], row, row.get("target"), _through(None if end is None else local_day(end - HOUR), now)
    )


def _ldar(row: Mapping[str, Any], now: datetime) -> dict[str, str]:
    overdue = f"逾期 {row['overdue']} 个，" if row.get("overdue") else ""
    return _figure(_NAMES["ldar"], row, 100.0, f"{overdue}{_through(row.get('as_of'), now)}")


def _through(day: date | None, now: datetime) -> str:
    """Through which local day a figure has been judged."""
    if day is None:
        return ""
    return f"截至 {day:%m-%d} 全天" if day.year == local_day(now).year else f"截至 {day} 全天"


_FIGURES = {"ule": _ule, "water": _water, "ldar": _ldar}
