"""The page `/`: the live alerts, most urgent first."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import Request
from nicegui import ui
from nicegui.client import Client
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from api.desk.desk import Desk
from api.desk.frame import as_json, desk_page, frame
from api.desk.live import Tick
from api.desk.question import Question, cursor, filter_of, position_of, question, shown
from api.desk.rows import row_view
from api.desk.session import SessionEnded, Visit, still
from api.desk.words import ATTENTION, SEVERITIES, STATES, family_word, full_text, state_word
from domain.errors import WorldFailed
from storage.database import Connection
from storage.listing.desk import LivePage, choices, live_alerts, people, position

PAGE = 50

_LABELS = {
    "states": [{"code": str(state), "word": state_word(state)} for state in STATES],
    "severities": [{"code": str(severity), "word": word} for severity, word in SEVERITIES.items()],
    "attention": [str(state) for state in ATTENTION],
}


class _AlertList(Element, component="assets/alert_list.js"):
    """The list in the browser."""


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/")
    async def live_list(known: Visit, request: Request) -> None:
        asked = question(request.query_params.multi_items())
        now = desk.clock()
        async with desk.reading() as connection:
            page = await read(connection, known, asked, now)
            offered = await choices(connection, known.actor.enterprise)
            takers = await people(connection) if "hand_over" in known.may else []
        with frame(desk, known, "/", takers), ui.element("div").classes("dk-body"):
            view = _AlertList()
        offered["family"] = [(code, family_word(code)) for code, _ in offered["family"]]
        view.props.update({"choices": offered, "labels": _LABELS, "filter": shown(asked)})
        watcher = _Watcher(desk, known, ui.context.client, view, asked)
        watcher.show(page, now)
        ui.page_title(title(page))
        watcher.begin()


async def read(connection: Connection, known: Visit, asked: Question, now: datetime) -> LivePage:
    """The page of the list that is asked for, and one row more when there is a next one."""
    wanted, after = filter_of(asked, known.actor), position_of(asked.after)
    return await live_alerts(connection, wanted, now=now, after=after, limit=PAGE + 1)


def title(page: LivePage) -> str:
    """What the browser's tab reads: how many wait for somebody."""
    waiting = page.counts.get("unacknowledged", 0)
    return f"（{waiting}）值班台" if waiting else "值班台"


class _Watcher:
    """One open list."""

    def __init__(self, desk: Desk, known: Visit, client: Client, view: _AlertList, asked: Question) -> None:
        self._desk = desk
        self._visit = known
        self._client = client
        self._view = view
        self._asked = asked
        self._version = 0
        self._title = ""

    def begin(self) -> None:
        """Follow what happens for as long as the page is open."""
        self._view.on("filter", self._ask)
        self._desk.live.watch(self)
        self._client.on_delete(lambda: self._desk.live.leave(self))
        # the first connection finds what has just been read; one that was lost and is back reads anew at once
        self._client.on_disconnect(lambda: self._client.on_connect(self._desk.live.poke))

    def show(self, page: LivePage, now: datetime) -> None:
        rows = page.rows[:PAGE]
        self._version += 1
        self._view.props.update(
            {
                "rows": [row_view(row, now, self._visit.may) for row in rows],
                "counts": page.counts,
                "next": cursor(position(rows[-1])) if len(page.rows) > PAGE else "",
                "as_of": full_text(now),
                "version": self._version,
            }
        )
        self._view.update()

    async def look(self, tick: Tick) -> None:
        if not await self._still():
            return
        wanted = filter_of(self._asked, self._visit.actor)

        async def ask() -> LivePage:
            return await read(tick.connection, self._visit, self._asked, tick.now)

        page: LivePage = await tick.once((wanted, self._asked.after), ask)
        self.show(page, tick.now)
        self._tell(page, tick)

    def _tell(self, page: LivePage, tick: Tick) -> None:
        own = self._visit.actor.enterprise
        new = [row for row in tick.arrivals if own is None or row["enterprise"] == own]
        if new:
            critical = any(row["severity"] == "critical" for row in new)
            words = f"{len({row['alert_id'] for row in new})} 条"
            self._client.run_javascript(f"desk.arrived({len(new)}, {as_json(critical)}, {as_json(words)})")
        if title(page) != self._title:
            self._title = title(page)
            self._client.run_javascript(f"desk.title({as_json(self._title)})")

    async def _ask(self, event: GenericEventArguments) -> None:
        """The person narrows the list, or turns a page."""
        if not isinstance(event.args, str) or len(event.args) > 2000 or not await self._still():
            return
        self._asked = question(parse_qsl(event.args))
        now = self._desk.clock()
        try:
            async with self._desk.reading() as connection:
                page = await read(connection, self._visit, self._asked, now)
        except WorldFailed:
            self._client.run_javascript('desk.say("数据库暂时不可用，列表没有更新", "bad")')
            return
        self.show(page, now)

    async def _still(self) -> bool:
        try:
            self._visit = await still(self._desk, self._visit)
        except SessionEnded:
            self._desk.live.leave(self)
            self._client.run_javascript("desk.ended()")
            return False
        return True
