"""The page of one alert: what was seen, the figures around it, what happened, who was told, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request
from nicegui import ui
from nicegui.client import Client
from nicegui.element import Element

from api.desk.desk import Desk
from api.desk.evidence import Evidence, evidence_of
from api.desk.follow import Follower
from api.desk.frame import desk_page, frame, node
from api.desk.history import Told, history, told
from api.desk.live import Tick
from api.desk.plot import stretch
from api.desk.rows import ACT_WORDS, page_acts, unheaded
from api.desk.session import Visit
from api.desk.story import board_url, facts, finding_line, summary_lines
from api.desk.words import full_text, level_word, one_line, state_word
from api.naming import Names, names_of
from domain.errors import NotFound
from storage.database import Connection
from storage.listing.desk import names, people
from storage.listing.desk_alert import alert_decisions, alert_history, alert_mark, alert_page

_SHOWN = 300
#: Decisions that are open to read; the older ones unfold.
_NEWEST = 5


@dataclass(frozen=True, slots=True)
class _Page:
    """All that is shown."""

    alert: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    decisions: Sequence[Mapping[str, Any]]
    people: Mapping[str, str]
    names: Names
    evidence: Evidence
    mark: tuple[object, ...]


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/alerts/{alert_id}")
    async def one(known: Visit, request: Request, alert_id: str) -> None:
        if not alert_id.isascii() or not alert_id.isdigit() or len(alert_id) > 18:
            raise NotFound(f"没有告警 {alert_id[:20]}")
        now = desk.clock()
        async with desk.reading() as connection:
            page = await _read(connection, known, int(alert_id), now)
            takers = await people(connection) if "hand_over" in known.may else []
        with frame(desk, known, f"/alerts/{alert_id}", takers):
            body = ui.element("div").classes("dk-body dk-one")
        ui.page_title(f"{one_line(page.alert['title'], 60)} · 值班台")
        watcher = _One(desk, known, ui.context.client, body, page)
        watcher.show(page, now)
        watcher.begin()


async def _read(connection: Connection, known: Visit, alert_id: int, now: datetime) -> _Page:
    alert = await alert_page(connection, alert_id, now)
    own = known.actor.enterprise
    if own is not None and alert["enterprise"] != own:
        # that there is such an alert is nothing for another plant to know
        raise NotFound(f"没有告警 {alert_id}")
    mark = await alert_mark(connection, alert_id)
    evidence = await evidence_of(connection, alert, now, is_bureau=own is None)
    return _Page(
        alert=alert,
        events=await alert_history(connection, alert_id, limit=_SHOWN),
        decisions=[] if own is not None else await alert_decisions(connection, alert_id, limit=_SHOWN),
        people=await names(connection),
        names=await names_of(connection, {alert["subject"], *(row["subject"] for row in evidence.rows)}),
        evidence=evidence,
        mark=(*mark, alert["display"], alert["last_seen_at"], alert["hold"], alert["dispatch_reason"]),
    )


class _One(Follower):
    """One open page of an alert."""

    def __init__(self, desk: Desk, known: Visit, client: Client, body: Element, page: _Page) -> None:
        super().__init__(desk, known, client)
        self._body = body
        self._alert_id = page.alert["alert_id"]
        self._mark: tuple[object, ...] = ()

    async def renew(self, tick: Tick) -> None:
        page = await _read(tick.connection, self.visit, self._alert_id, tick.now)
        if page.mark != self._mark:
            self.show(page, tick.now)

    def show(self, page: _Page, now: datetime) -> None:
        self._mark = page.mark
        is_bureau = self.visit.actor.enterprise is None
        self._body.clear()
        with self._body:
            _head(page.alert, self.visit, now)
            with node("div", "dk-columns"):
                with node("div", "dk-wide"):
                    _evidence(page)
                    _history(page, is_bureau=is_bureau)
                with node("div", "dk-narrow"):
                    _facts(page, now, is_bureau=is_bureau)
                    if is_bureau:
                        _told(page)
                    _links(page.alert, self.desk, now, is_bureau=is_bureau)


def _head(alert: Mapping[str, Any], known: Visit, now: datetime) -> None:
    title = unheaded(alert["title"])
    with node("div", f"dk-card dk-alerthead lv-{alert['severity']} st-{alert['display']}"):
        with node("div", "dk-line"):
            node("i", "dk-level", level_word(alert["severity"]))
            node("i", "dk-state", state_word(alert["display"]))
            if alert["condition"] == "no_data":
                node("i", "dk-tag", "无数据")
            node("a", "dk-back", "‹ 返回列表", href="/", data_desk="back")
        node("h1", "", one_line(title, 400))
        offered = page_acts(alert["display"], known.may)
        if offered:
            with node("div", "dk-actions"):
                for number, act in enumerate(offered):
                    node(
                        "button",
                        f"dk-button act-{act}" + (" dk-confirm" if number == 0 else ""),
                        ACT_WORDS[act],
                        type="button",
                        data_desk="act",
                        data_act=act,
                        data_id=alert["alert_id"],
                        data_title=one_line(title, 160),
                    )


def _facts(page: _Page, now: datetime, *, is_bureau: bool) -> None:
    with node("div", "dk-card dk-what"):
        node("h2", "", "情况")
        with node("dl", "dk-facts"):
            for fact in facts(page.alert, now, page.names, is_bureau=is_bureau):
                node("dt", "", fact.what)
                with node("dd"):
                    node("span", "", fact.text)
                    if fact.code and fact.code != fact.text:
                        node("small", "dk-code", fact.code)


def _evidence(page: _Page) -> None:
    evidence = page.evidence
    with node("div", "dk-card dk-evidence"):
        node("h2", "", evidence.title)
        if evidence.options is not None:
            ui.echart(evidence.options, renderer="svg").classes("dk-plot")
        if evidence.note:
            node("p", "dk-explain", evidence.note)
        if evidence.rows:
            _table(
                ("期间", "对象", "结论", "原因", "值", "限值"),
                [
                    (line["period"], line["subject"], line["verdict"], line["reason"], line["value"], line["limit"])
                    for line in (finding_line(page.alert["rule_id"], row, page.names) for row in evidence.rows)
                ],
                [f"v-{row['verdict']}" for row in evidence.rows],
            )
        if evidence.steps:
            with node("details", "dk-steps"):
                node("summary", "", "怎样算出来的")
                for step in evidence.steps:
                    node("p", "", one_line(step, 600))


def _history(page: _Page, *, is_bureau: bool) -> None:
    with node("div", "dk-card dk-history"):
        node("h2", "", "经过")
        for text in summary_lines(page.alert["summary"], is_bureau=is_bureau)[:6]:
            what, colon, address = text.partition("：")
            parts = urlsplit(address) if address.startswith(("http://", "https://")) else None
            with node("p", "dk-summary", "" if parts else text):
                if parts is not None:
                    # the address as others see it may not be this page's
                    node("span", "", what + colon)
                    node("a", "", "打开", href=f"{parts.path}?{parts.query}", target="_blank")
        with node("div", "dk-events"):
            for line in history(page.events, page.people, page.names, is_bureau=is_bureau):
                with node("div", f"dk-event ev-{line.kind}"):
                    node("span", "t", full_text(line.at))
                    node("span", "w", line.what)
                    node("span", "p", line.who)
                    node("span", "c", line.text)
        if len(page.events) == _SHOWN:
            node("p", "dk-explain", f"列出最近 {_SHOWN} 条，更早的见接口。")


def _told(page: _Page) -> None:
    groups = told(page.decisions, page.people)
    with node("div", "dk-card dk-telling"):
        node("h2", "", "通知了谁，没通知谁，为什么")
        if not groups:
            node("p", "dk-explain", "还没有作出通知决定。")
        with node("div", "dk-events dk-told"):
            for group in groups[:_NEWEST]:
                _decision(group, page.names)
        if len(groups) > _NEWEST:
            with node("details", "dk-steps"):
                node("summary", "", f"更早的 {len(groups) - _NEWEST} 次")
                with node("div", "dk-events dk-told"):
                    for group in groups[_NEWEST:]:
                        _decision(group, page.names)
                if len(page.decisions) == _SHOWN:
                    node("p", "dk-explain", f"列出最近 {_SHOWN} 项决定，更早的见接口。")


def _decision(group: Told, names: Names) -> None:
    with node("div", f"dk-event de-{group.code}"):
        node("span", "t", full_text(group.at))
        node("span", "w", group.what)
        node("span", "c", group.why)
        for line in group.lines(names):
            node("span", "p", line)
        if group.together > 1:
            node("span", "c", f"与另外 {group.together - 1} 条告警合为一条消息")


def _links(alert: Mapping[str, Any], desk: Desk, now: datetime, *, is_bureau: bool) -> None:
    enterprise = alert["enterprise"]
    with node("div", "dk-card dk-links"):
        node("h2", "", "更多")
        node("a", "", "判定与证据（接口）", href=f"/v1/findings/{alert['finding_id']}", target="_blank")
        node("a", "", "这条告警（接口）", href=f"/v1/alerts/{alert['alert_id']}", target="_blank")
        query = urlencode({"rule": alert["rule_id"], "subject": alert["subject"]})
        node("a", "", "同一对象的全部判定（接口）", href=f"/v1/findings?{query}", target="_blank")
        if desk.settings.grafana_url is not None and is_bureau:  # boards show all plants
            url = board_url(desk.settings.grafana_url, alert["rule_id"], enterprise, stretch(alert, now))
            node("a", "", "看板（Grafana）", href=url, target="_blank", rel="noopener")
        if alert["cause_alert_id"] is not None and is_bureau:
            node("a", "", f"原因告警 {alert['cause_alert_id']}", href=f"/alerts/{alert['cause_alert_id']}")
        if enterprise is not None:
            node("a", "", "这家企业的告警", href=f"/?enterprise={quote(enterprise)}&states=all")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str]) -> None:
    with node("div", "dk-scroll"), node("table", "dk-cells"):
        with node("tr"):
            for head in heads:
                node("th", "", head)
        for row, kind in zip(rows, classes, strict=True):
            with node("tr", kind):
                for cell in row:
                    node("td", "", cell)
