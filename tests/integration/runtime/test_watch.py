"""The machine's clock against the database's, and what is told while the database is away."""

from __future__ import annotations

import math
from datetime import timedelta

from prometheus_client import CollectorRegistry

from runtime.clock import system_clock
from runtime.watch import MachineMetrics
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
