"""Unit product energy (单位产品能耗) and the corrections of its limits for coke (GB 21342-2025, 5.3).

Decimal throughout. The tables of a standard are handed in as data. Outside a table there is no correction, and so no
corrected limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

_HUNDRED = Decimal(100)
_ZERO = Decimal(0)


def unit_energy(used_tce: Decimal, made_tce: Decimal, output: Decimal) -> Decimal | None:
    """e = 1000 * (used - made) / output, in kgce per unit of output; None of no output."""
    return None if output <= 0 else 1000 * (used_tce - made_tce) / output


def interpolate(table: Sequence[tuple[Decimal, Decimal]], x: Decimal) -> Decimal | None:
    """Linear between the nodes of a table in order of x, the node's own value at a node, None outside the table."""
    for (x0, y0), (x1, y1) in pairwise(table):
        if x0 <= x <= x1:
            if x == x1:
                return y1
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return next((y for node, y in table if node == x), None)


def weighted_mean(values: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Mean of (value, weight); None when the weights add up to nothing."""
    total = sum((weight for _, weight in values), _ZERO)
    return None if total == 0 else sum((value * weight for value, weight in values), _ZERO) / total


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of a limit (限额等级): 1 the best, 2 access of new plants, 3 the limit of existing ones."""

    first: Decimal
    second: Decimal
    third: Decimal


@dataclass(frozen=True, slots=True)
class CokeTable:
    """The correction tables of one kind of charging, all figures in kgce/t unless said.

    mixed_gas: for heating with mixed gas all the time. volatile: nodes (dry volatile in %, correction), rising.
    moisture_base in %, moisture_each a percentage point above it. wet_quench: of level 3. ages: (years, correction of
    ovens older than that), rising.
    """

    mixed_gas: Decimal
    volatile: Sequence[tuple[Decimal, Decimal]]
    moisture_base: Decimal
    moisture_each: Decimal
    wet_quench: Decimal
    ages: Sequence[tuple[int, Decimal]]


@dataclass(frozen=True, slots=True)
class CokeState:
    """What an oven was like over the period. Shares in %; quenching ``dry`` or ``wet``; age in whole years.

    None: not known.
    """

    volatile: Decimal | None
    moisture: Decimal | None
    mixed_gas_share: Decimal
    quenching: str | None
    age: int | None


@dataclass(frozen=True, slots=True)
class CokeCorrections:
    """Parts of the correction in kgce/t, None where it cannot be said; missing: what is not known, or
    ``volatile_outside_table``."""

    fuel: Decimal
    raw_volatile: Decimal | None
    raw_moisture: Decimal | None
    quench: Decimal | None
    age: Decimal | None
    missing: tuple[str, ...]

    def apply(self, levels: Levels) -> Levels | None:
        """L1 + fuel + raw + age, L2 + fuel + raw, L3 + fuel + raw + quench + age; None when a part is missing."""
        if self.raw_volatile is None or self.raw_moisture is None or self.quench is None or self.age is None:
            return None
        base = self.fuel + self.raw_volatile + self.raw_moisture
        return Levels(
            levels.first + base + self.age,
            levels.second + base,
            levels.third + base + self.quench + self.age,
        )


def coke_corrections(table: CokeTable, state: CokeState) -> CokeCorrections:
    """Corrections for fuel, raw coal, quenching and age (GB 21342-2025, 5.3, tables 1 and 2)."""
    missing = [
        name
        for name, value in (
            ("volatile", state.volatile),
            ("moisture", state.moisture),
            ("quenching", state.quenching),
            ("commissioned_on", state.age),
        )
        if value is None
    ]
    raw = None if state.volatile is None else interpolate(table.volatile, state.volatile)
    if state.volatile is not None and raw is None:
        missing.append("volatile_outside_table")
    age = None
    if state.age is not None:
        age = max((part for part in table.ages if state.age > part[0]), default=(0, _ZERO))[1]
    return CokeCorrections(
        fuel=table.mixed_gas * state.mixed_gas_share / _HUNDRED,
        raw_volatile=raw,
        raw_moisture=(None if state.moisture is None else (state.moisture - table.moisture_base) * table.moisture_each),
        quench=None if state.quenching is None else (table.wet_quench if state.quenching == "wet" else _ZERO),
        age=age,
        missing=tuple(missing),
    )


def whole_years(since: date, day: date) -> int:
    """Whole years from a day to another, as ages count."""
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))
