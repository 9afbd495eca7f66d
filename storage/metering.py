"""The water-metering register, and how many hours of each day a meter reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from domain.metering import ControlIndex, Intake, Line, Meter, Place, Quota, WaterUser
from storage.database import Connection
from storage.sql import queries

_SQL = queries("metering")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MeteringRegister:
    """The register's rows; enterprise_ids by code."""

    cities: list[str]
    districts: list[str]
    users: list[WaterUser]
    intakes: list[Intake]
    places: list[Place]
    meters: list[Meter]
    enterprise_ids: dict[str, int]
    parks: list[str]
    lines: list[Line]
    control_indices: list[ControlIndex]
    quotas: list[Quota]


async def register(connection: Connection, enterprise: str | None = None) -> MeteringRegister:
    """The metering register as it stands. enterprise: only what belongs to that one, beside all enterprises."""
    kinds = await (await connection.execute(_SQL["places_of_the_city"])).fetchall()
    users = await (await connection.execute(_SQL["users"])).fetchall()
    return MeteringRegister(
        cities=[code for kind, code in kinds if kind == "city"],
        districts=[code for kind, code in kinds if kind == "district"],
        users=[WaterUser(*row[1:]) for row in users],
        intakes=await _all(connection, "intakes", Intake, enterprise),
        places=await _all(connection, "places", Place, enterprise),
        meters=await _all(connection, "meters", Meter, enterprise),
        enterprise_ids={row[1]: row[0] for row in users},
        parks=[code for kind, code in kinds if kind == "park"],
        lines=await _all(connection, "lines", Line, enterprise),
        control_indices=await _all(connection, "control_indices", ControlIndex, enterprise),
        quotas=await _all(connection, "quotas", Quota),
    )


async def hours_by_day(
    connection: Connection, point_ids: Sequence[int], from_at: datetime, to_at: datetime, origin: datetime
) -> list[tuple[int, datetime, int]]:
    """(point_id, start of the day, hours with a reading) in [from_at, to_at); days are 24 h counted from `origin`."""
    cursor = await connection.execute(
        _SQL["hours_by_day"],
        {"point_ids": list(point_ids), "from_at": from_at, "to_at": to_at, "origin": origin},
    )
    return [(point_id, day_at, count) for point_id, day_at, count in await cursor.fetchall()]


async def _all(
    connection: Connection, block: str, row_type: Callable[..., T], enterprise: str | None = None
) -> list[T]:
    """Rows of a block whose columns are the fields of a type, in order; by place, a city has tens of thousands."""
    cursor = await connection.execute(_SQL[block], {"enterprise": enterprise})
    return [row_type(*row) for row in await cursor.fetchall()]
