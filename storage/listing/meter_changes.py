"""Records of replaced meters as people see them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_meter_changes")


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """None: not filtered. from_at, to_at: replaced in [from_at, to_at). state: effective, superseded or withdrawn."""

    enterprise_id: int | None = None
    point: str | None = None
    state: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    change_id: int | None = None


async def list_changes(connection: Connection, wanted: ChangeFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page, newest record first; `after` is a change_id."""
    return await fetch_all(connection, _SQL["changes"], {**asdict(wanted), "after": after, "limit": limit})


async def get_change(connection: Connection, change_id: int) -> Row:
    """One record, whatever has become of it. Raises NotFound."""
    rows = await list_changes(connection, ChangeFilter(change_id=change_id), after=None, limit=1)
    if not rows:
        raise NotFound(f"没有换表记录 {change_id}")
    return rows[0]
