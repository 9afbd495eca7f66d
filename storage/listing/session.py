"""How one question to the database is bounded, so that a heavy one does not stop the others."""

from __future__ import annotations

from typing import Any

import psycopg

from domain.errors import StorageUnavailable
from storage.database import Connection, fetch_all
from storage.sql import queries

Row = dict[str, Any]

_SQL = queries("listing_session")


async def begin(connection: Connection, *, read_only: bool, timeout_s: float) -> None:
    """Bound the connection's present transaction; must be its first statement.

    timeout_s: longest run of one statement. Ends with the transaction, so the pool gets the connection back clean.
    """
    await connection.execute(
        _SQL["begin"], {"read_only": "on" if read_only else "off", "timeout_ms": str(round(timeout_s * 1000))}
    )


def timed_out(error: StorageUnavailable) -> bool:
    """Whether the database was well but the statement ran into its time-out."""
    return isinstance(error.__cause__, psycopg.errors.QueryCanceled)


async def fetch_one(connection: Connection, query: str, parameters: dict[str, Any]) -> Row | None:
    """The only row of a query by key, or None."""
    rows = await fetch_all(connection, query, parameters)
    return rows[0] if rows else None
