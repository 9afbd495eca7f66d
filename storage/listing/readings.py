"""Raw readings of one point with their corrections: both stay, the newest correction counts."""

from __future__ import annotations

from datetime import datetime

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_readings")

#: Corrections shown of one reading; a reading corrected more often tells the whole number beside them.
CORRECTIONS_SHOWN = 100


async def list_readings(
    connection: Connection, *, point_id: int, period: Period, after: datetime | None, limit: int
) -> list[Row]:
    """One page in order of measured_at; `after` is a measured_at.

    Each row carries `corrections` (newest first, at most CORRECTIONS_SHOWN) and `correction_count`.
    """
    readings = await fetch_all(
        connection,
        _SQL["readings"],
        {"point_id": point_id, "from_at": period.start, "to_at": period.end, "after": after, "limit": limit},
    )
    if not readings:
        return []
    corrections = await fetch_all(
        connection,
        _SQL["corrections"],
        {
            "point_id": point_id,
            "first": readings[0]["measured_at"],
            "last": readings[-1]["measured_at"],
            "per_reading": CORRECTIONS_SHOWN,
        },
    )
    of_instant: dict[datetime, list[Row]] = {}
    for correction in corrections:
        of_instant.setdefault(correction["measured_at"], []).append(correction)
    for reading in readings:
        found = of_instant.get(reading["measured_at"], [])
        reading["corrections"] = found
        reading["correction_count"] = found[0]["total"] if found else 0
    return readings
