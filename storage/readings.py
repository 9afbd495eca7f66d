"""Readings and their corrections. The value that was stored first stays; a different one becomes a correction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import psycopg

from domain.quality import VALID_SOURCE_FLAGS, QcFlag
from domain.readings import Bool, Int64, Readings, empty_readings, from_us
from storage.columns import Column, char, column_cursor, copy_rows, float8, int2, int4, timestamptz
from storage.database import Connection
from storage.sql import queries

_SQL = queries("readings")
_VALID: Mapping[str, object] = {
    "valid_flags": char(np.array(sorted(ord(flag) for flag in VALID_SOURCE_FLAGS), np.int8)),
    "good": int(QcFlag.GOOD),
}


def _columns(readings: Readings) -> dict[str, Column]:
    return {
        "point_id": int4(readings.point_id),
        "measured_at": timestamptz(readings.measured_us),
        "value": float8(readings.value),
        "source_flag": char(readings.source_flag),
        "qc_flag": int2(readings.qc_flag),
        "received_at": timestamptz(readings.received_us),
    }


async def copy_new_readings(connection: Connection, readings: Readings) -> bool:
    """Store readings of which none is stored yet, in about half the time of insert_missing_readings.

    False, and nothing is stored, when one of them is there already. The readings are in order of point and time.
    """
    data = copy_rows(list(_columns(readings).values()))
    await connection.execute(_SQL["in_transaction"])  # else the block below would be the whole transaction
    try:
        async with connection.transaction(), connection.cursor() as cursor, cursor.copy(_SQL["copy_new"]) as copy:
            await copy.write(data)
    except (psycopg.errors.UniqueViolation, psycopg.errors.FeatureNotSupported):
        return False
    return True


async def insert_missing_readings(connection: Connection, readings: Readings) -> Int64:
    """Store what is not there yet; gives the positions of the instants that were there already.

    The readings are in order of point and time and name no instant of a point twice.
    """
    return await _positions(connection, "insert_missing", _columns(readings))


async def insert_corrections(connection: Connection, readings: Readings) -> Int64:
    """Of values for stored instants, keep those that are new; gives their positions. The rest are duplicates.

    The readings are in order of point, time and arrival; the last one of an instant will count.
    """
    if len(readings) == 0:
        return np.empty(0, np.int64)
    bounds = {
        "first_at": from_us(int(readings.measured_us.min())),
        "last_at": from_us(int(readings.measured_us.max())),
    }
    return await _positions(connection, "insert_corrections", {**_columns(readings), **bounds})


async def _positions(connection: Connection, block: str, parameters: Mapping[str, object]) -> Int64:
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL[block], parameters)
        (row,) = await cursor.fetchall()
    positions: Int64 = row[0].astype(np.int64)
    return positions - 1


async def ensure_partition(connection: Connection, at: datetime) -> None:
    """Make room for the readings of the UTC month of an instant. Takes a lock; use a transaction of its own."""
    await connection.execute(_SQL["ensure_partition"], {"at": at})


async def effective_readings(
    connection: Connection, point_id: Int64, from_us_: Int64, to_us_: Int64
) -> tuple[Readings, Bool]:
    """Readings of some points, each within (from, to], corrections applied; and where one was.

    Ordered by point and time. The ranges must not overlap.
    """
    if len(point_id) == 0:
        return empty_readings(), np.empty(0, np.bool_)
    ranges = {"point_id": int4(point_id), "from_at": timestamptz(from_us_), "to_at": timestamptz(to_us_)}
    bounds = {"first_at": from_us(int(from_us_.min())), "last_at": from_us(int(to_us_.max()))}
    stored = _ordered(await _select(connection, "select_readings", {**ranges, **bounds}))
    changes = _ordered(await _select(connection, "select_corrections", ranges))
    return _apply(stored, changes)


async def valid_readings_before(connection: Connection, point_id: Int64, at_us: Int64) -> Readings:
    """The last two valid readings at or before an instant of each point, corrections applied."""
    parameters = {"point_id": int4(point_id), "at": timestamptz(at_us), **_VALID}
    return await _select(connection, "select_before", parameters)


async def valid_times_after(connection: Connection, point_id: Int64, at_us: Int64) -> tuple[Int64, Int64]:
    """point_id and time of the first two valid readings after an instant of each point."""
    async with column_cursor(connection) as cursor:
        parameters = {"point_id": int4(point_id), "at": timestamptz(at_us), **_VALID}
        await cursor.execute(_SQL["select_after"], parameters)
        (row,) = await cursor.fetchall()
    return row[0].astype(np.int64), row[1]


async def _select(connection: Connection, block: str, parameters: Mapping[str, Any]) -> Readings:
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL[block], parameters)
        (row,) = await cursor.fetchall()
    return Readings(row[0].astype(np.int64), *row[1:])


def _ordered(readings: Readings) -> Readings:
    return readings.take(np.lexsort((readings.measured_us, readings.point_id)))


def _apply(stored: Readings, changes: Readings) -> tuple[Readings, Bool]:
    corrected = np.zeros(len(stored), np.bool_)
    if len(changes) == 0:
        return stored, corrected
    merged = np.lexsort(
        (
            np.r_[np.zeros(len(stored)), np.ones(len(changes))],
            np.r_[stored.measured_us, changes.measured_us],
            np.r_[stored.point_id, changes.point_id],
        )
    )
    # a correction sorts right behind the reading it corrects, unless that one is past its retention
    behind = np.flatnonzero(merged >= len(stored))
    reading, change = merged[behind - 1], merged[behind] - len(stored)
    there = (behind > 0) & (reading < len(stored))
    reading, change = reading[there], change[there]
    same = stored.point_id[reading] == changes.point_id[change]
    same &= stored.measured_us[reading] == changes.measured_us[change]
    reading, change = reading[same], change[same]
    value, source_flag, qc_flag = stored.value.copy(), stored.source_flag.copy(), stored.qc_flag.copy()
    received_us = stored.received_us.copy()
    # the arrival is that of the value that counts: a correction hours later is late, however early the first value was
    value[reading], source_flag[reading], qc_flag[reading], received_us[reading] = (
        changes.value[change],
        changes.source_flag[change],
        changes.qc_flag[change],
        changes.received_us[change],
    )
    corrected[reading] = True
    return Readings(stored.point_id, stored.measured_us, value, source_flag, qc_flag, received_us), corrected
