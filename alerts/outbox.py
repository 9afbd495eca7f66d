"""Delivers the outbox, at least once.

A message is claimed by moving its next attempt into the future (a lease) in a transaction of its own; nothing is locked
while the receiver is talked to. Who dies after sending and before noting it leaves a lease that runs out: the message
is sent again with the same idempotency key, and the receiver can tell.
Leases and pauses run on the wall's clock: the platform's own may be simulated, and stand still.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from alerts.channels import Channel
from alerts.messages import Message
from domain.alerts import EventKind, Occasion
from domain.clock import Clock
from domain.errors import ChannelFailed
from storage import alerts as store
from storage import notifications
from storage.database import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """lease_s: how long a claimed message is nobody else's; must exceed every channel's time-out.

    A message is tried max_attempts times with pauses of first_pause_s, doubled each time up to longest_pause_s, each
    shortened by up to half at random so that retries do not come in step. With these defaults that is about 2 hours.
    """

    lease_s: float = 60.0
    max_attempts: int = 12
    first_pause_s: float = 5.0
    longest_pause_s: float = 1800.0
    batch: int = 20


@dataclass(slots=True)
class DeliveryReport:
    """What a round did, by channel."""

    sent: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def is_idle(self) -> bool:
        """Whether nothing was due."""
        return not (self.sent or self.retried or self.failed)


def pause_s(attempts: int, settings: OutboxSettings, random: Random) -> float:
    """Pause after the given number of attempts (1 or more)."""
    whole = min(settings.longest_pause_s, settings.first_pause_s * 2.0 ** min(attempts - 1, 60))
    return whole * (1 - random.random() / 2)


class Outbox:
    """Delivers through the given channels. Messages for others stay queued: another worker may serve them."""

    def __init__(
        self,
        database: Database,
        channels: Iterable[Channel],
        *,
        clock: Clock,
        wall: Clock,
        random: Random,
        settings: OutboxSettings | None = None,
    ) -> None:
        self._database = database
        self._channels = {(channel.name, channel.receiver): channel for channel in channels}
        self._clock = clock
        self._wall = wall
        self._random = random
        self._settings = settings or OutboxSettings()

    async def deliver(self) -> DeliveryReport:
        """Send what is due, at most a batch, at the same time. Raises StorageUnavailable."""
        report = DeliveryReport()
        wall = self._wall()
        async with self._database.transaction() as connection:
            claimed = await notifications.claim(
                connection,
                self._channels,
                wall,
                wall + timedelta(seconds=self._settings.lease_s),
                self._settings.batch,
            )
        async with asyncio.TaskGroup() as group:
            for one in claimed:
                group.create_task(self._deliver(one, report), name=f"notification {one.notification_id}")
        return report

    async def _deliver(self, claimed: notifications.Claimed, report: DeliveryReport) -> None:
        channel = self._channels[claimed.channel, claimed.receiver]
        message = Message(
            notification_id=claimed.notification_id,
            event=Occasion(claimed.event),
            channel=claimed.channel,
            receiver=claimed.receiver,
            idempotency_key=claimed.idempotency_key,
            attempt=claimed.attempts,
            body=claimed.body,
        )
        try:
            async with asyncio.timeout(self._settings.lease_s * 0.8):
                await channel.send(message)
        except ChannelFailed as error:
            await self._not_taken(claimed, str(error), error.retryable, report)
        except Exception as error:  # a channel's own fault must not keep other messages from people
            logger.exception("channel raised", extra={"channel": claimed.channel, "receiver": claimed.receiver})
            await self._not_taken(claimed, f"channel raised {type(error).__name__}", True, report)
        else:
            async with self._database.transaction() as connection:
                await notifications.mark_sent(connection, claimed.notification_id, self._clock())
            report.sent[claimed.channel] += 1

    async def _not_taken(
        self, claimed: notifications.Claimed, error: str, retryable: bool, report: DeliveryReport
    ) -> None:
        extra = {
            "channel": claimed.channel,
            "receiver": claimed.receiver,
            "notification_id": claimed.notification_id,
            "attempts": claimed.attempts,
            "error": error,
        }
        async with self._database.transaction() as connection:
            if retryable and claimed.attempts < self._settings.max_attempts:
                later = self._next_attempt_at(claimed.attempts)
                await notifications.mark_retry(connection, claimed, error, later)
                report.retried[claimed.channel] += 1
                logger.warning("notification not taken, will be tried again", extra=extra)
                return
            if await notifications.mark_failed(connection, claimed, error):
                comment = f"{claimed.event} {claimed.channel}/{claimed.receiver}: {error}"
                event = store.Event(claimed.alert_id, self._clock(), EventKind.NOTIFY_FAILED, comment=comment)
                await store.append_events(connection, [event])
                report.failed[claimed.channel] += 1
                logger.error("notification given up", extra=extra)

    def _next_attempt_at(self, attempts: int) -> datetime:
        return self._wall() + timedelta(seconds=pause_s(attempts, self._settings, self._random))
