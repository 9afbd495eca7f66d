"""Gateways with their last known status."""

from __future__ import annotations

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_gateways")


async def list_gateways(
    connection: Connection, *, enterprise_id: int | None, after: tuple[str, str] | None, limit: int
) -> list[Row]:
    """One page by enterprise and gateway; `after` is both."""
    after_enterprise, after_gateway = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["gateways"],
        {
            "enterprise_id": enterprise_id,
            "after_enterprise": after_enterprise,
            "after_gateway": after_gateway,
            "limit": limit,
        },
    )
