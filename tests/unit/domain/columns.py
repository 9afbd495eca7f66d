"""Between the readings of the oracle and the columns of the code under test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from domain.hourly import NO_GAP, Hours, Windows, hours, mark_names
from domain.quality import SourceFlag
from domain.readings import HOUR_US, Readings, from_us, to_us
from domain.segments import Changes, Meters, Registers
from tests.unit.domain.by_hand import Change, Hour, Reading

#: From when on, value range, greatest rate or None.
Register = tuple[datetime, float, float | None]

START = datetime.fromisoformat("2026-11-02T00:00:00+00:00")


def at(minutes: float) -> datetime:
    """So many minutes after START."""
    return START + timedelta(minutes=minutes)


def columns(readings: list[Reading], point_id: int = 1) -> tuple[Readings, np.ndarray]:
    """The readings, and where they were corrected."""
    ordered = sorted(readings, key=lambda r: r.at)
    size = len(ordered)
    return Readings(
        np.full(size, point_id, np.int64),
        np.array([to_us(r.at) for r in ordered], np.int64),
        np.array([r.value for r in ordered], np.float64),
        np.array([ord(r.flag) for r in ordered], np.int8),
        np.array([r.qc for r in ordered], np.int16),
        np.array([to_us(r.at) + (HOUR_US + 1 if r.late else HOUR_US) for r in ordered], np.int64),
    ), np.array([r.corrected for r in ordered], np.bool_)


def marks(readings: list[Reading]) -> np.ndarray:
    """The mark on each reading, in their order of time."""
    return np.array([r.mark for r in sorted(readings, key=lambda r: r.at)], np.int64)


def windows(
    starts: list[datetime],
    *,
    point_id: int = 1,
    interval_s: int = 60,
    rollover: float | None = None,
    max_rate: float | None = None,
    stuck_minutes: int = 0,
    max_step: float | None = None,
) -> Windows:
    size = len(starts)
    nan = float("nan")
    return Windows(
        np.full(size, point_id, np.int64),
        np.array([to_us(start) for start in sorted(starts)], np.int64),
        np.full(size, rollover is not None),
        np.full(size, interval_s, np.int64),
        np.full(size, nan if rollover is None else rollover),
        np.full(size, nan if max_rate is None else max_rate),
        np.full(size, stuck_minutes, np.int64),
        np.full(size, nan if max_step is None else max_step),
    )


def rows(found: Hours) -> list[Hour]:
    """Rows of columns, None for NaN."""

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    letters = [flag.value for flag in SourceFlag]
    return [
        Hour(
            number(found.mean[i]),
            number(found.increment[i]),
            int(found.valid_minutes[i]),
            int(found.reading_count[i]),
            int(found.valid_count[i]),
            number(found.minimum[i]),
            number(found.maximum[i]),
            number(found.first_value[i]),
            number(found.last_value[i]),
            {letter: int(n) for letter, n in zip(letters, found.flag_counts[i], strict=True) if n},
            mark_names(int(found.marks[i])),
            None if found.gap_from_us[i] == NO_GAP else from_us(int(found.gap_from_us[i])),
            int(found.marked_minutes[i]),
            list(found.mark_ids[i]),
            number(found.deviation[i]),
            int(found.flat_head_s[i]),
            int(found.flat_tail_s[i]),
            int(found.flat_longest_s[i]),
            int(found.zero_minutes[i]),
            int(found.negative_minutes[i]),
            int(found.maximum_count[i]),
            int(found.late_count[i]),
        )
        for i in range(len(found.mean))
    ]


def meters(changes: Sequence[Change], registers: Sequence[Register] = (), point_id: int = 1) -> Meters:
    """What is known of a point's meters."""
    ordered = sorted(changes, key=lambda change: change.at)
    nan = float("nan")
    return Meters(
        Changes(
            np.full(len(ordered), point_id, np.int64),
            np.array([to_us(change.at) for change in ordered], np.int64),
            np.array([change.old_final for change in ordered], np.float64),
            np.array([change.new_initial for change in ordered], np.float64),
        ),
        Registers(
            np.full(len(registers), point_id, np.int64),
            np.array([to_us(one[0]) for one in registers], np.int64),
            np.array([one[1] for one in registers], np.float64),
            np.array([nan if one[2] is None else one[2] for one in registers], np.float64),
        ),
    )


def computed(
    readings: list[Reading],
    starts: list[datetime],
    *,
    changes: Sequence[Change] = (),
    registers: Sequence[Register] = (),
    **traits: float | None,
) -> list[Hour]:
    """The rows of some hours of one point by the code under test."""
    asked = windows(starts, **traits)  # type: ignore[arg-type]
    return rows(hours(asked, *columns(readings), marks(readings), meters(changes, registers)))
