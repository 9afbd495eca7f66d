"""Monthly totals of counters, kept from hourly rows: what balances, rates and accounts of a month rest on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.periods import Period
from storage.database import Connection
from storage.sql import queries

_SQL = queries("month_totals")


class PointMonth(NamedTuple):
    """A row of point_month; month: its first local day. carried_from: last reading before a gap over its beginning."""

    point_id: int
    month: date
    total: float | None
    bridged: float
    carried: float
    hours: int
    unknown_steps: int
    first_hour: datetime | None
    last_hour: datetime | None
    carried_from: datetime | None = None


async def close_month(connection: Connection, month: date, period: Period) -> None:
    """Sum up a local month of every counter."""
    await connection.execute(_SQL["sum_up"], {"from_at": period.start, "to_at": period.end})
    await connection.execute(_SQL["keep_sums"], {"month": month})
    await connection.execute(_SQL["forget_sums"])


async def refresh(connection: Connection, pairs: Sequence[tuple[int, date]]) -> list[date]:
    """Sum up again some (point, month); the months in which anything has changed. Points that are no counters are
    passed over."""
    if not pairs:
        return []
    cursor = await connection.execute(
        _SQL["refresh"], {"point_ids": [point for point, _ in pairs], "months": [month for _, month in pairs]}
    )
    return [month for (month,) in await cursor.fetchall()]


async def totals(
    connection: Connection, from_day: date, to_day: date, enterprise: str | None = None
) -> list[PointMonth]:
    """Totals of the months that begin in [from_day, to_day]; enterprise: of its points only."""
    parameters = {"from_day": from_day, "to_day": to_day}
    if enterprise is None:
        cursor = await connection.execute(_SQL["totals"], parameters)
    else:
        cursor = await connection.execute(_SQL["totals_of"], {**parameters, "enterprise": enterprise})
    return [PointMonth(*row) for row in await cursor.fetchall()]


async def is_unsettled(connection: Connection, period: Period) -> bool:
    """Whether hours of counters in a period are still to be rolled up."""
    cursor = await connection.execute(_SQL["is_unsettled"], {"from_at": period.start, "to_at": period.end})
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def first_day(connection: Connection) -> date | None:
    """First local day on which anybody is registered, None for an empty register."""
    row = await (await connection.execute(_SQL["first_day"])).fetchone()
    return None if row is None else row[0]
