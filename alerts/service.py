"""The alert stage as a service: evaluates, decides whom to tell, delivers, and measures until it is cancelled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from prometheus_client import CollectorRegistry

from alerts.channels import Channel
from alerts.channelwatch import ChannelWatch
from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from alerts.metrics import AlertMetrics
from alerts.orphans import Orphans
from alerts.outbox import Outbox, OutboxSettings
from domain.clock import Clock
from storage import alerts as store
from storage import channels as states
from storage.database import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """poll_s: how often an idle stage looks for work; hints of the database only make it faster.

    metrics_s: how often gauges are read from the database.
    """

    poll_s: float = 2.0
    metrics_s: float = 10.0
    engine: EngineSettings = field(default_factory=EngineSettings)
    dispatch: DispatchSettings = field(default_factory=DispatchSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)


class AlertService:
    """clock: the platform's time, perhaps simulated; wall: real time, for leases, pauses and signatures.

    Any number of services may run on one database.
    """

    def __init__(
        self,
        database: Database,
        channels: Sequence[Channel],
        *,
        clock: Clock,
        wall: Clock,
        random: Random,
        registry: CollectorRegistry,
        settings: AlertsSettings | None = None,
    ) -> None:
        self._settings = settings or AlertsSettings()
        self._database = database
        self._channels = tuple(channels)
        self._clock = clock
        reach = [ChannelInfo(channel.code, channel.kind, channel.is_group) for channel in channels]
        self.engine = AlertEngine(database, self._settings.engine)
        self.dispatcher = Dispatcher(database, reach, self._settings.dispatch)
        self.outbox = Outbox(database, channels, clock=clock, wall=wall, random=random, settings=self._settings.outbox)
        self._watch = ChannelWatch(database)
        self._metrics = AlertMetrics(registry, (channel.code for channel in channels))
        self._work = asyncio.Event()
        self._news = asyncio.Event()
        self._answers = asyncio.Event()
        self._mail = {channel.code: asyncio.Event() for channel in channels}

    async def run(self) -> None:
        """Run until cancelled. Raises StorageUnavailable (in an ExceptionGroup) when the database is gone: whoever
        runs the service starts it again."""
        try:
            await self._configure()
            async with self.outbox, asyncio.TaskGroup() as group:
                group.create_task(self._evaluate(), name="alerts: evaluate")
                group.create_task(self._dispatch(), name="alerts: dispatch")
                for code in self.outbox.codes:  # one that is slow delays its own messages only
                    group.create_task(self._deliver(code), name=f"alerts: deliver {code}")
                group.create_task(self._look_after_channels(), name="alerts: channels")
                group.create_task(self._listen(), name="alerts: listen")
                group.create_task(self._measure(), name="alerts: measure")
        finally:
            for channel in self._channels:
                await channel.aclose()

    async def _evaluate(self) -> None:
        while True:
            report = await self.engine.step(self._clock())
            self._metrics.count_step(report)
            if report.series:
                self._news.set()
            if report.is_idle:
                await self._pause(self._work)

    async def _dispatch(self) -> None:
        while True:
            report = await self.dispatcher.step(self._clock())
            self._metrics.count_dispatch(report)
            if report.notified:
                for mail in self._mail.values():
                    mail.set()
            if report.is_idle:
                await self._pause(self._news)

    async def _configure(self) -> None:
        async with self._database.transaction() as connection:
            for channel in self._channels:
                await states.configure(
                    connection, channel.code, channel.kind, channel.is_group, channel.rate_per_min, self._clock()
                )

    async def _deliver(self, code: str) -> None:
        while True:
            report = await self.outbox.deliver(code)
            self._metrics.count_delivery(report)
            if report.sent or report.failed:
                self._answers.set()
            if report.is_idle:
                await self._pause(self._mail[code])

    async def _look_after_channels(self) -> None:
        orphans = Orphans(self._database, asyncio.get_running_loop().time)
        while True:
            await orphans.step(self._clock())
            await self._watch.step(self._clock(), orphans.unserved, orphans.gone)
            await self._pause(self._answers)

    async def _listen(self) -> None:
        async with self._database.autocommit() as connection:
            async for hint in store.hints(connection):
                (self._news if hint == "news" else self._work).set()

    async def _measure(self) -> None:
        while True:
            async with self._database.transaction() as connection:
                await self._metrics.read(connection, self._clock())
            await asyncio.sleep(self._settings.metrics_s)

    async def _pause(self, hint: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._settings.poll_s):
                await hint.wait()
        except TimeoutError:
            pass
        hint.clear()
