"""What the LDAR schedules look at: components and when they were tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("schedules")


@dataclass(frozen=True, slots=True)
class ComponentOwner:
    """An enterprise that has components."""

    enterprise_id: int
    code: str
    registered_from: date


@dataclass(frozen=True, slots=True)
class Component:
    """A component (密封点) as the schedules see it."""

    component_id: int
    code: str
    kind: str
    in_service_from: date
    in_service_to: date | None
    exempt: bool


async def enterprises(connection: Connection) -> list[ComponentOwner]:
    """Enterprises that have components, by code."""
    async with connection.cursor(row_factory=class_row(ComponentOwner)) as cursor:
        await cursor.execute(_SQL["enterprises"])
        return await cursor.fetchall()


async def components(connection: Connection, enterprise_id: int) -> list[Component]:
    """An enterprise's components, by code."""
    async with connection.cursor(row_factory=class_row(Component)) as cursor:
        await cursor.execute(_SQL["components"], {"enterprise_id": enterprise_id})
        return await cursor.fetchall()


async def leak_tests(
    connection: Connection, enterprise_id: int, through: datetime, component_ids: Sequence[int] | None
) -> list[tuple[int, int]]:
    """(component_id, epoch seconds) of tests up to an instant; of some components only when these are given."""
    cursor = await connection.execute(
        _SQL["leak_tests"],
        {
            "enterprise_id": enterprise_id,
            "through": through,
            "component_ids": None if component_ids is None else list(component_ids),
        },
    )
    return [(component_id, tested_s) for component_id, tested_s in await cursor.fetchall()]


async def owners(connection: Connection, component_ids: Sequence[int]) -> dict[int, int]:
    """enterprise_id by component_id."""
    cursor = await connection.execute(_SQL["owners"], {"component_ids": list(component_ids)})
    return dict(await cursor.fetchall())
