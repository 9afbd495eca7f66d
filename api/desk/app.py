"""Puts the desk in front of the API: one ASGI application that a server can run.

NiceGUI's application belongs to the process, so a process has one desk. The API's own application stays as it is; paths
that are not the desk's go to it untouched, with its answers to what is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import nicegui
from fastapi import FastAPI, Response
from fastapi.middleware.gzip import GZipMiddleware
from nicegui import core, ui
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.desk import act, admin, adminact, alert, alertlist, arrivals, duty, dutyact, me, signin
from api.desk.assetfiles import FOLDER, Assets
from api.desk.desk import Desk
from api.desk.live import Live
from api.desk.session import Gate
from api.desk.signin import to_sign_in
from api.desk.strip import Strip
from api.guard import Guard

_PAGES = frozenset({"/", "/duty", "/admin", "/me", "/sign-in", "/sign-out"})
#: What NiceGUI serves of its own. An address that it does not know it answers with a page, which it keeps for a minute.
_NICEGUI = tuple(
    f"/_nicegui/{nicegui.__version__}/{part}/"
    for part in ("static", "libraries", "components", "resources", "dynamic_resources", "esm")
)
_SOCKET = "/_nicegui_ws/"
_BELOW = ("/alerts/", "/desk/", *_NICEGUI, _SOCKET)

#: Nothing comes from elsewhere, and nobody shows the desk in a frame. Vue compiles its templates in the page.
_HEADERS = {
    b"content-security-policy": b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
    b" style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self';"
    b" object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
}

#: How soon a page whose line is dead notices: the socket's pulse in seconds, and how long an answer may take.
_PULSE_S, _PATIENCE_S = 3, 3


def with_desk(api: FastAPI) -> ASGIApp:
    """The API of `create_app` with the desk in front of it. Needs a server that runs the lifespan. Once a process."""
    state = api.state
    strip = Strip()
    live = Live(state.database, state.clock, strip, timeout_s=state.settings.statement_timeout_s)
    desk = Desk(state.database, state.clock, state.settings, state.auth, live, strip)
    shell = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=_running(desk))
    shell.mount("/desk/assets", Assets(), name="desk-assets")
    for part in (signin, arrivals, act, dutyact, adminact):
        shell.include_router(part.router(desk))
    shell.add_api_route("/desk/{rest:path}", _nothing, methods=["GET", "HEAD", "POST"])
    for page in (alertlist, alert, duty, admin, me):
        page.register(desk)
    ui.run_with(
        shell,
        title="值班台",
        language="zh-CN",
        tailwind=False,
        favicon=FOLDER / "bell.svg",
        reconnect_timeout=10.0,
        gzip_middleware_factory=lambda inner: GZipMiddleware(inner, minimum_size=2000, compresslevel=3),
        show_welcome_message=False,
        binding_refresh_interval=None,
    )
    return _Front(api, Guard(shell, headers=_HEADERS), Gate(desk))


async def _nothing(rest: str) -> Response:
    """Below the desk's own addresses: NiceGUI would answer with a page."""
    return Response("no such address", 404, media_type="text/plain")


def _running(desk: Desk):  # type: ignore[no-untyped-def]
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        core.sio.eio.ping_interval, core.sio.eio.ping_timeout = _PULSE_S, _PATIENCE_S
        polling = asyncio.create_task(desk.live.run(), name="the desk's poller")
        try:
            yield
        finally:
            polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await polling

    return lifespan


class _Front:
    """Sends each request where it belongs."""

    def __init__(self, api: ASGIApp, shell: ASGIApp, gate: Gate) -> None:
        self._api = api
        self._shell = shell
        self._gate = gate
        self._away = Guard(_send_away, headers=_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._shell(scope, receive, send)
            return
        path: str = scope["path"]
        if path not in _PAGES and not path.startswith(_BELOW):
            await self._api(scope, receive, send)
        elif path.startswith(_SOCKET) and not await self._gate.lets_in(scope):
            await _refuse(scope, receive, send)
        elif scope["type"] == "http" and _is_page(path) and await self._gate.sends_away(scope):
            # before NiceGUI makes a page for whoever asks, and keeps it for a minute
            await self._away(scope, receive, send)
        else:
            await self._shell(scope, receive, send)


async def _send_away(scope: Scope, receive: Receive, send: Send) -> None:
    await to_sign_in(Request(scope))(scope, receive, send)


def _is_page(path: str) -> bool:
    return path in ("/", "/duty", "/admin", "/me") or path.startswith("/alerts/")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """A socket from elsewhere, or of a session that has ended."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4401})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"no session, or another origin"})
