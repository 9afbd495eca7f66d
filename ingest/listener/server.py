"""The listener: MQTT 3.1.1 and 5.0 for publishers, where PUBACK means stored.

No broker: a broker acknowledges before it persists, and its queues are one more place to lose readings. This
one hands each message to the sink and answers only with the sink's receipt. It keeps no session state, so any
number of processes may stand behind a TCP load balancer or share the port (`reuse_port`).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry

from ingest.delivery import Authenticator, Sink
from ingest.farewell import dismiss
from ingest.listener.connection import Connection
from ingest.listener.hub import Hub
from ingest.listener.limits import Limits
from ingest.listener.metrics import ListenerMetrics

logger = logging.getLogger(__name__)

_BACKLOG = 1_024  # a city's gateways all come back at once after a restart


class Listener:
    """Accepts gateways on one address. `async with` starts it and drains it at the end.

    Processes that share the port, or stand behind one load balancer, know nothing of each other. What is an
    enterprise's or a client's own is so per process: the limits on connections and rates, the last statuses, and the
    take-over of a client id (MQTT 5 clause 3.1.4). A gateway that comes back to another process while its old
    connection lingers has two until the keep-alive ends the old one, whose will is then carried out: it says
    `offline` of a gateway that is there. Gateways that reconnect often should ask for a short keep-alive.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sink: Sink,
        authenticator: Authenticator,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        *,
        metrics: ListenerMetrics | None = None,
        tls: ssl.SSLContext | None = None,
        reuse_port: bool = False,
    ) -> None:
        """`port` 0 takes a free one. `now` gives the aware UTC instant that deliveries are stamped with."""
        self._host = host
        self._port = port
        self._tls = tls
        self._reuse_port = reuse_port
        self._limits = limits or Limits()
        metrics = metrics or ListenerMetrics(CollectorRegistry())
        self._hub = Hub(sink, authenticator, now, self._limits, metrics)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The TCP port in use."""
        if self._server is None:
            raise RuntimeError("the listener is not started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """Sockets that are open now."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be had."""
        self._hub.stopping = False
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._hub, self._connections),
            self._host,
            self._port,
            ssl=self._tls,
            ssl_handshake_timeout=self._limits.connect_timeout_s if self._tls else None,
            reuse_port=self._reuse_port or None,
            backlog=_BACKLOG,
        )
        logger.info("listening for gateways", extra={"host": self._host, "port": self.port})

    async def stop(self) -> None:
        """Accept nobody, answer what is at the sink, dismiss everybody; takes `drain_timeout_s` at most.

        What is not answered by then was not acknowledged, so the gateways send it again.
        """
        if self._server is None:
            return
        self._hub.stopping = True
        self._server.close()
        await dismiss(
            self._connections,
            self._hub.quiet,
            drain_timeout_s=self._limits.drain_timeout_s,
            linger_timeout_s=self._limits.linger_timeout_s,
        )
        self._server = None
        logger.info("stopped listening")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()
