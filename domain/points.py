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
