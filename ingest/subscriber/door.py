"""Where a message goes: to the sink, to the statuses, or aside. Shared by all connections of a worker."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from domain.clock import Clock
from domain.errors import StorageUnavailable
from ingest.delivery import Delivery, Outcome, QueueingSink, Receipt, Sink, SinkUnavailable
from ingest.listener.topics import status_gateway
from ingest.subscriber.metrics import SubscriberMetrics
from ingest.subscriber.options import SubscriberOptions
from ingest.subscriber.strikes import Strikes
from ingest.subscriber.topics import owner
from ingest.subscriber.wire import Arrival

_STATUSES = {b"online": True, b"offline": False}
_DOOR = "subscriber"
_REMEMBERED = 100_000
_PUT_ASIDE = Receipt(Outcome.REFUSED_TENANT, None, None)


class EnterpriseBook(Protocol):
    """Who is in the register."""

    async def exists(self, enterprise: str) -> bool:
        """Whether the register has this enterprise. Raises StorageUnavailable or SinkUnavailable."""
        ...


class StrayBook(Protocol):
    """Where messages are put aside that belong to nobody in the register."""

    async def note(
        self, door: str, sender: str, topic: str, payload: bytes, payload_size: int, reason: str, at: datetime
    ) -> None:
        """Return only after the commit. Raises StorageUnavailable or SinkUnavailable."""
        ...


class Door:
    """Hands over what arrives; every future it gives resolves after a commit, or fails and nothing is acknowledged."""

    def __init__(
        self,
        sink: Sink,
        enterprises: EnterpriseBook,
        strays: StrayBook,
        clock: Clock,
        options: SubscriberOptions,
        metrics: SubscriberMetrics,
    ) -> None:
        self.strikes = Strikes()
        self._sink = sink
        self._enqueue = sink.enqueue if isinstance(sink, QueueingSink) else None
        self._enterprises = enterprises
        self._strays = strays
        self._clock = clock
        self._options = options
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._answers: dict[str, tuple[bool, float]] = {}
        """Whether an enterprise is known, and until when (loop time) that is believed."""
        self._questions: dict[str, asyncio.Task[bool]] = {}
        self._status_tails: dict[tuple[str, str], asyncio.Task[Receipt]] = {}

    def take(self, arrival: Arrival, enterprise: str | None) -> asyncio.Future[Receipt]:
        """Hand one message over; enterprise: what `owner` says of it."""
        if enterprise is None or not arrival.is_text or "\0" in arrival.topic:
            return self._loop.create_task(self._put_aside(arrival, "", "bad_topic"))
        if self.strikes.is_condemned(arrival.topic, arrival.payload):
            return self._loop.create_task(self._put_aside(arrival, enterprise, "unstorable"))
        known, until_s = self._answers.get(enterprise, (False, 0.0))
        if self._loop.time() >= until_s:
            return self._loop.create_task(self._ask_first(arrival, enterprise))
        if not known:
            return self._loop.create_task(self._put_aside(arrival, enterprise, "unknown_enterprise"))
        return self._hand_over(arrival, enterprise)

    def _hand_over(self, arrival: Arrival, enterprise: str) -> asyncio.Future[Receipt]:
        options = self._options
        oversize = arrival.size > options.max_payload_bytes or arrival.size != len(arrival.payload)
        if not oversize and arrival.payload in _STATUSES:
            gateway = status_gateway(enterprise, arrival.topic)
            if gateway is not None:
                return self._report_status(enterprise, gateway, _STATUSES[arrival.payload])
        delivery = Delivery(
            enterprise,
            "",  # a broker does not say which client published
            arrival.topic,
            arrival.payload[: options.oversize_kept_bytes] if oversize else arrival.payload,
            arrival.size,
            arrival.qos,
            arrival.retain,
            arrival.duplicate,
            self._clock(),
            oversize,
        )
        if self._enqueue is not None:
            return self._enqueue(delivery)
        return self._loop.create_task(self._sink.submit(delivery))

    def _report_status(self, enterprise: str, gateway: str, online: bool) -> asyncio.Future[Receipt]:
        """After whatever this gateway said before: the last word counts."""
        key = (enterprise, gateway)
        task = self._loop.create_task(self._status(key, online, self._status_tails.get(key)))
        self._status_tails[key] = task
        task.add_done_callback(lambda done: self._forget_tail(key, done))
        return task

    async def _status(self, key: tuple[str, str], online: bool, before: asyncio.Task[Receipt] | None) -> Receipt:
        at = self._clock()
        if before is not None:
            await asyncio.wait((before,))
        await self._sink.status(*key, online, at)
        return Receipt(Outcome.STORED, None, key[1])

    def _forget_tail(self, key: tuple[str, str], done: asyncio.Task[Receipt]) -> None:
        if self._status_tails.get(key) is done:
            del self._status_tails[key]

    async def _ask_first(self, arrival: Arrival, enterprise: str) -> Receipt:
        """Look into the register; messages that wait for the same answer go on in the order in which they came."""
        question = self._questions.get(enterprise)
        if question is None:
            question = self._questions[enterprise] = self._loop.create_task(self._ask(enterprise))
        known = await asyncio.shield(question)
        if not known:
            return await self._put_aside(arrival, enterprise, "unknown_enterprise")
        return await self._hand_over(arrival, enterprise)

    async def _ask(self, enterprise: str) -> bool:
        options = self._options
        try:
            known = await self._enterprises.exists(enterprise)
        except StorageUnavailable as error:
            raise SinkUnavailable(f"the register cannot be read: {error}") from error
        finally:
            del self._questions[enterprise]
        if len(self._answers) >= _REMEMBERED:
            self._answers.clear()
        believed_s = options.known_refresh_s if known else options.unknown_refresh_s
        self._answers[enterprise] = (known, self._loop.time() + believed_s)
        return known

    async def _put_aside(self, arrival: Arrival, enterprise: str, reason: str) -> Receipt:
        # whole only when it is an enterprise's own: strangers must not fill the disk
        whole = reason == "unstorable" and arrival.size <= self._options.max_payload_bytes
        payload = arrival.payload if whole else arrival.payload[: self._options.oversize_kept_bytes]
        topic = arrival.topic.replace("\0", "\ufffd")  # PostgreSQL's text has no U+0000
        try:
            await self._strays.note(_DOOR, enterprise, topic, payload, arrival.size, reason, self._clock())
        except StorageUnavailable as error:
            raise SinkUnavailable(f"a stray cannot be noted: {error}") from error
        self._metrics.strays.labels(reason=reason).inc()
        return _PUT_ASIDE


def owner_of(arrival: Arrival) -> str | None:
    """The enterprise below whose code a message was published."""
    return owner(arrival.topic) if arrival.is_text else None
