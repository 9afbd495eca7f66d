"""Reference tables beside the plans: today's energy limits and the factors for energy, carbon and leak accounts.

None of these figures was read in an original standard, and `confidence` says how near each came to it. A rule that
rests on one of them is therefore at best as confirmed as its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Confidence(StrEnum):
    SECONDARY = "secondary"  # read in a source that cites the standard
    KNOWLEDGE = "knowledge"  # written down from knowledge: probably right, not checked
    DOUBTFUL = "doubtful"  # written down from knowledge, and not even sure there


class LimitCorrection(StrEnum):
    COKE = "coke"  # by the tables of corrections for coke
    OTHER = "other"  # by rules that we have not got: the printed levels decide nothing by themselves


@dataclass(frozen=True, slots=True)
class EnergyLimit:
    """National limit of energy per product, in `unit`. Level 1 is the best, 2 access for new, 3 limit for existing."""

    product_zh: str
    product_en: str
    standard: str
    effective_on: date
    level_1: Decimal
    level_2: Decimal
    level_3: Decimal
    unit: str
    remark: str | None  # corrections that apply before comparing
    correction: LimitCorrection | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class StandardCoal:
    """Standard-coal factor in `factor_unit` (kgce per kg, m3, kWh, MJ or t) and net calorific value in `ncv_unit`.

    Low and high differ where the standard prints a range. No factor: it is set anew each year.
    """

    energy_zh: str
    energy_en: str
    edition: str | None  # where editions differ
    ncv_low: Decimal | None
    ncv_high: Decimal | None
    ncv_unit: str | None
    factor_low: Decimal | None
    factor_high: Decimal | None
    factor_unit: str
    remark: str | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class CarbonFuelFactor:
    """Fuel factors: t CO2 = consumption x ncv x carbon_t_per_gj x oxidation x 44/12, consumption in t or 10^4 Nm3."""

    fuel: str
    ncv: Decimal
    ncv_unit: str  # GJ/t or GJ/10^4Nm3
    carbon_t_per_gj: Decimal
    oxidation: Decimal  # share of 1
    remark: str | None
    confidence: Confidence
    source: str


class ElectricityQuantity(StrEnum):
    EMISSION_FACTOR = "emission_factor"
    CARBON_FOOTPRINT = "carbon_footprint"  # life cycle; not to be used as an emission factor


@dataclass(frozen=True, slots=True)
class ElectricityFactor:
    """CO2 per kWh of purchased electricity, in `unit`, for a region and a year on a stated basis."""

    region: str
    year: int
    basis: str
    quantity: ElectricityQuantity
    kg_per_kwh: Decimal
    unit: str
    remark: str | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class EpaCorrelation:
    """Leak rate from a screening value: kg/h TOC per component = coefficient_a x ppmv ** exponent_b, background off.

    A reading of zero takes the default, one beyond the instrument's range the pegged rate (10,000 or 100,000 ppmv).
    """

    family: str
    component: str
    component_zh: str
    service: str
    service_zh: str
    coefficient_a: Decimal
    exponent_b: Decimal
    default_zero_kg_h: Decimal
    pegged_10000_kg_h: Decimal
    pegged_100000_kg_h: Decimal
    remark: str | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class EpaAverageFactor:
    """Average leak rate, kg/h TOC per component, where nothing was measured."""

    component: str
    component_zh: str
    service: str
    service_zh: str
    socmi_kg_h: Decimal
    refinery_kg_h: Decimal
    remark: str | None
    confidence: Confidence
    source: str
