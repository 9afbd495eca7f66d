"""Housekeeping that no stage of the data flow owns."""

from __future__ import annotations

from datetime import date, datetime

from storage.database import Connection
from storage.sql import queries

_SQL = queries("maintenance")


async def maintain(connection: Connection, now: datetime, keep_days: int) -> int:
    """Make room for coming readings and drop those older than `keep_days`. Returns how many partitions were dropped."""
    await connection.execute(_SQL["lock_partitions"])
    cursor = await connection.execute(_SQL["maintain"], {"now": now, "keep_days": keep_days})
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def drop_refused_messages(connection: Connection, before: datetime, limit: int) -> int:
    """Drop refused messages received before an instant, the oldest of at most `limit`. Returns how many were dropped.

    The books keep their counts.
    """
    return await _drop(connection, "drop_refused_messages", before, limit)


async def drop_stray_messages(connection: Connection, before: datetime, limit: int) -> int:
    """Drop at most `limit` messages of nobody, received before an instant. Returns how many were dropped."""
    return await _drop(connection, "drop_stray_messages", before, limit)


async def drop_quirks(connection: Connection, before: date, limit: int) -> int:
    """Drop at most `limit` counts of tolerated deviations of days before. Returns how many were dropped."""
    return await _drop(connection, "drop_quirks", before, limit)


async def drop_refused_volumes(connection: Connection, before: date, limit: int) -> int:
    """Drop at most `limit` counts of refused bytes of days before. Returns how many were dropped."""
    return await _drop(connection, "drop_refused_volumes", before, limit)


async def _drop(connection: Connection, block: str, before: date, limit: int) -> int:
    cursor = await connection.execute(_SQL[block], {"before": before, "limit": limit})
    return cursor.rowcount
