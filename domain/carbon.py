"""Carbon accounts: what an enterprise emits in a month, component by component (GB/T 32150, GB/T 32151.13).

E = sum(FC x NCV x CC x OF x 44/12) + process + purchased electricity + heat - recovered, in t CO2. Every component
keeps its activity, factor, edition and confidence, so that a sum can be taken apart and computed again by hand. An
activity may be negative: what leaves the enterprise takes its carbon along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from math import fsum
from typing import Any

#: t CO2 from a t of carbon.
CO2_PER_CARBON = Decimal(44) / Decimal(12)
#: Evidence of green electricity that a market-based account may rest on: a line of its own, a contract or certificates.
#: What an enterprise generates and uses itself is not bought in the first place.
GREEN_EVIDENCE = ("direct_line", "traded", "certificate")


class Source(StrEnum):
    """Where an emission comes from."""

    FUEL = "fuel"  # 化石燃料燃烧
    PROCESS = "process"  # 工业生产过程
    ELECTRICITY = "electricity"  # 净购入电力
    HEAT = "heat"  # 净购入热力
    RECOVERED = "recovered"  # 回收利用, subtracted


@dataclass(frozen=True, slots=True)
class Factor:
    """t CO2 per unit of activity. edition: standard, edition or notice, with its year; name: row it was taken from.

    confirmed: whether a verdict may rest on it; a figure that nobody has read in its source is shown, never judged by.
    parts: what it is the product of.
    """

    value: float
    unit: str
    name: str
    edition: str
    confidence: str
    confirmed: bool
    year: int | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """One term of the account. activity in `unit`; factor None where none is known, then there are no tonnes either."""

    source: Source
    kind: str
    name: str
    activity: float
    unit: str
    factor: Factor | None
    flows: Mapping[str, float] = field(default_factory=dict)

    @property
    def t_co2(self) -> float | None:
        """Emission in t, negative for what was recovered; None without a factor."""
        if self.factor is None:
            return None
        tonnes = self.activity * self.factor.value
        return -tonnes if self.source is Source.RECOVERED else tonnes

    @property
    def lacks_factor(self) -> bool:
        """Whether there is an activity that cannot be turned into tonnes."""
        return self.factor is None and self.activity != 0

    @property
    def rests_on_unconfirmed(self) -> bool:
        """Whether its tonnes rest on a factor that nobody has read in its source."""
        return self.factor is not None and not self.factor.confirmed and self.activity != 0

    def evidence(self) -> dict[str, Any]:
        """As JSON: source, activity, unit, factor with edition and year, tonnes."""
        factor = self.factor
        return {
            "source": self.source.value,
            "kind": self.kind,
            "name": self.name,
            "activity": self.activity,
            "unit": self.unit,
            "flows": dict(self.flows),
            "t_co2": self.t_co2,
            "factor": None
            if factor is None
            else {
                "value": factor.value,
                "unit": factor.unit,
                "name": factor.name,
                "edition": factor.edition,
                "year": factor.year,
                "confidence": factor.confidence,
                "confirmed": factor.confirmed,
                **({"parts": dict(factor.parts)} if factor.parts else {}),
            },
        }


def combustion_factor(ncv: Decimal, carbon_t_per_gj: Decimal, oxidation: Decimal, units_per_row_unit: int = 1) -> float:
    """t CO2 per unit of a fuel: NCV in GJ per row unit (t, or 10^4 Nm3 of gas: then 10,000 of our units are one)."""
    return float(ncv * carbon_t_per_gj * oxidation * CO2_PER_CARBON / units_per_row_unit)


def measured_factor(carbon_t_per_unit: float, oxidation: Decimal) -> float:
    """t CO2 per unit of a fuel whose carbon content was measured, in t C per unit."""
    return carbon_t_per_unit * float(oxidation * CO2_PER_CARBON)


def total(components: Iterable[Component]) -> float:
    """Sum of the tonnes that are known, rounded once."""
    return fsum(tonnes for component in components if (tonnes := component.t_co2) is not None)


@dataclass(frozen=True, slots=True)
class CarbonFlow:
    """A material that crosses the boundary of a process. amount in its unit, carbon: t C per unit; None: not given."""

    kind: str
    amount: float
    carbon: float | None


@dataclass(frozen=True, slots=True)
class CarbonBalance:
    """Process CO2 as what carbon comes in and does not go out with products (GB/T 32151.13, coking)."""

    charged: tuple[CarbonFlow, ...]
    products: tuple[CarbonFlow, ...]

    @property
    def lacking(self) -> list[str]:
        """Kinds whose carbon content is not given."""
        return [flow.kind for flow in (*self.charged, *self.products) if flow.carbon is None and flow.amount != 0]

    @property
    def t_co2(self) -> float | None:
        """Tonnes, negative when more carbon is said to leave than came; None while a carbon content is lacking."""
        if self.lacking:
            return None
        carbon = fsum(
            [flow.amount * (flow.carbon or 0.0) for flow in self.charged]
            + [-flow.amount * (flow.carbon or 0.0) for flow in self.products]
        )
        return carbon * float(CO2_PER_CARBON)

    def evidence(self) -> dict[str, Any]:
        """As JSON."""

        def shown(flows: Iterable[CarbonFlow]) -> list[dict[str, Any]]:
            return [{"kind": f.kind, "amount": f.amount, "t_c_per_unit": f.carbon} for f in flows]

        return {
            "formula": "44/12*(sum(charged*carbon)-sum(products*carbon))",
            "charged": shown(self.charged),
            "products": shown(self.products),
            "t_co2": self.t_co2,
        }


def market_based_electricity(net_kwh: float, evidenced_kwh: Mapping[str, float], residual: Factor) -> dict[str, Any]:
    """Electricity by contracts (市场法), to be shown beside the location-based account and never instead of it.

    Only kinds of `GREEN_EVIDENCE` count, and never more than was bought: no certificate makes an emission negative.
    """
    green = fsum(evidenced_kwh.get(kind, 0.0) for kind in GREEN_EVIDENCE)
    remaining = max(0.0, net_kwh - green)
    return {
        "label": "市场法（仅并列展示）",
        "net_kwh": net_kwh,
        "evidenced_green_kwh": {kind: evidenced_kwh.get(kind, 0.0) for kind in GREEN_EVIDENCE},
        "remaining_kwh": remaining,
        "factor": residual.value,
        "factor_unit": residual.unit,
        "factor_name": residual.name,
        "factor_edition": residual.edition,
        "factor_year": residual.year,
        "t_co2": remaining * residual.value,
    }
