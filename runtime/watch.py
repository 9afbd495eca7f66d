"""What every process tells of the machine around it: its clock against the database's, and the room on its disks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from domain.clock import Clock
from domain.errors import SettingsError, StorageUnavailable
from runtime.settings import PREFIX
from storage.database import Database
from storage.machine import database_bytes, database_clock

logger = logging.getLogger(__name__)

_EVERY_S = 30.0


def watched_paths(text: str) -> list[Path]:
    """The directories of the setting, which separates them as the system does in PATH. Raises SettingsError for one
    that is not there: a disk that is watched under a wrong name is not watched."""
    paths = [Path(part) for part in text.split(os.pathsep) if part]
    for path in paths:
        if not path.is_absolute() or not path.exists():
            raise SettingsError(f"{PREFIX}WATCH_PATHS: {path}: expected directories that exist, from the root")
    return list(dict.fromkeys(paths))


class DiskCollector(Collector):
    """Asks at each scrape. A path that cannot be asked any more says so, and has no room that one could trust."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)

    def collect(self) -> Iterator[Metric]:
        free = GaugeMetricFamily("plantwatch_disk_free_bytes", "Room left for us on a disk", labels=["path"])
        ratio = GaugeMetricFamily("plantwatch_disk_free_ratio", "Share of a disk that is left for us", labels=["path"])
        readable = GaugeMetricFamily("plantwatch_disk_readable", "1 when a disk could be asked", labels=["path"])
        for path in self._paths:
            try:
                usage = shutil.disk_usage(path)
            except OSError:
                readable.add_metric([str(path)], 0.0)
                continue
            readable.add_metric([str(path)], 1.0)
            free.add_metric([str(path)], float(usage.free))
            # not of the total: what is kept back for root is no room of ours
            room = usage.used + usage.free
            ratio.add_metric([str(path)], usage.free / room if room else 0.0)
        return iter((free, ratio, readable))


class MachineMetrics:
    """Gauges that are read from the database. wall: the machine's clock, never a simulated one."""

    def __init__(self, registry: CollectorRegistry, wall: Clock) -> None:
        self._wall = wall
        self._offset = Gauge(
            "plantwatch_clock_offset_seconds",
            "This process's clock less the database's; NaN while it cannot be asked",
            registry=registry,
        )
        self._bytes = Gauge("plantwatch_database_bytes", "Size of the database", registry=registry)
        self.forget()

    async def read(self, database: Database) -> None:
        """Bring the gauges up to date; while the database is away they say NaN, which no comparison takes for news."""
        try:
            async with database.transaction() as connection:
                before = self._wall()
                theirs = await database_clock(connection)
                after = self._wall()
                size = await database_bytes(connection)
        except StorageUnavailable:
            self.forget()
            return
        self._offset.set((before + (after - before) / 2 - theirs).total_seconds())
        self._bytes.set(size)

    def forget(self) -> None:
        """Say that nothing is known."""
        self._offset.set(math.nan)
        self._bytes.set(math.nan)


@contextlib.asynccontextmanager
async def watching(
    database: Database, registry: CollectorRegistry, wall: Clock, *, every_s: float = _EVERY_S
) -> AsyncIterator[None]:
    """Keep the gauges fresh for as long as the context lasts. What cannot be read now is tried again, whatever the
    error: gauges that stay as they were look as if all were well."""
    metrics = MachineMetrics(registry, wall)

    async def keep() -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await metrics.read(database)
            except Exception:
                metrics.forget()
                logger.exception("the machine around this process cannot be read")

    await metrics.read(database)
    task = asyncio.create_task(keep(), name="watch the machine")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
