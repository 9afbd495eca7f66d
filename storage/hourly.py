"""Hourly rows, and the list of hours that have to be computed again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.hourly import NO_DIGEST, Hours, mark_names
from domain.pointhours import Windows
from domain.quality import SourceFlag
from domain.readings import Int64
from storage.columns import column_cursor, copy_rows, float8, int2, int4, int8, timestamptz
from storage.database import Connection
from storage.sql import queries

_SQL = queries("hourly")
#: Advisory lock of the roll-up ("rollup").
_LOCK = 0x726F6C6C7570


@dataclass(frozen=True, slots=True)
class DirtyHours:
    """Entries of the work list; the same point-hour may occur several times."""

    point_id: Int64
    hour_us: Int64

    def __len__(self) -> int:
        return len(self.point_id)


async def add_dirty_hours(connection: Connection, point_id: Int64, hour_us: Int64) -> None:
    """Ask for some point-hours to be computed again."""
    if len(point_id) == 0:
        return
    data = copy_rows([int4(point_id), timestamptz(hour_us)])
    async with connection.cursor() as cursor, cursor.copy(_SQL["copy_dirty"]) as copy:
        await copy.write(data)


async def lock_roll_up(connection: Connection) -> bool:
    """Whether this transaction may roll up; another one may not until it ends."""
    cursor = await connection.execute(_SQL["lock_roll_up"], {"lock": _LOCK})
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return False
    await connection.execute(_SQL["walk_indexes"])
    return True


async def take_dirty_hours(connection: Connection, limit: int) -> DirtyHours:
    """Strike off some entries of the work list, about the oldest; a transaction that fails puts them back."""
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL["take_dirty"], {"limit": limit})
        (row,) = await cursor.fetchall()
    return DirtyHours(row[0].astype(np.int64), row[1])


async def count_dirty_hours(connection: Connection) -> int:
    """Length of the work list."""
    cursor = await connection.execute(_SQL["count_dirty"])
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def upsert_hours(connection: Connection, windows: Windows, hours: Hours, computed_at: datetime) -> int:
    """Write the rows of some windows and append the rules' work for those that changed; how many did."""
    if len(windows) == 0:
        return 0
    parameters: dict[str, object] = {
        "point_id": int4(windows.point_id),
        "hour_at": timestamptz(windows.hour_us),
        "mean": float8(hours.mean),
        "increment": float8(hours.increment),
        "valid_minutes": int2(hours.valid_minutes),
        "reading_count": int4(hours.reading_count),
        "valid_count": int4(hours.valid_count),
        "minimum": float8(hours.minimum),
        "maximum": float8(hours.maximum),
        "first_value": float8(hours.first_value),
        "last_value": float8(hours.last_value),
        "flag_counts": _flag_counts(hours.flag_counts),
        "marks": _mark_names(hours.marks),
        "gap_from": timestamptz(hours.gap_from_us),
        "marked_minutes": int2(hours.marked_minutes),
        "mark_ids": [",".join(map(str, ids)) for ids in hours.mark_ids.tolist()],
        "deviation": float8(hours.deviation),
        "flat_head_s": int4(hours.flat_head_s),
        "flat_tail_s": int4(hours.flat_tail_s),
        "flat_longest_s": int4(hours.flat_longest_s),
        "zero_minutes": int2(hours.zero_minutes),
        "negative_minutes": int2(hours.negative_minutes),
        "maximum_count": int4(hours.maximum_count),
        "late_count": int4(hours.late_count),
        "digest": int8(hours.digest),
        "no_digest": NO_DIGEST,
        "computed_at": computed_at,
    }
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL["upsert_hours"], parameters)
        row: Any = await cursor.fetchone()
    return int(row[0])


def _mark_names(marks: NDArray[np.uint16]) -> list[str]:
    """The names of each row's marks with commas; hours have few different sets."""
    names = {bits: ",".join(mark_names(bits)) for bits in set(marks.tolist())}
    return [names[bits] for bits in marks.tolist()]


def _flag_counts(counts: Int64) -> list[str]:
    """JSON objects such as {"N": 58, "M": 2}; hours have few different ones."""
    letters = [flag.value for flag in SourceFlag]
    kinds, which = np.unique(counts, axis=0, return_inverse=True)
    texts = [
        json.dumps({letter: count for letter, count in zip(letters, kind, strict=True) if count})
        for kind in kinds.tolist()
    ]
    return [texts[index] for index in which.ravel().tolist()]


async def hint_rules(connection: Connection) -> None:
    """Wake the rules early, when the transaction commits."""
    await connection.execute(_SQL["hint_rules"])
