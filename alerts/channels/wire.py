"""What apprise's plugins post with: one request of one message, bounded, watched, without proxies and without a log.

A plugin builds what its service wants and posts it by the module `requests`; of the answer it only says whether the
status was 200, and writes addresses and tokens into its log. Here stands `_Requests` in the place of that module in
the plugins that are used. It hands the request to the exchange at hand, which may amend the payload (a signature,
people to mention), keeps the whole answer, ends at a deadline, takes nothing from the environment and follows no
redirect.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from apprise.plugins import custom_form, custom_json, dingtalk, feishu, wecombot
from requests.adapters import HTTPAdapter

from alerts.channels.status import check_status, not_reached
from alerts.channels.threads import Threads
from domain.errors import ChannelFailed

#: An answer of a service is some hundred bytes.
_MOST_READ = 64 * 1024

# they log addresses with their tokens, and what is posted
logging.getLogger("apprise").addFilter(lambda record: False)
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

Amend = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def table(self) -> dict[str, Any]:
        """The JSON object of the body. Raises ChannelFailed when it is something else: a page of a proxy, nonsense."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):  # it may have been taken before the answer was cut off or replaced
            raise ChannelFailed(f"answered HTTP {self.status} without JSON", in_doubt=True)
        return found

    def check_status(self) -> None:
        """Raises ChannelFailed for anything but a success."""
        check_status(self.status, self.headers)


class _Adapter(HTTPAdapter):
    """Remembers its connections, so that they can be ended from outside."""

    def __init__(self) -> None:
        self.connections: list[Any] = []
        self.connected = False
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        adapter = self
        classes: dict[str, Any] = {}
        pools: dict[str, Any] = self.poolmanager.pool_classes_by_scheme
        for scheme, pool in pools.items():

            def connect(connection: Any, base: Any = pool.ConnectionCls) -> None:
                adapter.connections.append(connection)
                base.connect(connection)
                adapter.connected = True

            watched = type("Watched", (pool.ConnectionCls,), {"connect": connect})
            classes[scheme] = type("WatchedPool", (pool,), {"ConnectionCls": watched})
        self.poolmanager.pool_classes_by_scheme = classes

    def abort(self) -> None:
        """Wake whoever waits for a peer."""
        for connection in self.connections:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


class Exchange:
    """One request. amend: changes the payload that the plugin made, None to leave it; url: in place of the plugin's."""

    def __init__(
        self, *, timeout_s: float, ca_file: str | None = None, amend: Amend | None = None, url: str | None = None
    ) -> None:
        self._url = url
        self._deadline = time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._verify: str | bool = ca_file or True
        self._amend = amend
        self._adapter = _Adapter()
        self._answer: Answer | None = None
        self._failure: ChannelFailed | None = None

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Stands for requests.request; called in a thread."""
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", self._adapter)
            session.mount("http://", self._adapter)
            left = max(self._deadline - time.monotonic(), 0.001)
            try:
                response = session.request(
                    method,
                    self._url or url,
                    data=self._payload(options.get("data")),
                    params=options.get("params"),
                    headers=options.get("headers"),
                    timeout=left,
                    verify=self._verify,
                    allow_redirects=False,
                    stream=True,
                )
                body = response.raw.read(_MOST_READ, decode_content=True)
            except Exception as error:  # noqa: BLE001 - of three libraries, and any of their texts may hold the address
                self._failure = self._failed(error)
                raise requests.RequestException from None
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._answer = Answer(response.status_code, headers, body)
            response._content = body
            return response

    def _payload(self, data: Any) -> Any:
        if self._amend is None:
            return data
        if isinstance(data, dict):
            return self._amend(data)
        return json.dumps(self._amend(json.loads(data)), ensure_ascii=False).encode()

    def _failed(self, error: Exception) -> ChannelFailed:
        """What went wrong, in words that hold neither the address nor what was sent."""
        sent = self._adapter.connected
        if (
            isinstance(error, requests.Timeout)
            or "Timeout" in type(error).__name__
            or time.monotonic() >= self._deadline
        ):
            text = "answer" if sent else "connection"
            return ChannelFailed(f"no {text} within {self._timeout_s:g} s", in_doubt=sent)
        return not_reached(error, sent=sent)

    def abort(self) -> None:
        """End it from another thread."""
        self._adapter.abort()

    def answer(self) -> Answer:
        """What came back. Raises ChannelFailed."""
        if self._failure is not None:
            raise self._failure
        if self._answer is None:
            raise ChannelFailed("the plugin sent nothing", retryable=False)
        return self._answer


_EXCHANGE: contextvars.ContextVar[Exchange] = contextvars.ContextVar("exchange")


class _Requests:
    """What a plugin takes for the module `requests`."""

    codes = requests.codes
    RequestException = requests.RequestException

    @staticmethod
    def post(url: str, **options: Any) -> requests.Response:
        return _EXCHANGE.get().request("POST", url, **options)

    @staticmethod
    def request(method: str, url: str, **options: Any) -> requests.Response:
        return _EXCHANGE.get().request(method, url, **options)


for _plugin in (dingtalk, wecombot, feishu, custom_form, custom_json):
    _plugin.requests = _Requests  # type: ignore[attr-defined]


class Wire:
    """Threads for one channel's exchanges, so many at a time. interval_s: between the beginnings of two of them."""

    def __init__(
        self, *, timeout_s: float, ca_file: str | None = None, threads: int = 8, interval_s: float = 0.0
    ) -> None:
        self._interval_s = interval_s
        self._begun: float | None = None
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        self._threads = Threads(threads, timeout_s=timeout_s, name="channel")

    async def exchange(
        self, send: Callable[[], object], amend: Amend | None = None, *, url: str | None = None
    ) -> Answer:
        """Run a plugin's `send` and give what the service answered. url: to post to in place of the plugin's.

        Raises ChannelFailed.
        """
        async with self._threads.place():
            await self._pace()
            exchange = Exchange(timeout_s=self._timeout_s, ca_file=self._ca_file, amend=amend, url=url)
            context = contextvars.copy_context()
            context.run(_EXCHANGE.set, exchange)
            await self._threads.run(lambda: context.run(send), exchange.abort, in_doubt=lambda: True, grace_s=0.5)
            return exchange.answer()

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        self._begun = turn(self._begun, now, self._interval_s)
        await asyncio.sleep(self._begun - now)

    async def aclose(self) -> None:
        """Let go of the threads."""
        self._threads.close()


def turn(last: float | None, now: float, interval_s: float) -> float:
    """When the next exchange may begin: now, or an interval after the last one began or is to begin."""
    return now if last is None else max(now, last + interval_s)
