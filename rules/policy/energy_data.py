"""The tables of energy as the evaluators ask for them: factors by kind, limits, corrections, what they stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache

from domain.ledger import ENERGY
from domain.products import PRODUCTS
from domain.standard_coal import Factor, Factors
from domain.unit_energy import CokeTable, Levels
from rules.policy.energy_rows import CokeQuantity, EnergyBenchmark
from rules.policy.loaders import Policy, load_policy
from rules.policy.reference import Confidence, EnergyLimit
from rules.policy.tables import Document

#: kgce/t of a limit's unit; rows in other units (kWh/t) are no limits of a unit energy.
_KGCE_PER_T: Mapping[str, Decimal] = {"kgce/t": Decimal(1), "kgce/kg": Decimal(1000)}


@dataclass(frozen=True, slots=True)
class ListedLimit:
    """准入值 and 先进值 as the list of 2022 prints them for a product, in kgce/t, and the rows that print them."""

    access: Decimal
    advanced: Decimal
    rows: Sequence[int]


@dataclass(frozen=True, slots=True)
class EnergyData:
    """list_document: the plan that prints `listed`."""

    factors: Factors
    limits: Mapping[str, Sequence[EnergyLimit]]
    coke: Mapping[tuple[str, str], CokeTable]
    benchmarks: Mapping[tuple[str, str | None], EnergyBenchmark]
    listed: Mapping[str, Sequence[ListedLimit]]
    list_document: Document

    def limit(self, product: str, charging: str | None, day: date) -> EnergyLimit | None:
        """The row of a product that is in force on a day: of several editions the newest."""
        name = PRODUCTS[product].limits.get(charging)
        held = [row for row in self.limits.get(name or "", ()) if row.effective_on <= day and row.unit in _KGCE_PER_T]
        return max(held, key=lambda row: row.effective_on, default=None)


def levels_of(row: EnergyLimit) -> Levels:
    """The levels of a limit in kgce/t."""
    each = _KGCE_PER_T[row.unit]
    return Levels(row.level_1 * each, row.level_2 * each, row.level_3 * each)


@cache
def energy_data() -> EnergyData:
    """The package's own tables."""
    return join(load_policy())


def join(policy: Policy) -> EnergyData:
    """The tables of a policy."""
    limits: dict[str, list[EnergyLimit]] = {}
    for limit in policy.energy_limits:
        limits.setdefault(limit.product_zh, []).append(limit)
    (document,) = {row.document_id for row in policy.energy_saving}
    return EnergyData(
        factors=Factors(_factors(policy)),
        limits=limits,
        coke=_coke(policy),
        benchmarks={(row.product, row.charging): row for row in policy.energy_benchmarks},
        listed=_listed(policy),
        list_document=next(one for one in policy.documents if one.id == document),
    )


def _factors(policy: Policy) -> list[Factor]:
    rows = {row.energy_zh: row for row in policy.standard_coal}
    found = []
    for kind in policy.energy_kinds:
        row = rows[kind.energy_zh]
        assert row.factor_low is not None, "the loader has checked it"
        assert row.factor_high is not None, "the loader has checked it"
        factor = Factor(
            kind=kind.kind,
            kgce=row.factor_low,
            edition=row.edition or kind.edition,
            source=f"{row.energy_zh}：{row.source}",
            confidence=row.confidence.value,
            confirmed=row.confidence is Confidence.SECONDARY,
            valid_from=kind.valid_from,
        )
        if row.factor_low != row.factor_high:
            mean = (row.factor_low + row.factor_high) / 2
            factor = replace(factor, kgce=mean, reading="mean_of_range", low=row.factor_low, high=row.factor_high)
        found.append(factor)
    missing = [kind for kind in ENERGY if kind not in {factor.kind for factor in found}]
    assert not missing, f"no factor for {missing}"
    return found


def _coke(policy: Policy) -> dict[tuple[str, str], CokeTable]:
    found = {}
    for standard, charging in {(row.standard, row.charging) for row in policy.coke_corrections}:
        rows = [row for row in policy.coke_corrections if (row.standard, row.charging) == (standard, charging)]
        one = {row.quantity: row.value for row in rows if row.at is None}
        placed = sorted((row.quantity, row.at, row.value) for row in rows if row.at is not None)
        found[standard, charging] = CokeTable(
            mixed_gas=one[CokeQuantity.MIXED_GAS],
            volatile=[(at, value) for quantity, at, value in placed if quantity is CokeQuantity.VOLATILE],
            moisture_base=one[CokeQuantity.MOISTURE_BASE],
            moisture_each=one[CokeQuantity.MOISTURE_EACH],
            wet_quench=one[CokeQuantity.WET_QUENCH],
            ages=[(int(at), value) for quantity, at, value in placed if quantity is CokeQuantity.AGE_OVER],
        )
    return found


def _listed(policy: Policy) -> dict[str, list[ListedLimit]]:
    ours = {row.product_zh: row.product for row in policy.energy_list_products}
    rows: dict[str, dict[tuple[Decimal, Decimal], list[int]]] = {}
    for row in policy.energy_saving:
        product = ours.get(row.product or "")
        if product and row.limit_access_kgce_per_t is not None and row.limit_advanced_kgce_per_t is not None:
            pair = (row.limit_access_kgce_per_t, row.limit_advanced_kgce_per_t)
            rows.setdefault(product, {}).setdefault(pair, []).append(row.seq)
    return {
        product: [ListedLimit(access, advanced, seqs) for (access, advanced), seqs in pairs.items()]
        for product, pairs in rows.items()
    }
