"""The HJ 212 door: data loggers (数采仪) that speak to a host by TCP, where 9014 means stored.

It asks nothing of a logger and keeps no state worth losing, so any number of processes may stand behind a TCP load
balancer or share the port (`reuse_port`). The protocol knows no encryption of the line: bind it to the network that the
loggers are in, not to the internet.
"""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry

from domain.clock import Clock
from ingest.delivery import Sink
from ingest.farewell import dismiss
from ingest.hj212.connection import Connection
from ingest.hj212.gate import StationGate, StationLookup
from ingest.hj212.hub import Hub, Strays
from ingest.hj212.limits import HjLimits
from ingest.hj212.metrics import HjMetrics

logger = logging.getLogger(__name__)

_BACKLOG = 1_024  # a city's loggers all come back at once after a restart


class HjServer:
    """Accepts data loggers on one address. `async with` starts it and drains it at the end."""

    def __init__(
        self,
        host: str,
        port: int,
        sink: Sink,
        stations: StationLookup,
        strays: Strays,
        now: Clock,
        limits: HjLimits | None = None,
        *,
        metrics: HjMetrics | None = None,
        reuse_port: bool = False,
    ) -> None:
        """`port` 0 takes a free one. `now` stamps what arrives and says which stations are in service."""
        self._host = host
        self._port = port
        self._sink = sink
        self._stations = stations
        self._strays = strays
        self._now = now
        self._limits = limits or HjLimits()
        self._metrics = metrics or HjMetrics(CollectorRegistry())
        self._reuse_port = reuse_port
        self._connections: set[Connection] = set()
        self._hub: Hub | None = None
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The TCP port in use."""
        if self._server is None:
            raise RuntimeError("the server is not started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """Sockets that are open now."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be had."""
        gate = StationGate(self._stations, self._now)
        hub = self._hub = Hub(self._sink, gate, self._strays, self._now, self._limits, self._metrics)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(hub, self._connections),
            self._host,
            self._port,
            reuse_port=self._reuse_port or None,
            backlog=_BACKLOG,
        )
        logger.info("listening for data loggers", extra={"host": self._host, "port": self.port})

    async def stop(self) -> None:
        """Accept nobody, answer what is at the sink, dismiss everybody; takes `drain_timeout_s` at most.

        What is not answered by then was not acknowledged, so the loggers send it again.
        """
        if self._server is None or self._hub is None:
            return
        self._server.close()
        await dismiss(
            self._connections,
            self._hub.quiet,
            drain_timeout_s=self._limits.drain_timeout_s,
            linger_timeout_s=self._limits.linger_timeout_s,
        )
        self._server = self._hub = None
        logger.info("stopped listening for data loggers")

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
