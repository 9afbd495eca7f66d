"""The ceiling: plain binary COPY of rows from ready, sorted arrays into the same table, by one or two connections.

Each batch is a durable commit. A child of the bench; it also fills in the history that a run may stand on.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from domain.readings import Int64, Readings
from runtime.bench.children import await_end, await_go, read_task, say
from runtime.bench.fleet import STEP_MS
from storage.columns import char, copy_rows, float8, int2, int4, timestamptz
from storage.database import Database
from storage.sql import queries

_COPY = queries("readings")["copy_new"]


def batches(point_ids: Int64, first_ms: int, instants: int, rows: int, seed: int) -> Iterator[Readings]:
    """About so many rows a batch, in order of point and time; the batches follow each other in time, as live data."""
    rng = np.random.default_rng(seed)
    at_once = max(1, rows // len(point_ids))
    received_us = int(datetime.now(UTC).timestamp() * 1e6)
    for start in range(0, instants, at_once):
        count = min(at_once, instants - start)
        size = count * len(point_ids)
        at_us = (first_ms + np.arange(start, start + count) * STEP_MS) * 1000
        yield Readings(
            np.repeat(point_ids, count),
            np.tile(at_us, len(point_ids)),
            rng.integers(100_000, 999_999, size) / 1000,
            np.full(size, ord("N"), np.int8),
            np.full(size, 1, np.int16),
            np.full(size, received_us, np.int64),
        )


async def _copy(database: Database, ready: list[Readings]) -> None:
    async with database.transaction() as connection:
        for readings in ready:
            data = copy_rows(
                [
                    int4(readings.point_id),
                    timestamptz(readings.measured_us),
                    float8(readings.value),
                    char(readings.source_flag),
                    int2(readings.qc_flag),
                    timestamptz(readings.received_us),
                ]
            )
            async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                await copy.write(data)
            await connection.commit()


async def _run(task: dict[str, Any]) -> dict[str, Any]:
    shares = np.array_split(np.array(task["point_ids"], np.int64), task["connections"])
    ready = [
        list(batches(share, task["first_ms"], task["instants"], task["rows"], number))
        for number, share in enumerate(shares)
    ]
    async with Database(task["url"], min_size=len(shares), probe=False) as database:
        await asyncio.gather(*(_copy(database, []) for _ in shares))  # connected before the clock starts
        await_go()
        began = time.perf_counter()
        await asyncio.gather(*(_copy(database, share) for share in ready))
        return {"rows": sum(len(b) for share in ready for b in share), "seconds": time.perf_counter() - began}


def main() -> None:
    say(json.dumps(asyncio.run(_run(read_task()))))
    await_end()


if __name__ == "__main__":
    main()
