"""Limits as rows: what holds now, shipped and registered."""

from __future__ import annotations

from domain.limits import Averaging, Limit, LimitBook, LimitKind, Region
from storage.database import Connection
from storage.sql import queries

_SQL = queries("limits")


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
