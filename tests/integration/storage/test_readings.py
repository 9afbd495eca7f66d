"""What the store does for a batch must not grow with what it holds already: rows read are counted, not seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from domain.readings import Readings, to_us
from storage.database import Connection, Database, fetch_all
from storage.readings import effective_readings, ensure_partition, insert_corrections, insert_missing_readings

START = datetime(2026, 10, 1, tzinfo=UTC)
POINTS, MINUTES = 10, 10_000


def batch(first_minute: int, minutes: int, value: float = 1.0) -> Readings:
    """The readings of every point for some minutes, in order of point and time."""
    size = POINTS * minutes
    at = to_us(START) + (first_minute + np.arange(minutes, dtype=np.int64)) * 60_000_000
    return Readings(
        np.repeat(np.arange(1, POINTS + 1, dtype=np.int64), minutes), np.tile(at, POINTS), np.full(size, value),
        np.full(size, ord("N"), np.int8), np.ones(size, np.int16), np.tile(at, POINTS),
    )  # fmt: skip


async def rows_read(connection: Connection) -> int:
    """Rows that this transaction has read of the readings, by scans and by index."""
    (row,) = await fetch_all(
        connection,
        "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::int as rows from pg_stat_xact_user_tables"
        " where relname like 'reading%' or relname like '%hyper%chunk'",
    )
    return int(row["rows"])


async def plant(database: Database) -> None:
    async with database.transaction() as connection:
        await ensure_partition(connection, START)
        await connection.execute(
            "insert into district values ('d', 'd'); insert into enterprise (code, name, district, industry,"
            " is_industrial, registered_from) values ('e', 'e', 'd', 'i', true, '2026-01-01');"
            " insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, in_service_from)"
            " select 1, 'P-' || n, 'p', 'instantaneous', 'q', 'u', 60, '2026-01-01' from generate_series(1, 10) n"
        )


async def test_redeliveries_cost_the_same_whatever_is_stored(database: Database) -> None:
    await plant(database)
    async with database.transaction() as connection:
        await insert_missing_readings(connection, batch(0, 100))
        # statistics that know nothing of what came since, as they always do of live data
        await connection.execute("analyze reading")
        await insert_missing_readings(connection, batch(100, MINUTES - 100))
    async with database.transaction() as connection:
        before = await rows_read(connection)
        # from both ends of what came, as gateways do that come back after an outage
        again = batch(100, MINUTES - 100)
        again = again.take(np.isin(again.measured_us, (again.measured_us.min(), again.measured_us.max())))
        assert len(again) == 2 * POINTS
        assert len(await insert_corrections(connection, again)) == 0
        # a handful each: TimescaleDB looks into more than one index
        assert await rows_read(connection) - before <= 10 * len(again)


async def test_rolling_up_an_hour_reads_that_hour(database: Database) -> None:
    await plant(database)
    async with database.transaction() as connection:
        await insert_missing_readings(connection, batch(0, MINUTES))
    hour_us = to_us(START) + 3_600_000_000 * 100
    point_id = np.arange(1, POINTS + 1, dtype=np.int64)
    async with database.transaction() as connection:
        before = await rows_read(connection)
        readings, _ = await effective_readings(
            connection, point_id, np.full(POINTS, hour_us), np.full(POINTS, hour_us + 3_600_000_000)
        )
        assert len(readings) == POINTS * 60
        assert await rows_read(connection) - before <= 2 * len(readings)


async def test_a_corrected_value_is_as_late_as_its_correction(database: Database) -> None:
    """What arrived hours later and is what counts now must not look as if it had come in time."""
    await plant(database)
    late = batch(0, 3, value=2.0)
    corrections = replace(late, received_us=late.received_us + 5 * 3_600_000_000).take(np.arange(len(late)) % 3 == 1)
    async with database.transaction() as connection:
        await insert_missing_readings(connection, batch(0, 3))
        await insert_corrections(connection, corrections)
        point_id = np.arange(1, POINTS + 1, dtype=np.int64)
        hour_us = np.full(POINTS, to_us(START))
        readings, corrected = await effective_readings(connection, point_id, hour_us, hour_us + 3_600_000_000)
    hours_late = (readings.received_us - readings.measured_us) // 3_600_000_000
    assert corrected.sum() == POINTS
    assert (hours_late == np.where(corrected, 5, 0)).all()
    assert (readings.value == np.where(corrected, 2.0, 1.0)).all()
