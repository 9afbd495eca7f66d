"""Alerts with their events, notifications and decisions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.alarmstate import DisplayState
from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_alerts")


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """None: not filtered. is_live: those that last, and those that are over and wait to be confirmed. words: looked for
    as they are, in any case. from_at and to_at bound occurred_at, half-open."""

    state: str | None = None
    display: DisplayState | None = None
    is_live: bool = False
    severity: str | None = None
    enterprise_id: int | None = None
    district: str | None = None
    rule_id: str | None = None
    team: str | None = None
    assignee: str | None = None
    words: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


async def list_alerts(
    connection: Connection, wanted: AlertFilter, *, now: datetime, after: int | None, limit: int
) -> list[Row]:
    """One page, newest first; `after` is an alert id. now: the platform's clock, which holds go by."""
    return await fetch_all(
        connection, _SQL["alerts"], {**asdict(wanted), "now": now, "after_id": after, "limit": limit}
    )


async def get_alert(connection: Connection, alert_id: int, now: datetime) -> Row:
    """One alert with its details. Raises NotFound."""
    row = await fetch_one(connection, _SQL["alert"], {"alert_id": alert_id, "now": now})
    if row is None:
        raise NotFound(f"没有告警 {alert_id}")
    return row


async def alert_events(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The newest `limit` events of an alert, oldest first."""
    return await fetch_all(connection, _SQL["events"], {"alert_id": alert_id, "limit": limit})


async def alert_notifications(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The first `limit` notifications that an alert is in, in order."""
    return await fetch_all(connection, _SQL["notifications"], {"alert_id": alert_id, "limit": limit})


async def alert_decisions(connection: Connection, alert_id: int, *, limit: int) -> list[Row]:
    """The newest `limit` decisions to tell of an alert or not, oldest first."""
    return await fetch_all(connection, _SQL["decisions"], {"alert_id": alert_id, "limit": limit})


async def alert_holds(connection: Connection, rule_id: str, subject: str, now: datetime) -> list[Row]:
    """What takes the alarm of a (rule, subject) away from people at an instant."""
    return await fetch_all(connection, _SQL["holds_of"], {"rule_id": rule_id, "subject": subject, "now": now})
