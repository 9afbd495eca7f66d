"""A point is one measured quantity at one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PointKind(StrEnum):
    """How values of a point combine over time. A mean of a counter is meaningless and is refused by type."""

    INSTANTANEOUS = "instantaneous"  # concentration, temperature, power: mean of valid minutes
    COUNTER = "counter"  # cumulative meter: increments by meter segment
    STATE = "state"  # 0/1 or an enumeration: share of time


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


@dataclass(frozen=True, slots=True)
class Point:
    """One measured quantity at one place, as the register knows it.

    code: unique within the enterprise; unit: of the values as sent; interval_s: how often a value is due;
    physical_min/max: values outside are kept but flagged suspect; None means no bound.
    """

    point_id: int
    enterprise: str
    code: str
    name: str
    kind: PointKind
    quantity: str
    unit: str
    interval_s: int = 60
    physical_min: float | None = None
    physical_max: float | None = None
    counter: Counter | None = None
