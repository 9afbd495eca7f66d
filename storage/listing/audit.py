"""The audit log, as the API lists it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_audit")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """None: not filtered. actor: part of it, in any case. from_at and to_at bound `at`, half-open."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    outcome: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


async def list_audit(connection: Connection, wanted: AuditFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page, newest first; `after` is an audit id."""
    return await fetch_all(connection, _SQL["audit"], {**asdict(wanted), "after_id": after, "limit": limit})
