"""Several writers behind one sink, each with a connection of its own, so that one may store while another commits.

An enterprise always takes the same lane: what a gateway sends one after the other is stored in that order, and two
lanes never touch the same point. Records of leak detection have a lane of their own: they may have to wait while a file
of theirs is taken in, and no reading shall wait with them.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from domain.clock import Clock
from ingest.delivery import Delivery, Receipt
from ingest.metrics import IngestMetrics
from ingest.writer import Writer, WriterLimits

#: Records of leak detection at which a batch is closed: one takes fifty times the work of a value, and the loop that
#: readings come in by does nothing else meanwhile.
_RECORDS_A_BATCH = 500


class Lanes:
    """Implements `ingest.delivery.Sink` and `QueueingSink` over some writers."""

    def __init__(
        self,
        make_writer: Callable[[WriterLimits], Writer],
        limits: WriterLimits,
        count: int,
        clock: Clock,
        metrics: IngestMetrics,
    ) -> None:
        """count: lanes for all but records of leak detection."""
        few = min(limits.batch_values, _RECORDS_A_BATCH)
        self._record_writer = make_writer(replace(limits, batch_values=few))
        self._writers = [make_writer(limits) for _ in range(count)]
        metrics.lag.set_function(lambda: self._lag_s(clock()))
        metrics.queued.set_function(lambda: sum(writer.queued for writer in self._all))

    def _lag_s(self, now: datetime) -> float:
        newest = [writer.newest for writer in self._all if writer.newest is not None]
        return max(0.0, (now - max(newest)).total_seconds()) if newest else 0.0

    @property
    def _all(self) -> list[Writer]:
        return [*self._writers, self._record_writer]

    def _lane_of(self, delivery: Delivery) -> Writer:
        if delivery.topic.endswith("/leak-tests"):
            return self._record_writer
        return self._lane(delivery.enterprise)

    def _lane(self, enterprise: str) -> Writer:
        return self._writers[zlib.crc32(enterprise.encode()) % len(self._writers)]

    async def submit(self, delivery: Delivery) -> Receipt:
        """See `Sink`."""
        return await self._lane_of(delivery).submit(delivery)

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        """See `Sink`."""
        await self._lane(enterprise).status(enterprise, gateway, online, at)

    def enqueue(self, delivery: Delivery) -> asyncio.Future[Receipt]:
        """See `QueueingSink`."""
        return self._lane_of(delivery).enqueue(delivery)

    async def run(self) -> None:
        """Run all writers until `close`."""
        async with asyncio.TaskGroup() as group:
            for number, writer in enumerate(self._all):
                group.create_task(writer.run(), name=f"writer {number}")

    def close(self) -> None:
        """Take nothing more; `run` returns when all queues are written."""
        for writer in self._all:
            writer.close()
