"""Loads the policy tables and holds the rows against each other.

A row's document status is written on the row and also follows from its document; the loader insists that both agree, so
that the day a draft is issued nobody can update the one and forget the other.

Every loader takes the folder to read from, by default the tables in this package, and raises PolicyDataError.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Protocol

from domain.ledger import ENERGY
from domain.products import PRODUCTS
from domain.standard_coal import PRINTED_UNITS
from rules.policy.energy_rows import CokeCorrection, CokeQuantity, EnergyBenchmark, EnergyKindRow, ListProduct
from rules.policy.reader import Check, read_table
from rules.policy.reference import (
    CarbonFuelFactor,
    ElectricityFactor,
    EnergyLimit,
    EpaAverageFactor,
    EpaCorrelation,
    StandardCoal,
)
from rules.policy.tables import (
    Annex1Indicator,
    CitySystem,
    CokingWorks,
    Conflict,
    Document,
    DocumentStatus,
    EnergySaving,
    KeyProject,
    PrintedTotal,
    Retirement,
    Target,
    TargetForm,
    WaterSaving,
    YearRule,
)

DATA: Traversable = files("rules.policy") / "data"

Complaint = tuple[str, str] | None  # column, what was expected


@dataclass(frozen=True, slots=True)
class Policy:
    """Every policy and reference table, in the order of its file."""

    documents: tuple[Document, ...]
    targets: tuple[Target, ...]
    conflicts: tuple[Conflict, ...]
    annex1_indicators: tuple[Annex1Indicator, ...]
    energy_saving: tuple[EnergySaving, ...]
    water_saving: tuple[WaterSaving, ...]
    coking_ule: tuple[CokingWorks, ...]
    capacity_retirement: tuple[Retirement, ...]
    key_projects: tuple[KeyProject, ...]
    systems: tuple[CitySystem, ...]
    printed_totals: tuple[PrintedTotal, ...]
    energy_limits: tuple[EnergyLimit, ...]
    coke_corrections: tuple[CokeCorrection, ...]
    energy_benchmarks: tuple[EnergyBenchmark, ...]
    energy_list_products: tuple[ListProduct, ...]
    standard_coal: tuple[StandardCoal, ...]
    energy_kinds: tuple[EnergyKindRow, ...]
    carbon_fuel_factors: tuple[CarbonFuelFactor, ...]
    electricity_factors: tuple[ElectricityFactor, ...]
    epa_correlations: tuple[EpaCorrelation, ...]
    epa_average_factors: tuple[EpaAverageFactor, ...]


def read_policy(data: Traversable = DATA) -> Policy:
    """Every table, read now."""
    return Policy(
        documents=load_documents(data),
        targets=load_targets(data),
        conflicts=load_conflicts(data),
        annex1_indicators=load_annex1_indicators(data),
        energy_saving=load_energy_saving(data),
        water_saving=load_water_saving(data),
        coking_ule=load_coking_ule(data),
        capacity_retirement=load_capacity_retirement(data),
        key_projects=load_key_projects(data),
        systems=load_systems(data),
        printed_totals=load_printed_totals(data),
        energy_limits=load_energy_limits(data),
        coke_corrections=load_coke_corrections(data),
        energy_benchmarks=load_energy_benchmarks(data),
        energy_list_products=load_energy_list_products(data),
        standard_coal=load_standard_coal(data),
        energy_kinds=load_energy_kinds(data),
        carbon_fuel_factors=load_carbon_fuel_factors(data),
        electricity_factors=load_electricity_factors(data),
        epa_correlations=load_epa_correlations(data),
        epa_average_factors=load_epa_average_factors(data),
    )


@cache
def load_policy() -> Policy:
    """The package's own tables, read once."""
    return read_policy()


def load_documents(data: Traversable = DATA) -> tuple[Document, ...]:
    return read_table(data, "documents.csv", Document, key=["id"], checks=[_check_document])


def load_targets(data: Traversable = DATA) -> tuple[Target, ...]:
    return read_table(data, "targets.csv", Target, key=["id"], checks=[_sourced(data), _check_target])


def load_conflicts(data: Traversable = DATA) -> tuple[Conflict, ...]:
    known = {target.id for target in load_targets(data)}

    def check(row: Conflict) -> Complaint:
        needed = 1 if row.other_source else 2
        if len(set(row.target_ids)) < needed:
            return "target_ids", f"at least {needed} different target ids"
        unknown = [target_id for target_id in row.target_ids if target_id not in known]
        return ("target_ids", f"ids of targets.csv, which has no {unknown[0]}") if unknown else None

    return read_table(data, "conflicts.csv", Conflict, key=["id"], checks=[check])


def load_annex1_indicators(data: Traversable = DATA) -> tuple[Annex1Indicator, ...]:
    return read_table(data, "annex1_indicators.csv", Annex1Indicator, key=["seq"], checks=[_sourced(data)])


def load_energy_saving(data: Traversable = DATA) -> tuple[EnergySaving, ...]:
    return read_table(data, "energy_saving.csv", EnergySaving, key=["seq", "product"], checks=[_sourced(data)])


def load_water_saving(data: Traversable = DATA) -> tuple[WaterSaving, ...]:
    def check(row: WaterSaving) -> Complaint:
        return None if row.start_month <= row.end_month else ("end_month", f"a month from {row.start_month} on")

    return read_table(data, "water_saving.csv", WaterSaving, key=["seq", "part"], checks=[_sourced(data), check])


def load_coking_ule(data: Traversable = DATA) -> tuple[CokingWorks, ...]:
    statuses = _statuses(data)

    def check(row: CokingWorks) -> Complaint:
        complaint = _source_complaint(statuses, row.also_document_id, row.also_document_status)
        return (f"also_{complaint[0]}", complaint[1]) if complaint else None

    return read_table(data, "coking_ule.csv", CokingWorks, key=["seq"], checks=[_sourced(data), check])


def load_capacity_retirement(data: Traversable = DATA) -> tuple[Retirement, ...]:
    def check(row: Retirement) -> Complaint:
        printed = str(row.energy_10k_tce) if row.energy_10k_tce is not None else "无"
        return None if row.energy_text == printed else ("energy_text", f"{printed} as in energy_10k_tce")

    key = ["product_group", "seq"]
    return read_table(data, "capacity_retirement.csv", Retirement, key=key, checks=[_sourced(data), check])


def load_key_projects(data: Traversable = DATA) -> tuple[KeyProject, ...]:
    return read_table(data, "key_projects.csv", KeyProject, key=["plan_year", "seq"], checks=[_sourced(data)])


def load_systems(data: Traversable = DATA) -> tuple[CitySystem, ...]:
    statuses = _statuses(data)

    def check(row: CitySystem) -> Complaint:
        if not row.document_ids:
            return "document_ids", "at least one document id"
        if len(row.document_ids) != len(row.document_statuses):
            return "document_statuses", f"{len(row.document_ids)} statuses, one for each document id"
        for document_id, status in zip(row.document_ids, row.document_statuses, strict=True):
            if complaint := _source_complaint(statuses, document_id, status):
                column = {"document_id": "document_ids", "document_status": "document_statuses"}[complaint[0]]
                return column, complaint[1]
        return None

    return read_table(data, "systems.csv", CitySystem, key=["seq"], checks=[check])


def load_printed_totals(data: Traversable = DATA) -> tuple[PrintedTotal, ...]:
    key = ["table", "scope", "quantity", "unit"]
    return read_table(data, "printed_totals.csv", PrintedTotal, key=key, checks=[_sourced(data)])


def load_energy_limits(data: Traversable = DATA) -> tuple[EnergyLimit, ...]:
    def check(row: EnergyLimit) -> Complaint:
        if not row.level_1 <= row.level_2:
            return "level_2", f"at least level 1, {row.level_1}"
        return None if row.level_2 <= row.level_3 else ("level_3", f"at least level 2, {row.level_2}")

    return read_table(data, "energy_limits.csv", EnergyLimit, key=["product_zh", "standard"], checks=[check])


def load_standard_coal(data: Traversable = DATA) -> tuple[StandardCoal, ...]:
    def check(row: StandardCoal) -> Complaint:
        for what, low, high in (("ncv", row.ncv_low, row.ncv_high), ("factor", row.factor_low, row.factor_high)):
            if (low is None) != (high is None):
                return f"{what}_high", f"a value exactly where {what}_low has one"
            if low is not None and high is not None and low > high:
                return f"{what}_high", f"at least {what}_low, {low}"
        return None

    return read_table(data, "standard_coal.csv", StandardCoal, key=["energy_zh"], checks=[check])


def load_energy_kinds(data: Traversable = DATA) -> tuple[EnergyKindRow, ...]:
    factors = {row.energy_zh: row for row in load_standard_coal(data)}

    def check(row: EnergyKindRow) -> Complaint:
        if row.kind not in ENERGY:
            return "kind", f"an energy kind of the ledger ({', '.join(ENERGY)})"
        found, unit = factors.get(row.energy_zh), PRINTED_UNITS[ENERGY[row.kind].unit]
        if found is None or found.factor_low is None or found.factor_unit != unit:
            return "energy_zh", f"a row of the standard-coal table with a factor in {unit}"
        return None

    return read_table(data, "energy_kinds.csv", EnergyKindRow, key=["kind", "valid_from"], checks=[check])


def load_coke_corrections(data: Traversable = DATA) -> tuple[CokeCorrection, ...]:
    placed = (CokeQuantity.VOLATILE, CokeQuantity.AGE_OVER)

    def check(row: CokeCorrection) -> Complaint:
        if row.charging not in ("top", "stamp"):
            return "charging", "top or stamp"
        if (row.at is not None) != (row.quantity in placed):
            return "at", f"a value exactly of {placed[0]} and {placed[1]}"
        return None

    key = ["standard", "charging", "quantity", "at"]
    return read_table(data, "coke_corrections.csv", CokeCorrection, key=key, checks=[check])


def load_energy_benchmarks(data: Traversable = DATA) -> tuple[EnergyBenchmark, ...]:
    def check(row: EnergyBenchmark) -> Complaint:
        if row.product not in PRODUCTS or row.charging not in PRODUCTS[row.product].limits:
            return "charging", "a product of ours, and charging where and only where its limits ask for it"
        return None if row.benchmark <= row.baseline else ("baseline", f"at least the benchmark, {row.benchmark}")

    return read_table(data, "energy_benchmarks.csv", EnergyBenchmark, key=["product", "charging"], checks=[check])


def load_energy_list_products(data: Traversable = DATA) -> tuple[ListProduct, ...]:
    printed = {row.product for row in load_energy_saving(data)}

    def check(row: ListProduct) -> Complaint:
        if row.product_zh not in printed:
            return "product_zh", "a product as the list of energy-saving retrofits prints it"
        return None if row.product in PRODUCTS else ("product", f"one of {', '.join(PRODUCTS)}")

    return read_table(data, "energy_list_products.csv", ListProduct, key=["product_zh"], checks=[check])


def load_carbon_fuel_factors(data: Traversable = DATA) -> tuple[CarbonFuelFactor, ...]:
    return read_table(data, "carbon_fuel_factors.csv", CarbonFuelFactor, key=["fuel"])


def load_electricity_factors(data: Traversable = DATA) -> tuple[ElectricityFactor, ...]:
    return read_table(data, "electricity_factors.csv", ElectricityFactor, key=["region", "year", "basis"])


def load_epa_correlations(data: Traversable = DATA) -> tuple[EpaCorrelation, ...]:
    return read_table(data, "epa_correlations.csv", EpaCorrelation, key=["family", "component", "service"])


def load_epa_average_factors(data: Traversable = DATA) -> tuple[EpaAverageFactor, ...]:
    return read_table(data, "epa_average_factors.csv", EpaAverageFactor, key=["component", "service"])


class _Sourced(Protocol):
    @property
    def document_id(self) -> str: ...
    @property
    def document_status(self) -> DocumentStatus: ...


def _statuses(data: Traversable) -> dict[str, DocumentStatus]:
    return {document.id: document.status for document in load_documents(data)}


def _sourced(data: Traversable) -> Check[_Sourced]:
    statuses = _statuses(data)
    return lambda row: _source_complaint(statuses, row.document_id, row.document_status)


def _source_complaint(statuses: dict[str, DocumentStatus], document_id: str, status: DocumentStatus) -> Complaint:
    if document_id not in statuses:
        return "document_id", f"an id of documents.csv ({', '.join(statuses)})"
    if status is not statuses[document_id]:
        return "document_status", f"{statuses[document_id]}, the status of {document_id} in documents.csv"
    return None


def _check_document(row: Document) -> Complaint:
    """An issued document can be cited: it has a number and a date. A draft has neither."""
    for column, value in (("number", row.number), ("issued_on", row.issued_on), ("issued_basis", row.issued_basis)):
        if row.status.is_draft and value is not None:
            return column, f"nothing for a {row.status}"
        if not row.status.is_draft and value is None:
            return column, "a value for an issued document"
    return None


_FILLED = {
    TargetForm.NUMBER: {"operator", "value"},
    TargetForm.NAMED_LEVEL: {"operator", "value_text"},
    TargetForm.PARTS: {"parts"},
    TargetForm.MONTHLY: {"value"},
}


def _check_target(row: Target) -> Complaint:
    filled = _FILLED.get(row.form, set())
    for column in ("operator", "value", "value_text", "parts"):
        present = getattr(row, column) not in (None, ())
        if row.form is TargetForm.LIST and column == "value":
            continue  # the threshold for being listed is printed for one list and not for the other
        if present and column not in filled:
            return column, f"nothing for the form {row.form}"
        if not present and column in filled:
            return column, f"a value for the form {row.form}"
    if not row.domains:
        return "domains", "at least one domain"
    if (row.target_year is not None) != (row.year_rule in (YearRule.BY, YearRule.FROM)):
        return "year_rule", "by or from with a target year, every or nothing without one"
    return None
