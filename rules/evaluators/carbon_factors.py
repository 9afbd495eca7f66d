"""Which factor of the policy tables speaks of which kind of energy, in the ledger's units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from domain.carbon import Factor, combustion_factor, measured_factor
from domain.ledger import ENERGY
from rules.policy.loaders import load_policy
from rules.policy.reference import CarbonFuelFactor, Confidence, ElectricityFactor, ElectricityQuantity

#: Fuels by energy kind: (row of carbon_fuel_factors, how many of the ledger's units one unit of the row has). Gases
#: stand in the table per 10^4 Nm3 and in the ledger per Nm3. Raw coal is not here: the table has three coals.
FUELS: Mapping[str, tuple[str, int]] = {
    "washed_coal": ("洗精煤", 1),
    "middlings": ("其他洗煤", 1),
    "coke": ("焦炭", 1),
    "coke_oven_gas": ("焦炉煤气", 10_000),
    "blast_furnace_gas": ("高炉煤气", 10_000),
    "natural_gas": ("天然气", 10_000),
    "diesel": ("柴油", 1),
    "gasoline": ("汽油", 1),
    "coal_tar": ("煤焦油", 1),
    "crude_benzene": ("粗苯", 1),
}
RAW_COAL = "raw_coal"
#: Kinds that carry no carbon of their own.
CARRIERS = ("electricity", "steam", "heat")
_ROW_UNITS = {1: "GJ/t", 10_000: "GJ/10^4Nm3"}


@dataclass(frozen=True, slots=True)
class HeatFactors:
    """t CO2 per GJ of heat, and GJ in a t of steam whose enthalpy nobody reports."""

    t_per_gj: float
    edition: str
    steam_gj_per_t: float
    steam_source: str

    def of(self, kind: str) -> Factor:
        """The factor of ``heat`` (per GJ) or ``steam`` (per t)."""
        if kind == "heat":
            return Factor(self.t_per_gj, "tCO2/GJ", "热力缺省值", self.edition, "secondary", True)
        value = float(Decimal(str(self.t_per_gj)) * Decimal(str(self.steam_gj_per_t)))
        parts = {"t_per_gj": self.t_per_gj, "gj_per_t": self.steam_gj_per_t, "gj_source": self.steam_source}
        return Factor(value, "tCO2/t", "蒸汽（按低压蒸汽热值折算）", self.edition, "secondary", True, None, parts)


@cache
def _fuel_rows() -> dict[str, CarbonFuelFactor]:
    return {row.fuel: row for row in load_policy().carbon_fuel_factors}


@dataclass(frozen=True, slots=True)
class Measured:
    """What an enterprise measured of a fuel, None for what it did not.

    carbon: t C per unit of the ledger; then only the oxidation is the table's. ncv: MJ/m3 of gases, MJ/kg of others.
    """

    carbon: float | None = None
    ncv: float | None = None


def fuel_factor(
    kind: str, raw_coal: str | None, confirmed: tuple[str, ...], measured: Measured | None = None
) -> Factor | None:
    """The factor of a fuel, None where no row speaks of it. raw_coal: row that raw coal is taken for, None for none.

    confirmed: kinds whose row somebody has compared with the standard although nobody had read it when it was written
    down.
    """
    measured = measured or Measured()
    found = FUELS.get(kind) if kind != RAW_COAL else None if raw_coal is None else (raw_coal, 1)
    row = None if found is None else _fuel_rows().get(found[0])
    if found is None or row is None:
        return None
    if row.ncv_unit != _ROW_UNITS[found[1]]:
        raise ValueError(f"{row.fuel}: factors are per {row.ncv_unit}, expected {_ROW_UNITS[found[1]]}")
    is_confirmed = row.confidence is Confidence.SECONDARY or kind in confirmed
    unit = f"tCO2/{ENERGY[kind].unit}"
    if measured.carbon is not None:
        value = measured_factor(measured.carbon, row.oxidation)
        parts: dict[str, Any] = {"carbon_t_per_unit": measured.carbon, "oxidation": float(row.oxidation)}
        edition = f"企业实测含碳量；氧化率：{row.source}"
        return Factor(value, unit, row.fuel, edition, row.confidence.value, is_confirmed, None, parts)
    ncv, edition = row.ncv, row.source
    if measured.ncv is not None:  # MJ/kg is GJ/t, MJ/m3 is 10 GJ/10^4m3
        ncv = Decimal(repr(measured.ncv)) * (1 if found[1] == 1 else 10)
        edition = f"企业实测低位发热量；其余：{row.source}"
    value = combustion_factor(ncv, row.carbon_t_per_gj, row.oxidation, found[1])
    parts = {
        "ncv": float(ncv),
        "ncv_unit": row.ncv_unit,
        "carbon_t_per_gj": float(row.carbon_t_per_gj),
        "oxidation": float(row.oxidation),
        **({} if row.remark is None else {"remark": row.remark}),
    }
    return Factor(value, unit, row.fuel, edition, row.confidence.value, is_confirmed, None, parts)


def electricity_factor(region: str, basis: str, year: int) -> Factor | None:
    """The emission factor of a region's electricity: of the newest year up to the activity's, None before the first.

    A carbon footprint is no emission factor and is never taken.
    """
    rows = [
        row
        for row in load_policy().electricity_factors
        if (row.region, row.basis, row.quantity) == (region, basis, ElectricityQuantity.EMISSION_FACTOR)
        and row.year <= year
    ]
    return None if not rows else _electricity(max(rows, key=lambda row: row.year))


def _electricity(row: ElectricityFactor) -> Factor:
    name, value = f"{row.region} {row.basis}", float(row.kg_per_kwh / 1000)
    confirmed = row.confidence is Confidence.SECONDARY
    parts = {"kg_per_kwh": float(row.kg_per_kwh)}
    return Factor(value, "tCO2/kWh", name, row.source, row.confidence.value, confirmed, row.year, parts)
