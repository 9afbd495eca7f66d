"""`plantwatch bench`: speed as ratios of two things measured side by side in one run, because machines are noisy.

Absolute figures are printed too, but only a ratio may be compared between two runs.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry

from domain.readings import Readings, to_us
from ingest.delivery import Delivery
from ingest.metrics import IngestMetrics
from ingest.registry import Registry
from ingest.writer import Writer
from runtime.databases import embedded_database
from runtime.site import apply_site
from runtime.sitefile import MODELS, Register
from storage.database import Database
from storage.points import load_register
from storage.readings import copy_new_readings, ensure_partition

_START = datetime(2026, 10, 1, tzinfo=UTC)
_POINTS, _SAMPLES, _MESSAGES, _ROUNDS = 20, 60, 100, 5


def bench(report: Path | None) -> int:
    """Measure, print and, when asked, write JSON: `figures` (absolute) and `ratios`."""
    with embedded_database(None, lambda: _START) as embedded:
        result = asyncio.run(_ingest(embedded.url))
    text = json.dumps(result, indent=2)
    sys.stdout.write(text + "\n")
    if report is not None:
        report.write_text(text + "\n", "utf-8")
    return 0


def _register() -> Register:
    """One enterprise with some points of minute values."""
    register: Register = {noun: {} for noun in MODELS}
    register["city"][("bench",)] = {"code": "bench", "name": "bench"}
    register["district"][("bench",)] = {"code": "bench", "name": "bench"}
    register["enterprise"][("bench",)] = {
        "code": "bench", "name": "bench", "district": "bench", "industry": "bench", "is_industrial": True,
        "registered_from": date(2026, 10, 1),
    }  # fmt: skip
    for number in range(_POINTS):
        code = f"P-{number}"
        register["point"][("bench", code)] = {
            "enterprise": "bench", "code": code, "name": code, "kind": "instantaneous", "quantity": "bench",
            "unit": "1", "interval_s": 60, "outlet": None, "physical_min": None, "physical_max": None,
            "counter_digits": None, "counter_scale": None, "counter_max_rate_per_h": None,
            "in_service_from": date(2026, 1, 1), "in_service_to": None,
        }  # fmt: skip
    return register


def _deliveries(first: datetime) -> list[Delivery]:
    """Messages of an hour each: 60 samples of every point, as a gateway sends them."""
    made = []
    for hour in range(_MESSAGES):
        samples = [
            {
                "at": (first + timedelta(hours=hour, minutes=minute)).isoformat(),
                "values": {f"P-{n}": round(20 + n + minute / 7, 3) for n in range(_POINTS)},
            }
            for minute in range(_SAMPLES)
        ]
        payload = json.dumps(samples).encode()
        topic = "plantwatch/v1/bench/gw/readings"
        received = first + timedelta(hours=_MESSAGES)
        made.append(Delivery("bench", "bench", topic, payload, len(payload), 1, False, False, received))
    return made


def _columns(point_ids: list[int], first: datetime) -> Readings:
    """The same values as columns, for a bare COPY."""
    minutes = _MESSAGES * _SAMPLES
    point = np.repeat(np.array(point_ids, np.int64), minutes)
    at = np.tile(to_us(first) + np.arange(minutes, dtype=np.int64) * 60_000_000, len(point_ids))
    size = len(point)
    flags = np.full(size, ord("N"), np.int8)
    return Readings(point, at, np.linspace(20, 60, size), flags, np.ones(size, np.int16), at.copy())


@asynccontextmanager
async def _writer(database: Database) -> AsyncIterator[Writer]:
    registry = Registry(database, lambda: asyncio.get_running_loop().time())
    writer = Writer(database, registry, IngestMetrics(CollectorRegistry()))
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        writer.close()
        await task


async def _ingest(url: str) -> dict[str, Any]:
    """Our writer (decode, check, store, account) against a bare COPY of the same number of rows into the same table."""
    values = _POINTS * _SAMPLES * _MESSAGES
    ours, bare = [], []
    async with Database(url) as database:
        await apply_site(database, _register(), lambda: _START)
        point_ids = await _point_ids(database)
        async with _writer(database) as writer:
            for number in range(_ROUNDS + 1):  # the first round warms up and is not counted
                first = _START + timedelta(days=400 * number)
                for offset in (0, 200):
                    await _ensure_months(database, first + timedelta(days=offset))
                deliveries = _deliveries(first)
                began = time.perf_counter()
                await asyncio.gather(*(writer.submit(delivery) for delivery in deliveries))
                ours.append(time.perf_counter() - began)
                columns = _columns(point_ids, first + timedelta(days=200))
                began = time.perf_counter()
                async with database.transaction() as connection:
                    await copy_new_readings(connection, columns)
                bare.append(time.perf_counter() - began)
    ratios = [mine / theirs for mine, theirs in zip(ours[1:], bare[1:], strict=True)]
    return {
        "figures": {
            "values_per_round": values,
            "writer_values_per_s": round(values / statistics.median(ours[1:])),
            "bare_copy_values_per_s": round(values / statistics.median(bare[1:])),
        },
        "ratios": {"ingest.writer_time_to_bare_copy_time": round(statistics.median(ratios), 2)},
    }


async def _point_ids(database: Database) -> list[int]:
    async with database.transaction() as connection:
        register = await load_register(connection, "bench")
    if register is None:
        raise RuntimeError("the bench's own register was not applied")
    return sorted(point.point_id for point in register.points)


async def _ensure_months(database: Database, first: datetime) -> None:
    for days in range(0, 32, 15):
        async with database.transaction() as connection:
            await ensure_partition(connection, first + timedelta(days=days))
