"""The ingest stage in one process: listener, writer, roll-up."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from domain.clock import Clock
from ingest.lanes import Lanes
from ingest.listener import Limits, Listener, ListenerMetrics, PasswordAuthenticator
from ingest.metrics import IngestMetrics
from ingest.registry import Registry
from ingest.rollup import RollUp
from ingest.writer import Writer, WriterLimits
from storage.database import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What can be set of the stage; the defaults suit one small server."""

    tls: ssl.SSLContext | None = None
    """Certificate of the listener; None listens without TLS, for loopback and test networks."""
    reuse_port: bool = False
    """Let several processes listen on the same port (SO_REUSEPORT); the kernel spreads the connections."""
    listener: Limits = field(default_factory=Limits)
    writers: int = 2
    """Transactions at once; each takes a connection of the pool. One prepares while another commits: on two free cores
    two stored a fifth to a third more than one, on busy ones no more."""
    writer: WriterLimits = field(default_factory=WriterLimits)
    registry_refresh_s: float = 30.0
    """Within how many seconds a changed range or a removed point takes effect; new points are found at once."""
    roll_up: bool = True
    """Whether this process also rolls up; one at a time does, however many are willing."""
    roll_up_poll_s: float = 1.0
    """Seconds between looks at an empty work list."""


class IngestService:
    """Wires the stage; `run` is all there is to it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        host: str,
        port: int,
        settings: IngestSettings,
        metrics: CollectorRegistry,
    ) -> None:
        """port 0 takes a free one. The metrics of all parts go into the registry given."""
        self._settings = settings
        ingest_metrics = IngestMetrics(metrics)
        self._registry = Registry(
            database, lambda: asyncio.get_running_loop().time(), refresh_s=settings.registry_refresh_s
        )
        self._writer = Lanes(
            lambda: Writer(database, self._registry, ingest_metrics, settings.writer),
            settings.writers,
            clock,
            ingest_metrics,
        )
        self._roll_up = RollUp(database, clock, ingest_metrics, poll_s=settings.roll_up_poll_s)
        self._listener = Listener(
            host,
            port,
            self._writer,
            PasswordAuthenticator(self._registry),
            clock,
            settings.listener,
            metrics=ListenerMetrics(metrics),
            tls=settings.tls,
            reuse_port=settings.reuse_port,
        )

    async def run(self, *, started: Callable[[int], None] | None = None) -> None:
        """Serve until cancelled; `started` is told the port. Raises OSError when the address cannot be had.

        Stopping, the listener takes nothing more and answers what is under way, then the writer finishes its queue.
        """
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._writer.run(), name="writer")
            rolling = group.create_task(self._roll_up.run(), name="roll-up") if self._settings.roll_up else None
            try:
                async with self._listener as listener:
                    if started is not None:
                        started(listener.port)
                    await asyncio.wait([writing])  # for good: it ends only when closed, below
            finally:
                if rolling is not None:
                    rolling.cancel()
                self._writer.close()
                await asyncio.wait([writing])
