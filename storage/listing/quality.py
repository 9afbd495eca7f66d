"""Quality of data over a period, to date: the counters of outlets and the capture of their pollutants."""

from __future__ import annotations

from datetime import datetime

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_quality")


async def outlet_quality(
    connection: Connection, period: Period, until: datetime, enterprise: str | None = None
) -> list[Row]:
    """An outlet's four counters in a period up to `until`, by outlet: due_h, received_h, due_valid_h, valid_h, their
    rates in % (None of nothing) and the demanded rate. enterprise: a code, None for all."""
    return await fetch_all(connection, _SQL["transmission"], _span(period, until, enterprise))


async def pollutant_capture(
    connection: Connection, period: Period, until: datetime, enterprise: str | None = None
) -> list[Row]:
    """A pollutant's hours in a period up to `until`, by outlet and pollutant: in_service_h, stopped_h, operating_h,
    valid_h, invalid_h, capture_pct (None of nothing) and the demanded one."""
    return await fetch_all(connection, _SQL["capture"], _span(period, until, enterprise))


def _span(period: Period, until: datetime, enterprise: str | None) -> dict[str, object]:
    return {"from_at": period.start, "to_at": min(period.end, until), "enterprise": enterprise}
