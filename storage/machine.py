"""What the database's machine says of itself: its clock, and how much it holds."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection
from storage.sql import queries

_SQL = queries("machine")


async def database_clock(connection: Connection) -> datetime:
    """The database's clock at the start of the statement."""
    row = await (await connection.execute(_SQL["clock"])).fetchone()
    assert row is not None
    at = row[0]
    assert isinstance(at, datetime)
    return at


async def database_bytes(connection: Connection) -> int:
    """Bytes of the database with its indexes."""
    row = await (await connection.execute(_SQL["size"])).fetchone()
    assert row is not None
    return int(row[0])
