"""The HTTP server: uvicorn, with the bounds that it lacks: how long and how large the head of a request may be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Longest head of a request, in octets: line and headers.
LONGEST_HEAD = 64 * 1024
#: A head has arrived so many seconds after the connection, or after its own first octet.
PATIENCE_S = 20.0


class _Protocol(HttpToolsProtocol):
    """Closes a connection whose request does not get as far as the application."""

    _late: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waited()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._late is not None:  # the head goes on
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._late is None:
            self._wait()

    def on_headers_complete(self) -> None:
        self._waited()
        self._head = 0
        super().on_headers_complete()

    def _wait(self) -> None:
        self._late = self.loop.call_later(PATIENCE_S, self.transport.close)

    def _waited(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Server(uvicorn.Server):
    """uvicorn, except that signals are ours to handle."""

    def __init__(self, application: Callable[..., Awaitable[None]], **config: Any) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=_Protocol,
                server_header=False,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
                **config,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
