"""Where the figures of the plan's savings column come from (附件1 节能量, 万tce).

The list prints no formula. Recomputing shows three: the gap to the advanced limit, 5 % of the product's energy,
5 % of the enterprise's energy. A figure may fit two of them (an enterprise with one product), so every fit is reported
and none is chosen: which one the authors used cannot be known from the number alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from rules.policy.tables import EnergySaving

KGCE_PER_10K_TCE = Decimal(10**7)
TCE_PER_10K_TCE = Decimal(10**4)
FLAT_SHARE = Decimal("0.05")
PRINTED_STEP = Decimal("0.01")  # the column has two decimals


class SavingsFormula(StrEnum):
    LIMIT_GAP = "limit_gap"  # (unit energy - advanced limit) x output; nothing below the limit
    PRODUCT_SHARE = "product_share"  # 5 % of unit energy x output
    ENTERPRISE_SHARE = "enterprise_share"  # 5 % of the enterprise's annual energy, printed on one of its products


class LimitStanding(StrEnum):
    """How a product's unit energy stood against the two limits the list prints."""

    MEETS_ADVANCED = "meets_advanced"
    MEETS_ACCESS = "meets_access"
    ABOVE_ACCESS = "above_access"
    UNKNOWN = "unknown"  # the unit energy or a limit is not printed


@dataclass(frozen=True, slots=True)
class SavingsCheck:
    """A printed saving beside what each formula gives. All in 万tce, unrounded; None where an input is not printed."""

    row: EnergySaving
    limit_gap: Decimal | None  # signed: below zero the product is already better than the advanced limit
    product_share: Decimal | None
    enterprise_share: Decimal

    @property
    def formula_applies(self) -> bool:
        """Whether the list prints what the gap to the advanced limit needs, and a figure to compare it with."""
        return self.limit_gap is not None and self.row.savings_10k_tce is not None

    @property
    def reproduced_by(self) -> tuple[SavingsFormula, ...]:
        """The formulas that give the printed figure at its two decimals; empty: none does, or nothing is printed."""
        printed = self.row.savings_10k_tce
        if printed is None:
            return ()
        candidates = {
            SavingsFormula.LIMIT_GAP: None if self.limit_gap is None else max(self.limit_gap, Decimal(0)),
            SavingsFormula.PRODUCT_SHARE: self.product_share,
            SavingsFormula.ENTERPRISE_SHARE: self.enterprise_share,
        }
        return tuple(
            formula for formula, value in candidates.items() if value is not None and _as_printed(value) == printed
        )


def recompute(row: EnergySaving) -> SavingsCheck:
    """What each formula gives for one row: limits and unit energy in kgce/t, output in t, results in 万tce."""
    limit_gap = product_share = None
    if row.unit_energy_kgce_per_t is not None and row.output_t is not None:
        product_share = FLAT_SHARE * row.unit_energy_kgce_per_t * row.output_t / KGCE_PER_10K_TCE
        if row.limit_advanced_kgce_per_t is not None:
            limit_gap = (row.unit_energy_kgce_per_t - row.limit_advanced_kgce_per_t) * row.output_t / KGCE_PER_10K_TCE
    enterprise_share = FLAT_SHARE * row.annual_energy_tce / TCE_PER_10K_TCE
    return SavingsCheck(row, limit_gap, product_share, enterprise_share)


def limit_standing(row: EnergySaving) -> LimitStanding:
    """The unit energy against the limits that the list prints, in kgce/t; not against today's standards."""
    unit, access, advanced = row.unit_energy_kgce_per_t, row.limit_access_kgce_per_t, row.limit_advanced_kgce_per_t
    if unit is None or access is None or advanced is None:
        return LimitStanding.UNKNOWN
    if unit <= advanced:
        return LimitStanding.MEETS_ADVANCED
    return LimitStanding.MEETS_ACCESS if unit <= access else LimitStanding.ABOVE_ACCESS


def _as_printed(value: Decimal) -> Decimal:
    return value.quantize(PRINTED_STEP, rounding=ROUND_HALF_EVEN)
