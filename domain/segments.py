"""Meters that were replaced: what is known of each replacement, and what passed between readings on either side.

A point keeps its name when its meter is replaced; the register of the new one starts somewhere else and may have other
digits. With the record of the replacement (换表记录) the volume is known: what the old register gained until it was
taken off and what the new one gained since. Without it, it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from math import isnan
from typing import NamedTuple

import numpy as np

from domain.readings import HOUR_US, Float64, Int64

#: A register may exceed its greatest rate by a fifth before the value is doubted.
RATE_TOLERANCE = 1.2
#: A rollover leads from the last tenth of the register to its first tenth.
ROLLOVER_FROM, ROLLOVER_TO = 0.9, 0.1
#: When a meter was replaced is written down by hand: a part may have taken this much longer than the record says.
HAND_TIME_US = HOUR_US


@dataclass(frozen=True, slots=True)
class Changes:
    """Known replacements, in order of point and instant: columns of equal length, no instant of a point twice.

    A reading at changed_us or before shows the old register, one after it the new one.
    """

    point_id: Int64
    changed_us: Int64
    old_final: Float64
    """What the old register showed when it was taken off, in units of the point."""
    new_initial: Float64
    """What the new one showed when it was put in."""

    def __len__(self) -> int:
        return len(self.point_id)


@dataclass(frozen=True, slots=True)
class Registers:
    """Registers of meters that are not as their point says, in order of point and instant: columns of equal length.

    Each shows what is read after from_us, until the next one of its point.
    """

    point_id: Int64
    from_us: Int64
    rollover: Float64
    max_rate_per_h: Float64
    """NaN when unknown."""

    def __len__(self) -> int:
        return len(self.point_id)


@dataclass(frozen=True, slots=True)
class Meters:
    """All that is known of some points' meters beyond what the points say."""

    changes: Changes
    registers: Registers

    def __bool__(self) -> bool:
        return len(self.changes) > 0 or len(self.registers) > 0


def no_meters() -> Meters:
    """Nothing known: every point has had one meter, as registered."""
    ids, values = np.empty(0, np.int64), np.empty(0, np.float64)
    return Meters(Changes(ids, ids, values, values), Registers(ids, ids, values, values))


def geometry(
    registers: Registers, series: Int64, at_us: Int64, rollover: Float64, max_rate_per_h: Float64
) -> tuple[Float64, Float64]:
    """Value range and greatest rate of the register that shows at each instant of a series.

    series, at_us: ordered by series; rollover, max_rate_per_h: by the point, for where no register is known.
    """
    if len(registers) == 0:
        return rollover, max_rate_per_h
    rollover, max_rate_per_h = rollover.copy(), max_rate_per_h.copy()
    entries = zip(
        *(getattr(registers, name).tolist() for name in ("point_id", "from_us", "rollover", "max_rate_per_h")),
        strict=True,
    )
    for point, from_us, full, rate in entries:  # in order: a later one takes over
        low, high = (int(series.searchsorted(point, side)) for side in ("left", "right"))
        begin = low + int(at_us[low:high].searchsorted(from_us, "right"))
        rollover[begin:high] = full
        max_rate_per_h[begin:high] = rate
    return rollover, max_rate_per_h


def register_at(registers: Registers, point_id: int, at_us: int, rollover: float) -> float:
    """Value range of the register of a point that shows at an instant; rollover: by the point, where none is known."""
    number = _shown(registers, point_id, at_us)
    return rollover if number is None else float(registers.rollover[number])


def _shown(registers: Registers, point_id: int, at_us: int) -> int | None:
    """Which of the registers of a point shows at an instant."""
    low, high = (int(registers.point_id.searchsorted(point_id, side)) for side in ("left", "right"))
    last = low + int(registers.from_us[low:high].searchsorted(at_us, "left")) - 1
    return last if last >= low else None


class Count(NamedTuple):
    """What a register showed at an instant, with its value range and greatest rate (NaN when unknown)."""

    value: float
    at_us: int
    rollover: float
    max_rate_per_h: float


class Doubt(Enum):
    """Why what passed between two counts is not known."""

    FELL = auto()  # a register went down without a rollover
    TOO_MUCH = auto()  # more than the meters can pass


class Passed(NamedTuple):
    """A known volume; rolled: whether a register rolled over on the way."""

    volume: float
    rolled: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A replacement as it concerns a step: the old register's last count and the new one's first value."""

    old: Count
    new_initial: float


def passed(before: Count, taken: list[Taken], now: Count) -> Passed | Doubt:
    """What passed from one count to another over the replacements between them, in order.

    Each register must have gone up, or rolled over, and no faster than it can, by its own rate and time give or take
    HAND_TIME_US; all of them together in no more than the time between the counts.
    """
    volume, needed_us, rolled = 0.0, 0.0, False
    starts = [(before.value, before.at_us), *((one.new_initial, one.old.at_us) for one in taken)]
    for (start, start_us), end in zip(starts, [*(one.old for one in taken), now], strict=True):
        rise = end.value - start
        if rise < 0:
            rolled = True
            rise += end.rollover
            if start < ROLLOVER_FROM * end.rollover or end.value > ROLLOVER_TO * end.rollover or rise < 0:
                return Doubt.FELL
        if not isnan(end.max_rate_per_h):
            takes_us = rise / (RATE_TOLERANCE * end.max_rate_per_h) * HOUR_US
            if takes_us > end.at_us - start_us + HAND_TIME_US:
                return Doubt.TOO_MUCH
            needed_us += takes_us
        volume += rise
    return Doubt.TOO_MUCH if needed_us > now.at_us - before.at_us else Passed(volume, rolled)


class Crossing(NamedTuple):
    """A row of a series with replacements between it and the value before it, or between that and the one before.

    since_previous: those after the previous value; since_second: those after the one before that, all of them.
    """

    row: int
    since_previous: list[Taken]
    since_second: list[Taken]


def crossings(meters: Meters, series: Int64, at_us: Int64, rollover: Float64, max_rate: Float64) -> Iterator[Crossing]:
    """The rows of series that replacements concern, in order; rollover, max_rate: of the register that each shows.

    Columns as for `domain.counters.increments`.
    """
    changes = meters.changes
    if len(changes) == 0 or len(series) == 0:
        return
    low, high = series.searchsorted(changes.point_id, "left"), series.searchsorted(changes.point_id, "right")
    after = low.copy()
    for number, (first, stop) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        after[number] = first + at_us[first:stop].searchsorted(changes.changed_us[number], "right")
    # beyond a series' end, or before its first value: nothing lies on both sides
    inside = np.flatnonzero((after < high) & (after > low))
    taken: dict[int, list[Taken]] = {}
    for number in inside.tolist():
        row = int(after[number])
        taken.setdefault(row, []).append(
            _taken(meters, number, float(rollover[row - 1]), float(max_rate[row - 1]), int(at_us[row - 1]))
        )
    later = {row + 1 for row in taken if row + 1 < len(series) and series[row + 1] == series[row]}
    for row in sorted({*taken, *later}):
        since_previous = taken.get(row, [])
        before = taken.get(row - 1, []) if series[row - 1] == series[row] else []
        yield Crossing(row, since_previous, [*before, *since_previous])


def _taken(meters: Meters, number: int, rollover: float, max_rate: float, since_us: int) -> Taken:
    """A replacement, with the register that it took off: the one that shows at its instant."""
    changes, registers = meters.changes, meters.registers
    at_us = int(changes.changed_us[number])
    last = _shown(registers, int(changes.point_id[number]), at_us)
    if last is not None and registers.from_us[last] >= since_us:  # put in since the reading: not what this showed
        rollover, max_rate = float(registers.rollover[last]), float(registers.max_rate_per_h[last])
    return Taken(Count(float(changes.old_final[number]), at_us, rollover, max_rate), float(changes.new_initial[number]))
