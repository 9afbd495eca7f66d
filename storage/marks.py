"""Marks (标记) as rows, append-only; and the work that each leaves for the roll-up or for the rules.

A mark has effect as known at T when it was made by T and neither decided nor superseded by T. Equipment marks change
hourly rows, so their hours become dirty; process marks change only verdicts, so the rules look again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from psycopg.rows import dict_row

from domain.errors import BadInput, Conflict, NotFound
from domain.marks import (
    DECISION_WORDS,
    DIMENSION_WORDS,
    KINDS,
    LONGEST,
    Decision,
    Dimension,
    Mark,
    check_mark,
    first_conflict,
)
from domain.periods import SITE_ZONE, require_aware
from domain.pointhours import Spans
from domain.readings import Int64
from domain.readings import from_us as instant
from storage.columns import column_cursor, int4
from storage.database import Connection
from storage.hourly import hint_rules
from storage.sql import queries

_SQL = queries("marks")


@dataclass(frozen=True, slots=True)
class NewMark:
    """A mark to be made. enterprise, outlet, point: codes; point None: all analysers of the outlet. origin: manual or
    auto. supersedes: the mark that this one takes the place of."""

    enterprise: str
    outlet: str
    point: str | None
    dimension: str
    kind: str
    start: datetime
    end: datetime
    origin: str
    author: str
    reason: str
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class StoredMark(Mark):
    """A mark of the store; its outlet is ``{enterprise}/{code}``."""

    outlet_id: int
    point_id: int | None
    author: str
    reason: str
    origin: str
    created_at: datetime


async def add_mark(connection: Connection, new: NewMark, at: datetime) -> int:
    """Make a mark; its identity. Leaves the hours of the mark, and of the one it supersedes, to be looked at again.

    Raises BadInput as check_mark does, or for a point that is no analyser; NotFound for an unknown enterprise, outlet,
    point or superseded mark; Conflict when an effective mark says something of the same time (its message names that
    mark), or when the superseded one is of another outlet or dimension, decided, or superseded already.
    """
    try:
        dimension = Dimension(new.dimension)
    except ValueError:
        raise BadInput(f"dimension: {new.dimension!r} 应为 equipment（设备标记）或 process（工况标记）") from None
    key = f"{new.enterprise}/{new.outlet}"
    mark = Mark(0, key, new.point, dimension, new.kind, require_aware(new.start), require_aware(new.end))
    check_mark(mark, at)
    place = {"enterprise": new.enterprise, "outlet": new.outlet}
    outlet = await (await connection.execute(_SQL["lock_outlet"], place)).fetchone()
    if outlet is None:
        raise NotFound(f"没有排口 {key}")
    outlet_id, enterprise_id = outlet
    point_id = None if new.point is None else await _analyser(connection, outlet_id, key, new.point)
    before = None if new.supersedes is None else await _superseded(connection, new.supersedes, mark)
    effective = await effective_marks(connection, [outlet_id], mark.start, mark.end, dimension=dimension)
    conflict = first_conflict(mark, [other for other in effective if other.mark_id != new.supersedes])
    if conflict is not None:
        raise Conflict(f"与已生效的{_named(conflict)}时间重叠；请先撤回它，或在新标记中以 supersedes 取代它")
    cursor = await connection.execute(
        _SQL["insert"],
        {
            "enterprise_id": enterprise_id,
            "outlet_id": outlet_id,
            "point_id": point_id,
            "dimension": dimension,
            "kind": new.kind,
            "start_at": mark.start,
            "end_at": mark.end,
            "origin": new.origin,
            "author": new.author,
            "reason": new.reason,
            "created_at": at,
            "supersedes": new.supersedes,
        },
    )
    (mark_id,) = await cursor.fetchone() or (0,)
    if before is not None:
        await _leave_work(connection, before, outlet_id, before.point_id, at)
    await _leave_work(connection, mark, outlet_id, point_id, at)
    return int(mark_id)


async def decide_mark(
    connection: Connection, mark_id: int, decision: str, author: str, reason: str, at: datetime
) -> None:
    """End a mark's effect: `rejected` by the bureau, `withdrawn` by its enterprise. Leaves the same work as a new one.

    Raises BadInput for another decision, NotFound for an unknown mark, Conflict when it has no effect any more.
    """
    if decision not in set(Decision):
        raise BadInput(f"decision: {decision!r} 应为 rejected（驳回）或 withdrawn（撤回）")
    await connection.execute(_SQL["lock_outlet_of"], {"mark_id": mark_id})
    mark = await _in_effect(connection, mark_id)
    row = {"mark_id": mark_id, "decision": decision, "author": author, "reason": reason, "decided_at": at}
    await connection.execute(_SQL["decide"], row)
    await _leave_work(connection, mark, mark.outlet_id, mark.point_id, at)


async def find_mark(connection: Connection, mark_id: int) -> StoredMark:
    """A mark, whatever has become of it. Raises NotFound."""
    return _stored(await _row(connection, mark_id))


async def effective_marks(
    connection: Connection,
    outlet_ids: Sequence[int],
    from_at: datetime,
    to_at: datetime,
    *,
    as_known_at: datetime | None = None,
    dimension: str | None = None,
) -> list[StoredMark]:
    """Marks of some outlets that have effect somewhere in [from_at, to_at), by outlet, start and identity.

    as_known_at: what had effect by what was known then; None: by all that is known. The look is bounded by the span,
    not by the history of the outlets.
    """
    parameters = {
        "outlet_ids": list(outlet_ids),
        "from_at": from_at,
        "to_at": to_at,
        "first_at": from_at - LONGEST,
        "known_at": as_known_at,
        "dimension": dimension,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL["effective"], parameters)
        return [_stored(row) for row in await cursor.fetchall()]


async def equipment_spans(connection: Connection, point_id: Int64, from_us: int, to_us: int) -> Spans:
    """What effective equipment marks say of some points within [from_us, to_us), by all that is known."""
    from_at = instant(from_us)
    span = {"from_at": from_at, "to_at": instant(to_us), "first_at": from_at - LONGEST}
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL["equipment_spans"], {"point_id": int4(point_id), **span})
        (row,) = await cursor.fetchall()
    return Spans(row[0].astype(np.int64), *row[1:])


async def _analyser(connection: Connection, outlet_id: int, outlet: str, code: str) -> int:
    row = await (await connection.execute(_SQL["analyser"], {"outlet_id": outlet_id, "point": code})).fetchone()
    if row is None:
        raise NotFound(f"排口 {outlet} 没有测点 {code}")
    if not row[1]:
        raise BadInput(
            f"point: {code} 不是分析仪（累计量、状态量和数采仪自报值不能标记），应为排口 {outlet} 的瞬时测点"
        )
    return int(row[0])


async def _superseded(connection: Connection, mark_id: int, by: Mark) -> StoredMark:
    before = await _in_effect(connection, mark_id)
    if before.outlet != by.outlet:
        raise Conflict(f"supersedes: {_named(before)}属于排口 {before.outlet}，不能由排口 {by.outlet} 的标记取代")
    if before.dimension is not by.dimension:
        raise Conflict(f"supersedes: {_named(before)}不能由{DIMENSION_WORDS[by.dimension]}取代")
    return before


async def _in_effect(connection: Connection, mark_id: int) -> StoredMark:
    row = await _row(connection, mark_id)
    mark = _stored(row)
    if row["decision"] is not None:
        word = DECISION_WORDS[Decision(row["decision"])]
        raise Conflict(f"{_named(mark)}已由 {row['decided_by']} {word}")
    if row["superseded_by"] is not None:
        raise Conflict(f"{_named(mark)}已被标记 {row['superseded_by']} 取代")
    return mark


async def _row(connection: Connection, mark_id: int) -> Mapping[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL["one"], {"mark_id": mark_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"没有标记 {mark_id}")
    return row


async def _leave_work(connection: Connection, mark: Mark, outlet_id: int, point_id: int | None, at: datetime) -> None:
    span = {"outlet_id": outlet_id, "start_at": mark.start, "end_at": mark.end}
    if mark.dimension is Dimension.EQUIPMENT:
        await connection.execute(_SQL["leave_hours"], {**span, "point_id": point_id})
    else:
        await connection.execute(_SQL["leave_judgements"], {**span, "at": at})
        await hint_rules(connection)


def _stored(row: Mapping[str, Any]) -> StoredMark:
    return StoredMark(
        row["mark_id"],
        row["outlet"],
        row["point"],
        Dimension(row["dimension"]),
        row["kind"],
        row["start_at"],
        row["end_at"],
        row["outlet_id"],
        row["point_id"],
        row["author"],
        row["reason"],
        row["origin"],
        row["created_at"],
    )


def _named(mark: Mark) -> str:
    """A mark as a message names it, in local time."""
    start, end = (at.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M") for at in (mark.start, mark.end))
    of = "整个排口" if mark.point is None else f"测点 {mark.point}"
    word = KINDS[mark.dimension].get(mark.kind, mark.kind)
    return f"标记 {mark.mark_id}（{DIMENSION_WORDS[mark.dimension]}“{word}”，{of}，{start} 至 {end}）"
