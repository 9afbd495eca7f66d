"""One alert as its page at the desk tells it: what stands, who was told, and the figures around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.errors import NotFound
from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_desk_alert")


async def alert_page(connection: Connection, alert_id: int, now: datetime) -> Row:
    """One alert with its rule, its enterprise, its display state and the hold that stands. Raises NotFound."""
    row = await fetch_one(connection, _SQL["alert"], {"alert_id": alert_id, "now": now})
    if row is None:
        raise NotFound(f"没有告警 {alert_id}")
    return row


async def alert_mark(connection: Connection, alert_id: int) -> tuple[object, ...]:
    """Equal as long as nothing was added to the alert's story."""
    row = await fetch_one(connection, _SQL["mark"], {"alert_id": alert_id})
    return () if row is None else tuple(row.values())


async def alert_history(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The newest `limit` lines of an alert's history, newest first: at, kind, actor, comments. What people were told at
    one instant on one occasion is one line with a comment for each of them."""
    return await fetch_all(connection, _SQL["history"], {"alert_id": alert_id, "limit": limit})


async def alert_decisions(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The newest `limit` decisions to tell somebody or not, in order, with what became of the messages."""
    return await fetch_all(connection, _SQL["decisions"], {"alert_id": alert_id, "limit": limit})


async def findings_around(
    connection: Connection, *, rule_id: str, subject: str, period: Period, limit: int
) -> list[Row]:
    """Current findings whose periods start in a stretch of time, the newest `limit`, in order."""
    given = {"rule_id": rule_id, "subject": subject, "from_at": period.start, "to_at": period.end, "limit": limit}
    return await fetch_all(connection, _SQL["findings"], given)


async def enterprise_violations(
    connection: Connection, *, rule_id: str, enterprise: str, period: Period, limit: int
) -> list[Row]:
    """Violations of a rule that stand at an enterprise and whose periods start in a stretch of time, newest first."""
    given = {"rule_id": rule_id, "enterprise": enterprise, "from_at": period.start, "to_at": period.end, "limit": limit}
    return await fetch_all(connection, _SQL["enterprise_findings"], given)


async def hours_around(connection: Connection, *, enterprise: str, codes: Sequence[str], period: Period) -> list[Row]:
    """Hourly rows of points by code: by point, then hour."""
    given = {"enterprise": enterprise, "codes": list(codes), "from_at": period.start, "to_at": period.end}
    return await fetch_all(connection, _SQL["hours"], given)


async def gateway_hours_around(connection: Connection, *, enterprise: str, gateway: str, period: Period) -> list[Row]:
    """Readings of all points of a gateway by the hour."""
    given = {"enterprise": enterprise, "gateway": gateway, "from_at": period.start, "to_at": period.end}
    return await fetch_all(connection, _SQL["gateway_hours"], given)
