"""The ingest stage in one process: the doors, the writer behind them, the roll-up."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from domain.clock import Clock
from ingest.hj212 import HjLimits, HjMetrics, HjServer, RegisteredStations
from ingest.lanes import Lanes
from ingest.listener import Limits, Listener, ListenerMetrics, PasswordAuthenticator
from ingest.metrics import IngestMetrics
from ingest.registry import Registry
from ingest.rollup import RollUp
from ingest.sparkplug import Sequences
from ingest.strays import StrayBook
from ingest.subscriber import Subscriber, SubscriberMetrics, SubscriberOptions
from ingest.writer import Writer, WriterLimits
from storage.database import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What can be set of the stage; the defaults suit one small server."""

    tls: ssl.SSLContext | None = None
    """Certificate of the listener; None listens without TLS, for loopback and test networks."""
    reuse_port: bool = False
    """Let several processes listen on the same ports (SO_REUSEPORT); the kernel spreads the connections."""
    listener: Limits = field(default_factory=Limits)
    hj212_host: str = "127.0.0.1"
    hj212_port: int | None = None
    """Port of the HJ 212 door; None opens none, 0 takes a free one."""
    hj212: HjLimits = field(default_factory=HjLimits)
    subscriber: SubscriberOptions | None = None
    """The broker to subscribe to besides; None for none."""
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
        """port: of the MQTT listener; 0 takes a free one. The metrics of all parts go into the registry given."""
        self._settings = settings
        ingest_metrics = IngestMetrics(metrics)
        registry = Registry(database, lambda: asyncio.get_running_loop().time(), refresh_s=settings.registry_refresh_s)
        sequences = Sequences()
        self._writer = Lanes(
            lambda limits: Writer(database, registry, ingest_metrics, limits, sequences),
            settings.writer,
            settings.writers,
            clock,
            ingest_metrics,
        )
        self._roll_up = RollUp(database, clock, ingest_metrics, poll_s=settings.roll_up_poll_s)
        strays = StrayBook(database, metrics)
        self._listener = Listener(
            host,
            port,
            self._writer,
            PasswordAuthenticator(registry),
            clock,
            settings.listener,
            metrics=ListenerMetrics(metrics),
            tls=settings.tls,
            reuse_port=settings.reuse_port,
        )
        self._hj212 = None
        if settings.hj212_port is not None:
            self._hj212 = HjServer(
                settings.hj212_host,
                settings.hj212_port,
                self._writer,
                RegisteredStations(database),
                strays,
                clock,
                settings.hj212,
                metrics=HjMetrics(metrics),
                reuse_port=settings.reuse_port,
            )
        self._subscriber = None
        if settings.subscriber is not None:
            self._subscriber = Subscriber(
                database, self._writer, registry, strays, clock, settings.subscriber, SubscriberMetrics(metrics)
            )

    async def run(self, *, started: Callable[[dict[str, int]], None] | None = None) -> None:
        """Serve until cancelled; `started` is told the ports by setting. Raises OSError when an address cannot be had.

        Stopping, the doors take nothing more and answer what is under way, then the writer finishes its queue.
        """
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._writer.run(), name="writer")
            rolling = group.create_task(self._roll_up.run(), name="roll-up") if self._settings.roll_up else None
            try:
                async with AsyncExitStack() as doors:
                    ports = {"mqtt_port": (await doors.enter_async_context(self._listener)).port}
                    if self._hj212 is not None:
                        ports["hj212_port"] = (await doors.enter_async_context(self._hj212)).port
                    if self._subscriber is not None:
                        subscribing = group.create_task(self._subscriber.run(), name="subscriber")
                        doors.push_async_callback(_end, subscribing)
                    if started is not None:
                        started(ports)
                    await asyncio.wait([writing])  # for good: it ends only when closed, below
            finally:
                if rolling is not None:
                    rolling.cancel()
                self._writer.close()
                await asyncio.wait([writing])


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
