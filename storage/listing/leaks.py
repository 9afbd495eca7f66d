"""Leaks as people see them: where they are, how far they are, and until when each standard wants what."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_leaks")


@dataclass(frozen=True, slots=True)
class LeakFilter:
    """None: not filtered. overdue: some standard's term is over and not met. from_at, to_at: of when it was found."""

    enterprise_id: int | None = None
    component: str | None = None
    state: str | None = None
    is_open: bool | None = None
    overdue: bool | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


async def list_leaks(
    connection: Connection, wanted: LeakFilter, *, after: tuple[datetime, int] | None, limit: int
) -> list[Row]:
    """One page, newest first; `after` is found_at and leak_id."""
    at, number = after or (None, None)
    place = {"leak_id": None, "after_at": at, "after_id": number, "limit": limit}
    return await fetch_all(connection, _SQL["leaks"], asdict(wanted) | place)


async def get_leak(connection: Connection, leak_id: int) -> Row:
    """One leak. Raises NotFound."""
    place = {"leak_id": leak_id, "after_at": None, "after_id": None, "limit": 1}
    rows = await fetch_all(connection, _SQL["leaks"], asdict(LeakFilter()) | place)
    if not rows:
        raise NotFound(f"没有泄漏 {leak_id}：补报、更正检测记录后泄漏可能重新编号")
    return rows[0]
