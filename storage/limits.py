"""Limits as rows: what holds now, shipped and registered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.limits import Averaging, Limit, LimitBook, LimitKind, Region
from storage.database import Connection
from storage.sql import queries

_SQL = queries("limits")


@dataclass(frozen=True, slots=True)
class LimitBasis:
    """What a limit rests on. kind: legal or ule; averaging: hour, single, day or year."""

    kind: str
    averaging: str
    standard: str
    clause: str


async def key_region_from(connection: Connection) -> date | None:
    """Since when the city is a key region (重点区域); None where it is not."""
    city = await (await connection.execute(_SQL["key_region_from"])).fetchone()
    return None if city is None else city[0]


async def limit_book(connection: Connection) -> LimitBook:
    """Everything that is said now, with the city's switch for key regions."""
    rows = await (await connection.execute(_SQL["current"])).fetchall()
    city = await (await connection.execute(_SQL["key_region_from"])).fetchone()
    return LimitBook(
        (
            Limit(
                limit_id=row[0],
                origin=row[1],
                outlet=row[2],
                process=row[3],
                quantity=row[4],
                kind=LimitKind(row[5]),
                averaging=Averaging(row[6]),
                region=Region(row[7]),
                value=row[8],
                unit=row[9],
                decimals=row[10],
                reference_o2_pct=row[11],
                exempt_process=tuple(row[12]),
                status=row[13],
                enabled=row[14],
                valid_from=row[15],
                valid_to=row[16],
            )
            for row in rows
        ),
        None if city is None else city[0],
    )


async def sync_presets(connection: Connection, rows: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """Bring the shipped limits to what the packs say; how many rows changed.

    What differs is superseded, what no pack has any more as well, and what stays the same is left alone, so that
    findings keep naming the row by which they were judged. Enterprises that have outlets of a changed row's process are
    judged again from its first day on. Callers take turns: concurrent ones would write the same rows twice.
    """
    parameters = {"presets": json.dumps(list(rows), default=str), "at": at}
    known = await (await connection.execute(_SQL["has_presets"])).fetchone()
    gone = await (await connection.execute(_SQL["supersede_presets"], parameters)).fetchall()
    new = await (await connection.execute(_SQL["add_presets"], parameters)).fetchall()
    touched = [*gone, *new]
    if touched and known is not None and known[0]:  # else nothing can have been judged by a shipped limit
        await connection.execute(
            _SQL["note_presets"],
            {"processes": [process for process, _ in touched], "days": [day for _, day in touched]},
        )
    return len(touched)
