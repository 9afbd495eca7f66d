"""Lists of enterprises by what they used in twelve months, with how their lines stand."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_energy")


async def latest_energy_month(connection: Connection) -> datetime | None:
    """Start of the newest local month that was judged, None when none was."""
    row = await fetch_one(connection, _SQL["latest_month"], {})
    return None if row is None else row["period_start"]


async def list_by_energy(
    connection: Connection,
    *,
    list_name: str,
    month_start: datetime,
    enterprise_id: int | None,
    district: str | None,
    after: str | None,
    limit: int,
) -> list[Row]:
    """One page by enterprise code. list_name: ``over_10000_tce``, ``over_5000_tce`` or ``incomplete_data``."""
    return await fetch_all(
        connection,
        _SQL["enterprises"],
        {
            "list": list_name,
            "month_start": month_start,
            "enterprise_id": enterprise_id,
            "district": district,
            "after": after,
            "limit": limit,
        },
    )
