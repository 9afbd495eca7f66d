"""What must be found of energy: per unit of product against the limits, and what enterprises use in twelve months.

Assumptions. Factors in kgce per unit after GB/T 2589, of coke-oven gas the middle of the printed range; a measured
calorific value of the month takes their place. A figure is what is reported, else what complete meters passed. Factors
of natural gas and crude benzene are known by hearsay: where their share of the sum could turn a verdict, there is none.
Limits and corrections of coke after GB 21342-2025, clause 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from simulators.city import Line, MeteringPlace
from simulators.effects import Outcome
from simulators.truth_accounts import Account, Found

UNIT = "energy.unit"
ACCESS = "energy.unit_access"
TOTAL = "energy.total"
RETROFIT = "energy.retrofit_list"
BENCHMARK = "energy.benchmark_share"

MJ_PER_KGCE = 29.3076
#: kgce per unit, t counted as 1000 kg and GJ as 1000 MJ.
FACTORS = {
    "electricity": 0.1229,
    "raw_coal": 714.3,
    "washed_coal": 900.0,
    "middlings": 285.7,
    "coke": 971.4,
    "coke_oven_gas": 0.59285,
    "blast_furnace_gas": 0.1286,
    "natural_gas": 1.2143,
    "steam": 128.6,
    "heat": 34.12,
    "diesel": 1457.1,
    "gasoline": 1471.4,
    "coal_tar": 1142.9,
    "crude_benzene": 1428.6,
}
HEARSAY = ("natural_gas", "crude_benzene")
GASES = ("coke_oven_gas", "blast_furnace_gas", "natural_gas")
EQUAL_KGCE_PER_KWH = 0.3
LARGE_TCE, LISTED_TCE = 10_000.0, 5_000.0

#: product: level 2 and level 3 in kgce/t; None: corrections that nobody has written down.
LIMITS: dict[tuple[str, str | None], tuple[float, float] | None] = {
    ("coke", "top"): (110.0, 135.0),
    ("coke", "stamp"): (115.0, 140.0),
    ("carbide", None): (823.0, 940.0),
    ("bdo_reppe", None): (950.0, 1080.0),
    ("caustic_30", None): (315.0, 350.0),
    ("caustic_45", None): (420.0, 470.0),
    ("pvc_general", None): (193.0, 270.0),
    ("pvc_paste", None): (450.0, 480.0),
    ("clinker", None): (107.0, 117.0),
    ("cement", None): None,
    ("ferrosilicon", None): (1770.0, 1850.0),
    ("semi_coke", None): None,
}
#: charging: correction by the dry volatile of the charge in %, base moisture in %, kgce/t for each % above it.
COKE = {
    "top": ({21: -8.3, 22: -4.2, 23: 0.0, 24: 4.25, 25: 8.55, 26: 11.0, 27: 14.08, 28: 18.71}, 10.0, 3.67),
    "stamp": ({25: 0.0, 26: 3.2, 27: 6.44, 28: 11.4, 29: 14.65, 30: 17.93, 31: 21.23, 32: 24.5}, 10.5, 3.71),
}
WET_QUENCHING = 46.46
BENCHMARK_KGCE = 110.0


@dataclass(frozen=True, slots=True)
class Sum:
    """tce, and how much of it rests on hearsay."""

    tce: float
    doubtful: float

    def exceeds(self, limit: float) -> bool | None:
        """None where it depends on what nobody has read."""
        if self.tce - self.doubtful > limit:
            return True
        return False if self.tce + self.doubtful <= limit else None


def _factor(account: Account, kind: str, month: date, enterprise: str, line: str | None) -> tuple[float, bool]:
    """(kgce per unit, whether it was read or measured)."""
    for of in (line, None):
        measured = account.figure(enterprise, f"ncv.{kind}", month, of)
        if measured:
            return measured / MJ_PER_KGCE * (1 if kind in GASES else 1000), True
    return FACTORS[kind], kind not in HEARSAY


def _metered(account: Account, places: list[MeteringPlace], month: date) -> float | None:
    if not account.is_metered(month) or not places:
        return None
    value, complete = account.totals.sum(places)
    return value if complete else None


# Lines ------------------------------------------------------------------------------------------------------------


def unit_energy(account: Account, line: Line) -> tuple[str | None, Sum | None]:
    """(why it cannot be said, kgce per t of product)."""
    if line.in_service_from > account.months[0]:
        return "too_few_months", None
    outputs = [account.figure(line.enterprise, "output", month, line.code) for month in account.months]
    items = account.items(line.enterprise, line.code)
    mine = [place for place in account.city.places if (place.enterprise, place.line) == (line.enterprise, line.code)]
    total = doubtful = 0.0
    parts = 0
    for kind in FACTORS:
        for flow, direction, sign in (("used", "in", 1), ("made", "out", -1)):
            places = [
                p for p in mine
                if (p.medium, p.flow) == (kind, direction) and p.parent not in {other.code for other in mine}
            ]  # fmt: skip
            if f"{flow}.{kind}" not in items and not places:
                continue
            parts += 1
            unread = 0.0
            for month in account.months:
                amount = account.figure(line.enterprise, f"{flow}.{kind}", month, line.code)
                if amount is None:
                    amount = _metered(account, places, month)
                if amount is None:
                    return "incomplete_data", None
                kgce, is_read = _factor(account, kind, month, line.enterprise, line.code)
                total += sign * amount * kgce
                unread += 0.0 if is_read else amount * kgce
            doubtful += unread
    if None in outputs or not parts:
        return "incomplete_data", None
    made = sum(output for output in outputs if output is not None)
    return ("no_output", None) if made == 0 else (None, Sum(total / made, doubtful / made))


def corrected(account: Account, line: Line) -> tuple[float, float] | None:
    """Levels 2 and 3 of a line, None where a correction cannot be made."""
    levels = LIMITS[(line.product, line.charging)]
    if levels is None or line.product != "coke":
        return levels
    assert line.charging is not None
    table, base, each = COKE[line.charging]
    weighed = {"coke.volatile": 0.0, "coke.moisture": 0.0}
    made = 0.0
    for month in account.months:
        output = account.figure(line.enterprise, "output", month, line.code) or 0.0
        made += output
        for item in weighed:
            value = account.figure(line.enterprise, item, month, line.code)
            if value is None:
                if output:
                    return None
                continue
            weighed[item] += output * value
    volatile, moisture = (value / made for value in weighed.values())
    if not min(table) <= volatile <= max(table) or line.quenching is None or line.commissioned_on is None:
        return None
    below = min(int(volatile), max(table) - 1)
    raw = table[below] + (table[below + 1] - table[below]) * (volatile - below) + (moisture - base) * each
    on, since = account.last_day, line.commissioned_on
    age = on.year - since.year - ((on.month, on.day) < (since.month, since.day))
    aged = 5.5 if age > 25 else 2.5 if age > 15 else 0.0
    quenched = WET_QUENCHING if line.quenching == "wet" else 0.0
    return levels[0] + raw, levels[1] + raw + quenched + aged


def stand(account: Account, line: Line, level: int) -> Outcome:
    """A line against level 2 or 3."""
    reason, energy = unit_energy(account, line)
    if reason is not None or energy is None:
        return Outcome("undetermined", reason or "incomplete_data")
    levels = corrected(account, line)
    if levels is None:
        return Outcome("undetermined", "correction_incomplete", energy.tce)
    exceeds = energy.exceeds(levels[level - 2])
    if exceeds is None:
        return Outcome("undetermined", "factor_unconfirmed", energy.tce)
    if exceeds:
        return Outcome("violation", f"over_level_{level}", energy.tce)
    return Outcome("compliant", f"within_level_{level}", energy.tce)


def _limited(account: Account, enterprise: str) -> list[Line]:
    return [line for line in account.lines(enterprise) if (line.product, line.charging) in LIMITS]


def lines(account: Account) -> Found:
    """Unit energy of every line with a limit, and the share of coke capacity that reaches the benchmark."""
    reaching = capacity = 0.0
    for enterprise in account.city.enterprises:
        for line in _limited(account, enterprise.code):
            subject = f"line:{line.enterprise}/{line.code}"
            yield UNIT, subject, stand(account, line, 3)
            yield ACCESS, subject, stand(account, line, 2)
            if line.product == "coke" and line.capacity_t_a is not None:
                _, energy = unit_energy(account, line)
                capacity += line.capacity_t_a
                reaching += line.capacity_t_a if energy is not None and energy.tce <= BENCHMARK_KGCE else 0.0
    outcome = Outcome("undetermined", "benchmark_unconfirmed", 100 * reaching / capacity)
    yield BENCHMARK, f"city:{account.city.code}", outcome


# Enterprises ------------------------------------------------------------------------------------------------------

_SIGNS = {"bought": 1, "stock_open": 1, "stock_close": -1, "sold": -1, "feedstock": -1}


def electricity(account: Account, enterprise: str, month: date) -> float | None:
    """kWh bought less sold, or what the meters at the boundary say where nobody ever reports it, None: not known."""
    unit = [p for p in account.places(enterprise, "electricity", "unit") if p.parent is None]
    if "bought.electricity" not in account.items(enterprise) and unit:
        entered = _metered(account, [p for p in unit if p.flow == "in"], month)
        leaving = [p for p in unit if p.flow == "out"]
        left = _metered(account, leaving, month) if leaving else 0.0
        return None if entered is None or left is None else entered - left
    return net(account, enterprise, "electricity", month)


def net(account: Account, enterprise: str, kind: str, month: date) -> float | None:
    """Bought, less what was sold, stored or made into something; None while nobody says what was bought."""
    if account.figure(enterprise, f"bought.{kind}", month) is None:
        return None
    return sum(sign * (account.figure(enterprise, f"{flow}.{kind}", month) or 0.0) for flow, sign in _SIGNS.items())


def used(account: Account, enterprise: str) -> tuple[bool, Sum | None, float]:
    """(whether anything is known of its energy, tce of twelve months, the same by equal value)."""
    items = account.items(enterprise)
    total = doubtful = equal = 0.0
    any_kind, missing = False, False
    for kind in FACTORS:
        reports = any(f"{flow}.{kind}" in items for flow in (*_SIGNS, "own"))
        if not reports and not (kind == "electricity" and account.places(enterprise, kind, "unit")):
            continue
        any_kind = True
        unread = 0.0
        for month in account.months:
            amount = _amount(account, enterprise, kind, month)
            if amount is None:
                missing = True
                continue
            kgce, is_read = _factor(account, kind, month, enterprise, None)
            total += amount * kgce / 1000
            equal += amount * (EQUAL_KGCE_PER_KWH if kind == "electricity" else kgce) / 1000
            unread += 0.0 if is_read else amount * kgce / 1000
        doubtful += abs(unread)
    return any_kind, None if missing else Sum(total, doubtful), equal


def _amount(account: Account, enterprise: str, kind: str, month: date) -> float | None:
    return electricity(account, enterprise, month) if kind == "electricity" else net(account, enterprise, kind, month)


def enterprises(account: Account) -> Found:
    """Energy of twelve months, and who is on the list of those to be refitted."""
    for enterprise in account.city.enterprises:
        subject = f"enterprise:{enterprise.code}"
        any_kind, tce, equal = used(account, enterprise.code)
        if any_kind:
            if tce is None:
                outcome = Outcome("undetermined", "incomplete_data")
            elif equal > LARGE_TCE:
                outcome = Outcome("undetermined", "over_10000_tce", tce.tce)
            else:
                size = "over_5000_tce" if tce.tce > LISTED_TCE else "below_5000_tce"
                outcome = Outcome("undetermined", size, tce.tce)
            yield TOTAL, subject, outcome
        mine = _limited(account, enterprise.code)
        if mine:
            yield RETROFIT, subject, _listed(tce, [stand(account, line, 3).verdict for line in mine])


def _listed(tce: Sum | None, verdicts: list[str]) -> Outcome:
    if tce is None:
        return Outcome("undetermined", "incomplete_data")
    exceeds = tce.exceeds(LISTED_TCE)
    if exceeds is False or set(verdicts) == {"compliant"}:
        return Outcome("compliant", "not_listed", tce.tce)
    if exceeds is None:
        return Outcome("undetermined", "factor_unconfirmed", tce.tce)
    if "violation" in verdicts:
        return Outcome("violation", "to_retrofit", tce.tce)
    return Outcome("undetermined", "incomplete_data", tce.tce)
