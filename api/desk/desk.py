"""What every part of the desk is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.auth import Auth
from api.desk.live import Live
from api.desk.strip import Strip
from api.settings import ApiSettings
from domain.clock import Clock
from storage.database import Connection, Database
from storage.listing.session import begin


@dataclass(frozen=True, slots=True)
class Desk:
    """clock: the platform's. live: tells the open pages what happens."""

    database: Database
    clock: Clock
    settings: ApiSettings
    auth: Auth
    live: Live
    strip: Strip

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """One read-only transaction, bounded in time."""
        async with self.database.transaction() as connection:
            await begin(connection, read_only=True, timeout_s=self.settings.statement_timeout_s)
            yield connection

    @asynccontextmanager
    async def acting(self) -> AsyncIterator[Connection]:
        """One transaction that may write; committed when the block ends."""
        async with self.database.transaction() as connection:
            await begin(connection, read_only=False, timeout_s=self.settings.statement_timeout_s)
            yield connection
