"""What hourly rules look at: outlets and points with their dates, hourly rows, and hours that are not settled yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("windows")


@dataclass(frozen=True, slots=True)
class OutletPoint:
    """A point at an outlet; statistic: what it states of another point, None for one that measures itself."""

    outlet_id: int
    enterprise_id: int
    enterprise: str
    registered_from: date
    outlet: str
    process: str
    makeup_air: bool | None
    in_service_from: date
    in_service_to: date | None
    point_id: int
    point: str
    quantity: str
    unit: str
    basis: str | None
    statistic: str | None
    point_from: date
    point_to: date | None


class HourRow(NamedTuple):
    """An hourly row as evaluators see it; hour: whole hours since 1970; maximum: of the valid readings."""

    point_id: int
    hour: int
    mean: float | None
    valid_minutes: int
    reading_count: int
    maximum: float | None
    marked_minutes: int
    flag_counts: dict[str, int]
    mark_ids: list[int]


@dataclass(frozen=True, slots=True)
class ServicePoint:
    """A point with the dates of its service."""

    point_id: int
    enterprise_id: int
    enterprise: str
    registered_from: date
    point: str
    in_service_from: date
    in_service_to: date | None


async def outlet_points(connection: Connection) -> list[OutletPoint]:
    """Every point at an outlet, by enterprise, outlet and point id."""
    async with connection.cursor(row_factory=class_row(OutletPoint)) as cursor:
        await cursor.execute(_SQL["outlet_points"])
        return await cursor.fetchall()


async def points_of_quantity(connection: Connection, quantity: str) -> list[ServicePoint]:
    """Every point of a quantity, by enterprise and code."""
    async with connection.cursor(row_factory=class_row(ServicePoint)) as cursor:
        await cursor.execute(_SQL["points_of_quantity"], {"quantity": quantity})
        return await cursor.fetchall()


async def dirty_hours(connection: Connection, point_ids: Sequence[int], before: datetime) -> list[tuple[int, datetime]]:
    """(point_id, hour) that the roll-up has yet to look at, each once."""
    cursor = await connection.execute(_SQL["dirty_hours"], {"point_ids": list(point_ids), "before": before})
    return [(point_id, hour_at) for point_id, hour_at in await cursor.fetchall()]


async def means(connection: Connection, windows: Sequence[tuple[int, datetime, datetime]]) -> list[HourRow]:
    """Hourly rows in (point_id, from, to) windows."""
    rows = await (await connection.execute(_SQL["means"], _columns(windows))).fetchall()
    return [HourRow(*row) for row in rows]


async def reading_counts(
    connection: Connection, windows: Sequence[tuple[int, datetime, datetime]]
) -> list[tuple[int, int, int]]:
    """(point_id, hour number, reading_count) of hours with readings, in (point_id, from, to) windows."""
    rows = await (await connection.execute(_SQL["reading_counts"], _columns(windows))).fetchall()
    return [(point_id, hour, count) for point_id, hour, count in rows]


def _columns(windows: Sequence[tuple[int, datetime, datetime]]) -> dict[str, Any]:
    return {
        "point_ids": [window[0] for window in windows],
        "froms": [window[1] for window in windows],
        "tos": [window[2] for window in windows],
    }
