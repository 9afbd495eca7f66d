"""Housekeeping that no stage of the data flow owns."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection
from storage.sql import queries


async def maintain(connection: Connection, now: datetime, keep_days: int) -> int:
    """Make room for coming readings and drop those older than `keep_days`. Returns how many partitions were dropped."""
    cursor = await connection.execute(queries("maintenance")["maintain"], {"now": now, "keep_days": keep_days})
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])
