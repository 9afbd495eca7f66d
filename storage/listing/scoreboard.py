"""The scoreboard for the API: rows that the rules have written, and figures that bureaus entered."""

from __future__ import annotations

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_scoreboard")


async def board(
    connection: Connection,
    *,
    target_id: str | None = None,
    document: str | None = None,
    domain: str | None = None,
    mode: str | None = None,
    state: str | None = None,
    year: int | None = None,
) -> list[Row]:
    """Targets with where they stand, by id. document: its title; year: the target's. As many rows as targets."""
    wanted = {"target_id": target_id, "document": document, "domain": domain, "mode": mode, "state": state}
    return await fetch_all(connection, _SQL["board"], {**wanted, "year": year})


async def history(connection: Connection, target_id: str, limit: int) -> list[Row]:
    """Figures entered for a target, newest first."""
    return await fetch_all(connection, _SQL["history"], {"target_id": target_id, "limit": limit})
