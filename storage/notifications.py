"""The outbox: messages written with the change that they tell of, delivered afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.alerts import Occasion
from storage.database import Connection
from storage.sql import queries

_SQL = queries("notifications")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message under lease; attempts counts this one."""

    notification_id: int
    alert_id: int
    event: str
    channel: str
    receiver: str
    idempotency_key: str
    body: dict[str, Any]
    attempts: int


async def queue(
    connection: Connection,
    alert_id: int,
    event: Occasion,
    channel: str,
    receiver: str,
    idempotency_key: str,
    body: Mapping[str, Any],
    at: datetime,
) -> int | None:
    """Put a message into the outbox. None when the same one is already there."""
    cursor = await connection.execute(
        _SQL["queue"],
        {
            "alert_id": alert_id,
            "event": event,
            "channel": channel,
            "receiver": receiver,
            "idempotency_key": idempotency_key,
            "body": Jsonb(body),
            "at": at,
        },
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def claim(
    connection: Connection, served: Iterable[tuple[str, str]], wall: datetime, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Lease due messages of the (channel, receiver) pairs served, oldest first. Commit before sending."""
    pairs = list(served)
    async with connection.cursor(row_factory=class_row(Claimed)) as cursor:
        await cursor.execute(
            _SQL["claim"],
            {
                "channels": [channel for channel, _ in pairs],
                "receivers": [receiver for _, receiver in pairs],
                "wall": wall,
                "lease_until": lease_until,
                "limit": limit,
            },
        )
        return sorted(await cursor.fetchall(), key=lambda claimed: claimed.notification_id)


async def mark_sent(connection: Connection, notification_id: int, at: datetime) -> bool:
    """The receiver has taken the message. False when another worker had already said so."""
    cursor = await connection.execute(_SQL["mark_sent"], {"notification_id": notification_id, "at": at})
    return await cursor.fetchone() is not None


async def mark_retry(connection: Connection, claimed: Claimed, error: str, next_attempt_at: datetime) -> None:
    """The message was not taken; it is due again later."""
    await connection.execute(
        _SQL["mark_retry"],
        {
            "notification_id": claimed.notification_id,
            "attempts": claimed.attempts,
            "error": error,
            "next_attempt_at": next_attempt_at,
        },
    )


async def mark_failed(connection: Connection, claimed: Claimed, error: str) -> bool:
    """The message is given up. False when another worker has it in hand."""
    cursor = await connection.execute(
        _SQL["mark_failed"],
        {"notification_id": claimed.notification_id, "attempts": claimed.attempts, "error": error},
    )
    return await cursor.fetchone() is not None


async def queued_counts(connection: Connection) -> dict[str, int]:
    """Numbers of waiting messages by channel."""
    rows = await (await connection.execute(_SQL["queued_counts"])).fetchall()
    return {str(channel): int(messages) for channel, messages in rows}


async def oldest_queued_at(connection: Connection) -> datetime | None:
    """When the message that waits longest was queued."""
    row = await (await connection.execute(_SQL["oldest_queued"])).fetchone()
    return None if row is None else row[0]
