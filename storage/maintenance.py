"""Housekeeping that no stage of the data flow owns."""

from __future__ import annotations

from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection
from storage.sql import queries


async def maintain(connection: Connection, now: datetime, keep_days: int) -> int:
    """Make room for coming readings and drop those older than `keep_days`. Returns how many partitions were dropped."""
    cursor = await connection.execute(queries("maintenance")["maintain"], {"now": now, "keep_days": keep_days})
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def set_password(connection: Connection, enterprise: str, password_hash: str, at: datetime) -> None:
    """Give an enterprise a password. Raises NotFound when it is not in the register."""
    cursor = await connection.execute(
        queries("maintenance")["set_password"],
        {"enterprise": enterprise, "password_hash": password_hash, "at": at},
    )
    if await cursor.fetchone() is None:
        raise NotFound(f"no enterprise {enterprise!r} is registered; apply a site file first")


async def engine(connection: Connection) -> str:
    """`native` or `timescale`."""
    row = await (await connection.execute(queries("maintenance")["engine"])).fetchone()
    return "native" if row is None else str(row[0])
