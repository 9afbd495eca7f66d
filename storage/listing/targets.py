"""The city's targets, as the rules' policy tables were last synchronised."""

from __future__ import annotations

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_targets")


async def list_targets(
    connection: Connection,
    *,
    document: str | None,
    domain: str | None,
    mode: str | None,
    after: str | None,
    limit: int,
) -> list[Row]:
    """One page by id; `after` is a target id. A target of several domains is found by each of them."""
    return await fetch_all(
        connection,
        _SQL["targets"],
        {"document": document, "domain": domain, "mode": mode, "after_target_id": after, "limit": limit},
    )
