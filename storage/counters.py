"""What rules on meters look at: counters with their service, their increments, and hours that bear some mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from psycopg.rows import class_row

from domain.quality import VALID_SOURCE_FLAGS, QcFlag
from storage.database import Connection
from storage.sql import queries

_SQL = queries("counters")
_VALID = {"valid_flags": [flag.value for flag in VALID_SOURCE_FLAGS], "good": int(QcFlag.GOOD)}

#: (point_id, from, to)
Window = tuple[int, datetime, datetime]


@dataclass(frozen=True, slots=True)
class CounterPoint:
    """A counter in local days [first_day, end_day); serial: of the meter that was installed last, None for none."""

    point_id: int
    enterprise_id: int
    enterprise: str
    point: str
    quantity: str
    unit: str
    serial: str | None
    first_day: date
    end_day: date | None


class MarkedRow(NamedTuple):
    """An hour with a mark; hour, before_hour: whole hours since 1970."""

    point_id: int
    hour: int
    marks: list[str]
    first_value: float | None
    last_value: float | None
    increment: float | None
    before: float | None
    before_hour: int | None


class CorrectedRow(NamedTuple):
    """A corrected reading: its value as it came first and as it counts now, and the valid value before it."""

    point_id: int
    measured_at: datetime
    first: float
    corrected: float
    before: float


async def counter_points(connection: Connection) -> list[CounterPoint]:
    """Every counter, by enterprise and code."""
    return await _points(connection, "counter_points")


async def entry_points(connection: Connection) -> list[CounterPoint]:
    """Counters of water at unit-level places (用水单位), from when a meter there is connected."""
    return await _points(connection, "entry_points")


async def increments(connection: Connection, windows: Sequence[Window]) -> list[tuple[int, int, float]]:
    """(point_id, hour number, increment) of the hours of which it is known, in some windows."""
    rows = await (await connection.execute(_SQL["increments"], _columns(windows))).fetchall()
    return [(point_id, hour, increment) for point_id, hour, increment in rows]


async def marked(connection: Connection, windows: Sequence[Window], marks: Sequence[str]) -> list[MarkedRow]:
    """Hours with any of some marks, in some windows."""
    rows = await (await connection.execute(_SQL["marked"], {**_columns(windows), "marks": list(marks)})).fetchall()
    return [MarkedRow(*row) for row in rows]


async def corrected_values(connection: Connection, windows: Sequence[Window]) -> list[CorrectedRow]:
    """Corrected readings within (from, to] of some windows, valid before and after, by point and time."""
    rows = await (await connection.execute(_SQL["corrected"], {**_columns(windows), **_VALID})).fetchall()
    return [CorrectedRow(*row) for row in rows]


async def first_dirty(connection: Connection, from_at: datetime, to_at: datetime) -> datetime | None:
    """The first hour of any counter in [from, to) that the roll-up has yet to look at."""
    row = await (await connection.execute(_SQL["first_dirty"], {"from_at": from_at, "to_at": to_at})).fetchone()
    return None if row is None else row[0]


async def _points(connection: Connection, block: str) -> list[CounterPoint]:
    async with connection.cursor(row_factory=class_row(CounterPoint)) as cursor:
        await cursor.execute(_SQL[block])
        return await cursor.fetchall()


def _columns(windows: Sequence[Window]) -> dict[str, object]:
    return {
        "point_ids": [window[0] for window in windows],
        "froms": [window[1] for window in windows],
        "tos": [window[2] for window in windows],
    }
