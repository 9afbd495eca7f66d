"""Delivers the outbox: a message is never lost, and no process sends it a second time once it knows that it was sent.

Whoever sends a message holds its session lock, on a connection that lives as long as the sending process: a slow worker
keeps what it has in hand, and what a dead one had is free at once. That an attempt begins is committed before anything
is sent; a message whose attempt began and was never noted was left by a worker that died, and nobody can know whether
it was sent: it is sent again, with the same idempotency key, and says of itself that it may be a repeat.
Pauses and rates run on the wall's clock: the platform's own may be simulated, and stand still.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from alerts.channels import Channel
from alerts.masking import masked
from alerts.messages import Message
from domain.alerts import EventKind, Occasion
from domain.clock import Clock
from domain.errors import ChannelFailed
from storage import alerts as store
from storage import channels as states
from storage import notifications
from storage.database import Connection, Database

logger = logging.getLogger(__name__)

#: A person of the register; other receivers are what the channel itself reaches.
_PERSON = "person:"
_MINUTE = timedelta(minutes=1)


class _Unreachable(ChannelFailed):
    """A receiver has no address any more: no fault of the channel, which was not even asked."""


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """longest_send_s: a channel that has not come back by then is given up for this time; each has a shorter time-out.

    A message is tried max_attempts times with pauses of first_pause_s, doubled each time up to longest_pause_s, each
    shortened by up to half at random so that retries do not come in step. With these defaults that is about 2 hours.
    batch: messages of one channel under way at the same time in one worker. finish_s: who is asked to stop brings what
    is under way to its end for so long.
    """

    longest_send_s: float = 60.0
    max_attempts: int = 12
    first_pause_s: float = 5.0
    longest_pause_s: float = 1800.0
    batch: int = 20
    finish_s: float = 10.0


@dataclass(slots=True)
class DeliveryReport:
    """What a round did, by channel. in_doubt: of those tried, the ones that may have reached somebody before."""

    sent: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    in_doubt: Counter[str] = field(default_factory=Counter)

    @property
    def is_idle(self) -> bool:
        """Whether nothing was due."""
        return not (self.sent or self.retried or self.failed or self.deferred)


def pause_s(attempts: int, settings: OutboxSettings, random: Random) -> float:
    """Pause after the given number of attempts (1 or more)."""
    whole = min(settings.longest_pause_s, settings.first_pause_s * 2.0 ** min(attempts - 1, 60))
    return whole * (1 - random.random() / 2)


def free_places(started: Sequence[datetime], rate_per_min: int, wall: datetime) -> tuple[int, datetime]:
    """(attempts that may begin now, when the next place comes free). started: those of the last minute, in order."""
    if len(started) < rate_per_min:
        return rate_per_min - len(started), wall + _MINUTE
    return 0, min(started[len(started) - rate_per_min], wall) + _MINUTE


class Outbox:
    """Delivers through the given channels. Messages for others stay queued: another worker may serve them.

    As an async context manager it keeps one connection for its claims; otherwise each round takes one of its own.
    """

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
        self._channels = {channel.code: channel for channel in channels}
        self._rounds = {code: asyncio.Lock() for code in self._channels}
        self._clock = clock
        self._wall = wall
        self._random = random
        self._settings = settings or OutboxSettings()
        self._stack = AsyncExitStack()
        self._claims: notifications.Claims | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Channels that it serves."""
        return tuple(self._channels)

    async def __aenter__(self) -> Outbox:
        """Raises StorageUnavailable."""
        self._claims = await self._stack.enter_async_context(notifications.claims(self._database))
        await self._claims.serve(self.codes)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._claims = None
        await self._stack.aclose()

    async def deliver(self, channel: str | None = None) -> DeliveryReport:
        """Send what is due, at most a batch of each channel (or of one), at the same time.

        Raises StorageUnavailable; what was under way is then in doubt.
        """
        report = DeliveryReport()
        async with self._claiming() as claims, asyncio.TaskGroup() as group:
            for code in self._channels if channel is None else (channel,):
                group.create_task(self._round(claims, self._channels[code], report), name=f"deliver {code}")
        return report

    @asynccontextmanager
    async def _claiming(self) -> AsyncIterator[notifications.Claims]:
        if self._claims is not None:
            yield self._claims
        else:
            async with notifications.claims(self._database) as claims:
                yield claims

    async def _round(self, claims: notifications.Claims, channel: Channel, report: DeliveryReport) -> None:
        async with self._rounds[channel.code]:  # a session would get its own locks a second time
            wall = self._wall()
            ids = await claims.claim(channel.code, wall, self._latest_pause(wall), self._settings.batch)
            if not ids:
                return
            async with self._database.transaction() as connection:
                begun = await self._begin(connection, channel, ids, report)
                addresses = await self._addresses(connection, channel, begun)
            sending = asyncio.create_task(self._send(channel, begun, addresses, report), name=f"send {channel.code}")
            try:
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                # asked to stop: what is under way is brought to its end and noted, so that nobody has to doubt it
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(self._settings.finish_s):
                        await sending
                raise
            await claims.release(ids)

    async def _send(
        self,
        channel: Channel,
        begun: Sequence[notifications.Claimed],
        addresses: dict[str, str],
        report: DeliveryReport,
    ) -> None:
        async with asyncio.TaskGroup() as group:
            for one in begun:
                group.create_task(
                    self._deliver(channel, one, addresses, report), name=f"notification {one.notification_id}"
                )

    async def _begin(
        self, connection: Connection, channel: Channel, ids: list[int], report: DeliveryReport
    ) -> list[notifications.Claimed]:
        """Note the attempts that the channel's rate allows now; the others are put off."""
        wall = self._wall()
        if channel.rate_per_min is not None:
            await notifications.lock_rate(connection, channel.code)
            started = await notifications.recently_started(connection, channel.code, wall)
            places, until = free_places(started, channel.rate_per_min, wall)
            late, ids = ids[places:], ids[:places]
            if late:
                detail = f"每分钟最多 {channel.rate_per_min} 条"
                await notifications.defer(connection, late, until, self._clock(), detail)
                report.deferred[channel.code] += len(late)
        return await notifications.start(connection, ids, wall, self._latest_pause(wall))

    async def _addresses(
        self, connection: Connection, channel: Channel, begun: Sequence[notifications.Claimed]
    ) -> dict[str, str]:
        codes = {one.receiver.removeprefix(_PERSON) for one in begun if one.receiver.startswith(_PERSON)}
        for one in begun:
            codes.update(map(str, one.body.get("people") or ()))
        return await notifications.contacts(connection, codes, channel.code) if codes else {}

    async def _deliver(
        self,
        channel: Channel,
        claimed: notifications.Claimed,
        addresses: dict[str, str],
        report: DeliveryReport,
    ) -> None:
        if claimed.in_doubt:
            report.in_doubt[channel.code] += 1
        try:
            message = _message(channel, claimed, addresses)
            address = None
            if claimed.receiver.startswith(_PERSON):
                address = addresses.get(claimed.receiver.removeprefix(_PERSON))
                if address is None:
                    raise _Unreachable(f"{claimed.receiver} has no address in this channel", retryable=False)
            async with asyncio.timeout(self._settings.longest_send_s):
                await channel.send(message, address)
        except ChannelFailed as error:
            await self._not_taken(claimed, error, report)
        except TimeoutError:
            await self._not_taken(claimed, ChannelFailed("channel did not come back", in_doubt=True), report)
        except Exception as error:  # noqa: BLE001 - a channel's own fault must not keep other messages from people
            # the text of a library's exception may hold the address or the secret: it is not written down
            frames = traceback.extract_tb(error.__traceback__)[-4:]
            where = ", ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
            logger.error("channel raised", extra={"channel": channel.code, "kind": type(error).__name__, "at": where})
            fault = ChannelFailed(f"channel raised {type(error).__name__}", in_doubt=True)
            await self._not_taken(claimed, fault, report)
        else:
            async with self._database.transaction() as connection:
                await notifications.mark_sent(connection, claimed.notification_id, self._clock())
                await states.answered(connection, channel.code, self._clock())
            report.sent[channel.code] += 1

    async def _not_taken(self, claimed: notifications.Claimed, error: ChannelFailed, report: DeliveryReport) -> None:
        text = masked(str(error))  # from here it goes into tables, histories and the log
        extra = {
            "channel": claimed.channel,
            "receiver": claimed.receiver,
            "notification_id": claimed.notification_id,
            "attempts": claimed.attempts,
            "error": text,
        }
        # a test is tried once: whoever waits for it wants to know now, and nobody wants it hours later
        is_test = claimed.event == Occasion.TEST
        again = error.retryable and claimed.attempts < self._settings.max_attempts and not is_test
        now = self._clock()
        async with self._database.transaction() as connection:
            if not isinstance(error, _Unreachable):
                await states.failed(connection, claimed.channel, text, now, gave_up=not again and not is_test)
            if again:
                later = self._next_attempt_at(claimed.attempts, error.retry_after_s)
                await notifications.mark_retry(connection, claimed, text, later, in_doubt=error.in_doubt)
                report.retried[claimed.channel] += 1
                logger.warning("notification not taken, will be tried again", extra=extra)
                return
            if await notifications.mark_failed(connection, claimed, text, now, in_doubt=error.in_doubt):
                comment = f"{claimed.event} {claimed.channel}/{claimed.receiver}: {text}"
                about = await notifications.alerts_of(connection, claimed.notification_id)
                events = [store.Event(alert_id, now, EventKind.NOTIFY_FAILED, comment=comment) for alert_id in about]
                await store.append_events(connection, events)
                report.failed[claimed.channel] += 1
                logger.error("notification given up", extra=extra)

    def _latest_pause(self, wall: datetime) -> datetime:
        return wall + timedelta(seconds=self._settings.longest_pause_s + 1)

    def _next_attempt_at(self, attempts: int, retry_after_s: float | None) -> datetime:
        pause = max(pause_s(attempts, self._settings, self._random), retry_after_s or 0.0)
        return self._wall() + timedelta(seconds=min(pause, self._settings.longest_pause_s))


def _message(channel: Channel, claimed: notifications.Claimed, addresses: dict[str, str]) -> Message:
    people = map(str, claimed.body.get("people") or ()) if channel.is_group else ()
    return Message(
        notification_id=claimed.notification_id,
        event=Occasion(claimed.event),
        channel=claimed.channel,
        receiver=claimed.receiver,
        idempotency_key=claimed.idempotency_key,
        attempt=claimed.attempts,
        body=claimed.body,
        may_repeat=claimed.in_doubt,
        mentions=tuple(addresses[code] for code in people if code in addresses),
    )
