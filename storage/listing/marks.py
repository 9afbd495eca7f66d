"""Marks as people see them: what was said, by whom, what became of it, and which hours it touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import NotFound
from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_marks")


@dataclass(frozen=True, slots=True)
class MarkFilter:
    """None: not filtered. from_at and to_at: marks that cover some of [from_at, to_at).

    as_known_at: marks made by then, and what had become of them by then. state: effective, rejected, withdrawn or
    superseded.
    """

    enterprise_id: int | None = None
    outlet: str | None = None
    dimension: str | None = None
    kind: str | None = None
    origin: str | None = None
    state: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    as_known_at: datetime | None = None
    mark_ids: list[int] | None = None


async def list_marks(connection: Connection, wanted: MarkFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page, newest first; `after` is a mark_id."""
    return await fetch_all(connection, _SQL["marks"], {**asdict(wanted), "after": after, "limit": limit})


async def marks_by_id(
    connection: Connection, mark_ids: Sequence[int], *, as_known_at: datetime | None = None
) -> list[Row]:
    """Marks of these ids, oldest first; unknown ids are absent."""
    wanted = MarkFilter(mark_ids=list(mark_ids), as_known_at=as_known_at)
    return (await list_marks(connection, wanted, after=None, limit=len(mark_ids)))[::-1]


async def get_mark(connection: Connection, mark_id: int) -> Row:
    """One mark, whatever has become of it. Raises NotFound."""
    rows = await marks_by_id(connection, [mark_id])
    if not rows:
        raise NotFound(f"没有标记 {mark_id}")
    return rows[0]


async def mark_chain(connection: Connection, mark_id: int) -> list[Row]:
    """The marks that took each other's place, this one among them, oldest first."""
    found = await fetch_all(connection, _SQL["chain"], {"mark_id": mark_id})
    return await marks_by_id(connection, [row["mark_id"] for row in found])


async def marked_hours(connection: Connection, mark_id: int, *, limit: int) -> tuple[int, list[Row]]:
    """Hourly rows in which an equipment mark made minutes invalid: how many there are, and the first `limit`."""
    return _counted(await fetch_all(connection, _SQL["hours"], {"mark_id": mark_id, "limit": limit}))


async def marked_findings(connection: Connection, mark_id: int, *, limit: int) -> tuple[int, list[Row]]:
    """Current findings that name a mark: how many there are, and the first `limit` by period."""
    return _counted(await fetch_all(connection, _SQL["findings"], {"mark_id": mark_id, "limit": limit}))


def _counted(rows: list[Row]) -> tuple[int, list[Row]]:
    return (int(rows[0]["total"]) if rows else 0), rows


async def list_automatic(
    connection: Connection,
    *,
    enterprise_id: int | None,
    outlet: str | None,
    period: Period,
    after: tuple[datetime, int, str] | None,
    limit: int,
) -> list[Row]:
    """One page of what instruments (by flag) and running states (flag empty) said by themselves of their hours.

    By hour, point_id and flag, which `after` is of.
    """
    after_hour, after_point, after_flag = after or (None, None, None)
    return await fetch_all(
        connection,
        _SQL["automatic"],
        {
            "enterprise_id": enterprise_id,
            "outlet": outlet,
            "from_at": period.start,
            "to_at": period.end,
            "after_hour": after_hour,
            "after_point": after_point,
            "after_flag": after_flag,
            "limit": limit,
        },
    )
