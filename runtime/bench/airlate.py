"""One late reading: what it costs until its hour, day, month and quarter are judged again, on short and long history.

The whole road is walked, on the bench's own PostgreSQL: stored, rolled up, judged by every shipped rule.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry

from domain.periods import SITE_ZONE, local_day
from domain.readings import HOUR_US, Readings, dirty_hours, from_us, to_us
from ingest.metrics import IngestMetrics
from ingest.rollup import RollUp
from rules.engine import Engine
from rules.pack import load_packs
from runtime.bench.airdata import QUANTITIES, Size, month
from runtime.bench.children import BenchFailed
from runtime.databases import Embedded
from runtime.site import apply_site
from runtime.sitefile import load_site
from storage.database import Database, create_database, fetch_all
from storage.hourly import add_dirty_hours
from storage.migrate import migrate
from storage.points import load_register
from storage.readings import copy_new_readings, ensure_partition, insert_missing_readings

Figures = dict[str, Any]

#: When everything of a year is closed: the quarter is judged too.
_END = datetime(2026, 12, 31, 16, tzinfo=UTC)
_NOW = _END + timedelta(hours=1)
_BATCH = 200_000
_UNITS = {"o2": "%", "flue_flow": "m3/s", "flue_temperature": "degC"}
_SITE = """
[city]
code = "bench"
name = "bench"
[[district]]
code = "bench"
name = "bench"
[[enterprise]]
code = "bench"
name = "bench"
district = "bench"
industry = "bench"
is_industrial = true
registered_from = {since}
[[outlet]]
enterprise = "bench"
code = "S1"
name = "S1"
process = "coke_oven_stack"
in_service_from = {since}
"""
_POINT = """
[[point]]
enterprise = "bench"
code = "S1-{quantity}"
name = "{quantity}"
kind = "instantaneous"
quantity = "{quantity}"
unit = "{unit}"
interval_s = 60
outlet = "S1"
in_service_from = {since}
"""
_LIMIT = """
[[limit]]
enterprise = "bench"
outlet = "S1"
quantity = "{quantity}"
kind = "legal"
averaging = "{averaging}"
value = {value}
unit = "mg/m3"
standard = "bench"
clause = "bench"
source = "bench"
status = "permit"
enabled = true
valid_from = {since}
reason = "bench"
"""


@dataclass(slots=True)
class _Plant:
    """One stack with its history, judged up to the end, and the readings that are kept back."""

    days: int
    database: Database
    roll_up: RollUp
    engine: Engine
    late: list[Readings]
    found: list[Figures]


async def late_readings(embedded: Embedded, days: Sequence[int], count: int) -> Figures:
    """Figures by days of history, the same readings late at each; measured in turn, so that noise meets all."""
    async with AsyncExitStack() as stack:
        plants = [await _plant(embedded, stack, number, count + 1) for number in days]
        for position in range(count + 1):
            for plant in plants:
                plant.found.append(await _one(plant, plant.late[position]))
        return {f"after_{plant.days}_days": _summary(plant) for plant in plants}


def growth(figures: Figures) -> Figures:
    """Longest history over shortest; and over the one between, which holds a whole quarter as the longest does."""
    shortest, middle, longest = figures.values()
    return {
        "time": round(longest["total_ms"] / shortest["total_ms"], 2),
        "rows_read": round(longest["rows_read"] / max(1, shortest["rows_read"]), 2),
        "rows_read_of_whole_quarters": round(longest["rows_read"] / max(1, middle["rows_read"]), 2),
    }


async def _plant(embedded: Embedded, stack: AsyncExitStack, days: int, late: int) -> _Plant:
    name = f"late{days}"
    create_database(embedded.server.url, name)
    url = embedded.server.database_url(name)
    migrate(url, now=lambda: _NOW)
    database = await stack.enter_async_context(Database(url, name="plantwatch bench", max_size=1))
    start = _END - timedelta(days=days)
    await _register(database, start)
    kept = await _store(database, days, start, late)
    roll_up = RollUp(database, lambda: _NOW, IngestMetrics(CollectorRegistry()))
    engine = Engine(database, load_packs())
    while await roll_up.step(_NOW):
        pass
    while not (report := await engine.step(_NOW)).is_idle:
        if report.failed:
            raise BenchFailed(f"rules failed: {report.failed}")
    async with database.transaction() as connection:
        await connection.execute("analyze")
    return _Plant(days, database, roll_up, engine, kept, [])


async def _register(database: Database, start: datetime) -> None:
    since = local_day(start).isoformat()
    text = _SITE + "".join(
        _POINT.format(quantity=quantity, unit=_UNITS.get(quantity, "mg/m3"), since=since) for quantity in QUANTITIES
    )
    for averaging in ("hour", "day"):
        for quantity, value in zip(QUANTITIES, (30.0, 150.0, 10.0), strict=False):
            text += _LIMIT.format(quantity=quantity, averaging=averaging, value=value, since=since)
    with tempfile.TemporaryDirectory(prefix="plantwatch-bench-") as folder:
        file = Path(folder) / "site.toml"
        file.write_text(text.replace("{since}", since), "utf-8")
        await apply_site(database, load_site(file), lambda: _NOW)


async def _store(database: Database, days: int, start: datetime, late: int) -> list[Readings]:
    """Store the history but for some readings of the first pollutant on the last days; gives these one by one."""
    found = month(Size(1, 1, days), start).readings
    async with database.transaction() as connection:
        register = await load_register(connection, "bench")
    if register is None:
        raise BenchFailed("the bench's own register was not applied")
    ids = {point.code: point.point_id for point in register.points}
    wanted = np.array([0] + [ids[f"S1-{quantity}"] for quantity in QUANTITIES])
    identity = wanted[found.point_id]
    readings = Readings(identity, *(getattr(found, name) for name in found.__slots__[1:]))
    readings = readings.take(np.lexsort((readings.measured_us, readings.point_id)))
    # one each from hours of the last days: valid, at the half hour, with a value that changes the mean
    valid = (readings.point_id == ids["S1-so2"]) & (readings.source_flag == ord("N")) & (readings.qc_flag == 1)
    valid &= readings.measured_us % HOUR_US == HOUR_US // 2
    valid &= readings.measured_us > to_us(_END - timedelta(days=min(days, 30)))
    held = np.flatnonzero(valid)[:: max(1, int(valid.sum()) // late)][:late]
    if len(held) < late:
        raise BenchFailed("too short a history for so many late readings")
    kept = np.ones(len(readings), np.bool_)
    kept[held] = False
    at = start
    while at < _NOW:
        async with database.transaction() as connection:
            await ensure_partition(connection, at)
        at += timedelta(days=28)
    on_time = readings.take(kept)
    for first in range(0, len(on_time), _BATCH):
        batch = on_time.take(np.arange(first, min(first + _BATCH, len(on_time))))
        async with database.transaction() as connection:
            if not await copy_new_readings(connection, batch):
                raise BenchFailed("the history was there already")
            await add_dirty_hours(connection, *dirty_hours(batch, np.zeros(len(batch), np.bool_)))
    return [readings.take(np.array([position])) for position in held.tolist()]


async def _one(plant: _Plant, reading: Readings) -> Figures:
    """Store one reading, roll up, judge."""
    before = await _counters(plant.database)
    began = time.perf_counter()
    async with plant.database.transaction() as connection:
        await insert_missing_readings(connection, reading)
        await add_dirty_hours(connection, *dirty_hours(reading, np.zeros(1, np.bool_)))
    stored = time.perf_counter()
    await plant.roll_up.step(_NOW)
    rolled = time.perf_counter()
    report = await plant.engine.step(_NOW)
    judged = time.perf_counter()
    after = await _counters(plant.database)
    if report.failed or report.written == 0:
        at = from_us(int(reading.measured_us[0])).astimezone(SITE_ZONE)
        raise BenchFailed(f"a late reading of {at} was not judged: {report.failed or 'nothing changed'}")
    return {
        "store_ms": (stored - began) * 1e3,
        "roll_up_ms": (rolled - stored) * 1e3,
        "judge_ms": (judged - rolled) * 1e3,
        "total_ms": (judged - began) * 1e3,
        "judged": report.judged,
        "findings_written": report.written,
        **{name: after[name] - before[name] for name in after},
    }


async def _counters(database: Database) -> dict[str, int]:
    """Rows of the database read and written so far; the only session there is hands its counts in first."""
    async with database.transaction() as connection:
        await connection.execute("select pg_stat_force_next_flush()")
    async with database.transaction() as connection:
        (row,) = await fetch_all(
            connection,
            """select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint as rows_read,
                      coalesce(sum(n_tup_ins + n_tup_upd), 0)::bigint as rows_written
               from pg_stat_user_tables""",
        )
    return {name: int(value) for name, value in row.items()}


def _summary(plant: _Plant) -> Figures:
    """Medians without the first, which warms up."""
    measured = plant.found[1:]
    return {name: round(statistics.median(found[name] for found in measured), 2) for name in measured[0]}
