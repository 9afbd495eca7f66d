"""What early warnings and statements need beside a small city: readings by the minute, limits, stating points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.integration.rules.world import City

MINUTE = timedelta(minutes=1)


def send(
    city: City, point: int, first: datetime, values: Sequence[float | None], *, flag: str = "N", every_s: int = 60
) -> None:
    """Readings of a point from an instant on, None for none; as ingest stores them."""
    step = timedelta(seconds=every_s)
    city.run("select ensure_reading_partitions_v1(%s, %s)", first, first + len(values) * step)
    with city.connection.cursor() as cursor:
        cursor.executemany(
            "insert into reading (point_id, measured_at, value, source_flag, qc_flag, received_at)"
            " values (%s, %s, %s, %s, 1, %s)",
            [
                (point, first + n * step, value, flag, first + n * step)
                for n, value in enumerate(values)
                if value is not None
            ],
        )


def correct(city: City, point: int, at: datetime, value: float) -> None:
    """A later value for a stored instant."""
    city.run(
        "insert into correction (point_id, measured_at, value, source_flag, qc_flag, received_at)"
        " values (%s, %s, %s, 'N', 1, %s)",
        point,
        at,
        value,
        at + timedelta(hours=1),
    )


def limit(city: City, value: float, *, quantity: str = "so2", process: str = "coke_oven_stack", **changes: Any) -> int:
    """A row of the register of limits, in force for all outlets of a process."""
    row: dict[str, Any] = {
        "origin": "site",
        "process": process,
        "quantity": quantity,
        "kind": "legal",
        "averaging": "hour",
        "region": "any",
        "value": value,
        "unit": "mg/m3",
        "decimals": 0,
        "reference_o2_pct": None,
        "exempt_process": [],
        "standard": "GB 16171-2012",
        "clause": "表6",
        "source": "test",
        "confidence": "V",
        "status": "law",
        "enabled": True,
        "valid_from": "2020-01-01",
        "author": "test",
        "reason": "",
        "created_at": datetime.fromisoformat("2026-01-01T00:00:00+08:00"),
    } | changes
    names = ", ".join(row)
    holes = ", ".join(["%s"] * len(row))
    return int(city.one(f"insert into emission_limit ({names}) values ({holes}) returning limit_id", *row.values()))


def statement(city: City, enterprise: int, code: str, of: int, statistic: str, *, unit: str = "mg/m3") -> int:
    """A point that states something of another one, at the same outlet."""
    return int(
        city.one(
            "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id, of_point_id,"
            " statistic, in_service_from)"
            " select %s, %s, %s, 'instantaneous', quantity, %s, 3600, outlet_id, point_id, %s, '2020-01-01'"
            " from point where point_id = %s returning point_id",
            enterprise,
            code,
            code,
            unit,
            statistic,
            of,
        )
    )


def stated(city: City, point: int, at: datetime, value: float, *, work: bool = False) -> None:
    """The hourly row of a statement for the period that begins at an instant."""
    city.hours(point, at, 1, value, minutes=60, readings=1)
    city.run("update hourly set first_value = mean, minimum = mean, maximum = mean where point_id = %s", point)
    if work:
        city.work("hour", point, at)
