"""The page `/`: the live alerts, most urgent first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import Request
from nicegui import ui
from nicegui.client import Client
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from alerts.wording import SEVERITY_WORDS
from api.desk.desk import Desk
from api.desk.follow import Follower
from api.desk.frame import desk_page, frame
from api.desk.live import Tick
from api.desk.question import Question, cursor, filter_of, position_of, question, shown, team_of
from api.desk.rows import row_view
from api.desk.session import Visit
from api.desk.words import ATTENTION, as_json, family_word, full_text, one_line, state_word
from api.ownwords import alert_for_enterprise
from domain.errors import WorldFailed
from storage.database import Connection
from storage.listing.desk import ORDER, LivePage, choices, live_alerts, people, position

PAGE = 50

_LABELS = {
    "states": [{"code": str(state), "word": state_word(state)} for state in ORDER],
    "severities": [{"code": str(severity), "word": word} for severity, word in SEVERITY_WORDS.items()],
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
        offered = {kind: [(code, one_line(name, 40)) for code, name in rows] for kind, rows in offered.items()}
        offered["family"] = [(code, family_word(code)) for code, _ in offered["family"]]
        own, is_plant = known.actor.team or "", known.actor.enterprise is not None
        view.props.update(
            {
                "choices": offered,
                "labels": _LABELS,
                "filter": shown(asked, known.actor),
                "own": own,
                "is_plant": is_plant,
            }
        )
        watcher = _List(desk, known, ui.context.client, view, asked)
        watcher.show(page, now)
        ui.page_title(title(page))
        watcher.begin()


async def read(connection: Connection, known: Visit, asked: Question, now: datetime) -> LivePage:
    """The page of the list that is asked for, and one row more when there is a next one."""
    wanted, after = filter_of(asked, known.actor), position_of(asked.after)
    page = await live_alerts(connection, wanted, now=now, after=after, limit=PAGE + 1)
    if known.actor.enterprise is None:
        return page
    return replace(page, rows=[alert_for_enterprise(row) for row in page.rows])


def title(page: LivePage) -> str:
    """What the browser's tab reads: how many wait for somebody."""
    waiting = page.counts.get("unacknowledged", 0)
    return f"（{waiting}）值班台" if waiting else "值班台"


class _List(Follower):
    """One open list."""

    def __init__(self, desk: Desk, known: Visit, client: Client, view: _AlertList, asked: Question) -> None:
        super().__init__(desk, known, client)
        self._view = view
        self._asked = asked
        self._version = 0
        self._title = ""
        view.on("filter", self._ask)

    def show(self, page: LivePage, now: datetime) -> None:
        rows, is_bureau = page.rows[:PAGE], self.visit.actor.enterprise is None
        self._version += 1
        self._view.props.update(
            {
                "rows": [row_view(row, now, self.visit.may, is_bureau=is_bureau) for row in rows],
                "counts": page.counts,
                "next": cursor(position(rows[-1])) if len(page.rows) > PAGE else "",
                "as_of": full_text(now),
                "version": self._version,
            }
        )
        self._view.update()

    async def renew(self, tick: Tick) -> None:
        wanted = filter_of(self._asked, self.visit.actor)

        async def ask() -> LivePage:
            return await read(tick.connection, self.visit, self._asked, tick.now)

        page: LivePage = await tick.once((wanted, self._asked.after), ask)
        self.show(page, tick.now)
        if title(page) != self._title:
            self._title = title(page)
            self.client.run_javascript(f"desk.title({as_json(self._title)})")

    @property
    def listens_to(self) -> str:
        return team_of(self._asked, self.visit.actor)

    async def _ask(self, event: GenericEventArguments) -> None:
        """The person narrows the list, or turns a page."""
        if not isinstance(event.args, str) or len(event.args) > 2000 or not await self.still():
            return
        self._asked = question(parse_qsl(event.args))
        now = self.desk.clock()
        try:
            async with self.desk.reading() as connection:
                page = await read(connection, self.visit, self._asked, now)
        except WorldFailed:
            self.client.run_javascript('desk.say("数据库暂时不可用，列表没有更新", "bad")')
            return
        self.show(page, now)
