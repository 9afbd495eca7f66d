"""Water-metering coverage: the water rules' findings of one local day."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_coverage")


async def latest_coverage_day(connection: Connection) -> datetime | None:
    """Start of the newest local day that a water rule has judged, None when none has been."""
    row = await fetch_one(connection, _SQL["latest_day"], {})
    return None if row is None else row["period_start"]


async def list_coverage(
    connection: Connection, *, day_start: datetime, after: tuple[str, str] | None, limit: int
) -> list[Row]:
    """One page by rule and subject of the day that starts at `day_start`; `after` is (rule_id, subject)."""
    after_rule_id, after_subject = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["coverage"],
        {"day_start": day_start, "after_rule_id": after_rule_id, "after_subject": after_subject, "limit": limit},
    )
