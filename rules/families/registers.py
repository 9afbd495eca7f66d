"""What rules of metering and of accounts read alike: the register, monthly totals and the ledger.

While a piece of the work list is judged, all of them look at one reading of it: whatever is written meanwhile brings
work of its own. With tens of thousands of meters each reading costs seconds, and a late hour asks a dozen rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.ledger import Ledger
from domain.periods import add_months
from rules.evaluators.account import MonthTotal
from rules.evaluators.coverage import Register
from rules.families.contract import Worklist
from rules.families.placetotals import place_totals
from storage import ledger, metering, month_totals
from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Registered:
    """The register as evaluators see it; enterprise_ids by code."""

    register: Register
    enterprise_ids: dict[str, int]


@dataclass(frozen=True, slots=True)
class Books:
    """Monthly totals by (enterprise, place) and month, and the ledger, of the months from first to last."""

    first: date
    last: date
    totals: Mapping[tuple[str, str], Mapping[date, MonthTotal]]
    ledger: Ledger


def register_of(stored: metering.MeteringRegister) -> Register:
    """The stored register as evaluators see it."""
    return Register(**{name: getattr(stored, name) for name in Register.__dataclass_fields__})


async def registered(connection: Connection, work: Worklist | None = None) -> Registered:
    """The register; of all that judge by one work list the same."""
    known = None if work is None else work.read.get("register")
    if isinstance(known, Registered):
        return known
    stored = await metering.register(connection)
    found = Registered(register_of(stored), stored.enterprise_ids)
    if work is not None:
        work.read["register"] = found
    return found


async def books(connection: Connection, register: Register, first: date, last: date, work: Worklist | None) -> Books:
    """Totals and ledger of at least the months from first to last; of those who judge by one work list the same."""
    known = None if work is None else work.read.get("books")
    if isinstance(known, Books):
        if known.first <= first and last <= known.last:
            return known
        first, last = min(first, known.first), max(last, known.last)
    rows = await month_totals.totals(connection, first, last)
    entries = Ledger(await ledger.entries(connection, first, last))
    months = [first]
    while months[-1] < last:
        months.append(add_months(months[-1], 1))
    found = Books(first, last, place_totals(register, rows, months), entries)
    if work is not None:
        work.read["books"] = found
    return found
