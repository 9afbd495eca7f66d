"""Connections. The only place that opens one; everything else in `storage` is handed a connection and never commits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.errors import StorageUnavailable

Connection = psycopg.AsyncConnection[TupleRow]

#: Errors that may pass by themselves: connection lost, server starting or stopping, too many connections,
#: serialization, deadlock, lock and statement time-outs, disk full.
PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
)


#: Plans are made for the parameters at hand. A plan that was kept from when a partition was empty, or that was made for
#: arrays of unknown length, reads the whole table once that has grown: it stood still for ten seconds at three million
#: rows. Planning anew costs some tenths of a millisecond a statement.
_OPTIONS = "-c timezone=UTC -c plan_cache_mode=force_custom_plan"


class Database:
    """A pool of connections to one PostgreSQL.

    Use as an async context manager. Sessions run in UTC, so that no display depends on the server's setting.
    probe: ask a pooled connection whether it lives before handing it out. Worth its round trip where a person waits
    for the answer; a stage that works in a loop meets a dead connection once, and tries again.
    """

    def __init__(
        self, url: str, *, name: str = "plantwatch", min_size: int = 1, max_size: int = 8, probe: bool = True
    ) -> None:
        self.url = url
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=10.0,
            open=False,
            check=AsyncConnectionPool.check_connection if probe else None,
            kwargs={"application_name": name, "options": _OPTIONS},
        )

    async def __aenter__(self) -> Database:
        await self._pool.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One connection, one transaction: committed when the block ends, rolled back when it raises.

        Raises StorageUnavailable when the database cannot be used at present; the cause is kept.
        """
        try:
            async with self._pool.connection() as connection:
                yield connection
        except PASSING as error:
            raise StorageUnavailable(f"the database cannot be used: {error}") from error

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Connection]:
        """One connection outside any transaction, for LISTEN and for advisory session locks."""
        try:
            async with await psycopg.AsyncConnection.connect(self.url, autocommit=True, options=_OPTIONS) as connection:
                yield connection
        except PASSING as error:
            raise StorageUnavailable(f"the database cannot be used: {error}") from error


async def fetch_all(connection: Connection, query: Any, parameters: Any = None) -> list[dict[str, Any]]:
    """Rows as dictionaries: for reports and tests, where a named column matters more than speed."""
    async with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()


def create_database(url: str, name: str, template: str | None = None) -> None:
    """Make a database on the server of a maintenance URL, unless it is there.

    template: copy this one, to which nobody may be connected meanwhile.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", (name,)).fetchone() is None:
            copied = sql.SQL("") if template is None else sql.SQL(" template {}").format(sql.Identifier(template))
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)) + copied)
