"""Carbon account (碳账户) of an enterprise for a month, after GB/T 32150 and, for coke, GB/T 32151.13.

The account is location-based: green electricity changes nothing in it. What contracts and certificates would make of it
is shown beside it under its own label. The plans name accounts and budgets but print no formula.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import Field

from domain.carbon import GREEN_EVIDENCE, CarbonBalance, CarbonFlow, Component, Factor, Source, market_based_electricity
from domain.carbon import total as tonnes
from domain.findings import Subject, SubjectKind, Verdict
from domain.ledger import ENERGY, ITEMS
from domain.metering import Line
from domain.products import PRODUCTS
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.carbon_factors import CARRIERS, HeatFactors, Measured, electricity_factor, fuel_factor
from rules.evaluators.contract import Evidence, Judgement, Params
from rules.evaluators.reported_energy import ELECTRICITY, Taken, consumed, grid_electricity

#: What a coke oven is charged with; its other inputs are burnt or carry no carbon.
_CHARGED = ("raw_coal", "washed_coal", "middlings")
_FUEL_KINDS = tuple(kind for kind in ENERGY if kind not in CARRIERS)


class CarbonAccountParams(Params):
    """Which rows of the factor tables are taken.

    electricity_*: region and basis of the location-based factor; residual_*: of what is left of a market-based one.
    raw_coal: fuel row that raw coal is taken for, absent: raw coal has no factor. confirmed: kinds whose unread fuel
    row somebody has compared with the standard. heat_t_per_gj: t CO2 per GJ; steam_gj_per_t: heat in a t of steam.
    """

    electricity_region: str
    electricity_basis: str
    residual_region: str
    residual_basis: str
    heat_t_per_gj: float = Field(gt=0)
    heat_edition: str
    steam_gj_per_t: float = Field(gt=0)
    steam_source: str
    raw_coal: str | None = None
    confirmed: list[str] = Field(default_factory=list)

    @property
    def heat(self) -> HeatFactors:
        """Factors of heat and steam."""
        return HeatFactors(self.heat_t_per_gj, self.heat_edition, self.steam_gj_per_t, self.steam_source)


@dataclass(slots=True)
class _Account:
    components: list[Component] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    balance: CarbonBalance | None = None
    balance_used: bool = False
    net_kwh: float | None = None


@account_evaluator(
    "carbon_account", params=CarbonAccountParams, selects=set(), subjects={SubjectKind.ENTERPRISE}, months=1
)
def carbon_account(window: AccountWindow, params: CarbonAccountParams) -> list[Judgement]:
    """Each enterprise with any energy figure of the month, reported or metered. value and limit in t CO2."""
    return [judgement for user in window.users() if (judgement := _judge(window, user.code, params)) is not None]


def _judge(window: AccountWindow, enterprise: str, params: CarbonAccountParams) -> Judgement | None:
    month, ledger = window.month, window.ledger
    taken = {kind: found for kind in ENERGY if (found := _taken(window, enterprise, kind)) is not None}
    if not any(found.is_figure for found in taken.values()):
        return None
    account = _account(window, enterprise, taken, params)
    value = tonnes(account.components)
    budget = ledger.month(enterprise, "carbon.budget", month)
    without = [one for one in account.components if one.lacks_factor]
    unconfirmed = [one for one in account.components if one.rests_on_unconfirmed]
    if without:
        verdict, reason = Verdict.UNDETERMINED, "no_factor"
    elif account.missing:
        verdict, reason = Verdict.UNDETERMINED, "incomplete_data"
    elif budget is None:
        verdict, reason = Verdict.UNDETERMINED, "no_budget"
    elif unconfirmed:
        verdict, reason = Verdict.UNDETERMINED, "factor_unconfirmed"
    elif value > budget:
        verdict, reason = Verdict.VIOLATION, "over_budget"
    else:
        verdict, reason = Verdict.COMPLIANT, "within_budget"
    evidence: Evidence = {
        "formula": "sum(activity*factor)",
        "method": "location_based",
        "components": [one.evidence() for one in account.components],
        "missing": account.missing,
        "without_factor": [one.kind for one in without],
        "unconfirmed_factors": [one.kind for one in unconfirmed],
        "budget_t": budget,
        "intensity": _intensity(window, enterprise, value),
    }
    if account.balance is not None:
        evidence["carbon_balance"] = {**account.balance.evidence(), "used": account.balance_used}
    if account.net_kwh is not None and (market := _market(window, enterprise, account, value, params)) is not None:
        evidence["market_based"] = market
    subject = Subject(SubjectKind.ENTERPRISE, enterprise)
    return Judgement(subject, window.period, verdict, reason, value, budget, "tCO2", evidence)


def _taken(window: AccountWindow, enterprise: str, kind: str) -> Taken | None:
    if kind == ELECTRICITY:
        return grid_electricity(window, enterprise, window.month)
    return consumed(window.ledger, enterprise, kind, window.month)


def _account(window: AccountWindow, enterprise: str, taken: dict[str, Taken], params: CarbonAccountParams) -> _Account:
    account, month, ledger = _Account(), window.month, window.ledger
    lines = window.lines(enterprise)
    process = ledger.month(enterprise, "carbon.process", month)
    account.balance, uncharged = _balance(window, enterprise, lines)
    made: dict[str, float] = {}
    charged: dict[str, float] = {}
    if account.balance is not None and process is None:
        account.balance_used = True
        made, charged = _amounts(account.balance.products), _amounts(account.balance.charged)
        account.missing += uncharged
    for kind in _FUEL_KINDS:
        fuel = taken.get(kind)
        if fuel is None and kind not in made:
            if _burnt_by_a_line(window, enterprise, lines, kind):
                account.missing.append(f"bought.{kind}")
            continue
        flows = {} if fuel is None else dict(fuel.flows)
        activity = 0.0 if fuel is None else fuel.known
        account.missing += [] if fuel is None else fuel.missing
        if kind in made:  # the balance has let it leave the process: it is there to be burnt
            flows["made"] = made[kind]
            activity += made[kind]
        if kind in charged and "feedstock" not in flows:  # the balance has it
            flows["charged"] = charged[kind]
            activity -= charged[kind]
        content, ncv = (ledger.month(enterprise, f"{item}.{kind}", month) for item in ("carbon_content", "ncv"))
        factor = fuel_factor(kind, params.raw_coal, tuple(params.confirmed), Measured(content, ncv))
        account.components.append(_component(Source.FUEL, kind, activity, factor, flows))
    if (electricity := taken.get(ELECTRICITY)) is not None:
        factor = electricity_factor(params.electricity_region, params.electricity_basis, month.year)
        account.missing += electricity.missing
        account.net_kwh = electricity.value
        flows = {**electricity.flows, **({"metered": electricity.known} if electricity.by == "metered" else {})}
        account.components.append(_component(Source.ELECTRICITY, ELECTRICITY, electricity.known, factor, flows))
    for kind in ("steam", "heat"):
        if (heat := taken.get(kind)) is not None:
            account.missing += heat.missing
            account.components.append(_component(Source.HEAT, kind, heat.known, params.heat.of(kind), heat.flows))
    if account.balance is not None and account.balance_used:
        account.missing += [f"carbon_content.{kind}" for kind in account.balance.lacking]
        if (balanced := account.balance.t_co2) is not None and not uncharged:
            account.components.append(_stated(Source.PROCESS, "carbon.process", balanced, "碳平衡"))
    if process is not None:
        account.components.append(_stated(Source.PROCESS, "carbon.process", process, "企业上报"))
    recovered = ledger.month(enterprise, "carbon.recovered", month)
    if recovered is not None:
        account.components.append(_stated(Source.RECOVERED, "carbon.recovered", recovered, "企业上报"))
    return account


def _component(source: Source, kind: str, activity: float, factor: Factor | None, flows: dict[str, float]) -> Component:
    return Component(source, kind, ENERGY[kind].name, activity, ENERGY[kind].unit, factor, flows)


def _stated(source: Source, item: str, amount: float, how: str) -> Component:
    """Tonnes of CO2 as they are given."""
    factor = Factor(1.0, "tCO2/t", how, how, "reported", True)
    return Component(source, item, ITEMS[item].name, amount, "t", factor)


def _burnt_by_a_line(window: AccountWindow, enterprise: str, lines: Iterable[Line], kind: str) -> bool:
    """Whether lines use a fuel of which the enterprise says nothing and which none of them makes."""
    codes = [line.code for line in lines]
    used = any(window.ledger.month(enterprise, f"used.{kind}", window.month, code) for code in codes)
    return used and not any(window.ledger.month(enterprise, f"made.{kind}", window.month, code) for code in codes)


def _balance(window: AccountWindow, enterprise: str, lines: Iterable[Line]) -> tuple[CarbonBalance | None, list[str]]:
    """The carbon balance of the coking lines that report carbon contents, None without any, and what of the lines'
    charge is not reported."""
    charged: list[CarbonFlow] = []
    products: list[CarbonFlow] = []
    uncharged: list[str] = []
    found = False
    for line in lines:
        own = {kind: _content(window, enterprise, kind, line.code) for kind in _FUEL_KINDS}
        if line.product != "coke" or all(content is None for content in own.values()):
            continue
        found = True
        before = len(charged)
        for flow, kinds, side in (("used", _CHARGED, charged), ("made", _FUEL_KINDS, products)):
            for kind in kinds:
                amount = window.ledger.month(enterprise, f"{flow}.{kind}", window.month, line.code)
                if amount is not None:
                    content = own[kind] if own[kind] is not None else _content(window, enterprise, kind, None)
                    side.append(CarbonFlow(kind, amount, content))
        if len(charged) == before:
            uncharged.append(f"used.washed_coal:{line.code}")
        if window.ledger.month(enterprise, "made.coke", window.month, line.code) is None:
            uncharged.append(f"made.coke:{line.code}")
    return (CarbonBalance(tuple(charged), tuple(products)) if found else None), uncharged


def _content(window: AccountWindow, enterprise: str, kind: str, line: str | None) -> float | None:
    return window.ledger.month(enterprise, f"carbon_content.{kind}", window.month, line)


def _amounts(flows: Iterable[CarbonFlow]) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for flow in flows:
        amounts[flow.kind] = amounts.get(flow.kind, 0.0) + flow.amount
    return amounts


def _intensity(window: AccountWindow, enterprise: str, value: float) -> Evidence:
    """t CO2 per unit of the product, where all lines make the same one, and per 万元 of value added."""
    found: Evidence = {}
    lines = window.lines(enterprise)
    outputs = [window.ledger.month(enterprise, "output", window.month, line.code) for line in lines]
    output = sum(amount for amount in outputs if amount is not None)
    if len({line.product for line in lines}) == 1 and None not in outputs and output > 0:
        product = PRODUCTS[lines[0].product]
        found["per_output"] = {
            "product": product.key,
            "output": output,
            "unit": f"tCO2/{product.unit}",
            "value": value / output,
        }
    added = window.ledger.month(enterprise, "value_added", window.month)
    if added is not None and added > 0:
        found["per_value_added"] = {"value_added": added, "unit": "tCO2/万元", "value": value / added}
    return found


def _market(
    window: AccountWindow, enterprise: str, account: _Account, value: float, params: CarbonAccountParams
) -> Evidence | None:
    """The market-based account, where there is evidence of green electricity."""
    figures = {kind: window.ledger.month(enterprise, f"green.{kind}", window.month) for kind in GREEN_EVIDENCE}
    evidenced = {kind: amount for kind, amount in figures.items() if amount}
    residual = electricity_factor(params.residual_region, params.residual_basis, window.month.year)
    if not evidenced or residual is None or account.net_kwh is None:
        return None
    market = market_based_electricity(account.net_kwh, evidenced, residual)
    electricity = next(one.t_co2 for one in account.components if one.source is Source.ELECTRICITY) or 0.0
    return {**market, "account_t_co2": value - electricity + market["t_co2"]}
