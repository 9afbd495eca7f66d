"""How far each file of history was taken in, so that a run that broke off goes on where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.sql import queries

_SQL = queries("backfills")


@dataclass(frozen=True, slots=True)
class Backfill:
    """rows_done: lines of the file below its header whose values are committed."""

    rows_done: int
    finished_at: datetime | None


async def start_backfill(
    connection: Connection, enterprise_id: int, sha256: str, file_name: str, now: datetime, *, again: bool
) -> Backfill:
    """Where to begin with a file, known by its content. again: from the beginning, however far it is."""
    cursor = await connection.execute(
        _SQL["start"],
        {"enterprise_id": enterprise_id, "sha256": sha256, "file_name": file_name, "now": now, "again": again},
    )
    row = await cursor.fetchone()
    assert row is not None, "an upsert without condition returns its row"
    return Backfill(int(row[0]), row[1])


async def find_backfill(connection: Connection, enterprise_id: int, sha256: str) -> Backfill | None:
    """How far a file is; None for one that was never begun."""
    cursor = await connection.execute(_SQL["find"], {"enterprise_id": enterprise_id, "sha256": sha256})
    row = await cursor.fetchone()
    return None if row is None else Backfill(int(row[0]), row[1])


async def note_backfill(
    connection: Connection, enterprise_id: int, sha256: str, rows_done: int, now: datetime, *, finished: bool
) -> None:
    """Remember that so many rows are committed."""
    await connection.execute(
        _SQL["note"],
        {
            "enterprise_id": enterprise_id,
            "sha256": sha256,
            "rows_done": rows_done,
            "now": now,
            "finished": finished,
        },
    )
