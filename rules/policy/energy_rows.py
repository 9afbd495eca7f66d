"""Rows of the tables that unit consumption is judged by: kinds, corrections for coke, benchmarks, names in the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rules.policy.reference import Confidence


@dataclass(frozen=True, slots=True)
class EnergyKindRow:
    """Which row of the standard-coal table an energy kind of the ledger takes, edition by edition."""

    kind: str
    energy_zh: str
    edition: str
    valid_from: date | None  # absent: from whenever
    remark: str | None


class CokeQuantity(StrEnum):
    """What a row of the corrections says; `at` is the volatile matter in %, or the years of age."""

    MIXED_GAS = "mixed_gas"
    VOLATILE = "volatile"
    MOISTURE_BASE = "moisture_base"
    MOISTURE_EACH = "moisture_each"
    WET_QUENCH = "wet_quench"
    AGE_OVER = "age_over"


@dataclass(frozen=True, slots=True)
class CokeCorrection:
    """One figure of the corrections of a standard for one kind of charging."""

    standard: str
    charging: str
    quantity: CokeQuantity
    at: Decimal | None
    value: Decimal
    unit: str
    clause: str
    remark: str | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class EnergyBenchmark:
    """标杆水平 and 基准水平 of a product (key of domain.products), in `unit`; charging of coke ovens only."""

    product: str
    charging: str | None
    benchmark: Decimal
    baseline: Decimal
    unit: str
    document: str
    remark: str | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class ListProduct:
    """A product as the list of energy-saving retrofits prints it, and which product of ours it is compared with."""

    product_zh: str
    product: str
    remark: str | None
