"""Hours made dirty by new, late or corrected readings become hourly rows.

The work list is the truth: what is struck off was computed from readings at least as new, in the same transaction.
One roll-up works at a time, however many processes there are; running it again gives the same rows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from domain.clock import Clock
from domain.errors import StorageUnavailable
from domain.hourly import hours
from domain.pointhours import Windows, marked_by
from domain.points import PointKind
from domain.readings import HOUR_US, Bool, Int64, Readings
from ingest.metrics import IngestMetrics
from storage.database import Connection, Database
from storage.hourly import (
    count_dirty_hours,
    hint_rules,
    lock_roll_up,
    take_dirty_hours,
    upsert_hours,
)
from storage.marks import equipment_spans
from storage.meter_changes import load_meters
from storage.points import Mechanics, load_mechanics
from storage.readings import effective_readings, valid_readings_before, valid_times_after

logger = logging.getLogger(__name__)

#: Readings that are held in memory at once, about; 41 bytes each.
_READINGS_AT_ONCE = 1_000_000
#: Seconds between counts of the work list while there is work.
_MEASURE_S = 5.0


class RollUp:
    """Computes hourly rows; `run` polls, `step` does one transaction's work."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        poll_s: float = 1.0,
        entries_at_once: int = 200_000,
    ) -> None:
        """poll_s: pause between steps unless the work list is longer than one: live data dirty the same hours again and
        again, and rolling them up without a break would cost as much as storing. entries_at_once: of the work list, in
        one transaction."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._poll_s = poll_s
        self._entries_at_once = entries_at_once

    async def run(self) -> None:
        """Work until cancelled; waits while the database is away."""
        loop = asyncio.get_running_loop()
        measured_s = loop.time()
        while True:
            try:
                worked = await self.step(self._clock())
                if worked == 0 or loop.time() - measured_s >= _MEASURE_S:
                    await self._measure()
                    measured_s = loop.time()
            except StorageUnavailable as error:
                logger.warning("the roll-up waits for the database", exc_info=error)
                worked = 0
            if worked < self._entries_at_once:
                await asyncio.sleep(self._poll_s)

    async def step(self, now: datetime) -> int:
        """Compute the hours of the oldest entries of the work list; how many entries were struck off.

        0 when there is no work, or another process is at it. Raises StorageUnavailable.
        """
        with self._metrics.roll_up_seconds.time():
            async with self._database.transaction() as connection:
                if not await lock_roll_up(connection):
                    return 0
                dirty = await take_dirty_hours(connection, self._entries_at_once)
                if len(dirty) == 0:
                    return 0
                changed = await self._compute(connection, dirty.point_id, dirty.hour_us, now)
                if changed:
                    await hint_rules(connection)
        self._metrics.hours.inc(changed)
        return len(dirty)

    async def _compute(self, connection: Connection, point_id: Int64, hour_us: Int64, now: datetime) -> int:
        mechanics = await load_mechanics(connection, np.unique(point_id))
        point_id, hour_us = await _with_followers(connection, mechanics, *_distinct(point_id, hour_us))
        # asked after the work was taken, as marks are: a later record dirties its hours again
        counters = np.array([m.point_id for m in mechanics if m.kind is PointKind.COUNTER], np.int64)
        meters = await load_meters(connection, counters) if len(counters) else None
        changed = 0
        for windows in _portions(_windows(mechanics, point_id, hour_us)):
            readings, corrected = await _load(connection, windows)
            marked = await _marked(connection, windows, readings)
            # a million readings take some time, in which gateways wait for their answers
            rows = await asyncio.to_thread(hours, windows, readings, corrected, marked, meters)
            there = rows.reading_count > 0  # nothing is there when the readings are past their retention
            changed += await upsert_hours(connection, windows.take(there), rows.take(there), now)
        return changed

    async def _measure(self) -> None:
        async with self._database.transaction() as connection:
            self._metrics.dirty_hours.set(await count_dirty_hours(connection))


def _distinct(point_id: Int64, hour_us: Int64) -> tuple[Int64, Int64]:
    pairs = np.unique(np.stack([point_id, hour_us], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


async def _with_followers(
    connection: Connection, mechanics: list[Mechanics], point_id: Int64, hour_us: Int64
) -> tuple[Int64, Int64]:
    """The point-hours, and for counters those of the next two readings, whose increments depend on these."""
    counters = np.array([m.point_id for m in mechanics if m.kind is PointKind.COUNTER], np.int64)
    counted = np.isin(point_id, counters)
    if not counted.any():
        return point_id, hour_us
    ids, starts_us = point_id[counted], hour_us[counted]
    last = _run_ends(ids, starts_us)  # within a run of hours all are computed anyway
    followers, times_us = await valid_times_after(connection, ids[last], starts_us[last] + HOUR_US)
    later_us = (times_us - 1) // HOUR_US * HOUR_US
    return _distinct(np.r_[point_id, followers], np.r_[hour_us, later_us])


def _run_starts(point_id: Int64, hour_us: Int64) -> Bool:
    """Where a run of consecutive hours of one point begins, in point-hours in order."""
    starts = np.ones(len(point_id), np.bool_)
    starts[1:] = (point_id[1:] != point_id[:-1]) | (hour_us[1:] - hour_us[:-1] > HOUR_US)
    return starts


def _run_ends(point_id: Int64, hour_us: Int64) -> Bool:
    """Where such a run ends."""
    ends: Bool = np.r_[_run_starts(point_id, hour_us)[1:], True]
    return ends


def _windows(mechanics: list[Mechanics], point_id: Int64, hour_us: Int64) -> Windows:
    """The windows of some point-hours; points that are no longer registered have none."""
    known = np.array([m.point_id for m in mechanics], np.int64)
    chosen = np.isin(point_id, known)
    point_id, hour_us = point_id[chosen], hour_us[chosen]
    index = np.searchsorted(known, point_id)
    nan = float("nan")
    rates = [m.counter.max_rate_per_h if m.counter and m.counter.max_rate_per_h else nan for m in mechanics]
    return Windows(
        point_id,
        hour_us,
        np.array([m.kind is PointKind.COUNTER for m in mechanics], np.bool_)[index],
        np.array([m.interval_s for m in mechanics], np.int64)[index],
        np.array([m.counter.rollover if m.counter else nan for m in mechanics], np.float64)[index],
        np.array(rates, np.float64)[index],
        np.array([m.stuck_minutes or 0 for m in mechanics], np.int64)[index],
        np.array([nan if m.max_step is None else m.max_step for m in mechanics], np.float64)[index],
    )


def _portions(windows: Windows) -> Iterator[Windows]:
    """The windows in portions whose readings fit into memory together."""
    due = np.cumsum(HOUR_US // 1_000_000 // windows.interval_s + 1)
    portion = due // _READINGS_AT_ONCE
    for number in np.unique(portion):
        yield windows.take(portion == number)


async def _load(connection: Connection, windows: Windows) -> tuple[Readings, Bool]:
    """Effective readings of some windows, for counters with the two valid ones before; where they were corrected."""
    # a run of consecutive hours is one range
    first = np.flatnonzero(_run_starts(windows.point_id, windows.hour_us))
    last = np.flatnonzero(_run_ends(windows.point_id, windows.hour_us))
    is_counter = windows.is_counter[first]
    point_id = windows.point_id[first]
    # ranges are (from, to]: a microsecond earlier for the points whose hours are [start, end)
    from_us = windows.hour_us[first] - ~is_counter
    to_us = windows.hour_us[last] + HOUR_US - ~is_counter
    readings, corrected = await effective_readings(connection, point_id, from_us, to_us)
    if not is_counter.any():
        return readings, corrected
    before = await valid_readings_before(connection, point_id[is_counter], from_us[is_counter])
    return _merge(before, readings, corrected)


async def _marked(connection: Connection, windows: Windows, readings: Readings) -> Int64 | None:
    """The effective equipment mark on each reading, None when there is none at all.

    Asked after the work was taken: a mark whose hours were struck off is seen, a later one dirties them again.
    """
    if len(windows) == 0:
        return None
    first_us, last_us = int(windows.hour_us.min()), int(windows.hour_us.max())
    spans = await equipment_spans(connection, np.unique(windows.point_id), first_us, last_us + HOUR_US)
    return marked_by(readings, spans) if len(spans) else None


def _merge(before: Readings, readings: Readings, corrected: Bool) -> tuple[Readings, Bool]:
    """Both in order of point and time; `readings`, which know what was corrected, win over `before`."""
    both = Readings(
        np.r_[readings.point_id, before.point_id],
        np.r_[readings.measured_us, before.measured_us],
        np.r_[readings.value, before.value],
        np.r_[readings.source_flag, before.source_flag],
        np.r_[readings.qc_flag, before.qc_flag],
        np.r_[readings.received_us, before.received_us],
    )
    order = np.lexsort((both.measured_us, both.point_id))  # stable: `readings` come first
    both = both.take(order)
    first = np.ones(len(both), np.bool_)
    first[1:] = (both.point_id[1:] != both.point_id[:-1]) | (both.measured_us[1:] != both.measured_us[:-1])
    return both.take(first), np.r_[corrected, np.zeros(len(before), np.bool_)][order][first]
