"""The ledger as people see it: who said what of which period, and what took its place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_ledger")


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """None: not filtered. of: ``line``, ``enterprise`` or ``city``. from_day, to_day: of periods' first days, both
    included. history: superseded figures too."""

    enterprise_id: int | None = None
    of: str | None = None
    line: str | None = None
    item: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    history: bool = False


async def list_entries(connection: Connection, wanted: LedgerFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page, newest first; `after` is an entry_id."""
    return await fetch_all(connection, _SQL["entries"], {**asdict(wanted), "after": after, "limit": limit})
