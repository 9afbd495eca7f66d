"""Alerts with their events and notifications."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_alerts")


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """None: not filtered. from_at and to_at bound occurred_at, half-open."""

    state: str | None = None
    enterprise_id: int | None = None
    rule_id: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


async def list_alerts(connection: Connection, wanted: AlertFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page, newest first; `after` is an alert id."""
    return await fetch_all(connection, _SQL["alerts"], {**asdict(wanted), "after_id": after, "limit": limit})


async def get_alert(connection: Connection, alert_id: int) -> Row:
    """One alert with its details. Raises NotFound."""
    row = await fetch_one(connection, _SQL["alert"], {"alert_id": alert_id})
    if row is None:
        raise NotFound(f"没有告警 {alert_id}")
    return row


async def alert_events(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The newest `limit` events of an alert, oldest first."""
    return await fetch_all(connection, _SQL["events"], {"alert_id": alert_id, "limit": limit})


async def alert_notifications(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The first `limit` notifications of an alert, in order."""
    return await fetch_all(connection, _SQL["notifications"], {"alert_id": alert_id, "limit": limit})
