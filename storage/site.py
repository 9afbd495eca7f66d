"""The register: what exists in the city. Read and written in the shape of the site file, codes instead of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from storage.database import Connection, fetch_all
from storage.leak_register import lock_ledgers
from storage.leaks import derive
from storage.meter_changes import meter_points, own_registers, recount
from storage.sql import queries

#: Nouns in the order in which rows may refer to earlier ones.
NOUNS = (
    "city", "district", "park", "enterprise", "outlet", "point", "limit", "intake", "control_index", "line", "quota",
    "metering_place", "meter", "installation", "process_unit", "component", "instrument", "leak_tester", "campaign",
    "enterprise_list", "station", "tag", "person", "team", "shift", "route",
)  # fmt: skip

Row = dict[str, Any]

#: Fields that are kept as JSON.
_JSON = {"person": ("contacts",), "team": ("escalation", "policy"), "route": ("matchers",)}

#: Components written by one statement.
_BATCH_ROWS = 20_000


async def read_register(connection: Connection, nouns: Iterable[str] = NOUNS) -> dict[str, list[Row]]:
    """Every row of every noun, or of some, sorted by its natural key."""
    blocks = queries("site")
    return {noun: await fetch_all(connection, blocks[f"select_{noun}"]) for noun in nouns}


async def write_rows(connection: Connection, noun: str, rows: Iterable[Row], at: datetime) -> None:
    """Insert rows of a noun, or bring existing ones of the same natural key to the given content, as of an instant.

    Meters whose registers differ from what was known leave the hours since then to be computed again.
    """
    chosen = [row | {name: Jsonb(row[name]) for name in _JSON.get(noun, ())} for row in rows]
    if noun == "point":  # a point is registered before those that speak of it
        chosen.sort(key=lambda row: row["of"] is not None)
    if noun == "metering_place":  # a place is registered before those that hang below it
        chosen = _parents_first(chosen)
    if noun == "limit":
        # the unique index is by row: what is superseded must be gone before its successor comes
        chosen = [{"origin": "site", "confidence": "site", "author": "site file", **row, "at": at} for row in chosen]
    if noun == "component":
        await _write_components(connection, chosen, at)
        return
    points = await meter_points(connection, map(_meter, chosen)) if noun == "meter" else []
    before = await own_registers(connection, points) if points else []
    async with connection.cursor() as cursor:
        await cursor.executemany(queries("site")[f"upsert_{noun}"], chosen)
    if points:  # what their registers showed may have been counted as another's
        await recount(connection, before, await own_registers(connection, points))


async def _write_components(connection: Connection, rows: Sequence[Row], at: datetime) -> None:
    """Components by columns, a batch a statement, since an enterprise has tens of thousands; the leaks of those that
    were there before are derived anew, since medium and term of service decide about them.

    Who keeps records of these enterprises waits meanwhile: both lock components, in another order.
    """
    owners = await enterprise_ids(connection, (row["enterprise"] for row in rows))
    await lock_ledgers(connection, owners.values())
    for start in range(0, len(rows), _BATCH_ROWS):
        batch = rows[start : start + _BATCH_ROWS]
        columns = {name: [row[name] for row in batch] for name in batch[0]}
        cursor = await connection.execute(queries("site")["upsert_component"], columns)
        await derive(connection, [component_id for component_id, was_there in await cursor.fetchall() if was_there], at)


def _meter(row: Row) -> tuple[str, str, str | None]:
    return row["enterprise"], row["serial"], row["point"]


def _parents_first(rows: list[Row]) -> list[Row]:
    """Places ordered so that a place comes after its parent, as far as both are given."""
    given = {(row["enterprise"], row["code"]): row for row in rows}

    def depth(row: Row) -> int:
        steps = 0
        while (above := given.get((row["enterprise"], row["parent"]))) is not None and steps < len(given):
            steps, row = steps + 1, above
        return steps

    return sorted(rows, key=depth)


async def remove_rows(connection: Connection, noun: str, rows: Iterable[Row]) -> None:
    """Remove rows of a noun that may be removed, by natural key."""
    async with connection.cursor() as cursor:
        await cursor.executemany(queries("site")[f"delete_{noun}"], list(rows))


async def note_changes(connection: Connection, enterprises: Iterable[str], at: datetime) -> None:
    """Leave work for the rules: the registers of these enterprises changed at an instant."""
    await connection.execute(queries("site")["note_changes"], {"codes": sorted(enterprises), "at": at})


async def note_metering(connection: Connection, days: Mapping[str, date]) -> None:
    """Leave work for the rules: what rates and accounts of enterprises rest on changed, from local days on."""
    if days:
        await connection.execute(queries("site")["note_metering"], {"codes": list(days), "days": list(days.values())})


async def note_ldar(connection: Connection, days: Mapping[str, date]) -> None:
    """Leave work for the rules: instruments, testers or campaigns of enterprises changed, from local days on."""
    if days:
        await connection.execute(queries("site")["note_ldar"], {"codes": list(days), "days": list(days.values())})


async def note_limits(connection: Connection, changes: Iterable[tuple[str | None, date]]) -> None:
    """Leave work for the rules: limits changed from local days on, of an enterprise or (None) of a process."""
    chosen = list(changes)
    if chosen:
        parameters = {"codes": [code for code, _ in chosen], "days": [day for _, day in chosen]}
        await connection.execute(queries("site")["note_limits"], parameters)


async def lock_register(connection: Connection) -> None:
    """Wait until nobody else changes the register, and keep it so until the transaction ends."""
    await connection.execute(queries("site")["lock_register"])


async def last_values(
    connection: Connection, points: Iterable[tuple[str, str]]
) -> list[tuple[tuple[str, str], datetime, float]]:
    """((enterprise, point), hour, value) of what some counters showed last; nothing of one that showed nothing yet."""
    chosen = list(points)
    if not chosen:
        return []
    parameters = {"enterprises": [key[0] for key in chosen], "codes": [key[1] for key in chosen]}
    cursor = await connection.execute(queries("site")["last_values"], parameters)
    return [((enterprise, code), at, value) for enterprise, code, at, value in await cursor.fetchall()]


async def enterprise_ids(connection: Connection, codes: Iterable[str]) -> dict[str, int]:
    """The numbers of enterprises by their codes; those that are not registered are left out."""
    cursor = await connection.execute(queries("site")["enterprise_ids"], {"codes": sorted(set(codes))})
    return dict(await cursor.fetchall())


async def tests_outside(connection: Connection, components: Sequence[Row]) -> list[tuple[str, str, date]]:
    """(enterprise, component, first local day) of components, as rows of the register, that were tested on days on
    which they are not in service by these rows."""
    if not components:
        return []
    names = ("enterprise", "code", "in_service_from", "in_service_to")
    parameters = {name: [row[name] for row in components] for name in names}
    cursor = await connection.execute(queries("site")["tests_outside"], parameters)
    return await cursor.fetchall()
