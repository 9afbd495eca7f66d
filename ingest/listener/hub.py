"""What the connections of one process share: the sink, who is connected, last statuses, subscriptions.

Client ids are unique within an enterprise, not beyond: two plants that both named their gateway `gw1` must
not throw each other out. Processes that share a port by SO_REUSEPORT, or a load balancer, share none of this; a
take-over in another process shows only when the old connection's keep-alive ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ingest.delivery import Authenticator, Delivery, Outcome, QueueingSink, Receipt, Sink, SinkUnavailable
from ingest.listener.limits import Limits
from ingest.listener.metrics import ListenerMetrics
from ingest.listener.pace import Paces
from ingest.listener.packets import Will
from ingest.listener.subscriptions import Subscriber, Subscriptions
from ingest.listener.topics import (
    HOST_STATE_TOPIC,
    any_rejects_filter,
    command_filters,
    host_state,
    is_host_filter,
    rejects_topic,
    status_gateway,
    status_topic,
)

logger = logging.getLogger(__name__)

ONLINE, OFFLINE = b"online", b"offline"


class Member(Protocol):
    """A connection past its CONNECT."""

    @property
    def key(self) -> tuple[str, str]:
        """Enterprise and client id."""
        ...

    def taken_over(self) -> None:
        """Another connection has the client id now."""
        ...


class Hub:
    """Shared state of a listener process."""

    def __init__(
        self,
        sink: Sink,
        authenticator: Authenticator,
        now: Callable[[], datetime],
        limits: Limits,
        metrics: ListenerMetrics,
    ) -> None:
        self.authenticator = authenticator
        self.now = now
        self.limits = limits
        self.metrics = metrics
        self.subscriptions = Subscriptions()
        self.paces = Paces(limits, metrics)
        self.stopping = False
        """No connection is taken any more."""
        self._sink = sink
        self._enqueue = sink.enqueue if isinstance(sink, QueueingSink) else None
        self._members: dict[tuple[str, str], Member] = {}
        self._per_enterprise: Counter[str] = Counter()
        self._statuses: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._status_tails: dict[tuple[str, str], asyncio.Task[Receipt]] = {}
        self._background: set[asyncio.Future[Receipt]] = set()

    # --- who is connected

    def admit(self, member: Member) -> bool:
        """Let a connection in, ending the one with its client id; False when the enterprise has too many."""
        enterprise, _ = member.key
        previous = self._members.get(member.key)
        if previous is None and self._per_enterprise[enterprise] >= self.limits.max_connections_per_enterprise:
            return False
        if previous is not None:
            previous.taken_over()
        self._members[member.key] = member
        self._per_enterprise[enterprise] += 1
        return True

    def leave(self, member: Member) -> None:
        """Forget a connection that was let in."""
        enterprise, _ = member.key
        if self._members.get(member.key) is member:
            del self._members[member.key]
        self._per_enterprise[enterprise] -= 1
        if not self._per_enterprise[enterprise]:
            del self._per_enterprise[enterprise]

    # --- what they say

    def submit(self, delivery: Delivery) -> asyncio.Future[Receipt]:
        """Hand a message to the sink; the future resolves after the commit."""
        if self._enqueue is not None:
            return self._enqueue(delivery)
        return asyncio.get_running_loop().create_task(self._sink.submit(delivery))

    def report_status(
        self, enterprise: str, gateway: str, payload: bytes, *, retain: bool, publisher: Subscriber | None
    ) -> asyncio.Future[Receipt]:
        """Record a status and tell its subscribers, after whatever this gateway said before.

        In order, because the `offline` of a connection's last will and the `online` of the next one come at
        once.
        """
        key = (enterprise, gateway)
        task = asyncio.get_running_loop().create_task(
            self._status(key, payload, self.now(), self._status_tails.get(key), retain, publisher)
        )
        self._status_tails[key] = task
        task.add_done_callback(lambda done: self._forget_tail(key, done))
        return task

    async def _status(
        self,
        key: tuple[str, str],
        payload: bytes,
        at: datetime,
        before: asyncio.Task[Receipt] | None,
        retain: bool,
        publisher: Subscriber | None,
    ) -> Receipt:
        if before is not None:
            await asyncio.wait((before,))
        enterprise, gateway = key
        await self._sink.status(enterprise, gateway, payload == ONLINE, at)
        self._statuses[key] = payload
        self._statuses.move_to_end(key)
        if len(self._statuses) > self.limits.max_known_statuses:
            self._statuses.popitem(last=False)
        topic = status_topic(enterprise, gateway)
        self.subscriptions.publish(topic, payload, retain=retain, publisher=publisher)
        return Receipt(Outcome.STORED, None, gateway)

    def _forget_tail(self, key: tuple[str, str], done: asyncio.Future[Receipt]) -> None:
        if self._status_tails.get(key) is done:
            del self._status_tails[key]

    def retained(self, enterprise: str, pattern: str) -> tuple[str, bytes] | None:
        """Topic and payload of what a new subscription gets at once: the last status that this process recorded of a
        gateway, or that the Sparkplug host is there.

        The host's timestamp is that of the subscription, not of our start: a node that moves to another process must
        not see it go back (Sparkplug 3.0 clause 6.4.27).
        """
        if is_host_filter(pattern):
            return HOST_STATE_TOPIC, host_state(self.now())
        gateway = status_gateway(enterprise, pattern)
        status = None if gateway is None else self._statuses.get((enterprise, gateway))
        return None if status is None else (pattern, status)

    def settle(self, enterprise: str, receipt: Receipt) -> None:
        """Count a receipt, and send what was refused, or commanded, to those who asked to hear of it."""
        if receipt.outcome is not Outcome.STORED:
            self.metrics.refusals.labels(outcome=receipt.outcome.value).inc()
        if receipt.commands:
            self._command(enterprise, receipt.commands)
        if receipt.rejects is None or receipt.gateway is None:
            return
        topic = rejects_topic(enterprise, receipt.gateway)
        if topic is not None:
            self.subscriptions.publish(topic, receipt.rejects, wildcards=(any_rejects_filter(enterprise),))

    def _command(self, enterprise: str, commands: tuple[tuple[str, bytes], ...]) -> None:
        """At QoS 0, as Sparkplug has its commands (3.0 clauses 6.4.23 and 6.4.24)."""
        for topic, payload in commands:
            filters = command_filters(enterprise, topic)
            if filters:
                self.subscriptions.publish(topic, payload, wildcards=filters[1:], max_qos=0)
            else:
                logger.error("a command to nobody", extra={"enterprise": enterprise, "topic": topic})

    def carry_out(self, will: Will, enterprise: str, client_id: str) -> None:
        """Say what a client wanted said when it goes without a word (clause 3.1.2.5)."""
        self.metrics.wills.inc()
        gateway = status_gateway(enterprise, will.topic)
        if gateway is not None:
            payload = ONLINE if will.payload == ONLINE else OFFLINE
            future = self.report_status(enterprise, gateway, payload, retain=will.retain, publisher=None)
        else:
            future = self.submit(self._will_delivery(will, enterprise, client_id))
        self._background.add(future)
        future.add_done_callback(lambda done: self._will_done(done, enterprise, client_id))

    def _will_delivery(self, will: Will, enterprise: str, client_id: str) -> Delivery:
        size = len(will.payload)
        oversize = size > self.limits.max_payload_bytes
        return Delivery(
            enterprise=enterprise,
            client_id=client_id,
            topic=will.topic,
            payload=will.payload[: self.limits.oversize_kept_bytes] if oversize else will.payload,
            payload_size=size,
            qos=will.qos,
            retain=will.retain,
            duplicate=False,
            received_at=self.now(),
            oversize=oversize,
        )

    def _will_done(self, done: asyncio.Future[Receipt], enterprise: str, client_id: str) -> None:
        self._background.discard(done)
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or isinstance(error, SinkUnavailable):
            # Nobody redelivers a will. Silence of the gateway's meters tells the same story later.
            logger.warning("a last will was lost", extra={"enterprise": enterprise, "client_id": client_id})
        elif error is not None:
            logger.error("a last will failed", exc_info=error, extra={"enterprise": enterprise})
        else:
            self.settle(enterprise, done.result())

    async def quiet(self) -> None:
        """Return once all wills and statuses on their way are recorded."""
        while pending := [*self._background, *self._status_tails.values()]:
            await asyncio.wait(pending)
