"""What rules on leaks look at: which enterprises, which components, which days of spot checks. Nothing here reads a
whole ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("leak_windows")

#: An enterprise and a local day.
Day = tuple[int, date]


@dataclass(frozen=True, slots=True)
class Owner:
    """An enterprise that has components."""

    enterprise_id: int
    code: str
    registered_from: date


async def owners(connection: Connection, standard: str | None) -> list[Owner]:
    """Enterprises that have components, by code; with a standard those that have an installation of it."""
    async with connection.cursor(row_factory=class_row(Owner)) as cursor:
        await cursor.execute(_SQL["owners"], {"standard": standard})
        return await cursor.fetchall()


async def ever_leaking(connection: Connection, enterprise_ids: Iterable[int]) -> dict[int, list[int]]:
    """Components that ever leaked by the lowest published definition, also where that was corrected, by enterprise."""
    return await _by_enterprise(connection, "ever_leaking", {"enterprise_ids": list(enterprise_ids)})


async def open_since(connection: Connection, enterprise_ids: Iterable[int], since: date) -> dict[int, list[int]]:
    """Components whose leak is open, or went out of service with it on a day or later, by enterprise."""
    return await _by_enterprise(connection, "open_since", {"enterprise_ids": list(enterprise_ids), "since": since})


async def _by_enterprise(connection: Connection, block: str, asked: Mapping[str, Any]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if asked["enterprise_ids"]:
        for enterprise_id, component_id in await (await connection.execute(_SQL[block], asked)).fetchall():
            found.setdefault(enterprise_id, []).append(component_id)
    return found


async def spot_days(connection: Connection, enterprise_ids: Iterable[int], first: datetime, end: datetime) -> set[Day]:
    """Days on which any version of a test of these enterprises says that the bureau checked, within [first, end)."""
    asked = {"enterprise_ids": list(enterprise_ids), "from_at": first, "to_at": end}
    return (
        set(await (await connection.execute(_SQL["spot_days"], asked)).fetchall()) if asked["enterprise_ids"] else set()
    )


async def spot_days_of(connection: Connection, component_ids: Iterable[int]) -> set[Day]:
    """The same of components, of all time."""
    cursor = await connection.execute(_SQL["spot_days_of"], {"component_ids": list(component_ids)})
    return set(await cursor.fetchall())


async def judged_days(connection: Connection, rule_id: str, days: Iterable[Day]) -> set[Day]:
    """Those of some days on which a rule's findings about the enterprise stand."""
    cursor = await connection.execute(_SQL["judged_days"], {"rule_id": rule_id, **_columns(days)})
    return set(await cursor.fetchall())


async def checked(connection: Connection, days: Iterable[Day]) -> dict[Day, list[int]]:
    """Components that were spot-checked on each of some days, by any version of a test; none is an empty list."""
    found: dict[Day, list[int]] = {day: [] for day in days}
    for enterprise_id, day, component_id in await (
        await connection.execute(_SQL["checked"], _columns(found))
    ).fetchall():
        found[enterprise_id, day].append(component_id)
    return found


async def in_service_counts(connection: Connection, days: Iterable[Day], needed: int) -> dict[int, dict[date, int]]:
    """Components in service by enterprise and day, counted no further than `needed`."""
    found: dict[int, dict[date, int]] = {}
    cursor = await connection.execute(_SQL["in_service_counts"], {"needed": needed, **_columns(days)})
    for enterprise_id, day, count in await cursor.fetchall():
        found.setdefault(enterprise_id, {})[day] = count
    return found


def _columns(days: Iterable[Day]) -> dict[str, list[Any]]:
    chosen = sorted(days)
    return {"enterprise_ids": [one[0] for one in chosen], "days": [one[1] for one in chosen]}
