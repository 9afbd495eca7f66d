"""The one road into the store: gathers messages for a few milliseconds and commits them together.

Readings, dirty hours, books and refusals are one transaction; only then is a sender answered. So a crash at any
instant loses nothing that was acknowledged, and what is sent again afterwards is recognised as duplicate.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np

from domain.errors import StorageUnavailable
from domain.readings import Int64, from_us, to_us
from ingest.batch import CORRECTION, DUPLICATE, STORED, Batch, assemble, changed_hours, close_books, take_refusals
from ingest.delivery import Delivery, Receipt, SinkUnavailable
from ingest.gateways import Gateways
from ingest.messages import Message, read_message, receipt, unreadable
from ingest.metrics import IngestMetrics
from ingest.newest import Newest
from ingest.registry import Registry
from ingest.sparkplug import Sequences
from storage.accounting import add_accounts
from storage.database import Connection, Database
from storage.gateways import GatewayPoint, set_statuses
from storage.hourly import add_dirty_hours
from storage.leak_records import keep_records
from storage.ledger import FigureFate, keep_figures
from storage.quirks import add_quirks
from storage.readings import copy_new_readings, ensure_partition, insert_corrections, insert_missing_readings
from storage.refusals import insert_refused_messages
from storage.revisions import Fate
from storage.sparkplug import StoredBirth, set_births

logger = logging.getLogger(__name__)

#: Attempts when other writers stood in the way (deadlock, serialization), before the senders are told.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class WriterLimits:
    """Bounds of one writer."""

    linger_s: float = 0.003
    """How long a batch waits for more messages; a commit costs about as much."""
    batch_values: int = 20_000
    """Values at which a batch is closed; more per batch gains little and delays the answers."""
    batch_bytes: int = 16 * 1024 * 1024
    """Payload bytes at which a batch is closed: refused messages are stored whole."""
    queue_values: int = 100_000
    """Values that wait before `submit` waits too."""


class _Pending(msgspec.Struct):
    message: Message
    future: asyncio.Future[Receipt]


class Writer:
    """Implements `ingest.delivery.Sink` and `QueueingSink`; `run` does the writing."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        metrics: IngestMetrics,
        limits: WriterLimits | None = None,
        sequences: Sequences | None = None,
    ) -> None:
        """sequences: shared by the writers of one process."""
        self._database = database
        self._registry = registry
        self._metrics = metrics
        self._limits = limits or WriterLimits()
        self._sequences = sequences or Sequences()
        self._queue: deque[_Pending] = deque()
        self._queued_values = 0
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False
        self._newest = Newest()
        self._gateways = Gateways()
        self._known_months: set[np.datetime64] = set()
        self.newest: datetime | None = None

    @property
    def queued(self) -> int:
        """Messages that wait."""
        return len(self._queue)

    # --- the sink

    async def submit(self, delivery: Delivery) -> Receipt:
        """See `Sink`; waits while too much is queued."""
        while not self._room.is_set():
            await self._room.wait()
        return await self.enqueue(delivery)

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        """See `Sink`."""
        payload = b"online" if online else b"offline"
        topic = f"plantwatch/v1/{enterprise}/{gateway}/status"
        delivery = Delivery(enterprise, "", topic, payload, len(payload), 1, True, False, at)
        await self.push(Message(delivery, gateway, online=online))

    def enqueue(self, delivery: Delivery) -> asyncio.Future[Receipt]:
        """See `QueueingSink`. Takes it however full the queue is: the doors bound what they have under way."""
        try:
            message = read_message(delivery, self._sequences)
        except Exception as error:
            logger.exception("a message could not be read", extra={"enterprise": delivery.enterprise})
            message = unreadable(delivery, error)
        return self.push(message)

    def push(self, message: Message) -> asyncio.Future[Receipt]:
        """As `enqueue`, for a message that was taken apart already."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = self._loop.create_future()
        if self._closed:
            future.set_exception(SinkUnavailable("the writer has stopped"))
            return future
        self._queue.append(_Pending(message, future))
        self._queued_values += message.weight
        if self._queued_values >= self._limits.queue_values:
            self._room.clear()
        self._arrived.set()
        return future

    # --- the writing

    async def run(self) -> None:
        """Write until `close`, then what is queued. Cancelled, it leaves the rest unanswered as SinkUnavailable."""
        try:
            while await self._wait():
                await self._write(self._take())
        finally:
            self._closed = True
            while self._queue:
                _fail([self._queue.popleft()], SinkUnavailable("the writer was stopped"))

    def close(self) -> None:
        """Take nothing more; `run` returns when the queue is written."""
        self._closed = True
        self._arrived.set()

    async def _wait(self) -> bool:
        """Wait for messages, and a little longer for company; False when closed and empty."""
        while not self._queue:
            if self._closed:
                return False
            self._arrived.clear()
            await self._arrived.wait()
        if self._queued_values < self._limits.batch_values and not self._closed:
            await asyncio.sleep(self._limits.linger_s)
        return True

    def _take(self) -> list[_Pending]:
        taken: list[_Pending] = []
        values = size = 0
        while self._queue and values < self._limits.batch_values and size < self._limits.batch_bytes:
            pending = self._queue.popleft()
            values += pending.message.weight
            size += len(pending.message.delivery.payload)
            taken.append(pending)
        self._queued_values -= values
        if self._queued_values < self._limits.queue_values:
            self._room.set()
        return taken

    async def _write(self, taken: list[_Pending], *, again: bool = True) -> None:
        """Commit some messages; when their content forbids it, find the one at fault and commit the others.

        again: whether it may be for want of a partition that was there before, and one more attempt may help.
        """
        try:
            await self._commit_patiently(taken)
        except StorageUnavailable as error:
            self._metrics.failures.labels(cause="unavailable").inc()
            logger.warning("messages could not be stored", exc_info=error, extra={"messages": len(taken)})
            failure = SinkUnavailable(f"not stored: {error}")
            failure.__cause__ = error
            _fail(taken, failure)
        except asyncio.CancelledError:
            _fail(taken, SinkUnavailable("the writer was stopped"))
            raise
        except Exception as error:  # noqa: BLE001 - one message must not block all
            self._metrics.failures.labels(cause="content").inc()
            self._known_months.clear()
            if again:
                await self._write(taken, again=False)
            else:
                await self._isolate(taken, error)

    async def _isolate(self, taken: list[_Pending], error: Exception) -> None:
        if len(taken) > 1:
            middle = len(taken) // 2
            await self._write(taken[:middle], again=False)
            await self._write(taken[middle:], again=False)
            return
        (pending,) = taken
        delivery = pending.message.delivery
        where = {"enterprise": delivery.enterprise, "topic": delivery.topic}
        message = pending.message
        if message.samples is None and message.deferred is None and not message.recorded:
            # there is nothing left to take out of it
            logger.error("a message without items cannot be stored", exc_info=error, extra=where)
            _fail(taken, SinkUnavailable(f"not stored: {error}"))
            return
        logger.error("a message cannot be stored and is refused", exc_info=error, extra=where)
        await self._write([_Pending(unreadable(delivery, error), pending.future)], again=False)

    async def _commit_patiently(self, taken: list[_Pending]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._commit(taken)
                return
            except StorageUnavailable as error:
                # class 40: another writer stood in the way; the transaction is gone, the server is well
                if attempt == _ATTEMPTS or not str(getattr(error.__cause__, "sqlstate", "")).startswith("40"):
                    raise

    async def _commit(self, taken: list[_Pending]) -> None:
        births = {p.message.delivery.enterprise for p in taken if _is_sparkplug(p.message)}
        await self._registry.prepare({p.message.delivery.enterprise for p in taken}, sparkplug=births)
        known = [p for p in taken if self._registry.entry(p.message.delivery.enterprise) is not None]
        if len(known) < len(taken):
            strangers = [p for p in taken if self._registry.entry(p.message.delivery.enterprise) is None]
            _fail(strangers, SinkUnavailable("the enterprise is not in the register"))
        if not known:
            return
        messages = [pending.message for pending in known]
        batch = assemble(messages, self._registry)
        if (puzzled := batch.puzzled) and await self._registry.refresh(puzzled):
            batch = assemble(messages, self._registry)
        await self._ensure_months(batch.readings.measured_us)
        with self._metrics.batch_seconds.time():
            async with self._database.transaction() as connection:
                fates, record_fates, gateways, refused = await self._store(connection, batch)
        self._newest.learn(batch.readings)
        self._gateways.learn(gateways)
        self._count(batch, fates, record_fates)
        for number, pending in enumerate(known):
            if not pending.future.done():
                commands = batch.commands[number]
                if commands:
                    commands = self._sequences.due(commands, to_us(pending.message.delivery.received_at))
                pending.future.set_result(receipt(pending.message, batch.faults[number], batch.items[number], commands))
        logger.debug("batch committed", extra={"messages": len(known), "refused_messages": refused})

    async def _store(self, connection: Connection, batch: Batch) -> tuple[Int64, list[Fate], list[GatewayPoint], int]:
        """Write a batch. The tables come in the same order in every writer, the rows of each in order of key."""
        fates = await self._store_readings(connection, batch)
        record_fates = take_refusals(batch, await keep_records(connection, batch.leak_records))
        record_fates += await _keep_figures(connection, batch)
        await set_statuses(connection, batch.statuses)
        gateways = await self._gateways.note(connection, batch)
        await add_dirty_hours(connection, *changed_hours(batch, fates, self._registry))
        books = close_books(batch, fates, record_fates)
        await self._store_births(connection, batch)
        await add_quirks(connection, batch.quirks)
        await insert_refused_messages(connection, books.refused)
        await add_accounts(connection, books.accounts)
        return fates, record_fates, gateways, len(books.refused)

    async def _store_readings(self, connection: Connection, batch: Batch) -> Int64:
        """The fate of each reading of a batch, after storing it."""
        fates = np.zeros(len(batch.readings), np.int64)
        if len(fates) == 0:
            return fates
        contested = ~batch.is_first
        fresh, doubtful = self._newest.split(batch.readings, batch.is_first)
        if len(fresh) and not await copy_new_readings(connection, batch.readings.take(fresh)):
            doubtful = np.flatnonzero(batch.is_first)
        if len(doubtful):
            known = await insert_missing_readings(connection, batch.readings.take(doubtful))
            contested[doubtful[known]] = True
        if contested.any():
            positions = np.flatnonzero(contested)
            corrections = await insert_corrections(connection, batch.readings.take(positions))
            fates[positions] = DUPLICATE
            fates[positions[corrections]] = CORRECTION
        return fates

    async def _store_births(self, connection: Connection, batch: Batch) -> None:
        for enterprise, births in sorted(batch.births.items()):
            entry = self._registry.entry(enterprise)
            assert entry is not None, "it was there when the batch was assembled"
            at = max(m.delivery.received_at for m in batch.messages if m.delivery.enterprise == enterprise)
            stored = [StoredBirth(b.node, b.device, b.bd_seq, b.metrics) for b in births.values()]
            await set_births(connection, entry.enterprise_id, stored, at)

    async def _ensure_months(self, measured_us: Int64) -> None:
        months = np.unique(measured_us.astype("datetime64[us]").astype("datetime64[M]"))
        for month in months:
            if month not in self._known_months:
                # of its own, because it locks the table against all other writers
                async with self._database.transaction() as connection:
                    await ensure_partition(connection, from_us(int(month.astype("datetime64[us]").astype(np.int64))))
                self._known_months.add(month)

    def _count(self, batch: Batch, fates: Int64, record_fates: Sequence[Fate]) -> None:
        metrics = self._metrics
        by_fate = np.bincount(fates, minlength=3)
        metrics.values["stored"].inc(int(by_fate[STORED]) + record_fates.count(Fate.STORED))
        metrics.values["duplicate"].inc(int(by_fate[DUPLICATE]) + record_fates.count(Fate.DUPLICATE))
        metrics.values["correction"].inc(int(by_fate[CORRECTION]) + record_fates.count(Fate.CORRECTION))
        for faults in batch.faults:
            for reason, fault in faults.by_reason.items():
                metrics.refusals[reason].inc(fault.items)
                metrics.values["refused"].inc(fault.items)
        for quirk in batch.quirks:
            metrics.quirks.labels(quirk=quirk.quirk).inc(quirk.frames)
        metrics.ignored.inc(batch.ignored)
        metrics.messages.inc(len(batch.messages))
        metrics.batch_values.observe(sum(batch.items))
        newest = max(message.delivery.received_at for message in batch.messages)
        self.newest = newest if self.newest is None else max(self.newest, newest)


_FIGURE_FATES = {
    FigureFate.NEW: Fate.STORED,
    FigureFate.SAME: Fate.DUPLICATE,
    FigureFate.CORRECTED: Fate.CORRECTION,
}


async def _keep_figures(connection: Connection, batch: Batch) -> list[Fate]:
    """Keep figures of the ledger; the fate of each."""
    if not batch.figures:
        return []
    at = max(batch.messages[number].delivery.received_at for number in batch.figure_owner)
    kept = await keep_figures(connection, batch.figures, author=batch.figure_authors, origin="mqtt", at=at)
    # a line that was taken away a moment ago: the messages are taken one by one, and this one is refused
    if any(one.fate is FigureFate.UNKNOWN for one in kept):
        raise LookupError("a production line is not registered any more")
    return [_FIGURE_FATES[one.fate] for one in kept]


def _is_sparkplug(message: Message) -> bool:
    return message.deferred is not None and message.delivery.topic.startswith("spBv1.0/")


def _fail(taken: Sequence[_Pending], error: SinkUnavailable) -> None:
    for pending in taken:
        if not pending.future.done():
            pending.future.set_exception(error)
