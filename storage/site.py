"""The register: what exists in the city. Read and written in the shape of the site file, codes instead of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from storage.database import Connection, fetch_all
from storage.sql import queries

#: Nouns in the order in which rows may refer to earlier ones.
NOUNS = (
    "city", "district", "enterprise", "outlet", "point", "intake", "metering_place", "meter", "component",
    "station", "tag",
)  # fmt: skip

Row = dict[str, Any]


async def read_register(connection: Connection) -> dict[str, list[Row]]:
    """Every row of every noun, sorted by its natural key."""
    blocks = queries("site")
    return {noun: await fetch_all(connection, blocks[f"select_{noun}"]) for noun in NOUNS}


async def write_rows(connection: Connection, noun: str, rows: Iterable[Row]) -> None:
    """Insert rows of a noun, or bring existing ones of the same natural key to the given content."""
    async with connection.cursor() as cursor:
        await cursor.executemany(queries("site")[f"upsert_{noun}"], list(rows))


async def remove_rows(connection: Connection, noun: str, rows: Iterable[Row]) -> None:
    """Remove rows of a noun that may be removed, by natural key."""
    async with connection.cursor() as cursor:
        await cursor.executemany(queries("site")[f"delete_{noun}"], list(rows))


async def note_changes(connection: Connection, enterprises: Iterable[str], at: datetime) -> None:
    """Leave work for the rules: the registers of these enterprises changed at an instant."""
    await connection.execute(queries("site")["note_changes"], {"codes": sorted(enterprises), "at": at})
