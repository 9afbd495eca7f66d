"""How channels have answered: one row a channel, by the platform's clock. No address and no secret is ever here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("channels")


@dataclass(frozen=True, slots=True)
class ChannelState:
    """failing_since: of the first failure after the last success, None while it works; gave_up_at: when it last gave
    up a message, None again after a success; failures: since the last success."""

    channel: str
    kind: str | None
    is_group: bool
    rate_per_min: int | None
    configured_at: datetime | None
    last_ok_at: datetime | None
    last_failure_at: datetime | None
    failures: int
    last_error: str | None
    failing_since: datetime | None
    gave_up_at: datetime | None


async def configure(
    connection: Connection, channel: str, kind: str, is_group: bool, rate_per_min: int | None, at: datetime
) -> None:
    """Note a channel that the alert stage has."""
    await connection.execute(
        _SQL["configure"],
        {"channel": channel, "kind": kind, "is_group": is_group, "rate_per_min": rate_per_min, "at": at},
    )


async def answered(connection: Connection, channel: str, at: datetime) -> None:
    """The channel took a message: it works."""
    await connection.execute(_SQL["answered"], {"channel": channel, "at": at})


async def failed(connection: Connection, channel: str, error: str, at: datetime, *, gave_up: bool) -> None:
    """The channel did not take a message. gave_up: it will not be tried again."""
    await connection.execute(_SQL["failed"], {"channel": channel, "error": error, "at": at, "gave_up": gave_up})


async def states(connection: Connection) -> list[ChannelState]:
    """Every channel that was ever configured or used, by code."""
    async with connection.cursor(row_factory=class_row(ChannelState)) as cursor:
        await cursor.execute(_SQL["states"])
        return await cursor.fetchall()


async def forget(connection: Connection, channels: Iterable[str]) -> None:
    """Drop what is known of channels that nobody has; one that comes back begins anew."""
    await connection.execute(_SQL["forget"], {"channels": list(channels)})


async def try_lock_watch(connection: Connection) -> bool:
    """Be the only one to judge channels until the end of the transaction; False when somebody else does."""
    row = await (await connection.execute(_SQL["lock_watch"])).fetchone()
    return row is not None and bool(row[0])


async def rule(connection: Connection, rule_id: str) -> tuple[int, dict[str, Any]] | None:
    """(version, parameters) of the rule that judges channels, None where it is not in force."""
    row = await (await connection.execute(_SQL["rule"], {"rule_id": rule_id})).fetchone()
    return None if row is None else (int(row[0]), dict(row[1] or {}))


async def last_findings(
    connection: Connection, rule_id: str, subjects: Iterable[str]
) -> dict[str, tuple[str, datetime]]:
    """(verdict, start of its period) of the newest current finding, by subject; absent where there is none."""
    cursor = await connection.execute(_SQL["last_findings"], {"rule_id": rule_id, "subjects": list(subjects)})
    return {subject: (verdict, start) for subject, verdict, start in await cursor.fetchall()}
