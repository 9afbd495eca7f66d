"""Replaced meters (换表记录), append-only: a record counts until another one takes its place or it is withdrawn.

A record changes what is known of the readings after it, so it leaves the same work for the roll-up as a late reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from psycopg.rows import dict_row

from domain.errors import BadInput, Conflict, NotFound
from domain.periods import SITE_ZONE, require_aware
from domain.points import Counter, PointKind
from domain.readings import Int64, to_us
from domain.readings import from_us as instant
from domain.segments import ROLLOVER_FROM, ROLLOVER_TO, Changes, Meters, Registers, register_at
from storage.columns import column_cursor, int4
from storage.database import Connection
from storage.points import load_mechanics
from storage.readings import valid_readings_before
from storage.sql import queries

_SQL = queries("meter_changes")


@dataclass(frozen=True, slots=True)
class NewChange:
    """A replacement to record. enterprise, point: codes; old_final, new_initial: in units of the point. supersedes: the
    record that this one takes the place of; one of the same instant is superseded without being named."""

    enterprise: str
    point: str
    changed_at: datetime
    old_final: float
    new_initial: float
    old_serial: str | None
    new_serial: str | None
    author: str
    reason: str
    supersedes: int | None = None


async def add_change(connection: Connection, new: NewChange, at: datetime) -> int:
    """Record a replacement; its identity. The same record again changes nothing.

    Leaves the hours after it to be computed again. Raises BadInput (``field: expected``) for a point that is no
    counter, an instant to come, or values that contradict the registers or the old meter's last reading;
    NotFound for an unknown point or superseded record; Conflict when that is another point's or has no effect.
    """
    changed_at = require_aware(new.changed_at)
    if changed_at > at:
        raise BadInput(f"changed_at: 换表时间在将来，应不晚于 {_local(at)}")
    for field, value in (("old_final", new.old_final), ("new_initial", new.new_initial)):
        if not 0 <= value < float("inf"):
            raise BadInput(f"{field}: {value:.12g} 应为不小于 0 的数")
    place = {"enterprise": new.enterprise, "point": new.point}
    row = await (await connection.execute(_SQL["lock_point"], place)).fetchone()
    if row is None:
        raise NotFound(f"没有测点 {new.enterprise}/{new.point}")
    point_id = int(row[0])
    if row[1] != PointKind.COUNTER:
        raise BadInput(f"point: {new.point} 不是累计量测点，只有累计量表计可以登记换表")
    spot = {"point_id": point_id, "changed_at": changed_at}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL["current_at"], spot)
        current = await cursor.fetchone()
    same = ("old_final", "new_initial", "old_serial", "new_serial")
    if current is not None and all(current[name] == getattr(new, name) for name in same):
        return int(current["change_id"])
    ended = set() if current is None else {int(current["change_id"])}
    if new.supersedes is not None:
        before = await find_change(connection, new.supersedes)
        if before["point_id"] != point_id:
            raise Conflict(f"supersedes: 换表记录 {new.supersedes} 属于测点 {before['enterprise']}/{before['point']}")
        _require_effective(before)
        ended.add(new.supersedes)
    registers = await own_registers(connection, [point_id])
    async with connection.transaction():  # what contradicts the readings leaves nothing behind
        for change_id in sorted(ended):
            await _end(connection, change_id, at)
        given = {"old_serial": new.old_serial, "new_serial": new.new_serial, "author": new.author, "reason": new.reason}
        values = {"old_final": new.old_final, "new_initial": new.new_initial, "created_at": at}
        cursor_made = await connection.execute(_SQL["insert"], {**spot, **given, **values})
        (change_id,) = await cursor_made.fetchone() or (0,)
        await _check(connection, point_id, new, changed_at)
        await connection.execute(_SQL["leave_hour"], spot)
        await recount(connection, registers, await own_registers(connection, [point_id]))
    return int(change_id)


async def withdraw_change(connection: Connection, change_id: int, author: str, reason: str, at: datetime) -> None:
    """End a record's effect. Raises NotFound; Conflict when it has none any more."""
    await connection.execute(_SQL["lock_point_of"], {"change_id": change_id})
    row = await find_change(connection, change_id)
    _require_effective(row)
    registers = await own_registers(connection, [row["point_id"]])
    await _end(connection, change_id, at, author, reason)
    await recount(connection, registers, await own_registers(connection, [row["point_id"]]))


async def find_change(connection: Connection, change_id: int) -> dict[str, Any]:
    """A record, whatever has become of it. Raises NotFound."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL["one"], {"change_id": change_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"没有换表记录 {change_id}")
    return row


async def load_meters(connection: Connection, point_id: Int64) -> Meters:
    """What is known of some points' meters beyond what the points say, by point and instant."""
    ids = {"point_id": int4(point_id)}
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL["changes"], ids)
        (row,) = await cursor.fetchall()
        points, changed_us = row[0].astype(np.int64), row[1]
        order = np.lexsort((changed_us, points))
        changes = Changes(points[order], changed_us[order], row[2][order], row[3][order])
    return Meters(changes, _columns(await own_registers(connection, point_id.tolist())))


class OwnRegister(NamedTuple):
    """The register of a meter as it shows at a point from an instant on; max_rate_per_h None when unknown."""

    point_id: int
    from_at: datetime
    digits: int
    scale: float
    max_rate_per_h: float | None


async def own_registers(connection: Connection, point_ids: Sequence[int]) -> list[OwnRegister]:
    """The meters of those points of which any meter has a register of its own, by point and instant."""
    cursor = await connection.execute(_SQL["registers"], {"point_id": list(point_ids)})
    return [OwnRegister(*row) for row in await cursor.fetchall()]


async def meter_points(connection: Connection, meters: Iterable[tuple[str, str, str | None]]) -> list[int]:
    """The points of some meters, by (enterprise, serial, point or None), as registered and as given."""
    chosen = list(meters)
    columns = zip(*chosen, strict=True) if chosen else ((), (), ())
    given = dict(zip(("enterprises", "serials", "points"), map(list, columns), strict=True))
    return [int(row[0]) for row in await (await connection.execute(_SQL["meter_points"], given)).fetchall()]


async def recount(connection: Connection, before: Iterable[OwnRegister], now: Iterable[OwnRegister]) -> None:
    """Leave the hours to be computed again in which other registers show than was thought before."""
    since: dict[int, datetime] = {}
    for one in set(before) ^ set(now):
        since[one.point_id] = min(one.from_at, since.get(one.point_id, one.from_at))
    if since:
        await connection.execute(_SQL["leave_hours"], {"point_ids": list(since), "froms": list(since.values())})


def _columns(found: Sequence[OwnRegister]) -> Registers:
    return Registers(
        np.array([one.point_id for one in found], np.int64),
        np.array([to_us(one.from_at) for one in found], np.int64),
        np.array([Counter(one.digits, one.scale).rollover for one in found], np.float64),
        np.array([np.nan if one.max_rate_per_h is None else one.max_rate_per_h for one in found], np.float64),
    )


async def _end(
    connection: Connection, change_id: int, at: datetime, withdrawn_by: str | None = None, because: str | None = None
) -> None:
    said = {"change_id": change_id, "at": at, "withdrawn_by": withdrawn_by, "withdrawn_because": because}
    row = await find_change(connection, change_id)
    await connection.execute(_SQL["end_effect"], said)
    await connection.execute(_SQL["leave_hour"], {"point_id": row["point_id"], "changed_at": row["changed_at"]})


async def _check(connection: Connection, point_id: int, new: NewChange, changed_at: datetime) -> None:
    """A record that is in the store already, against the registers and the reading before it.

    Not against the reading after it: another replacement may lie between, whose record is still to come.
    """
    ids, at_us = np.array([point_id], np.int64), to_us(changed_at)
    meters, (point,) = await load_meters(connection, ids), await load_mechanics(connection, ids)
    assert point.counter is not None
    own = point.counter.rollover
    old, after = (register_at(meters.registers, point_id, instant, own) for instant in (at_us, at_us + 1))
    for field, value, full in (("old_final", new.old_final, old), ("new_initial", new.new_initial, after)):
        if value >= full:
            raise BadInput(f"{field}: {value:.12g} 超出表计量程，应小于 {full:.12g}")
    cursor = await connection.execute(_SQL["previous"], {"point_id": point_id, "changed_at": changed_at})
    (previous,) = await cursor.fetchone() or (None,)
    before = await valid_readings_before(connection, ids, np.array([at_us], np.int64))
    shown = before.take(before.measured_us > (to_us(previous) if previous is not None else np.iinfo(np.int64).min))
    if len(shown):
        last = int(shown.measured_us.argmax())
        value, said_at = float(shown.value[last]), int(shown.measured_us[last])
        if _contradicts(value, new.old_final, old):
            raise BadInput(
                f"old_final: {new.old_final:.12g} 小于旧表最后一次上报的读数 {value:.12g}（{_local_us(said_at)}），"
                "应不小于它，或旧表其间翻转"
            )


def _contradicts(before: float, after: float, rollover: float) -> bool:
    """Whether a register cannot have shown one value and then the other."""
    return after < before and not (before >= ROLLOVER_FROM * rollover and after <= ROLLOVER_TO * rollover)


def _require_effective(row: dict[str, Any]) -> None:
    if row["withdrawn_by"] is not None:
        raise Conflict(f"换表记录 {row['change_id']} 已由 {row['withdrawn_by']} 撤回")
    if row["superseded_at"] is not None:
        raise Conflict(f"换表记录 {row['change_id']} 已被取代")


def _local(at: datetime) -> str:
    return at.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M")


def _local_us(at_us: int) -> str:
    return _local(instant(at_us))
