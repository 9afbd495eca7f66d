"""LDAR components and where each stands in its schedules."""

from __future__ import annotations

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_ldar")


async def list_components(
    connection: Connection,
    *,
    enterprise_id: int | None,
    status: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page by enterprise and component code; `after` is both.

    status: the reason of the newest current GB 37822 finding, or `not_judged` for components that have none.
    """
    after_enterprise, after_code = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["components"],
        {
            "enterprise_id": enterprise_id,
            "status": status,
            "after_enterprise": after_enterprise,
            "after_code": after_code,
            "limit": limit,
        },
    )


async def component_summary(connection: Connection, *, enterprise_id: int | None) -> dict[str, int]:
    """Number of components by status, of one enterprise or of all."""
    rows = await fetch_all(connection, _SQL["summary"], {"enterprise_id": enterprise_id})
    return {str(row["status"]): int(row["components"]) for row in rows}
