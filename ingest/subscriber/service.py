"""The subscriber of one worker: leases slots, and keeps a connection to the broker for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from random import SystemRandom
from typing import NamedTuple

from domain.clock import Clock
from domain.errors import StorageUnavailable
from ingest.delivery import Sink
from ingest.subscriber.backoff import Backoff
from ingest.subscriber.causes import Cause
from ingest.subscriber.connection import BrokerConnection
from ingest.subscriber.door import Door, EnterpriseBook, StrayBook
from ingest.subscriber.metrics import SubscriberMetrics
from ingest.subscriber.options import SubscriberOptions
from ingest.subscriber.slots import SlotChoice
from ingest.subscriber.topics import wishes
from storage.database import Connection, Database
from storage.leases import end_soon_when_cut, give_slot_back, list_leases, rest, start_waiting, stop_waiting, take_slot

logger = logging.getLogger(__name__)


class _Served(NamedTuple):
    """A slot that this worker serves."""

    client: _Client
    task: asyncio.Task[None]


class Subscriber:
    """Takes messages from a broker; `run` is all there is to it.

    Any number of workers may run. Each leases a slot, hence a client id; one that finds none free waits for one.
    """

    def __init__(
        self,
        database: Database,
        sink: Sink,
        enterprises: EnterpriseBook,
        strays: StrayBook,
        clock: Clock,
        options: SubscriberOptions,
        metrics: SubscriberMetrics,
        *,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """chance: uniform in [0, 1), for the back-off."""
        self._database = database
        self._sink = sink
        self._enterprises = enterprises
        self._strays = strays
        self._clock = clock
        self._options = options
        self._metrics = metrics
        self._chance = chance or SystemRandom().random
        self._served: dict[int, _Served] = {}
        self._door: Door
        metrics.slots.set_function(lambda: len(self._served))
        metrics.unacknowledged.set_function(lambda: sum(s.client.unanswered for s in self._served.values()))

    async def run(self) -> None:
        """Serve until cancelled. Stopping, it takes nothing more and acknowledges what is at the sink, which must go
        on writing meanwhile."""
        self._door = Door(self._sink, self._enterprises, self._strays, self._clock, self._options, self._metrics)
        backoff = self._backoff()
        while True:
            try:
                async with self._database.autocommit() as connection:
                    await self._hold(connection, backoff)
            except (StorageUnavailable, TimeoutError) as error:
                logger.warning("leases need the database, which is away", exc_info=error)
            await asyncio.sleep(backoff.next_s())

    def _backoff(self) -> Backoff:
        return Backoff(self._options.backoff_first_s, self._options.backoff_cap_s, self._chance)

    async def _hold(self, connection: Connection, backoff: Backoff) -> None:
        """Take and serve slots for as long as this connection, which is the lease, lives."""
        loop = asyncio.get_running_loop()
        choice = SlotChoice(self._options.slots, self._options.adopt_after_s)
        fresh, waiting = True, False
        fuse: asyncio.TimerHandle | None = None
        try:
            while True:
                fuse = fuse or loop.call_later(self._options.lease_timeout_s, self._drop_all)
                async with asyncio.timeout(self._options.lease_timeout_s):
                    if fresh:
                        await end_soon_when_cut(connection)
                        fresh = False
                    leases = await list_leases(connection)
                    move = choice.move(leases.taken, leases.mine, leases.waiting, loop.time())
                    taken = await self._take_one(connection, move.take)
                    if waiting != (not leases.mine and not taken):
                        waiting = not waiting
                        await (start_waiting(connection) if waiting else stop_waiting(connection))
                fuse.cancel()
                fuse = None
                backoff.reset()
                if move.give_back is not None:
                    await self._give_back(connection, move.give_back)
                await rest(connection, self._options.lease_poll_s)
        except asyncio.CancelledError:
            if fuse is not None:
                fuse.cancel()
            await asyncio.shield(self._stop_all())
            raise
        finally:
            self._drop_all()
            if fuse is not None:
                fuse.cancel()

    async def _take_one(self, connection: Connection, slots: tuple[int, ...]) -> bool:
        for slot in slots:
            if await take_slot(connection, slot):
                client = _Client(slot, self._door, self._options, self._metrics, self._backoff())
                task = asyncio.create_task(client.run(), name=f"subscriber {slot}")
                self._served[slot] = _Served(client, task)
                logger.info("a slot is leased", extra={"client_id": self._options.client_id(slot)})
                return True
        return False

    async def _give_back(self, connection: Connection, slot: int) -> None:
        """Leave the broker first: two must never be there with one client id."""
        await _stop(self._served[slot])
        del self._served[slot]
        await give_slot_back(connection, slot)
        logger.info("a slot is given to a waiting worker", extra={"client_id": self._options.client_id(slot)})

    async def _stop_all(self) -> None:
        await asyncio.gather(*(_stop(served) for served in self._served.values()))
        self._served.clear()

    def _drop_all(self) -> None:
        """The lease is lost: be gone from the broker before anybody else can have these client ids."""
        for served in self._served.values():
            served.client.drop(Cause.LEASE_LOST)
            served.task.cancel()
        if self._served:
            logger.warning("leases are lost; the broker is left at once")
        self._served.clear()


async def _stop(served: _Served) -> None:
    await served.client.leave()
    served.task.cancel()
    await asyncio.wait([served.task])


class _Client:
    """One client id at the broker: connects, and connects again."""

    def __init__(
        self, slot: int, door: Door, options: SubscriberOptions, metrics: SubscriberMetrics, backoff: Backoff
    ) -> None:
        self._slot = slot
        self._door = door
        self._options = options
        self._metrics = metrics
        self._backoff = backoff
        self._connection: BrokerConnection | None = None
        self._gone = False
        self._was_subscribed = False

    @property
    def unanswered(self) -> int:
        return self._connection.unanswered if self._connection is not None else 0

    async def run(self) -> None:
        """Until cancelled; a connection that still stands then is the caller's to end."""
        while not self._gone:
            connection = await self._open()
            if connection is not None:
                await asyncio.shield(connection.over)
                # what is at the sink still takes memory, and would only be sent again
                await connection.settled()
                self._was_subscribed = self._was_subscribed or connection.subscribed
                if connection.acknowledged:
                    self._backoff.reset()
            await asyncio.sleep(self._backoff.next_s())

    async def _open(self) -> BrokerConnection | None:
        options = self._options
        loop = asyncio.get_running_loop()
        connection = BrokerConnection(
            options.client_id(self._slot),
            wishes(self._slot, options.group, sparkplug=options.sparkplug),
            self._door,
            options,
            self._metrics,
            expects_session=self._was_subscribed,
        )
        try:
            async with asyncio.timeout(options.connect_timeout_s):
                await loop.create_connection(lambda: connection, options.host, options.port, ssl=options.tls)
        except (OSError, TimeoutError) as error:
            self._metrics.connects.labels(result="unreachable").inc()
            logger.warning("the broker cannot be reached: %s", error, extra={"client_id": connection.client_id})
            return None
        self._connection = connection
        return connection

    async def leave(self) -> None:
        """Acknowledge what is at the sink, then disconnect."""
        self._gone = True
        if self._connection is not None:
            await self._connection.drain()
            with suppress(asyncio.TimeoutError):
                async with asyncio.timeout(1.0):
                    await asyncio.shield(self._connection.over)

    def drop(self, cause: Cause) -> None:
        """Disconnect at once."""
        self._gone = True
        if self._connection is not None:
            self._connection.end(cause)
