"""Enterprises, as the API lists them."""

from __future__ import annotations

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_enterprises")


async def list_enterprises(connection: Connection, *, after: str | None, limit: int) -> list[Row]:
    """One page by code; `after` is a code."""
    return await fetch_all(connection, _SQL["enterprises"], {"after_code": after, "limit": limit})


async def get_enterprise(connection: Connection, code: str) -> Row:
    """One enterprise with the size of its registers. Raises NotFound."""
    row = await fetch_one(connection, _SQL["enterprise"], {"code": code})
    if row is None:
        raise NotFound(f"没有企业 {code}")
    return row


async def enterprise_id(connection: Connection, code: str) -> int:
    """The key of an enterprise. Raises NotFound."""
    row = await fetch_one(connection, _SQL["enterprise_id"], {"code": code})
    if row is None:
        raise NotFound(f"没有企业 {code}")
    return int(row["enterprise_id"])


async def enterprise_name(connection: Connection, enterprise_id: int) -> str:
    """What an enterprise of a key is called. Raises NotFound."""
    row = await fetch_one(connection, _SQL["enterprise_name"], {"enterprise_id": enterprise_id})
    if row is None:
        raise NotFound("没有这家企业")
    return str(row["name"])
