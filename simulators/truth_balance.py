"""What must be found of balances: what entered against what sub-meters passed, and how often water is used.

Assumptions. A place is set against those below it; an enterprise's entries (unit level, from outside) against its
workshops and what it passes on: of water only what is sold, of energy everything that leaves. A difference above the
band is a loss or, the other way round, sub-meters that show more than entered.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulators.city import MeteringPlace
from simulators.effects import Outcome
from simulators.truth_accounts import Account, Found
from simulators.truth_intakes import intake_volume

LEAK = "water.leak_rate"
REUSE = "water.reuse_rate"
#: rule: (medium, band in %).
BANDS = {
    "water.balance": ("water", 10.0),
    "water.balance_watch": ("water", 5.0),
    "energy.balance.electricity": ("electricity", 5.0),
    "energy.balance.coke_oven_gas": ("coke_oven_gas", 10.0),
    "energy.balance.natural_gas": ("natural_gas", 10.0),
    "energy.balance.steam": ("steam", 10.0),
}
LEAK_PCT = 2.0
USED_AGAIN = ("reused", "cooling_circulating", "condensate")


def balances(account: Account) -> Found:
    """Of every place with others below it, and of every enterprise with an entry and workshops."""
    for rule, (medium, band) in BANDS.items():
        for enterprise in account.city.enterprises:
            for place in account.places(enterprise.code, medium):
                below = [p for p in account.places(enterprise.code, medium) if p.parent == place.code]
                if below:
                    yield rule, f"place:{place.key}", _closed(account, [place], below, band)
            edges = _enterprise_edges(account, enterprise.code, medium)
            if edges is not None:
                yield rule, f"enterprise:{enterprise.code}", _closed(account, *edges, band)


def leaks(account: Account) -> Found:
    """The loss rate of every enterprise with a balance of water."""
    for enterprise in account.city.enterprises:
        edges = _enterprise_edges(account, enterprise.code, "water")
        if edges is None:
            continue
        entered, gone, reason = _volumes(account, *edges)
        if reason is None and entered == 0:
            reason = "no_flow"
        if reason is not None:
            outcome = Outcome("undetermined", reason)
        else:
            value = 100 * (entered - gone) / entered
            over = value > LEAK_PCT
            outcome = Outcome("violation", "over_limit", value) if over else Outcome("compliant", "within_limit", value)
        yield LEAK, f"enterprise:{enterprise.code}", outcome


def reuse(account: Account) -> Found:
    """The reuse rate: an indicator, nothing is judged."""
    for enterprise in account.city.enterprises:
        again = [p for p in account.places(enterprise.code, "water") if p.use in USED_AGAIN]
        if not again:
            continue
        used, reason = _sum(account, again)
        fresh, complete = intake_volume(account, enterprise.code, account.first)
        if reason is None and not complete:
            reason = "incomplete_data"
        if reason is None and (fresh is None or used + fresh == 0):
            reason = "no_flow"
        value = None if reason is not None or fresh is None else 100 * used / (fresh + used)
        yield REUSE, f"enterprise:{enterprise.code}", Outcome("undetermined", reason or "no_limit", value)


def _enterprise_edges(
    account: Account, enterprise: str, medium: str
) -> tuple[list[MeteringPlace], list[MeteringPlace]] | None:
    """(entries, what lies behind them) of an enterprise, None where it has no such boundary."""
    unit = account.places(enterprise, medium, "unit")
    entries = [p for p in unit if p.flow == "in" and p.parent is None]
    shops = [p for p in account.places(enterprise, medium, "secondary") if p.flow == "in"]
    if not entries or not any(p.parent is None for p in shops):
        return None
    leaving = [p for p in unit if p.flow == "out" and (medium != "water" or p.use == "sold")]
    return entries, shops + leaving


def _sum(account: Account, places: Sequence[MeteringPlace]) -> tuple[float, str | None]:
    """(sum of what is known, why it is not all)."""
    found = [account.total(place) for place in places]
    known = sum(total.value for total in found if total is not None and total.value is not None)
    if any(total is None for total in found):
        return known, "not_metered"
    return known, None if all(total is not None and total.is_complete for total in found) else "incomplete_data"


def _volumes(
    account: Account, entries: Sequence[MeteringPlace], behind: Sequence[MeteringPlace]
) -> tuple[float, float, str | None]:
    (entered, one), (gone, other) = _sum(account, entries), _sum(account, behind)
    reasons = {one, other} - {None}
    return entered, gone, "not_metered" if "not_metered" in reasons else next(iter(reasons), None)


def _closed(
    account: Account, entries: Sequence[MeteringPlace], behind: Sequence[MeteringPlace], band: float
) -> Outcome:
    entered, gone, reason = _volumes(account, entries, behind)
    if reason is not None:
        return Outcome("undetermined", reason)
    lost = entered - gone
    if entered == 0:
        return Outcome("violation", "sub_exceeds_entry") if gone > 0 else Outcome("undetermined", "no_flow")
    value = 100 * abs(lost) / entered
    if value > band:
        return Outcome("violation", "loss_over_band" if lost > 0 else "sub_exceeds_entry", value)
    return Outcome("compliant", "closed", value)
