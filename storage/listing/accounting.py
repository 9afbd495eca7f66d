"""The accounting law per enterprise and local day: received = stored + duplicates + corrections + refused."""

from __future__ import annotations

from datetime import date

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_accounting")


async def list_accounting(
    connection: Connection,
    *,
    enterprise_id: int | None,
    from_day: date | None,
    to_day: date | None,
    after: tuple[date, str] | None,
    limit: int,
) -> list[Row]:
    """One page, newest day first, then enterprise; days half-open; `after` is (day, enterprise code)."""
    after_day, after_enterprise = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["accounting"],
        {
            "enterprise_id": enterprise_id,
            "from_day": from_day,
            "to_day": to_day,
            "after_day": after_day,
            "after_enterprise": after_enterprise,
            "limit": limit,
        },
    )
