"""Points, as the API lists them."""

from __future__ import annotations

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_points")


async def list_points(
    connection: Connection,
    *,
    enterprise_id: int | None,
    quantity: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page by enterprise and code; `after` is (enterprise code, point code)."""
    after_enterprise, after_code = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["points"],
        {
            "enterprise_id": enterprise_id,
            "quantity": quantity,
            "after_enterprise": after_enterprise,
            "after_code": after_code,
            "limit": limit,
        },
    )


async def get_point(connection: Connection, enterprise_id: int, code: str) -> Row:
    """One point of an enterprise. Raises NotFound."""
    row = await fetch_one(connection, _SQL["point"], {"enterprise_id": enterprise_id, "code": code})
    if row is None:
        raise NotFound(f"该企业没有测点 {code}")
    return row


async def outlet_points(connection: Connection, *, enterprise: str, outlet: str, limit: int) -> list[str]:
    """Codes of the points of an outlet, both given by code; empty when there is no such outlet."""
    rows = await fetch_all(
        connection, _SQL["outlet_points"], {"enterprise": enterprise, "outlet": outlet, "limit": limit}
    )
    return [str(row["code"]) for row in rows]
