"""What the mass of an outlet and the quality of its data are computed from: its points, and hourly rows as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from psycopg.rows import class_row

from domain.readings import Float64, Int64
from storage.columns import column_cursor
from storage.database import Connection
from storage.sql import queries

_SQL = queries("emissions")


@dataclass(frozen=True, slots=True)
class StackPoint:
    """A measuring point at an outlet. basis: None for dry_standard. Dates are local days."""

    outlet_id: int
    enterprise_id: int
    enterprise: str
    registered_from: date
    outlet: str
    process: str
    in_service_from: date
    in_service_to: date | None
    duct_area_m2: float | None
    velocity_factor: float | None
    atmosphere_kpa: float | None
    point_id: int
    point: str
    quantity: str
    unit: str
    basis: str | None
    point_from: date
    point_to: date | None


@dataclass(frozen=True, slots=True)
class HourRows:
    """Hourly rows, one for each hour of a series that has any. mean: NaN where there is none."""

    series: Int64
    hour: Int64
    point_id: Int64
    mean: Float64
    valid_minutes: Int64
    readings: Int64


async def stack_points(connection: Connection, quantities: Sequence[str]) -> list[StackPoint]:
    """Every point of some quantities at an outlet, by enterprise, outlet and point id."""
    async with connection.cursor(row_factory=class_row(StackPoint)) as cursor:
        await cursor.execute(_SQL["stack_points"], {"quantities": list(quantities)})
        return await cursor.fetchall()


async def hour_rows(connection: Connection, spans: Sequence[tuple[int, int, datetime, datetime]]) -> HourRows:
    """Hourly rows in (series, point_id, from, to) spans; series are numbered by the caller."""
    async with column_cursor(connection) as cursor:
        await cursor.execute(
            _SQL["hours"],
            {
                "series": [span[0] for span in spans],
                "point_ids": [span[1] for span in spans],
                "froms": [span[2] for span in spans],
                "tos": [span[3] for span in spans],
            },
        )
        row: Any = await cursor.fetchone()
    counts = [row[column].astype(np.int64) for column in (0, 1, 2, 4, 5)]
    return HourRows(counts[0], counts[1], counts[2], row[3], counts[3], counts[4])
