"""What the LDAR signs look at: the tests of an enterprise with what ledger and register say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("leak_days")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LeakRow:
    """A test by its newest revision, with its component. unit: code of its installation and name, or the name alone;
    x_m, y_m: middle of the unit. Concentrations umol/mol; tested_ms since 1970."""

    component: str
    kind: str
    medium: str
    unit: str
    standard: str
    reachable: bool
    size_mm: float | None
    elevation_m: float | None
    x_m: float | None
    y_m: float | None
    tested_ms: int
    has_time: bool
    net_umol_mol: float | None
    reading_umol_mol: float | None
    background_umol_mol: float | None
    response_factor: float | None
    dwell_s: float | None
    method: str
    purpose: str
    visible: bool
    campaign: str | None
    instrument: str | None
    tester: str | None
    video: str | None


@dataclass(frozen=True, slots=True)
class InstrumentRow:
    """A declared instrument."""

    serial: str
    model: str | None
    response_time_s: float | None
    verified_until: date | None
    in_use_from: date
    in_use_to: date | None


@dataclass(frozen=True, slots=True)
class TesterRow:
    """A declared tester."""

    name: str
    in_service_from: date
    in_service_to: date | None


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """A calibration that stands; done_ms since 1970."""

    instrument: str
    done_ms: int
    kind: str
    expected: float | None
    shown: float


@dataclass(frozen=True, slots=True)
class UseRow:
    """A test at another enterprise; model: of the instrument as declared there."""

    enterprise: str
    instrument: str
    model: str | None
    tested_ms: int


async def test_times(
    connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime
) -> list[tuple[int, int]]:
    """(epoch seconds, number) of the instants in [from, to) at which an enterprise's components were tested."""
    cursor = await connection.execute(_SQL["test_times"], _window(enterprise_id, from_at, to_at))
    return [(tested_s, count) for tested_s, count in await cursor.fetchall()]


async def rows(connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime) -> list[LeakRow]:
    """Tests of an enterprise in [from, to), in no order."""
    return await _fetch(connection, "rows", LeakRow, _window(enterprise_id, from_at, to_at))


async def instruments(connection: Connection, enterprise_id: int) -> list[InstrumentRow]:
    """Declared instruments, by number."""
    return await _fetch(connection, "instruments", InstrumentRow, {"enterprise_id": enterprise_id})


async def testers(connection: Connection, enterprise_id: int) -> list[TesterRow]:
    """Declared testers, by name."""
    return await _fetch(connection, "testers", TesterRow, {"enterprise_id": enterprise_id})


async def calibrations(
    connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime
) -> list[CalibrationRow]:
    """Calibrations in [from, to) of an enterprise's instruments, in order of time."""
    return await _fetch(connection, "calibrations", CalibrationRow, _window(enterprise_id, from_at, to_at))


async def elsewhere(connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime) -> list[UseRow]:
    """Tests in [from, to) at other enterprises with instruments of numbers that this one used in it, by time."""
    return await _fetch(connection, "elsewhere", UseRow, _window(enterprise_id, from_at, to_at))


async def sharers(connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime) -> list[int]:
    """Ids of other enterprises that used instruments of the same numbers in [from, to), by any revision of a test."""
    cursor = await connection.execute(_SQL["sharers"], _window(enterprise_id, from_at, to_at))
    return [enterprise_id for (enterprise_id,) in await cursor.fetchall()]


def _window(enterprise_id: int, from_at: datetime, to_at: datetime) -> dict[str, object]:
    return {"enterprise_id": enterprise_id, "from_at": from_at, "to_at": to_at}


async def _fetch(connection: Connection, name: str, kind: type[T], parameters: dict[str, object]) -> list[T]:
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(_SQL[name], parameters)
        return await cursor.fetchall()
