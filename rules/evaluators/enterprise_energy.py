"""What an enterprise used over twelve months (综合能耗, GB/T 2589): equivalent (当量) and equal value (等价), in tce.

A kind counts as bought + opening stock - closing stock - sold - feedstock; what a plant makes of bought energy itself
(自产) is in what it bought and counts nothing. Electricity counts as bought - sold, or, where nobody reports it bought,
as what the meters at the enterprise's boundary passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.ledger import ENERGY, FLOWS
from domain.periods import add_months
from domain.standard_coal import Factors, exact
from rules.evaluators.account import AccountWindow
from rules.evaluators.contract import Evidence
from rules.evaluators.energy import Component, Doubt, factor_of, metered_month, month_text
from rules.evaluators.reported_energy import ELECTRICITY, entrances

_ZERO = Decimal(0)
#: Flows of a kind and what they count for; own is made of what was bought.
_SIGNS: Mapping[str, int] = {"bought": 1, "stock_open": 1, "stock_close": -1, "sold": -1, "feedstock": -1, "own": 0}
_ENTERPRISE_FLOWS = tuple(flow for flow, (_, _, of_enterprise) in FLOWS.items() if of_enterprise)
assert set(_SIGNS) == set(_ENTERPRISE_FLOWS)


@dataclass(slots=True)
class EnterpriseEnergy:
    """Components by kind over the window's months. rates: equal value of electricity in kgce/kWh by year."""

    months: Sequence[date]
    rates: Mapping[int, Decimal]
    components: list[Component] = field(default_factory=list)
    warnings: list[Evidence] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every kind has a figure in every month."""
        return bool(self.components) and not any(part.missing for part in self.components)

    @property
    def known_tce(self) -> Decimal:
        """Equivalent value of what is known."""
        return sum((part.tce for part in self.components), _ZERO)

    @property
    def tce(self) -> Doubt | None:
        """Equivalent value (当量值), None unless all is known."""
        if not self.is_complete:
            return None
        return Doubt(self.known_tce, sum((part.doubt for part in self.components), _ZERO))

    @property
    def equal_tce(self) -> Decimal | None:
        """Equal value (等价值); None unless all is known and there is a rate for every year of the window."""
        if not self.is_complete:
            return None
        total = self.known_tce
        for part in self.components:
            if part.kind == ELECTRICITY:
                for first, (amount, factor) in part.amounts.items():
                    rate = self.rates.get(first.year)
                    if rate is None:
                        return None
                    total += amount * (rate - factor.kgce) / 1000
        return total

    def evidence(self) -> Evidence:
        """As JSON."""
        equal, tce = self.equal_tce, self.tce
        return {
            "months": [month_text(first) for first in self.months],
            "equivalent_tce": None if tce is None else float(tce.figure),
            "equal_value_tce": None if equal is None else float(equal),
            "known_tce": float(self.known_tce),
            "components": [part.evidence() for part in self.components],
            **({"unconfirmed_tce": float(tce.part)} if tce is not None and tce.part else {}),
            **({"warnings": self.warnings} if self.warnings else {}),
        }


def enterprise_energy(
    window: AccountWindow, enterprise: str, factors: Factors, rates: Mapping[int, Decimal]
) -> EnterpriseEnergy | None:
    """An enterprise's energy over the window, None when nothing is known of any."""
    found = EnterpriseEnergy(window.months, rates)
    reported: dict[str, set[str]] = {}
    for item in window.ledger.items(enterprise, window.months):
        flow, _, kind = item.partition(".")
        if flow in _SIGNS and kind in ENERGY:
            reported.setdefault(kind, set()).add(flow)
    is_metered = any(entrances(window, enterprise, first) for first in window.months)
    for kind in ENERGY:
        flows = reported.get(kind, set())
        if kind == ELECTRICITY and "bought" not in flows and is_metered:
            found.components.append(_metered(window, enterprise, factors))
        elif flows:
            found.components.append(_reported(window, enterprise, kind, factors))
            found.warnings += _stock_mismatches(window, enterprise, kind)
    return found if found.components else None


def _reported(window: AccountWindow, enterprise: str, kind: str, factors: Factors) -> Component:
    part = Component("net", kind, 1)
    for first in window.months:
        values = {flow: window.ledger.month(enterprise, f"{flow}.{kind}", first) for flow in _SIGNS}
        factor = factor_of(window, factors, kind, first, enterprise)
        if values["bought"] is None or factor is None:
            part.missing.append(first)
            continue
        amount = sum((sign * exact(values[flow] or 0.0) for flow, sign in _SIGNS.items()), _ZERO)
        part.add(first, amount, factor, "ledger")
    return part


def _metered(window: AccountWindow, enterprise: str, factors: Factors) -> Component:
    part = Component("net", ELECTRICITY, 1)
    for first in window.months:
        places = entrances(window, enterprise, first)
        outward = [place for place in places if place.flow == "out"]
        bought = metered_month(window, [place for place in places if place.flow == "in"], first)
        sold = metered_month(window, outward, first) if outward else 0.0
        factor = factor_of(window, factors, ELECTRICITY, first, enterprise)
        if bought is None or sold is None or factor is None:
            part.missing.append(first)
        else:
            part.add(first, exact(bought) - exact(sold), factor, "metered")
    return part


def _stock_mismatches(window: AccountWindow, enterprise: str, kind: str) -> list[Evidence]:
    """Closing stocks that are not the next month's opening stock."""
    found = []
    for first in window.months[:-1]:
        after = add_months(first, 1)
        close = window.ledger.month(enterprise, f"stock_close.{kind}", first)
        opening = window.ledger.month(enterprise, f"stock_open.{kind}", after)
        if close is not None and opening is not None and close != opening:
            found.append(
                {
                    "warning": "stock_mismatch",
                    "kind": kind,
                    "unit": ENERGY[kind].unit,
                    "month": month_text(first),
                    "stock_close": close,
                    "next_month": month_text(after),
                    "stock_open": opening,
                }
            )
    return found
