"""Messages by which somebody tries a channel: in the outbox as any other, about no alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from storage.database import Connection
from storage.sql import queries

_SQL = queries("channeltests")


@dataclass(frozen=True, slots=True)
class ChannelTest:
    """state: queued, sent or failed. receiver: `person:CODE`, `team:CODE`, or `test` for the group as such."""

    notification_id: int
    channel: str
    receiver: str
    team: str | None
    state: str
    queued_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    last_error: str | None
    attempts: int
    author: str | None


async def lock(connection: Connection, channel: str) -> None:
    """Be the only one to try a channel until the end of the transaction."""
    await connection.execute(_SQL["lock"], {"channel": channel})


async def queue(
    connection: Connection,
    channel: str,
    receiver: str,
    team: str | None,
    key: str,
    body: Mapping[str, Any],
    at: datetime,
) -> int:
    """Put a test into the outbox; gives its number."""
    row = {"channel": channel, "receiver": receiver, "team": team, "key": key, "body": Jsonb(body), "at": at}
    found = await (await connection.execute(_SQL["queue"], row)).fetchone()
    assert found is not None
    return int(found[0])


async def newest(
    connection: Connection, channel: str | None = None, ids: Sequence[int] | None = None, *, limit: int = 20
) -> list[ChannelTest]:
    """The newest tests of a channel, of these numbers, or of all channels; newest first."""
    async with connection.cursor(row_factory=class_row(ChannelTest)) as cursor:
        wanted = {"channel": channel, "ids": None if ids is None else list(ids), "limit": limit}
        await cursor.execute(_SQL["tests"], wanted)
        return await cursor.fetchall()
