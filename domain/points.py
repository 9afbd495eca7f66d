"""A point is one measured quantity at one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PointKind(StrEnum):
    """How values of a point combine over time. A mean of a counter is meaningless and is refused by type."""

    INSTANTANEOUS = "instantaneous"  # concentration, temperature, power: mean of valid minutes
    COUNTER = "counter"  # cumulative meter: increments by meter segment
    STATE = "state"  # 0/1 or an enumeration: share of time


class Statistic(StrEnum):
    """What the values of a point say of another point: statements of the data logger, kept beside our own figures."""

    MINUTE_MEAN = "minute_mean"
    HOUR_MEAN = "hour_mean"  # as measured
    HOUR_CONVERTED = "hour_converted"  # at the logger's reference oxygen (折算, Zs)
    DAY_MEAN = "day_mean"
    DAY_CONVERTED = "day_converted"
    HOUR_TOTAL = "hour_total"  # Cou: quantity that passed in the hour
    ZERO_DRIFT = "zero_drift"  # of the analyser, % of full scale
    SPAN_DRIFT = "span_drift"


class Basis(StrEnum):
    """State of the gas that a concentration or a flow refers to: 273.15 K and 101.325 kPa or actual, dry or wet."""

    DRY_STANDARD = "dry_standard"
    WET_STANDARD = "wet_standard"
    DRY_ACTUAL = "dry_actual"
    WET_ACTUAL = "wet_actual"


@dataclass(frozen=True, slots=True)
class Counter:
    """The mechanics of a cumulative meter.

    digits: digits of the register; scale: units per count; the register rolls over at ``10 ** digits * scale``.
    max_rate_per_h: greatest possible flow in units per hour (Q4 of the meter), None when unknown.
    """

    digits: int
    scale: float = 1.0
    max_rate_per_h: float | None = None

    @property
    def rollover(self) -> float:
        """Value range of the register, in units of the point."""
        return float(10**self.digits) * self.scale
