"""The outbox: messages written with the change that they tell of, delivered afterwards.

A message is in the hands of whoever holds its session lock, on a connection that lives as long as the sending process
(`Claims`): a slow worker keeps what it has, and what a dead one had is free at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from domain.errors import StorageUnavailable
from storage.database import PASSING, Connection, Database
from storage.sql import queries

_SQL = queries("notifications")

#: Session locks of messages are this number and the message's: no other lock of one big number is used here.
_LOCK_SPACE = 0x4E6F << 48
#: Candidates looked at for each message wanted: the first ones may be in other workers' hands.
_LOOK = 10


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in hand whose attempt has begun; attempts counts this one. in_doubt: it may have been sent before."""

    notification_id: int
    alert_id: int | None
    event: str
    team: str | None
    channel: str
    receiver: str
    idempotency_key: str
    body: dict[str, Any]
    attempts: int
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message that nobody will send."""

    notification_id: int
    event: str
    channel: str
    receiver: str


class Claims:
    """Session locks of messages. Not for two rounds of one channel at a time: a session gets its own locks again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(self, channel: str, wall: datetime, latest_pause: datetime, limit: int) -> list[int]:
        """Take in hand at most `limit` due messages of a channel, the most severe first, then the oldest.

        latest_pause: the furthest that a pause could reach from now. Raises StorageUnavailable.
        """
        rows = await self._execute(
            "claim",
            {"channel": channel, "wall": wall, "latest_pause": latest_pause, "look": limit * _LOOK, "limit": limit},
        )
        return [int(notification_id) for (notification_id,) in rows]

    async def serve(self, channels: Sequence[str]) -> None:
        """Let others know, for as long as the connection lives, that somebody has these channels."""
        await self._execute("serve", {"channels": list(channels)})

    async def release(self, notification_ids: Sequence[int]) -> None:
        """Put messages out of hand, noted or not."""
        await self._execute("release", {"notification_ids": list(notification_ids)})

    async def _execute(self, block: str, parameters: dict[str, Any]) -> list[Any]:
        try:
            cursor = await self._connection.execute(_SQL[block], parameters | {"lock_space": _LOCK_SPACE})
            return await cursor.fetchall()
        except PASSING as error:
            raise StorageUnavailable(f"the database cannot be used: {error}") from error


@asynccontextmanager
async def claims(database: Database) -> AsyncIterator[Claims]:
    """A connection for claims. What is in hand is free when it closes, or breaks, or the process ends.

    Raises StorageUnavailable.
    """
    async with database.autocommit() as connection:
        yield Claims(connection)


async def lock_rate(connection: Connection, channel: str) -> None:
    """Be the only one to start messages of a channel until the end of the transaction."""
    await connection.execute(_SQL["lock_rate"], {"channel": channel})


async def recently_started(connection: Connection, channel: str, wall: datetime) -> list[datetime]:
    """When the attempts of the last minute began, oldest first. One message counts once, by its latest attempt."""
    rows = await (await connection.execute(_SQL["recently_started"], {"channel": channel, "wall": wall})).fetchall()
    return [started_at for (started_at,) in rows]


async def start(
    connection: Connection, notification_ids: Sequence[int], wall: datetime, latest_pause: datetime
) -> list[Claimed]:
    """Note that attempts begin. Left out is what another worker has dealt with since it was claimed. Commit first,
    then send."""
    async with connection.cursor(row_factory=class_row(Claimed)) as cursor:
        await cursor.execute(
            _SQL["start"], {"notification_ids": list(notification_ids), "wall": wall, "latest_pause": latest_pause}
        )
        found = {claimed.notification_id: claimed for claimed in await cursor.fetchall()}
    return [found[notification_id] for notification_id in notification_ids if notification_id in found]


async def defer(
    connection: Connection, notification_ids: Sequence[int], until: datetime, at: datetime, detail: str
) -> None:
    """Leave messages for later because of the channel's rate, and record that as a decision, once for each."""
    await connection.execute(
        _SQL["defer"], {"notification_ids": list(notification_ids), "until": until, "at": at, "detail": detail}
    )


async def contacts(connection: Connection, codes: Iterable[str], channel: str) -> dict[str, str]:
    """Addresses of people in a channel, by person; left out is who has none there."""
    rows = await (await connection.execute(_SQL["contacts"], {"codes": list(codes)})).fetchall()
    found: dict[str, str] = {}
    for code, entries in rows:
        for entry in entries:
            if entry.get("channel") == channel and entry.get("address"):
                found.setdefault(code, str(entry["address"]))
    return found


async def mark_sent(connection: Connection, notification_id: int, at: datetime) -> bool:
    """The receiver has taken the message. False when that was known already."""
    cursor = await connection.execute(_SQL["mark_sent"], {"notification_id": notification_id, "at": at})
    return await cursor.fetchone() is not None


async def mark_retry(
    connection: Connection, claimed: Claimed, error: str, next_attempt_at: datetime, *, in_doubt: bool = False
) -> None:
    """The message was not taken; it is due again later. in_doubt: it may have been taken, the answer was lost."""
    await connection.execute(
        _SQL["mark_retry"],
        {
            "notification_id": claimed.notification_id,
            "attempts": claimed.attempts,
            "error": error,
            "next_attempt_at": next_attempt_at,
            "in_doubt": in_doubt,
        },
    )


async def mark_failed(
    connection: Connection, claimed: Claimed, error: str, at: datetime, *, in_doubt: bool = False
) -> bool:
    """The message is given up. False when another worker has it in hand."""
    cursor = await connection.execute(
        _SQL["mark_failed"],
        {
            "notification_id": claimed.notification_id,
            "attempts": claimed.attempts,
            "error": error,
            "at": at,
            "in_doubt": in_doubt,
        },
    )
    return await cursor.fetchone() is not None


async def alerts_of(connection: Connection, notification_id: int) -> list[int]:
    """The alerts that a message is about."""
    rows = await (await connection.execute(_SQL["alerts_of"], {"notification_id": notification_id})).fetchall()
    return [int(alert_id) for (alert_id,) in rows]


async def alerts_of_many(connection: Connection, notification_ids: Iterable[int]) -> list[tuple[int, int]]:
    """(message, alert) of several messages."""
    parameters = {"notification_ids": sorted(notification_ids)}
    rows = await (await connection.execute(_SQL["alerts_of_many"], parameters)).fetchall()
    return [(int(number), int(alert_id)) for number, alert_id in rows]


async def unserved(connection: Connection) -> list[str]:
    """Channels that messages wait for and that no outbox has; none comes to have one until the transaction ends."""
    return [channel for (channel,) in await (await connection.execute(_SQL["unserved"])).fetchall()]


async def abandon(connection: Connection, channels: Sequence[str], at: datetime, error: str) -> list[GivenUp]:
    """Give up all messages that wait for channels."""
    async with connection.cursor(row_factory=class_row(GivenUp)) as cursor:
        await cursor.execute(_SQL["abandon"], {"channels": list(channels), "at": at, "error": error})
        return await cursor.fetchall()


async def queued_counts(connection: Connection) -> dict[str, int]:
    """Numbers of waiting messages by channel."""
    rows = await (await connection.execute(_SQL["queued_counts"])).fetchall()
    return {str(channel): int(messages) for channel, messages in rows}


async def oldest_queued_at(connection: Connection) -> datetime | None:
    """When the message that waits longest was queued."""
    row = await (await connection.execute(_SQL["oldest_queued"])).fetchone()
    return None if row is None else row[0]
