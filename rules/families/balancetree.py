"""The balance of one enterprise as a tree of its metering places: what each passed, and what those below it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum

from domain.balance import Balance
from domain.metering import Place, in_month
from rules.evaluators.account import AccountWindow, MonthTotal


@dataclass(frozen=True, slots=True)
class Node:
    """A place that was in service in the month. metered: None where no meter is connected.

    balance: against the places below it, None where there are none or where a side is not known. complete: whether a
    verdict may rest on it.
    """

    place: Place
    metered: MonthTotal | None
    children: list[Node] = field(default_factory=list)
    balance: Balance | None = None
    complete: bool = False


def balance_tree(window: AccountWindow, enterprise: str, medium: str) -> list[Node]:
    """Places without a parent, in the register's order, with those below them. A place whose parent is out of service
    stands at the top."""
    places = [
        place
        for place in window.register.places_of.get(enterprise, ())
        if place.medium == medium and in_month(place, window.month)
    ]
    there = {place.code for place in places}
    below: dict[str | None, list[Place]] = {}
    for place in places:
        below.setdefault(place.parent if place.parent in there else None, []).append(place)
    return [_node(window, place, below) for place in below.get(None, ())]


def _node(window: AccountWindow, place: Place, below: dict[str | None, list[Place]]) -> Node:
    children = [_node(window, child, below) for child in below.get(place.code, ())]
    metered = window.metered(place)
    totals = [metered, *(child.metered for child in children)]
    known = [total.total for total in totals if total is not None and total.total is not None]
    if not children or len(known) < len(totals):
        return Node(place, metered, children)
    complete = all(total is not None and total.is_complete for total in totals)
    return Node(place, metered, children, Balance(known[0], fsum(known[1:])), complete)
