"""The ledger (台账): reported figures of months and years. Append-only: another figure supersedes, both stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from domain.ledger import Entry
from storage.database import Connection
from storage.sql import queries

_SQL = queries("ledger")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A figure to write, in its item's unit; checked before, see `domain.ledger.entry_fault`."""

    enterprise: str | None
    line: str | None
    item: str
    period_kind: str
    first: date
    value: float
    unit: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Written:
    """What became of some figures. unknown: their enterprise or line is not registered, nothing was written of them."""

    new: int
    corrected: int
    same: int
    unknown: int


async def entries(connection: Connection, from_day: date, to_day: date) -> list[Entry]:
    """Current figures of the months that begin in [from_day, to_day] and of their years."""
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(_SQL["entries"], {"from_day": from_day, "to_day": to_day})
        return await cursor.fetchall()


async def add_entries(
    connection: Connection, new: Sequence[NewEntry], *, author: str, origin: str, at: datetime
) -> Written:
    """Write figures; the same figure again changes nothing, another one supersedes. No period twice in `new`.

    origin: ``api``, ``file`` or ``mqtt``.
    """
    cursor = await connection.execute(
        _SQL["add_entries"],
        {
            "enterprises": [entry.enterprise for entry in new],
            "lines": [entry.line for entry in new],
            "items": [entry.item for entry in new],
            "kinds": [entry.period_kind for entry in new],
            "firsts": [entry.first for entry in new],
            "values": [entry.value for entry in new],
            "units": [entry.unit for entry in new],
            "evidences": [entry.evidence for entry in new],
            "author": author,
            "origin": origin,
            "at": at,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return Written(*row[:4])
