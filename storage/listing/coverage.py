"""Metering coverage: findings of the metering rates of one local day, and what is missing for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_coverage")

#: Key of a row of the list of gaps: enterprise, kind, item, reason.
GapKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class GapFilter:
    """Gaps as of a local day; None of the others: all."""

    day: date
    enterprise: str | None = None
    district: str | None = None
    park: str | None = None
    medium: str | None = None
    level: str | None = None
    reason: str | None = None


async def latest_coverage_day(connection: Connection) -> datetime | None:
    """Start of the newest local day that a daily rate has judged, None when none has been."""
    row = await fetch_one(connection, _SQL["latest_day"], {})
    return None if row is None else row["period_start"]


async def list_coverage(
    connection: Connection, *, day_start: datetime, month_start: datetime, after: tuple[str, str] | None, limit: int
) -> list[Row]:
    """One page by rule and subject: daily rates of the day that starts at `day_start`, arrival rates of the month that
    starts at `month_start`; `after` is (rule_id, subject)."""
    after_rule_id, after_subject = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["coverage"],
        {
            "day_start": day_start,
            "month_start": month_start,
            "after_rule_id": after_rule_id,
            "after_subject": after_subject,
            "limit": limit,
        },
    )


async def district_name(connection: Connection, code: str) -> str:
    """What a district is called. Raises NotFound."""
    row = await fetch_one(connection, _SQL["district"], {"code": code})
    if row is None:
        raise NotFound(f"没有区 {code}")
    return str(row["name"])


async def park_name(connection: Connection, code: str) -> str:
    """What a park is called. Raises NotFound."""
    row = await fetch_one(connection, _SQL["park"], {"code": code})
    if row is None:
        raise NotFound(f"没有园区 {code}")
    return str(row["name"])


async def latest_gaps_day(connection: Connection) -> date | None:
    """The newest local day of which a daily rate of the city is judged, None when none is."""
    row = await fetch_one(connection, _SQL["gaps_day"], {})
    return None if row is None else row["day"]


async def list_gaps(connection: Connection, wanted: GapFilter, *, after: GapKey | None, limit: int) -> list[Row]:
    """One page of what is missing, by enterprise, kind, item and reason; `after` is such a key."""
    enterprise, kind, item, reason = after or (None, None, None, None)
    return await fetch_all(
        connection,
        _SQL["gaps"],
        {
            "day": wanted.day,
            "enterprise": wanted.enterprise,
            "district": wanted.district,
            "park": wanted.park,
            "medium": wanted.medium,
            "level": wanted.level,
            "reason": wanted.reason,
            "after_enterprise": enterprise,
            "after_kind": kind,
            "after_item": item,
            "after_reason": reason,
            "limit": limit,
        },
    )
