"""Standard coal (标准煤): amounts of energy to tce, by factors that say where they come from (GB/T 2589).

Everything is Decimal: limits are compared without rounding, and no binary fraction may decide. Factors are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.ledger import ENERGY

#: Net calorific value of one kgce, in MJ (GB/T 2589: 29307.6 kJ, 7000 kcal). A definition, not a factor.
MJ_PER_KGCE = Decimal("29.3076")
_THOUSAND = Decimal(1000)
#: tce of a kind's unit, given kgce of the unit in which tables print a factor (kWh, m3, kg, MJ).
_TO_TCE: Mapping[str, Decimal] = {
    "kWh": 1 / _THOUSAND,
    "m3": 1 / _THOUSAND,
    "t": Decimal(1),  # kgce/kg is tce/t
    "GJ": Decimal(1),  # kgce/MJ is tce/GJ
}
#: The unit in which a table must print the factor of a kind that is counted in a unit.
PRINTED_UNITS: Mapping[str, str] = {"kWh": "kgce/kWh", "m3": "kgce/m3", "t": "kgce/kg", "GJ": "kgce/MJ"}


@dataclass(frozen=True, slots=True)
class Factor:
    """Standard-coal factor of an energy kind. kgce: in `PRINTED_UNITS` of the kind's unit.

    low, high: where the standard prints a range, of which kgce is the mean. reading: ``printed``, ``mean_of_range``,
    ``measured`` (from a measured net calorific value) or ``equal_value``. confirmed: False for a figure that nobody has
    seen in a source: it may be shown, but decides nothing. valid_from: first local day of the edition, None: any.
    """

    kind: str
    kgce: Decimal
    edition: str
    source: str
    confidence: str
    confirmed: bool
    reading: str = "printed"
    low: Decimal | None = None
    high: Decimal | None = None
    valid_from: date | None = None

    @property
    def unit(self) -> str:
        """Unit of kgce."""
        return PRINTED_UNITS[ENERGY[self.kind].unit]

    def tce(self, amount: Decimal) -> Decimal:
        """tce of an amount in the kind's unit; negative amounts are energy that was given away."""
        return amount * self.kgce * _TO_TCE[ENERGY[self.kind].unit]


def measured_factor(kind: str, ncv: Decimal) -> Factor:
    """The factor of a measured net calorific value (低位发热量), in MJ/m3 of gases and MJ/kg of the others."""
    return Factor(kind, ncv / MJ_PER_KGCE, "实测低位发热量", "企业填报", "measured", True, "measured")


class Factors:
    """Factors by kind and edition."""

    def __init__(self, factors: Iterable[Factor]) -> None:
        self._by_kind: dict[str, list[Factor]] = {}
        for factor in factors:
            self._by_kind.setdefault(factor.kind, []).append(factor)

    def of(self, kind: str, day: date) -> Factor | None:
        """The edition in force on a day, None when there is none."""
        held = [one for one in self._by_kind.get(kind, ()) if one.valid_from is None or one.valid_from <= day]
        return max(held, key=lambda one: one.valid_from or date.min, default=None)


def exact(value: float) -> Decimal:
    """The figure as it was written down: 0.1 is one tenth."""
    return Decimal(repr(value))
