"""What data loggers state of other points, and the figures of hours that such statements are laid beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("statements")


@dataclass(frozen=True, slots=True)
class StatingPoint:
    """A point that states what another one measured. outlet: ``{enterprise}/{code}`` of the measuring point's, None for
    none; process and makeup_air of it. first_day, end_day: the days on which both are in service, end_day the first
    without, None for none."""

    point_id: int
    point: str
    unit: str
    enterprise_id: int
    enterprise: str
    own_id: int
    own_point: str
    own_unit: str
    quantity: str
    outlet_id: int | None
    outlet: str | None
    process: str | None
    makeup_air: bool | None
    first_day: date
    end_day: date | None


@dataclass(frozen=True, slots=True)
class Analyser:
    """A measuring point at an outlet. interval_s: between its readings. Days as in StatingPoint."""

    point_id: int
    point: str
    quantity: str
    process: str
    interval_s: int
    enterprise_id: int
    enterprise: str
    first_day: date
    end_day: date | None


@dataclass(frozen=True, slots=True)
class HourFigures:
    """What an hourly row says of a point; hour as whole hours since 1970. first_value, minimum, maximum: of its valid
    readings; calibrating: readings that the instrument flagged C."""

    point_id: int
    hour: int
    mean: float | None
    valid_minutes: int
    reading_count: int
    first_value: float | None
    minimum: float | None
    maximum: float | None
    calibrating: int


async def stating_points(connection: Connection, statistic: str) -> list[StatingPoint]:
    """Points that make statements of one statistic, by enterprise and code."""
    async with connection.cursor(row_factory=class_row(StatingPoint)) as cursor:
        await cursor.execute(_SQL["stating_points"], {"statistic": statistic})
        return await cursor.fetchall()


async def analysers(connection: Connection) -> list[Analyser]:
    """Points that measure at outlets, by enterprise and code."""
    async with connection.cursor(row_factory=class_row(Analyser)) as cursor:
        await cursor.execute(_SQL["analysers"])
        return await cursor.fetchall()


async def hour_figures(connection: Connection, windows: Sequence[tuple[int, datetime, datetime]]) -> list[HourFigures]:
    """Hourly rows in (point_id, from, to) windows, by point and hour."""
    async with connection.cursor(row_factory=class_row(HourFigures)) as cursor:
        columns = {
            "point_ids": [window[0] for window in windows],
            "froms": [window[1] for window in windows],
            "tos": [window[2] for window in windows],
        }
        await cursor.execute(_SQL["hour_figures"], columns)
        return await cursor.fetchall()


async def points_read_every(connection: Connection, seconds: int) -> list[int]:
    """Ids of points that measure, or say how a source runs, at least every so many seconds."""
    rows = await (await connection.execute(_SQL["points_read_every"], {"seconds": seconds})).fetchall()
    return [row[0] for row in rows]
