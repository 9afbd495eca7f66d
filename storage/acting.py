"""Alerts as people change them: where one stands, and who took charge of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("acting")


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as somebody finds it who is about to act."""

    alert_id: int
    rule_id: str
    subject: str
    enterprise_id: int | None
    state: str
    notified_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    realarmed_at: datetime | None
    assignee: str | None


async def lock_alert(connection: Connection, alert_id: int) -> Standing | None:
    """Where an alert stands, held until the transaction ends; None when there is no such alert."""
    async with connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(_SQL["lock_alert"], {"alert_id": alert_id})
        return await cursor.fetchone()


async def acknowledge(connection: Connection, alert_id: int, actor: str, comment: str, at: datetime) -> None:
    """Write down who has taken charge, or has seen that it is over."""
    await connection.execute(_SQL["acknowledge"], {"alert_id": alert_id, "actor": actor, "comment": comment, "at": at})


async def assign(connection: Connection, alert_id: int, person: str) -> None:
    """Write down who it was handed over to."""
    await connection.execute(_SQL["assign"], {"alert_id": alert_id, "person": person})


async def person_name(connection: Connection, code: str) -> tuple[str, bool] | None:
    """Name of a person of the roster, and whether active; None when there is nobody of this code."""
    row = await (await connection.execute(_SQL["person_name"], {"code": code})).fetchone()
    return None if row is None else (row[0], row[1])
