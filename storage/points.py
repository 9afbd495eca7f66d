"""The register as ingest reads it: which codes an enterprise may send, and how the values of a point behave."""

from __future__ import annotations

from dataclasses import dataclass

from domain.points import Counter, PointKind
from domain.readings import Int64
from storage.columns import column_cursor, int4
from storage.database import Connection
from storage.sql import queries

_SQL = queries("points")


@dataclass(frozen=True, slots=True)
class KnownPoint:
    """A point as the checks need it; physical bounds in the point's unit, None where there is none."""

    point_id: int
    code: str
    kind: PointKind
    interval_s: int
    physical_min: float | None
    physical_max: float | None


@dataclass(frozen=True, slots=True)
class Mechanics:
    """A point as the roll-up needs it; counter is None for what is no counter, None in the last two asks nothing."""

    point_id: int
    kind: PointKind
    interval_s: int
    counter: Counter | None
    stuck_minutes: int | None
    max_step: float | None


@dataclass(frozen=True, slots=True)
class KnownStation:
    """An HJ 212 station, in the words of the site file."""

    mn: str
    gateway: str
    edition: str
    profile: str
    crc: str
    missing_flag: str
    ignored: list[str]
    sm4_key: bytes | None


@dataclass(frozen=True, slots=True)
class KnownTag:
    """What a name on the wire means: value in the unit of the point of that code = raw * scale + zero."""

    protocol: str
    device: str
    name: str
    point: str
    scale: float
    zero: float


@dataclass(frozen=True, slots=True)
class Register:
    """What one enterprise may send."""

    enterprise_id: int
    points: list[KnownPoint]
    lines: frozenset[str]
    """Codes of production lines."""
    stations: list[KnownStation]
    tags: list[KnownTag]


async def exists(connection: Connection, enterprise: str) -> bool:
    """Whether the register has an enterprise of this code."""
    cursor = await connection.execute(_SQL["enterprise_id"], {"enterprise": enterprise})
    return await cursor.fetchone() is not None


async def load_register(connection: Connection, enterprise: str) -> Register | None:
    """What an enterprise may send; None for an unknown enterprise."""
    cursor = await connection.execute(_SQL["enterprise_id"], {"enterprise": enterprise})
    row = await cursor.fetchone()
    if row is None:
        return None
    identity = {"enterprise_id": row[0]}
    cursor = await connection.execute(_SQL["points"], identity)
    points = [
        KnownPoint(point_id, code, PointKind(kind), interval_s, low, high)
        for point_id, code, kind, interval_s, low, high in await cursor.fetchall()
    ]
    cursor = await connection.execute(_SQL["lines"], identity)
    lines = frozenset(str(code) for (code,) in await cursor.fetchall())
    cursor = await connection.execute(_SQL["stations"], identity)
    stations = [KnownStation(*station) for station in await cursor.fetchall()]
    cursor = await connection.execute(_SQL["tags"], identity)
    tags = [KnownTag(*tag) for tag in await cursor.fetchall()]
    return Register(int(row[0]), points, lines, stations, tags)


async def load_mechanics(connection: Connection, point_id: Int64) -> list[Mechanics]:
    """How the values of some points combine, ordered by point; unknown points are absent."""
    async with column_cursor(connection) as cursor:
        await cursor.execute(_SQL["mechanics"], {"point_id": int4(point_id)})
        rows = await cursor.fetchall()
    return [
        Mechanics(
            identity,
            PointKind(kind),
            interval_s,
            None if digits is None else Counter(digits, scale, max_rate_per_h),
            stuck_minutes,
            max_step,
        )
        for identity, kind, interval_s, digits, scale, max_rate_per_h, stuck_minutes, max_step in rows
    ]
