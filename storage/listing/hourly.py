"""Hourly rows of one point."""

from __future__ import annotations

from datetime import datetime

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_hourly")


async def list_hourly(
    connection: Connection, *, point_id: int, period: Period, after: datetime | None, limit: int
) -> list[Row]:
    """One page of the hours that start within the period, in order; `after` is an hour_at."""
    return await fetch_all(
        connection,
        _SQL["hourly"],
        {"point_id": point_id, "from_at": period.start, "to_at": period.end, "after": after, "limit": limit},
    )
