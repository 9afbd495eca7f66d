"""What an enterprise took of a kind of energy in a month, by the ledger or, for electricity, by its meters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from domain.ledger import FLOWS, Ledger
from domain.metering import Place, PlaceLevel, WaterUser, in_month
from rules.evaluators.account import AccountWindow

ELECTRICITY = "electricity"
#: Flows that an enterprise reports of itself.
_OWN_FLOWS = tuple(flow for flow, (_, _, of_enterprise) in FLOWS.items() if of_enterprise)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken. value: None where a figure is missing; known: what is known of it.

    flows: what it is computed from. missing: what should have been there. by: ``ledger`` or ``metered``; metered:
    places of which there is a total.
    """

    value: float | None
    known: float
    by: str
    flows: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    metered: int = 0

    @property
    def is_figure(self) -> bool:
        """Whether anybody reported or measured anything; a place that nobody reads is no figure."""
        return bool(self.flows) or self.metered > 0


def months_since(user: WaterUser, months: Iterable[date]) -> list[date]:
    """Those of some months in which an enterprise was registered, the month of its registration included."""
    return [first for first in months if first >= user.registered_from.replace(day=1)]


def consumed(ledger: Ledger, enterprise: str, kind: str, first: date) -> Taken | None:
    """bought + opening stock - closing stock - sold - feedstock of a kind; None where nothing is reported of it.

    What is not reported counts as none, but purchases must be there, and a stock at both ends or at neither.
    """
    flows = _flows(ledger, enterprise, kind, first)
    if not flows:
        return None
    missing = [] if "bought" in flows else [f"bought.{kind}"]
    missing += [
        f"{lacking}.{kind}"
        for lacking, other in (("stock_open", "stock_close"), ("stock_close", "stock_open"))
        if other in flows and lacking not in flows
    ]
    stocks = flows.get("stock_open", 0.0) - flows.get("stock_close", 0.0)
    known = flows.get("bought", 0.0) + stocks - flows.get("sold", 0.0) - flows.get("feedstock", 0.0)
    return Taken(None if missing else known, known, "ledger", flows, missing)


def grid_electricity(window: AccountWindow, enterprise: str, first: date) -> Taken | None:
    """Electricity from outside, kWh: bought - sold, else unit-level meters, in - out; None without a sign of it."""
    flows = _flows(window.ledger, enterprise, ELECTRICITY, first)
    if "bought" in flows:
        net = flows["bought"] - flows.get("sold", 0.0)
        return Taken(net, net, "ledger", flows)
    places = entrances(window, enterprise, first)
    if not places:
        return Taken(None, 0.0, "ledger", flows, ["bought.electricity"]) if flows else None
    known, metered, missing = 0.0, 0, []
    for place in places:
        total = window.metered(place, first)
        if total is not None and total.total is not None:
            known += total.total if place.flow == "in" else -total.total
            metered += 1
        if total is None or not total.is_complete:
            missing.append(f"place:{place.code}")
    return Taken(None if missing else known, known, "metered", flows, missing, metered)


def used_electricity(window: AccountWindow, enterprise: str, first: date) -> Taken | None:
    """Electricity used, kWh: what came from outside and what the enterprise generated itself."""
    grid = grid_electricity(window, enterprise, first)
    if grid is None:
        return None
    own = grid.flows.get("own", 0.0)
    return Taken(None if grid.value is None else grid.value + own, grid.known + own, grid.by, grid.flows, grid.missing)


def entrances(window: AccountWindow, enterprise: str, first: date) -> list[Place]:
    """Unit-level electricity places, below no other, that were in service during a month."""
    return [
        place
        for place in window.register.places_of.get(enterprise, ())
        if (place.medium, place.level, place.parent) == (ELECTRICITY, PlaceLevel.UNIT, None) and in_month(place, first)
    ]


def _flows(ledger: Ledger, enterprise: str, kind: str, first: date) -> dict[str, float]:
    found = {flow: ledger.month(enterprise, f"{flow}.{kind}", first) for flow in _OWN_FLOWS}
    return {flow: value for flow, value in found.items() if value is not None}
