"""The machine's clock against the database's, and what is told while the database is away."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from runtime.clock import system_clock
from runtime.watch import MachineMetrics, watching
from storage.database import Database


def _value(registry: CollectorRegistry, name: str) -> float:
    found = registry.get_sample_value(name)
    assert found is not None
    return found


async def test_a_clock_that_is_ahead_is_told(database: Database) -> None:
    registry = CollectorRegistry()
    metrics = MachineMetrics(registry, lambda: system_clock() + timedelta(hours=1))
    assert math.isnan(_value(registry, "plantwatch_clock_offset_seconds"))
    await metrics.read(database)
    assert 3540 < _value(registry, "plantwatch_clock_offset_seconds") < 3660
    assert _value(registry, "plantwatch_database_bytes") > 1e6


async def test_nothing_is_told_of_a_database_that_is_away() -> None:
    registry = CollectorRegistry()
    metrics = MachineMetrics(registry, system_clock)
    async with Database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1", name="test") as away:
        await metrics.read(away)
    assert math.isnan(_value(registry, "plantwatch_clock_offset_seconds"))
    assert math.isnan(_value(registry, "plantwatch_database_bytes"))


async def test_an_error_of_any_kind_ends_no_reading(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A wall clock that fails once stands for whatever nobody thought of."""
    registry = CollectorRegistry()
    failures = iter([False, False, True])
    read_again = asyncio.Event()

    def wall() -> datetime:
        if next(failures, None):
            raise RuntimeError("an error that nobody thought of")
        if caplog.records:
            read_again.set()
        return system_clock()

    async with watching(database, registry, wall, every_s=0.001), asyncio.timeout(30):
        await read_again.wait()
    assert "an error that nobody thought of" in caplog.text
