"""What signs of false data look at: points with their metadata, hourly rows as columns, and sums of the days before.

Columns, because every sign reads every hour of every outlet once. Windows are (point_id, from, to), half open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import numpy as np
from psycopg.rows import class_row

from domain.readings import Float64, Int64
from storage.columns import column_cursor
from storage.database import Connection
from storage.sql import queries

_SQL = queries("outlet_days")

#: The hourly rules whose verdicts tell near which limit an hour was.
HOURLY_RULES = ("legal.hourly", "ule.hourly")

Window = tuple[int, datetime, datetime]


@dataclass(frozen=True, slots=True)
class SignPoint:
    """A point at an outlet."""

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
    interval_s: int
    statistic: str | None
    of: str | None
    range_top: float | None
    point_from: date
    point_to: date | None


@dataclass(frozen=True, slots=True)
class HourRows:
    """Hourly rows as columns; hour: whole hours since 1970; NaN where there is no number. In no order."""

    point_id: Int64
    hour: Int64
    mean: Float64
    valid_minutes: Int64
    reading_count: Int64
    valid_count: Int64
    minimum: Float64
    maximum: Float64
    first_value: Float64
    last_value: Float64
    deviation: Float64
    marked_minutes: Int64
    flat_head_s: Int64
    flat_tail_s: Int64
    flat_longest_s: Int64
    zero_minutes: Int64
    negative_minutes: Int64
    maximum_count: Int64
    late_count: Int64
    flagged: Int64
    """Readings flagged C, M or D; calibrating: C; stopped: F or f."""
    calibrating: Int64
    stopped: Int64
    corrected: Int64
    """1 where a reading was corrected."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """Sums over the hours of a local day with enough valid minutes. day: local days since 1970-01-01."""

    point_id: Int64
    day: Int64
    good_hours: Int64
    means: Float64
    mean_squares: Float64
    deviation_squares: Float64


@dataclass(frozen=True, slots=True)
class FlaggedRows:
    """Minutes of a local day that flags C, M, D or equipment marks took out, and its hours with a reading."""

    point_id: Int64
    day: Int64
    minutes: Float64
    hours: Int64


@dataclass(frozen=True, slots=True)
class TwinRows:
    """Hours with the last earlier hour that has the same digest."""

    point_id: Int64
    hour: Int64
    earlier: Int64


@dataclass(frozen=True, slots=True)
class CalibrationRows:
    """Hours at most two hours from a calibration, by point and hour. calibrating: 0 or 1."""

    point_id: Int64
    hour: Int64
    mean: Float64
    valid_minutes: Int64
    calibrating: Int64


@dataclass(frozen=True, slots=True)
class JudgedHour:
    """An hour's finding of an hourly rule."""

    rule_id: str
    subject: str
    hour: int
    value: float
    limit: float
    over: bool


@dataclass(frozen=True, slots=True)
class DayShare:
    """Findings of an hourly rule on a local day: all that have a verdict, near the limit, over it."""

    rule_id: str
    subject: str
    day: int
    judged: int
    near: int
    over: int


async def points(connection: Connection) -> list[SignPoint]:
    """Every point at an outlet but counters, by enterprise, outlet and point id."""
    async with connection.cursor(row_factory=class_row(SignPoint)) as cursor:
        await cursor.execute(_SQL["points"])
        return await cursor.fetchall()


async def hours(connection: Connection, windows: Sequence[Window], *, flags: bool) -> HourRows:
    """Hourly rows of some windows. flags: whether `flagged`, `calibrating` and `stopped` are asked for, else 0."""
    return HourRows(*await _columns(connection, "hours", _spans(windows) | {"flags": flags}))


async def days(connection: Connection, windows: Sequence[Window], min_valid_minutes: int) -> DayRows:
    """Sums by local day over hours with at least so many valid minutes."""
    parameters = _spans(windows) | {"min_valid_minutes": min_valid_minutes}
    return DayRows(*await _columns(connection, "days", parameters))


async def flagged_days(connection: Connection, windows: Sequence[Window]) -> FlaggedRows:
    """Flagged and marked minutes by local day."""
    return FlaggedRows(*await _columns(connection, "flagged_days", _spans(windows)))


async def twins(connection: Connection, windows: Sequence[Window], back_h: int) -> TwinRows:
    """Hours of some windows that repeat an hour of at most back_h hours before."""
    return TwinRows(*await _columns(connection, "twins", _spans(windows) | {"back_h": back_h}))


async def calibrations(connection: Connection, windows: Sequence[Window]) -> CalibrationRows:
    """Calibrations with the hours beside them."""
    return CalibrationRows(*await _columns(connection, "calibrations", _spans(windows)))


async def judged_hours(connection: Connection, spans: Sequence[tuple[str, datetime, datetime]]) -> list[JudgedHour]:
    """Hours of subjects that hourly rules have judged, in (subject, from, to) spans."""
    parameters = _subjects(spans) | {"rule_ids": list(HOURLY_RULES)}
    rows = await (await connection.execute(_SQL["judged_hours"], parameters)).fetchall()
    return [JudgedHour(*row) for row in rows]


async def limit_shares(
    connection: Connection, spans: Sequence[tuple[str, datetime, datetime]], near_from: float
) -> list[DayShare]:
    """Judged hours by local day, in (subject, from, to) spans; near: from that share of the limit up to it."""
    parameters = _subjects(spans) | {"rule_ids": list(HOURLY_RULES), "near_from": near_from}
    rows = await (await connection.execute(_SQL["limit_shares"], parameters)).fetchall()
    return [DayShare(*row) for row in rows]


async def quirks(
    connection: Connection, outlet_ids: Sequence[int], first_day: date, last_day: date, names: Sequence[str]
) -> list[tuple[int, str, date | None, str | None, int]]:
    """(outlet_id, station, day, quirk, frames); a station without any has one row with day and quirk None."""
    parameters = {
        "outlet_ids": list(outlet_ids),
        "first_day": first_day,
        "last_day": last_day,
        "quirks": list(names),
    }
    rows = await (await connection.execute(_SQL["quirks"], parameters)).fetchall()
    return cast("list[tuple[int, str, date | None, str | None, int]]", rows)


async def _columns(connection: Connection, block: str, parameters: dict[str, Any]) -> list[Any]:
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL[block], parameters)
        row = await cursor.fetchone()
    return [column.astype(np.int64) if column.dtype.kind == "i" else column for column in row or ()]


def _spans(windows: Sequence[Window]) -> dict[str, Any]:
    return {
        "point_ids": [window[0] for window in windows],
        "froms": [window[1] for window in windows],
        "tos": [window[2] for window in windows],
    }


def _subjects(spans: Sequence[tuple[str, datetime, datetime]]) -> dict[str, Any]:
    return {
        "subjects": [span[0] for span in spans],
        "froms": [span[1] for span in spans],
        "tos": [span[2] for span in spans],
    }
