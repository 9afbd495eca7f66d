"""What sealing points emit by month: the columns that it is computed from, and the rows that are kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import class_row

from domain.leak_emission import LeakFactor, MonthRow, Point, Selection
from storage.columns import column_cursor, int4
from storage.database import Connection
from storage.sql import queries

_SQL = queries("leak_emissions")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_US = 1e6

#: Unit and kind of a component: what rows are kept by.
Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class EmissionOwner:
    """An enterprise that has components, with their number over all time."""

    enterprise_id: int
    code: str
    registered_from: date
    components: int


async def owners(connection: Connection) -> list[EmissionOwner]:
    """Enterprises that have components, by code."""
    async with connection.cursor(row_factory=class_row(EmissionOwner)) as cursor:
        await cursor.execute(_SQL["owners"])
        return await cursor.fetchall()


async def groups_of(connection: Connection, component_ids: Sequence[int]) -> dict[int, tuple[int, Group]]:
    """(enterprise_id, group) by component_id."""
    cursor = await connection.execute(_SQL["groups_of"], {"component_ids": list(component_ids)})
    return {component: (enterprise, (unit, kind)) for component, enterprise, unit, kind in await cursor.fetchall()}


async def components(
    connection: Connection, enterprise_id: int, groups: Sequence[Group] | None
) -> tuple[list[int], list[Point]]:
    """Ids and what an emission sees of an enterprise's components, of all its groups or of some, by id."""
    parameters: dict[str, object] = {"enterprise_id": enterprise_id}
    if groups is None:
        cursor = await connection.execute(_SQL["components"], parameters)
    else:
        cursor = await connection.execute(_SQL["components_of_groups"], parameters | _columns_of(groups))
    rows = await cursor.fetchall()
    return [row[0] for row in rows], [Point(*row[1:]) for row in rows]


async def readings(
    connection: Connection, component_ids: Sequence[int], begin: datetime, end: datetime
) -> tuple[Ints, Floats, Floats]:
    """(position of the component, epoch seconds, net umol/mol) of the readings that hold in [begin, end)."""
    owner, at_us, net = await _by_position(connection, "readings", component_ids, {"from_at": begin, "to_at": end})
    return owner, at_us / _US, net


async def repairs(
    connection: Connection, component_ids: Sequence[int], end: datetime
) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """(position of the component, closed in epoch seconds, net when found, net when closed, next leak's find) of
    leaks that were closed before an instant and have both readings."""
    owner, closed_us, found, closed, next_us = await _by_position(connection, "repairs", component_ids, {"to_at": end})
    return owner, closed_us / _US, found, closed, next_us / _US


async def keep(
    connection: Connection,
    enterprise_id: int,
    months: tuple[date, date],
    groups: Sequence[Group] | None,
    rows: Sequence[MonthRow],
) -> None:
    """Keep the rows of an enterprise's months (first and last, both included), of all its groups or of some: rows are
    the whole truth of them."""
    parameters: dict[str, object] = {
        "enterprise_id": enterprise_id,
        "first": months[0],
        "last": months[1],
        "units": None,
        "kinds": None,
        "months": [row.month for row in rows],
        "unit_names": [row.unit_name for row in rows],
        "row_kinds": [row.kind for row in rows],
        "methods": [row.method for row in rows],
    }
    if groups is not None:
        parameters |= _columns_of(groups)
    await connection.execute(_SQL["forget"], parameters)
    figures = {name: [getattr(row, name) for row in rows] for name in ("components", "kg", "avoided_kg")}
    await connection.execute(_SQL["keep"], parameters | figures)


async def kept(connection: Connection, enterprise_id: int, first: date, last: date) -> list[MonthRow]:
    """What is kept of an enterprise's months, first and last included, in one order."""
    cursor = await connection.execute(_SQL["kept"], {"enterprise_id": enterprise_id, "first": first, "last": last})
    return [MonthRow(*row) for row in await cursor.fetchall()]


async def keep_factors(connection: Connection, factors: Sequence[LeakFactor], selection: Selection) -> None:
    """Bring the figures by which emissions are computed to what they are, for views to read."""
    parameters: dict[str, object] = {
        field.name: [getattr(factor, field.name) for factor in factors] for field in fields(LeakFactor)
    }
    parameters |= {"zero_below": selection.zero_below, "pegged_from": selection.pegged_from}
    await connection.execute(_SQL["keep_factors"], parameters)


async def campaigns(connection: Connection, spans: Mapping[int, tuple[date, date]]) -> list[tuple[int, int]]:
    """(campaign_id, enterprise_id) of the campaigns of enterprises that have a day in the span of their own, both days
    included."""
    parameters: dict[str, object] = {
        "enterprise_ids": list(spans),
        "ends_from": [first for first, _ in spans.values()],
        "begins_by": [last for _, last in spans.values()],
    }
    return [(one, whose) for one, whose in await (await connection.execute(_SQL["campaigns"], parameters)).fetchall()]


async def unsummed_campaigns(connection: Connection, enterprise_id: int) -> list[int]:
    """campaign_ids of an enterprise of which nothing is summed up."""
    cursor = await connection.execute(_SQL["unsummed_campaigns"], {"enterprise_id": enterprise_id})
    return [campaign for (campaign,) in await cursor.fetchall()]


async def forget_campaigns(connection: Connection, enterprise_ids: Sequence[int]) -> None:
    """Have the campaigns of enterprises summed up anew when their months are judged next."""
    await connection.execute(_SQL["forget_campaigns"], {"enterprise_ids": list(enterprise_ids)})


async def refresh_campaigns(connection: Connection, campaign_ids: Sequence[int], units: Sequence[str] | None) -> None:
    """Sum up campaigns of one enterprise again, all of their units or some."""
    parameters = {"campaign_ids": list(campaign_ids), "units": None if units is None else list(units)}
    await connection.execute(_SQL["refresh_campaigns"], parameters)


def _columns_of(groups: Sequence[Group]) -> dict[str, object]:
    return {"units": [unit for unit, _ in groups], "kinds": [kind for _, kind in groups]}


async def _by_position(
    connection: Connection, block: str, component_ids: Sequence[int], parameters: Mapping[str, object]
) -> tuple[NDArray[Any], ...]:
    ids = int4(np.array(component_ids, np.int64))
    cursor = column_cursor(connection)
    await cursor.execute(_SQL[block], {"component_ids": ids, **parameters})
    row = await cursor.fetchone()
    assert row is not None
    return tuple(row)
