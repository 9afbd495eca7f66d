"""Password hashes of enterprises. The passwords themselves are nowhere."""

from __future__ import annotations

from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection
from storage.sql import queries

_SQL = queries("credentials")


async def password_hash(connection: Connection, enterprise: str) -> str | None:
    """The hash of an enterprise's password, None when it has none or does not exist."""
    cursor = await connection.execute(_SQL["password_hash"], {"enterprise": enterprise})
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def set_password_hash(connection: Connection, enterprise: str, hashed: str, at: datetime) -> None:
    """Give an enterprise a password, or another one. Raises NotFound for an unknown enterprise."""
    parameters = {"enterprise": enterprise, "password_hash": hashed, "at": at}
    cursor = await connection.execute(_SQL["set_password_hash"], parameters)
    if await cursor.fetchone() is None:
        raise NotFound(f"no enterprise {enterprise!r} is registered: apply a site file first")
