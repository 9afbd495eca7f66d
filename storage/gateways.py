"""What gateways say of themselves, online or offline, and since when; and which points each of them has sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("gateways")


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """A gateway's word at an instant."""

    enterprise_id: int
    gateway: str
    online: bool
    changed_at: datetime


async def set_statuses(connection: Connection, statuses: Sequence[GatewayStatus]) -> None:
    """Record the words of some gateways, no gateway twice; a word older than the stored one changes nothing."""
    if statuses:
        parameters: dict[str, object] = {
            name: [getattr(status, name) for status in statuses] for name in GatewayStatus.__slots__
        }
        await connection.execute(_SQL["set_status"], parameters)


@dataclass(frozen=True, slots=True)
class GatewayPoint:
    """That a gateway sent readings of a point, measured from first_at on; last_at is within a day of the newest."""

    enterprise_id: int
    gateway: str
    point_id: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class WatchedPoint:
    """A point of a gateway with the dates of its service; ends_at: when it became another gateway's, or None."""

    point_id: int
    enterprise_id: int
    enterprise: str
    registered_from: date
    point: str
    in_service_from: date
    in_service_to: date | None
    gateway: str
    interval_s: int
    first_at: datetime
    ends_at: datetime | None


async def known_points(connection: Connection, enterprise_ids: Iterable[int]) -> list[GatewayPoint]:
    """What is known of the gateways of some enterprises."""
    async with connection.cursor(row_factory=class_row(GatewayPoint)) as cursor:
        await cursor.execute(_SQL["known_points"], {"enterprise_ids": list(enterprise_ids)})
        return await cursor.fetchall()


async def note_points(connection: Connection, seen: Sequence[GatewayPoint]) -> None:
    """Record that gateways sent points, no pair twice; what is known already is widened."""
    if seen:
        parameters: dict[str, object] = {name: [getattr(one, name) for one in seen] for name in GatewayPoint.__slots__}
        await connection.execute(_SQL["note_points"], parameters)


async def points_of_gateways(
    connection: Connection,
    forget: timedelta,
    *,
    touched: tuple[Sequence[int], Sequence[int]] | None = None,
) -> list[WatchedPoint]:
    """Every point of gateways, by enterprise, gateway and code.

    forget: a point is another gateway's when that one has sent it for so long since this one did. touched: only
    gateways that have any of these points, or are of these enterprises; None: all.
    """
    point_ids, enterprise_ids = touched or (None, None)
    parameters = {
        "forget": forget,
        "point_ids": None if point_ids is None else list(point_ids),
        "enterprise_ids": list(enterprise_ids or ()),
    }
    async with connection.cursor(row_factory=class_row(WatchedPoint)) as cursor:
        await cursor.execute(_SQL["points_of_gateways"], parameters)
        return await cursor.fetchall()


async def gateway_hours(
    connection: Connection, windows: Sequence[tuple[int, int, datetime, datetime]]
) -> list[tuple[int, int, int]]:
    """(gateway, hour number, readings) of hours with readings, summed over (gateway, point_id, from, to) windows; the
    gateways are whatever numbers the caller gives them."""
    names = ("numbers", "point_ids", "froms", "tos")
    parameters = {name: [window[place] for window in windows] for place, name in enumerate(names)}
    rows = await (await connection.execute(_SQL["gateway_hours"], parameters)).fetchall()
    return [(number, hour, count) for number, hour, count in rows]
