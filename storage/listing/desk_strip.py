"""The city at a glance for the desk's head: three figures, and which channels fail."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_desk")


async def ule_share(connection: Connection, now: datetime) -> Row:
    """value and target in %, judged hours; value None while nothing was judged this month."""
    return await fetch_one(connection, _SQL["ule_share"], {"now": now}) or {}


async def intake_share(connection: Connection, now: datetime) -> Row:
    """value and target in %, verdict, period_end; empty while no day was judged."""
    return await fetch_one(connection, _SQL["intake_share"], {"now": now}) or {}


async def ldar_share(connection: Connection) -> Row:
    """value in %, overdue sealing points, as_of (a local day); value None where no term is known."""
    return await fetch_one(connection, _SQL["ldar_share"], {}) or {}


async def failing_channels(connection: Connection) -> list[Row]:
    """channel, failing_since, last_error of those that fail."""
    return await fetch_all(connection, _SQL["failing_channels"])
