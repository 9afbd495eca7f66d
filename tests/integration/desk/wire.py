"""Somebody at the desk without a browser: what the server sends, whatever a page would do with it."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.desk import city
from tests.integration.desk.conftest import DeskServer

#: Longest wait for a message; only a failing test waits so long.
PATIENCE_S = 15.0


@contextmanager
def come_in(desk: DeskServer, login: str, password: str = city.PASSWORD) -> Iterator[httpx.Client]:
    """A client with the session of somebody, as a browser would have it after the form."""
    with httpx.Client(base_url=desk.address, headers={"Origin": desk.address}, timeout=PATIENCE_S) as http:
        page = http.get("/sign-in").text
        form = {"form": hidden(page, "form"), "next": "/", "login": login, "password": password}
        answer = http.post("/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        yield http


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


def csrf(http: httpx.Client) -> str:
    """The token of the session."""
    return str(http.get("/v1/session").raise_for_status().json()["csrf"])


class Socket:
    """The socket of one open page; a thread of its own reads it and answers the server's pulse."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._seen: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True, name="page")
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self._wire:
                if message == "2":
                    self._wire.send("3")
                    continue
                with self._news:
                    self._seen.append(str(message))
                    self._news.notify_all()

    def sees(self, text: str) -> None:
        """Wait until the page has been sent a text."""
        with self._news:
            if not self._news.wait_for(lambda: any(text in message for message in self._seen), PATIENCE_S):
                raise AssertionError((text, self._seen))

    def sent(self) -> list[str]:
        """What the page was sent until the server answers something that is asked now."""
        self._wire.send('427["handshake",{"client_id":"nobody","tab_id":"t","document_id":"d"}]')
        self.sees("437[")
        with self._news:
            return [message for message in self._seen if not message.startswith(("40", "437["))]

    def emit(self, name: str, what: dict[str, Any]) -> None:
        """An event of the page."""
        self._wire.send("42" + json.dumps([name, what]))


@contextmanager
def opened(desk: DeskServer, http: httpx.Client, path: str) -> Iterator[Socket]:
    """A page that somebody has in front of them, with its socket."""
    page = http.get(path)
    assert page.status_code == 200, page.text
    found = re.search(r"client_id.{1,6}?([0-9a-f-]{36})", page.text)
    assert found is not None, page.text[-3000:]
    query = {
        "EIO": 4, "transport": "websocket", "implicit_handshake": "true", "client_id": found[1], "tab_id": "tab",
        "document_id": "page", "next_message_id": 0,
    }  # fmt: skip
    url = f"{desk.address.replace('http', 'ws')}/_nicegui_ws/socket.io/?{urlencode(query)}"
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    with connect(url, origin=desk.address, additional_headers={"Cookie": cookie}, proxy=None) as wire:
        wire.recv(timeout=PATIENCE_S)
        wire.send("40")
        socket = Socket(wire)
        socket.sees("40{")
        yield socket
