"""HJ 212 stations, the deviations they were forgiven, and messages of nobody in the register."""

from __future__ import annotations

from datetime import date, datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_stations")


async def list_stations(
    connection: Connection, *, enterprise_id: int | None, after: str | None, limit: int
) -> list[Row]:
    """One page by MN; `after` is an MN."""
    return await fetch_all(
        connection, _SQL["stations"], {"enterprise_id": enterprise_id, "after_mn": after, "limit": limit}
    )


async def list_quirks(
    connection: Connection,
    *,
    enterprise_id: int | None,
    from_day: date | None,
    to_day: date | None,
    after: tuple[date, str, str, str] | None,
    limit: int,
) -> list[Row]:
    """One page, newest day first; days half-open; `after` is day, enterprise, device and quirk."""
    after_day, after_enterprise, after_device, after_quirk = after or (None, None, None, None)
    return await fetch_all(
        connection,
        _SQL["quirks"],
        {
            "enterprise_id": enterprise_id,
            "from_day": from_day,
            "to_day": to_day,
            "after_day": after_day,
            "after_enterprise": after_enterprise,
            "after_device": after_device,
            "after_quirk": after_quirk,
            "limit": limit,
        },
    )


async def list_strays(
    connection: Connection, *, from_at: datetime | None, to_at: datetime | None, after: int | None, limit: int
) -> list[Row]:
    """One page, newest first; `after` is a stray's number."""
    return await fetch_all(
        connection, _SQL["strays"], {"from_at": from_at, "to_at": to_at, "after_id": after, "limit": limit}
    )
