"""Silences, and alarms that are shelved or out of service, as the API lists them."""

from __future__ import annotations

from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_holds")


async def list_silences(
    connection: Connection, *, now: datetime, state: str | None, after: int | None, limit: int
) -> list[Row]:
    """One page, newest first; `after` is a silence id. state: scheduled, active, over; None for all."""
    parameters = {"now": now, "state": state, "silence_id": None, "after_id": after, "limit": limit}
    return await fetch_all(connection, _SQL["silences"], parameters)


async def get_silence(connection: Connection, silence_id: int, now: datetime) -> Row:
    """One silence. Raises NotFound."""
    parameters = {"now": now, "state": None, "silence_id": silence_id, "after_id": None, "limit": 1}
    row = await fetch_one(connection, _SQL["silences"], parameters)
    if row is None:
        raise NotFound(f"没有静默 {silence_id}")
    return row


async def list_holds(
    connection: Connection,
    *,
    now: datetime,
    kind: str | None,
    enterprise_id: int | None,
    after: int | None,
    limit: int,
) -> list[Row]:
    """One page of what stands, newest first; `after` is a hold id."""
    parameters = {"now": now, "kind": kind, "enterprise_id": enterprise_id, "after_id": after, "limit": limit}
    return await fetch_all(connection, _SQL["holds"], parameters)
