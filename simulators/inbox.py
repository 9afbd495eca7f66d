"""The duty phone: an HTTP server on loopback that keeps every notification it is sent.

A notification that comes twice with the same Idempotency-Key is kept once, as a real receiver should. GET / gives the
list. `fail_first` answers the first delivery of each key with 500, to see it come again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification as received; attempts counts its deliveries so far."""

    key: str
    path: str
    body: Any
    attempts: int


class LoopbackServer(ThreadingHTTPServer):
    """One thread a caller, and one that listens from `start` until `stop`."""

    daemon_threads = True

    def start(self, name: str) -> None:
        """Serve from now on. name: of the thread."""
        self._listener = Thread(target=self.serve_forever, name=name, daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """Serve no more, and give the port back."""
        self.shutdown()
        self._listener.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away between two notifications is no error; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Inbox:
    """`with Inbox() as inbox:` serves on a free loopback port until the block ends. Thread-safe."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, fail_first: bool = False) -> None:
        self._fail_first = fail_first
        self._lock = Lock()
        self._attempts: dict[str, int] = {}
        self._received: dict[str, tuple[str, Any]] = {}
        self._server = LoopbackServer((host, port), self._handler())

    @property
    def port(self) -> int:
        """The TCP port in use."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where notifications are posted to."""
        return f"http://{self._server.server_address[0]!s}:{self.port}/notify"

    def notifications(self) -> list[Notification]:
        """What was accepted, in order of arrival, each key once."""
        with self._lock:
            return [Notification(key, path, body, self._attempts[key]) for key, (path, body) in self._received.items()]

    @property
    def deliveries(self) -> int:
        """POST requests so far, refused and repeated ones included."""
        with self._lock:
            return sum(self._attempts.values())

    def __enter__(self) -> Self:
        self._server.start("duty phone")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()

    def _take(self, key: str, path: str, body: Any) -> HTTPStatus:
        with self._lock:
            self._attempts[key] = self._attempts.get(key, 0) + 1
            if self._fail_first and self._attempts[key] == 1:
                return HTTPStatus.INTERNAL_SERVER_ERROR
            self._received.setdefault(key, (path, body))
            return HTTPStatus.OK

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                key = self.headers.get("Idempotency-Key")
                try:
                    body = json.loads(raw)
                except ValueError:
                    self._answer(HTTPStatus.BAD_REQUEST, {"error": "the body is not JSON"})
                    return
                if not key:
                    self._answer(HTTPStatus.BAD_REQUEST, {"error": "Idempotency-Key is required"})
                    return
                status = inbox._take(key, self.path, body)
                self._answer(status, {"received": status is HTTPStatus.OK})

            def do_GET(self) -> None:
                self._answer(HTTPStatus.OK, [asdict(notification) for notification in inbox.notifications()])

            def _answer(self, status: HTTPStatus, body: Any) -> None:
                payload = json.dumps(body, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the list is the record."""

        return Handler
