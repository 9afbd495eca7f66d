"""A month of minute data of invented stacks, with what real months have: calibrations, faults, gaps, near misses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.readings import HOUR_US, SECOND_US, Float64, Int64, Readings, to_us

#: The points of each outlet, in their order; the first three have limits.
QUANTITIES = ("so2", "nox", "pm", "o2", "flue_flow", "flue_temperature")
POLLUTANTS = 3
O2 = QUANTITIES.index("o2")
#: Midnight of the site at the start of a month with 31 days.
MONTH = datetime(2026, 9, 30, 16, tzinfo=UTC)

_MINUTE_US = 60 * SECOND_US
#: Level, spread of hours, spread of minutes and decimals of each quantity.
_SHAPE = {
    "so2": (24.0, 4.0, 3.0, 1),
    "nox": (120.0, 18.0, 10.0, 1),
    "pm": (7.5, 1.6, 0.8, 2),
    "o2": (8.5, 1.0, 0.3, 2),
    "flue_flow": (42.0, 4.0, 1.5, 1),
    "flue_temperature": (118.0, 6.0, 1.0, 1),
}


@dataclass(frozen=True, slots=True)
class Size:
    """How many, and how long."""

    plants: int = 8
    outlets: int = 6
    days: int = 31

    @property
    def stacks(self) -> int:
        return self.plants * self.outlets

    @property
    def hours(self) -> int:
        return self.days * 24


@dataclass(frozen=True, slots=True)
class Limits:
    """Shape (2, stacks, pollutants): the legal limit and the ultra-low one of each pollutant at each stack."""

    value: Float64
    decimals: Int64
    reference_o2_pct: Float64
    """NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is evaluated. Point k of stack s has the identity s * 6 + k + 1."""

    size: Size
    start_us: int
    readings: Readings
    limits: Limits

    @property
    def first_hour(self) -> int:
        """Number of the month's first hour since 1970."""
        return self.start_us // HOUR_US


def month(size: Size, start: datetime = MONTH, seed: int = 1) -> Month:
    """The same data for the same arguments; as many days as the size says, from an instant on a whole hour."""
    rng = np.random.default_rng(seed)
    points = size.stacks * len(QUANTITIES)
    parts = [_point(size, to_us(start), number, rng) for number in range(points)]
    readings = Readings(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return Month(size, to_us(start), readings, _limits(size))


def _limits(size: Size) -> Limits:
    """Every third stack has no reference oxygen; legal limits have none anywhere, as GB 16171-2012 has none."""
    value = np.broadcast_to(np.array([[50.0, 200.0, 15.0], [30.0, 150.0, 10.0]])[:, None], (2, size.stacks, 3))
    decimals = np.broadcast_to(np.array([0, 0, 1])[None, None], value.shape)
    reference = np.full(value.shape, np.nan)
    reference[1, np.arange(size.stacks) % 3 != 0] = 8.0
    return Limits(value.copy(), decimals.copy(), reference)


def _point(size: Size, start_us: int, number: int, rng: np.random.Generator) -> list[NDArray[Any]]:
    """Columns of one point, in the order of Readings."""
    hours = size.hours
    quantity = QUANTITIES[number % len(QUANTITIES)]
    level, between, within, decimals = _SHAPE[quantity]
    value = (level + between * rng.standard_normal(hours))[:, None] + within * rng.standard_normal((hours, 60))
    if quantity == "o2":
        value[rng.random(hours) < 0.01] = 20.4  # the fan runs on, the plant does not
    value = np.asarray(np.round(np.abs(value), decimals), np.float64)
    flag = np.full((hours, 60), ord("N"), np.int8)
    kept = np.ones((hours, 60), np.bool_)
    flag[9 + number % 6 :: 24, :10] = ord("C")
    value[9 + number % 6 :: 24, :10] = 0.0
    for hour in np.flatnonzero(rng.random(hours) < 0.004).tolist():
        flag[hour : hour + int(rng.integers(1, 6)), 5:] = ord("D")
    value[flag == ord("D")] = 0.0
    for hour in np.flatnonzero(rng.random(hours) < 0.02).tolist():
        first = int(rng.integers(0, 60))
        kept[hour, first : first + int(rng.integers(1, 40))] = False
    flag[rng.random((hours, 60)) < 0.0005] = ord("T")
    qc = np.ones((hours, 60), np.int16)
    qc[rng.random((hours, 60)) < 0.0005] = 3
    at_us = (start_us + np.arange(hours * 60) * _MINUTE_US).reshape(hours, 60)
    delay_us = np.where(rng.random((hours, 60)) < 0.001, 5 * HOUR_US, 3 * SECOND_US)
    point_id = np.full(int(kept.sum()), number + 1, np.int64)
    return [point_id, at_us[kept], value[kept], flag[kept], qc[kept], (at_us + delay_us)[kept]]
