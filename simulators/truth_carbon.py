"""What must be found of carbon, green electricity and solid waste.

Assumptions. A month's account is activity times factor: fuels after the published default values, with the calorific
value that the enterprise measured where it reports one, electricity by the province's grid of the newest year, heat and
steam by the default of GB/T 32150; what a plant's process gives off and what is recovered as reported. Figures of coal,
coke and crude benzene are known by hearsay and judge nothing. Where ovens report carbon contents, what they give off is
the carbon that is charged and leaves with no product; their products are then there to be burnt, as far as they are not
sold, and what is charged is not. Shares of green electricity and rates of waste are of the
year to date, from registration on.
"""

from __future__ import annotations

from simulators.city import Enterprise
from simulators.effects import Outcome
from simulators.truth_accounts import Account, Found
from simulators.truth_energy import FACTORS, net

ACCOUNT = "carbon.account"
GREEN = "green.share"
GREEN_CHEMICAL = "green.share.chemical"
SOLID = "solid.rate"

#: GJ and t of carbon per GJ, share that burns; of gases per 10^4 m3.
FUELS = {
    "raw_coal": (19.57, 0.02618, 0.93, 1),
    "washed_coal": (26.334, 0.02541, 0.93, 1),
    "middlings": (12.545, 0.02541, 0.93, 1),
    "coke": (28.435, 0.0295, 0.93, 1),
    "coke_oven_gas": (173.854, 0.0121, 0.99, 10_000),
    "blast_furnace_gas": (33.0, 0.0708, 0.99, 10_000),
    "natural_gas": (389.31, 0.0153, 0.99, 10_000),
    "diesel": (42.652, 0.0202, 0.98, 1),
    "gasoline": (43.07, 0.0189, 0.98, 1),
    "coal_tar": (33.453, 0.022, 0.98, 1),
    "crude_benzene": (41.816, 0.0227, 0.98, 1),
}
HEARSAY = ("raw_coal", "washed_coal", "middlings", "coke", "crude_benzene")
COALS = ("raw_coal", "washed_coal", "middlings")
CO2_PER_C = 44 / 12
GRID_T_PER_KWH = 0.6479 / 1000
HEAT_T_PER_GJ = 0.11
STEAM_GJ_PER_T = 3.763
CARRIERS = {"steam": HEAT_T_PER_GJ * STEAM_GJ_PER_T, "heat": HEAT_T_PER_GJ}

_FLOWS = ("bought", "own", "sold", "stock_open", "stock_close", "feedstock")
_GREEN = ("self_consumed", "direct_line", "traded", "certificate")
#: year: percent, whether it must be exceeded, in the plans' own years.
GREEN_TARGET = {2028: (25.0, True)}
CHEMICAL_TARGET = {2027: (35.0, False)}
GREEN_YEARS, CHEMICAL_YEARS = range(2026, 2029), range(2025, 2028)
CHEMICAL = ("chlor_alkali", "bdo", "carbide_pvc")


def _flows(account: Account, enterprise: str, kind: str) -> dict[str, float]:
    found = {flow: account.figure(enterprise, f"{flow}.{kind}", account.first) for flow in _FLOWS}
    return {flow: value for flow, value in found.items() if value is not None}


def _grid(account: Account, enterprise: str) -> tuple[float, bool] | None:
    """(kWh from outside in the month, whether that is all), None where nothing is known of any."""
    flows = _flows(account, enterprise, "electricity")
    if "bought" in flows:
        return flows["bought"] - flows.get("sold", 0.0), True
    unit = [p for p in account.places(enterprise, "electricity", "unit") if p.parent is None]
    if not unit:
        return (0.0, False) if flows else None
    (entered, one), (left, other) = (
        account.totals.sum(p for p in unit if p.flow == flow) for flow in ("in", "out")
    )  # fmt: skip
    leaves = any(p.flow == "out" for p in unit)
    return entered - left, one and (other or not leaves)


def accounts(account: Account) -> Found:
    """The carbon account of everybody with any energy in the month."""
    for enterprise in account.city.enterprises:
        outcome = _account(account, enterprise.code)
        if outcome is not None:
            yield ACCOUNT, f"enterprise:{enterprise.code}", outcome


def _account(account: Account, enterprise: str) -> Outcome | None:
    month = account.first
    tonnes, missing, hearsay, any_kind = 0.0, False, False, False
    lines = [line.code for line in account.lines(enterprise)]
    process = account.figure(enterprise, "carbon.process", month)
    given_off, charged, made_here = _balance(account, enterprise) if process is None else (0.0, {}, {})
    for kind in FACTORS:
        if kind == "electricity":
            continue
        flows = _flows(account, enterprise, kind)
        if not flows and kind not in made_here:
            burnt = any(account.figure(enterprise, f"used.{kind}", month, line) for line in lines)
            made = any(account.figure(enterprise, f"made.{kind}", month, line) for line in lines)
            missing |= burnt and not made and kind in FUELS
            continue
        any_kind = True
        missing |= (bool(flows) and "bought" not in flows) or ("stock_open" in flows) != ("stock_close" in flows)
        activity = (net(account, enterprise, kind, month) or 0.0) + made_here.get(kind, 0.0) - charged.get(kind, 0.0)
        if kind in FUELS:
            gj, carbon, oxidised, per = FUELS[kind]
            if (measured := account.figure(enterprise, f"ncv.{kind}", month)) is not None:
                gj = measured * per / 1000 if per > 1 else measured  # MJ per m3 or per kg
            tonnes += activity * gj * carbon * oxidised * CO2_PER_C / per
            hearsay |= kind in HEARSAY and activity != 0
        else:
            tonnes += activity * CARRIERS[kind]
    if (grid := _grid(account, enterprise)) is not None:
        any_kind = True
        tonnes += grid[0] * GRID_T_PER_KWH
        missing |= not grid[1]
    if not any_kind:
        return None
    tonnes += given_off if process is None else process
    tonnes -= account.figure(enterprise, "carbon.recovered", month) or 0.0
    budget = account.figure(enterprise, "carbon.budget", month)
    if missing:
        return Outcome("undetermined", "incomplete_data")
    if budget is None:
        return Outcome("undetermined", "no_budget", tonnes)
    if hearsay:
        return Outcome("undetermined", "factor_unconfirmed", tonnes)
    over = tonnes > budget
    return Outcome("violation", "over_budget", tonnes) if over else Outcome("compliant", "within_budget", tonnes)


def _balance(account: Account, enterprise: str) -> tuple[float, dict[str, float], dict[str, float]]:
    """(t of CO2 that coke ovens give off, what is charged by kind, what they make); nothing without carbon contents."""
    carbon = 0.0
    charged: dict[str, float] = {}
    made: dict[str, float] = {}
    for line in account.lines(enterprise):
        content = {
            kind: value for kind in FUELS
            if (value := account.figure(enterprise, f"carbon_content.{kind}", account.first, line.code)) is not None
        }  # fmt: skip
        if line.product != "coke" or not content:
            continue
        for flow, found, sign in (("used", charged, 1), ("made", made, -1)):
            for kind in FUELS:
                amount = account.figure(enterprise, f"{flow}.{kind}", account.first, line.code)
                if amount is not None and (flow == "made" or kind in COALS):
                    found[kind] = found.get(kind, 0.0) + amount
                    carbon += sign * amount * content[kind]
    return carbon * CO2_PER_C, charged, made


def green(account: Account) -> Found:
    """Green electricity of everybody with electricity, of the city, and of its chemical works."""
    industrial = [e for e in account.city.enterprises if e.is_industrial]
    for enterprise in industrial:
        shares = sum(account.figure(enterprise.code, f"green.{item}", account.first) or 0.0 for item in _GREEN)
        if (_grid(account, enterprise.code) is not None or shares) and account.first.year in GREEN_YEARS:
            yield GREEN, f"enterprise:{enterprise.code}", _green(account, [enterprise], "no_limit", None)
    city, year = f"city:{account.city.code}", account.first.year
    if year in GREEN_YEARS:
        yield GREEN, city, _green(account, industrial, "no_target_this_year", GREEN_TARGET.get(year))
    if year in CHEMICAL_YEARS:
        chemical = [e for e in industrial if e.industry in CHEMICAL]
        target = CHEMICAL_TARGET.get(year)
        yield GREEN_CHEMICAL, city, _green(account, chemical, "no_target_this_year", target)


def _green(account: Account, members: list[Enterprise], otherwise: str, target: tuple[float, bool] | None) -> Outcome:
    use, share, complete = 0.0, 0.0, True
    for member in members:
        grid = _grid(account, member.code)
        complete &= grid is not None and grid[1]
        if grid is not None:
            use += grid[0] + (account.figure(member.code, "own.electricity", account.first) or 0.0)
        share += sum(account.figure(member.code, f"green.{item}", account.first) or 0.0 for item in _GREEN)
    if not complete:
        return Outcome("undetermined", "incomplete_data")
    if use <= 0:
        return Outcome("undetermined", "no_flow")
    value = 100 * share / use
    if share > use or target is None:
        return Outcome("undetermined", "green_exceeds_use" if share > use else otherwise, value)
    percent, exceeded = target
    met = 100 * share > percent * use if exceeded else 100 * share >= percent * use
    return Outcome("compliant", "target_met", value) if met else Outcome("violation", "target_not_met", value)


def solid(account: Account) -> Found:
    """Waste of everybody who reports any, and of the city."""
    reporting = [
        e.code for e in account.city.enterprises if account.figure(e.code, "solid.generated", account.first) is not None
    ]
    for code in reporting:
        yield SOLID, f"enterprise:{code}", _solid(account, [code])
    yield SOLID, f"city:{account.city.code}", _solid(account, reporting)


def _solid(account: Account, codes: list[str]) -> Outcome:
    def tonnes(item: str) -> float:
        return sum(account.figure(code, f"solid.{item}", account.first) or 0.0 for code in codes)

    if not codes:
        return Outcome("undetermined", "incomplete_data")
    stocks = tonnes("utilised_stock") + tonnes("disposed_stock")
    arisen, treated = tonnes("generated") + stocks, tonnes("utilised") + tonnes("disposed") + stocks
    if arisen == 0:
        return Outcome("undetermined", "no_flow")
    value = 100 * treated / arisen
    if treated > arisen:
        return Outcome("undetermined", "more_than_generated", value)
    return Outcome("compliant", "target_met", value) if value > 95 else Outcome("violation", "target_not_met", value)
