"""A cumulative meter: whole counts on a register that rolls over, and starts again from zero when it is reset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulators.city import CounterSpec
from simulators.devices.noise import generator, phase

Counts = NDArray[np.int64]


def day_increments(seed: int, name: str, spec: CounterSpec, flow_per_h: float, day: int, count: int) -> Counts:
    """Counts that pass in each of `count` equal parts of a day: a daily shape with noise, at least one count."""
    turn = np.arange(count) / count
    shape = 1 + 0.25 * np.sin(2 * np.pi * (turn + phase(name)))
    noise = 1 + 0.06 * generator(seed, name, day).standard_normal(count)
    counts = flow_per_h * 24 / count / spec.scale * shape * np.clip(noise, 0.7, 1.3)
    return np.maximum(np.rint(counts), 1).astype(np.int64)


def part_of(entered: Counts, part: tuple[float, float], spec: CounterSpec) -> Counts:
    """Counts of a sub-meter: its part of what entered, in thousandths of a unit. Neighbouring parts add up exactly."""
    low, high = (np.rint(entered * (end / (spec.scale * 1000))) for end in part)
    counts: Counts = (high - low).astype(np.int64)
    return counts


def counted(passed: Counts, error: float) -> Counts:
    """What a meter that counts too much by a share makes of what passes it."""
    made: Counts = np.rint(passed * (1 + error)).astype(np.int64)
    return made if error else passed


def start_counts(name: str, spec: CounterSpec) -> int:
    """Where an ordinary register stands when the story begins: between 10 and 40 % of its range."""
    return int(10**spec.digits * (0.1 + 0.3 * phase(name)))


def shown(counts: Counts, spec: CounterSpec) -> NDArray[np.float64]:
    """What the register shows, in units: counts modulo its range, times the scale."""
    units: NDArray[np.float64] = (counts % 10**spec.digits * spec.scale).round(6)
    return units
