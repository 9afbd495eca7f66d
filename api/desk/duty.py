"""The page `/duty`: who is on duty now and next in every team, the coming days, hand-over notes and shift reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fastapi import Request
from nicegui import ui
from nicegui.client import Client
from nicegui.element import Element

from api.desk import dutycard, silences
from api.desk.desk import Desk
from api.desk.follow import Follower
from api.desk.frame import desk_page, frame, node
from api.desk.live import Tick
from api.desk.session import Visit
from api.desk.words import one_line
from domain.periods import local_day
from domain.roster import Roster
from storage.database import Connection
from storage.listing.desk import people
from storage.roster import handovers, load

_NOTES = 5
#: All teams, where the address names none: that is the person's own.
_ALL = "all"


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/duty")
    async def duty(known: Visit, request: Request) -> None:
        now = desk.clock()
        async with desk.reading() as connection:
            page = await _read(connection, known, now)
            takers = await people(connection) if "handover" in known.may else []
        more = dutycard.dialogs(page.roster, list(page.cards)) if "override" in known.may else {}
        asked = request.query_params.get("team", known.actor.team or _ALL)
        with frame(desk, known, "/duty", takers, more=more):
            body = ui.element("div").classes("dk-body")
        ui.page_title("值班 · 值班台")
        watcher = _Duty(desk, known, ui.context.client, body, asked)
        watcher.show(page, now)
        watcher.begin()


class _Read(NamedTuple):
    """All that is shown: the roster, each team's card, the newest notes of each, the silences."""

    roster: Roster
    cards: Mapping[str, dutycard.Card]
    notes: Mapping[str, Sequence[Mapping[str, Any]]]
    silent: Sequence[Mapping[str, Any]]


async def _read(connection: Connection, known: Visit, now: datetime) -> _Read:
    """For an enterprise's account: its own teams alone, and no silences, which are the bureau's own affair."""
    roster, _ = await load(connection)
    own = known.actor.enterprise
    shown = [code for code, team in sorted(roster.teams.items()) if own is None or team.enterprise == own]
    notes = {code: list(await handovers(connection, code, limit=_NOTES)) for code in shown}
    cards = {code: dutycard.card(roster, code, notes[code], now) for code in shown}
    return _Read(roster, cards, notes, [] if own is not None else await silences.standing(connection, now))


class _Duty(Follower):
    """One open page."""

    def __init__(self, desk: Desk, known: Visit, client: Client, body: Element, asked: str) -> None:
        super().__init__(desk, known, client)
        self._body = body
        self._asked = asked
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
        chosen = [self._asked] if self._asked in page.cards else list(page.cards)
        with self._body:
            if not page.cards:
                with node("div", "dk-card"):
                    node("h2", "", "还没有登记值班组")
                    is_bureau = self.visit.actor.enterprise is None
                    where = (
                        "在站点文件中登记人员、值班组和班次后"
                        if is_bureau
                        else "向管理部门登记本企业的人员、值班组和班次后"
                    )
                    node("p", "dk-explain", f"{where}，这里显示谁在值班。")
            if len(page.cards) > 1:
                self._choice(page, chosen)
            for code in chosen:
                dutycard.show(page.roster, page.cards[code], page.notes[code], now, may=self.visit.may)
            silences.card(page.silent, now, may_end="end_silence" in self.visit.may)

    def _choice(self, page: _Read, chosen: Sequence[str]) -> None:
        """Which team is shown: one's own, any other, or all."""
        own = self.visit.actor.team
        with node("div", "dk-chips dk-teams"):
            codes = sorted(page.cards, key=lambda code: (code != own, code))
            for code in codes:
                name = one_line(page.roster.teams[code].name, 20) + ("（本班组）" if code == own else "")
                node("a", "dk-chip on" if list(chosen) == [code] else "dk-chip", name, href=f"/duty?team={code}")
            node("a", "dk-chip on" if len(chosen) > 1 else "dk-chip", "全部班组", href=f"/duty?team={_ALL}")


def _mark(page: _Read, now: datetime) -> object:
    """What of the page may change: where it is the same, nothing is shown anew. Days have words that go by today."""
    silenced = tuple((row["silence_id"], row["state"]) for row in page.silent)
    return tuple(page.cards.values()), silenced, local_day(now)
