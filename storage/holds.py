"""Writing what takes alarms away from people: shelving, out of service, silences. Ended, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.matchers import Matcher
from storage.database import Connection
from storage.sql import queries

_SQL = queries("holds")

HoldKind = Literal["shelved", "out_of_service"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold of a (rule, subject) that stands. until_at: None without an end."""

    hold_id: int
    kind: str
    from_at: datetime
    until_at: datetime | None
    author: str


async def lock_holds(connection: Connection, rule_id: str, subject: str) -> None:
    """Wait until nobody else changes the holds of this (rule, subject). Taken after the alert's row, never before."""
    await connection.execute(_SQL["lock_holds"], {"rule_id": rule_id, "subject": subject})


async def standing_holds(connection: Connection, rule_id: str, subject: str, now: datetime) -> list[Hold]:
    """Holds of a (rule, subject) that cover an instant."""
    async with connection.cursor(row_factory=class_row(Hold)) as cursor:
        await cursor.execute(_SQL["standing_holds"], {"rule_id": rule_id, "subject": subject, "now": now})
        return await cursor.fetchall()


async def insert_hold(
    connection: Connection,
    *,
    kind: HoldKind,
    rule_id: str,
    subject: str,
    enterprise_id: int | None,
    alert_id: int,
    from_at: datetime,
    until_at: datetime | None,
    author: str,
    reason: str,
) -> int:
    """Shelve a (rule, subject), or take it out of service; gives the id."""
    parameters = {
        "kind": kind,
        "rule_id": rule_id,
        "subject": subject,
        "enterprise_id": enterprise_id,
        "alert_id": alert_id,
        "from_at": from_at,
        "until_at": until_at,
        "author": author,
        "reason": reason,
    }
    return await _id(connection, "insert_hold", parameters)


async def end_hold(connection: Connection, hold_id: int, actor: str, at: datetime) -> None:
    """End a hold before its time."""
    await connection.execute(_SQL["end_hold"], {"hold_id": hold_id, "actor": actor, "at": at})


async def open_alerts_of(connection: Connection, rule_id: str, subject: str) -> list[int]:
    """Open alerts of a (rule, subject): one at most."""
    rows = await (await connection.execute(_SQL["open_alerts_of"], {"rule_id": rule_id, "subject": subject})).fetchall()
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """A silence as stored; matchers as JSON."""

    silence_id: int
    matchers: list[dict[str, Any]]
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str | None


async def insert_silence(
    connection: Connection,
    matchers: Sequence[Matcher],
    *,
    starts_at: datetime,
    ends_at: datetime,
    author: str,
    comment: str,
    created_at: datetime,
) -> int:
    """A new silence; gives its id."""
    parameters = {
        "matchers": Jsonb([matcher.row() for matcher in matchers]),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "author": author,
        "comment": comment,
        "created_at": created_at,
    }
    return await _id(connection, "insert_silence", parameters)


async def lock_silence(connection: Connection, silence_id: int) -> SilenceRow | None:
    """A silence, held until the transaction ends; None when there is none of this id."""
    async with connection.cursor(row_factory=class_row(SilenceRow)) as cursor:
        await cursor.execute(_SQL["lock_silence"], {"silence_id": silence_id})
        return await cursor.fetchone()


async def end_silence(connection: Connection, silence_id: int, actor: str, at: datetime) -> None:
    """End a silence before its time."""
    await connection.execute(_SQL["end_silence"], {"silence_id": silence_id, "actor": actor, "at": at})


async def open_alerts(connection: Connection) -> list[int]:
    """Every open alert."""
    rows = await (await connection.execute(_SQL["open_alerts"])).fetchall()
    return [row[0] for row in rows]


async def _id(connection: Connection, block: str, parameters: dict[str, Any]) -> int:
    row = await (await connection.execute(_SQL[block], parameters)).fetchone()
    assert row is not None
    return int(row[0])
