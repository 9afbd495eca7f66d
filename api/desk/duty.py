"""The page `/duty`: who is on duty now and next in every team, the coming days, hand-over notes and shift reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui
from nicegui.client import Client
from nicegui.element import Element

from api.desk import silences
from api.desk.desk import Desk
from api.desk.follow import Follower
from api.desk.frame import desk_page, frame, node
from api.desk.live import Tick
from api.desk.session import Visit
from api.desk.strip import people_text, turn_text
from api.desk.words import clock_text, full_text, one_line
from api.fields import format_instant
from domain.periods import HOUR, SITE_ZONE, Period
from domain.roster import Roster
from storage.database import Connection
from storage.listing.desk import people
from storage.roster import handovers, load

_AHEAD = 7 * 24 * HOUR
_NOTES = 5
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/duty")
    async def duty(known: Visit, request: Request) -> None:
        now = desk.clock()
        async with desk.reading() as connection:
            page = await _read(connection, known, now)
            takers = await people(connection) if "handover" in known.may else []
        with frame(desk, known, "/duty", takers):
            body = ui.element("div").classes("dk-body")
        ui.page_title("值班 · 值班台")
        watcher = _Duty(desk, known, ui.context.client, body)
        watcher.show(page, now)
        watcher.begin()


class _Read(NamedTuple):
    """All that is shown: the roster, the newest notes of each team, the silences."""

    roster: Roster
    notes: Mapping[str, Sequence[Mapping[str, Any]]]
    silent: Sequence[Mapping[str, Any]]


async def _read(connection: Connection, known: Visit, now: datetime) -> _Read:
    """For an enterprise's account: its own teams alone, and no silences, which are the bureau's own affair."""
    roster, _ = await load(connection)
    own = known.actor.enterprise
    shown = [code for code, team in sorted(roster.teams.items()) if own is None or team.enterprise == own]
    notes = {code: list(await handovers(connection, code, limit=_NOTES)) for code in shown}
    return _Read(roster, notes, [] if own is not None else await silences.standing(connection, now))


class _Duty(Follower):
    """One open page."""

    def __init__(self, desk: Desk, known: Visit, client: Client, body: Element) -> None:
        super().__init__(desk, known, client)
        self._body = body
        self._mark: object = None

    async def renew(self, tick: Tick) -> None:
        async def ask() -> _Read:
            return await _read(tick.connection, self.visit, tick.now)

        # the bureau's pages show the same, and so do those of one enterprise
        page: _Read = await tick.once(("duty", self.visit.actor.enterprise), ask)
        if self._mark != _mark(page, tick.now):
            self.show(page, tick.now)

    def show(self, page: _Read, now: datetime) -> None:
        self._mark = _mark(page, now)
        self._body.clear()
        with self._body:
            if not page.notes:
                with node("div", "dk-card"):
                    node("h2", "", "还没有登记值班组")
                    node("p", "dk-explain", "在站点文件中登记人员、值班组和班次后，这里显示谁在值班。")
            for code, notes in page.notes.items():
                _team(page.roster, code, notes, now, may_write="handover" in self.visit.may)
            silences.card(page.silent, now, may_end="end_silence" in self.visit.may)


def _mark(page: _Read, now: datetime) -> object:
    roster, notes, silent = page
    standing = tuple((code, roster.on_duty(code, now), roster.following(code, now)) for code in notes)
    silenced = tuple((row["silence_id"], row["state"]) for row in silent)
    return (
        standing,
        silenced,
        tuple(note["handover_id"] for some in notes.values() for note in some),
        len(roster.overrides),
    )


def _team(roster: Roster, code: str, notes: Sequence[Mapping[str, Any]], now: datetime, *, may_write: bool) -> None:
    team = roster.teams[code]
    turns, following = roster.on_duty(code, now), roster.following(code, now)
    present = "、".join(turn_text(roster, turn, now) for turn in turns)
    is_rostered = roster.has_shifts(code)
    with node("div", "dk-card dk-team"):
        with node("div", "dk-line"):
            node("h2", "", one_line(team.name, 40))
            if may_write and turns:
                node(
                    "button", "dk-button dk-confirm dk-right", "交接班", type="button",
                    data_desk="act", data_act="handover", data_id=code,
                    data_title=f"{one_line(team.name, 40)}：{present}",
                )  # fmt: skip
        with node("dl", "dk-facts"):
            node("dt", "", "现在")
            if not is_rostered and not turns:
                # a plant's own team often has no shifts: that is how it is meant, and nobody is missing
                node("dd", "dk-now", "本组不排班，告警通知负责人" if team.lead else "本组不排班")
            else:
                node("dd", "dk-now" if turns else "dk-now bad", present or "无人值班")
            if is_rostered:
                node("dt", "", "下一班")
                node(
                    "dd", "",
                    "没有排班" if following is None
                    else f"{people_text(roster, following)}（{one_line(following.shift_name, 12)}，"
                    f"{clock_text(following.period.start, now)} 至 {clock_text(following.period.end, now)}）",
                )  # fmt: skip
            if team.lead:
                node("dt", "", "负责人")
                node("dd", "", one_line(roster.name_of(team.lead), 20))
            for gap in roster.gaps(code, Period(now, now + _AHEAD)) if is_rostered else ():
                node("dt", "bad", "排班空缺")
                node("dd", "bad", f"{clock_text(gap.start, now)} 至 {clock_text(gap.end, now)}")
        _coming(roster, code, now)
        _reports(code, turns[0].whole.start if turns else None)
        _notes(roster, notes, now)


def _coming(roster: Roster, code: str, now: datetime) -> None:
    turns = roster.turns(code, Period(now, now + _AHEAD))
    if not turns:
        return
    with node("details", "dk-steps"):
        node("summary", "", "今后七天的排班")
        with node("div", "dk-scroll"), node("table", "dk-cells"):
            with node("tr"):
                for head in ("日期", "班次", "时间", "人员"):
                    node("th", "", head)
            for turn in turns:
                weekday = _WEEKDAYS[turn.period.start.astimezone(SITE_ZONE).weekday()]
                day = f"{full_text(turn.period.start)[5:10]} {weekday}"
                times = f"{full_text(turn.period.start)[11:16]}—{full_text(turn.period.end)[11:16]}"
                names = people_text(roster, turn) + ("（调班）" if turn.overridden else "")
                with node("tr", "" if turn.people else "bad"):
                    for cell in (day, one_line(turn.shift_name, 12), times, names):
                        node("td", "", cell)


def _reports(code: str, began_at: datetime | None) -> None:
    with node("p", "dk-reports"):
        if began_at is not None:
            node("span", "", "值班记录　本班")
            _files(code, None)
            node("span", "", "上一班")
            _files(code, began_at - timedelta(minutes=1))
        node("a", "", "日历订阅", href=f"/v1/roster/{code}/calendar.ics")


def _files(code: str, at: datetime | None) -> None:
    for form, word in (("pdf", "PDF"), ("xlsx", "XLSX")):
        query = {"format": form} | ({} if at is None else {"at": format_instant(at)})
        node("a", "", word, href=f"/v1/roster/{code}/shift-report?{urlencode(query)}", target="_blank")


def _notes(roster: Roster, notes: Sequence[Mapping[str, Any]], now: datetime) -> None:
    if not notes:
        return
    node("h2", "", "最近的交接班")
    with node("div", "dk-events"):
        for note in notes:
            giver, taker = (one_line(roster.name_of(note[role]), 20) for role in ("giver", "taker"))
            with node("div", "dk-event dk-note-of-shift"):
                node("span", "t", full_text(note["at"]))
                node("span", "w", f"{giver} → {taker}")
                node("span", "p", f"{clock_text(note['from_at'], now)} 的班")
                node("span", "c", one_line(note["note"], 1000))
