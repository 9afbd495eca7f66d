"""What all pages of the desk have in common: who may see them, the head, the strip, the banners."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from nicegui import ui
from nicegui.client import Client
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from api.desk.assetfiles import address
from api.desk.desk import Desk
from api.desk.dialogs import dialogs
from api.desk.follow import Follower
from api.desk.live import Tick
from api.desk.session import Visit, visit
from api.desk.signin import to_sign_in
from api.desk.words import as_json
from domain.accounts import ROLE_NAMES
from domain.errors import NotFound, WorldFailed

logger = logging.getLogger(__name__)

_TABS = (("/", "告警"), ("/duty", "值班"), ("/admin", "管理"))

_TROUBLE = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>值班台</title>
<link rel="stylesheet" href="/desk/assets/desk.css">{more}</head>
<body><main class="dk-page" style="max-width:520px;margin:15vh auto;padding:0 16px"><div class="dk-card">
<h2>{title}</h2><p>{text}</p><p><a href="/">回到告警列表</a></p></div></main></body></html>"""


def node(tag: str, classes: str = "", text: str = "", **attributes: Any) -> TextElement:
    """An HTML element with a text; the browser takes both as they are, never as markup."""
    made = TextElement(tag=tag, text=text)
    made.classes(classes)
    for name, value in attributes.items():
        made.props[name.rstrip("_").replace("_", "-")] = value
    return made


def desk_page(desk: Desk, path: str) -> Callable[[Callable[..., Awaitable[Any]]], None]:
    """Registers a page for people who are signed in: `async (visit, request, ...)`; others go to the form.

    NotFound and a database that is away are told in words.
    """

    def register(build: Callable[..., Awaitable[Any]]) -> None:
        @functools.wraps(build)
        async def shown(request: Request, **parts: Any) -> Any:
            try:
                known = await visit(desk, request)
                if known is None:
                    return to_sign_in(request)
                return await build(known, request, **parts)
            except NotFound as error:
                return trouble(404, "没有找到", str(error))
            except WorldFailed as error:
                logger.warning("a page of the desk could not be read", extra={"error": str(error)})
                text = "数据库暂时不可用，本页会自动重试。"
                return trouble(503, "暂时看不到数据", text, '<meta http-equiv="refresh" content="5">')
            except Exception:  # a person gets a sentence and a way back, the log gets the rest
                logger.exception("a page of the desk could not be built")
                return trouble(500, "这一页出错了", "已记入日志，请联系管理员。")

        own = list(inspect.signature(build, eval_str=True).parameters.values())[2:]
        asked = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
        shown.__signature__ = inspect.Signature([asked, *own])  # type: ignore[attr-defined]
        ui.page(path, title="值班台", response_timeout=10.0)(shown)

    return register


def trouble(status: int, title: str, text: str, more: str = "") -> Response:
    """A page that says in words why there is nothing else to see."""
    return HTMLResponse(_TROUBLE.format(title=escape(title), text=escape(text), more=more), status)


@contextmanager
def frame(
    desk: Desk,
    known: Visit,
    path: str,
    people: Sequence[tuple[str, str]] = (),
    *,
    more: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """The head of a page around what the block builds. people: (code, name) whom alerts can be handed to; more: the
    page's own dialogues, by action."""
    actor = known.actor
    config = {
        "csrf": known.csrf,
        "dialogs": dialogs(actor.role, known.may) | dict(more or {}),
        "people": takers(people, desk.strip.present),
    }
    ui.add_head_html(f'<link rel="stylesheet" href="{address("desk.css")}">')
    ui.add_body_html(f'<script type="application/json" id="desk-config">{as_json(config)}</script>')
    ui.add_body_html(f'<script defer src="{address("desk.js")}"></script>')
    with node("div", "dk-page dk-alertpage" if path.startswith("/alerts/") else "dk-page"):
        with node("header", "dk-header"):
            node("span", "dk-name", "值班台")
            with node("nav"):
                tab = "/" if path.startswith("/alerts/") else path
                for target, word in _TABS:
                    if target != "/admin" or actor.role == "admin":
                        node(
                            "a",
                            "on" if target == tab else "",
                            word,
                            href=target,
                        )
                node("a", "", "说明", href="/about")
            with node("div", "dk-me"):
                node("button", "off", "", type="button", data_desk="sound", title="新告警的提示音")
                node("a", "dk-who", f"{actor.name} · {ROLE_NAMES[actor.role]}", href="/me", title="我的账号")
                with node("form", "", method="post", action="/sign-out"):
                    node("input", type="hidden", name="csrf", value=known.csrf)
                    node("button", "", "退出", type="submit")
        _HeadFollower(desk, known, ui.context.client, _Strip()).begin()
        yield


def takers(people: Sequence[tuple[str, str]], present: frozenset[str]) -> list[list[str]]:
    """Whom an alert can be handed to, those on duty first."""
    ordered = sorted(people, key=lambda one: one[0] not in present)
    return [[code, f"{name}（值班中）" if code in present else name] for code, name in ordered]


class _Strip(Element, component="assets/strip.js"):
    """The head in the browser."""


class _HeadFollower(Follower):
    """Keeps the head of one page up to date, and sees to it that the page of an ended session gets nothing more, also
    where nothing but the head follows anything."""

    def __init__(self, desk: Desk, known: Visit, client: Client, view: _Strip) -> None:
        super().__init__(desk, known, client)
        self._view = view

    def begin(self) -> None:
        self._view.props.update(self.desk.strip.shown(self.visit.actor))
        super().begin()
        self.desk.live.follow(self)
        self.client.on_delete(lambda: self.desk.live.unfollow(self))

    async def look(self, tick: Tick) -> None:
        """The head is read by itself, right after all sessions have been asked for."""

    def show(self) -> None:
        shown = self.desk.strip.shown(self.visit.actor)
        if any(self._view.props.get(name) != value for name, value in shown.items()):
            self._view.props.update(shown)
            self._view.update()
