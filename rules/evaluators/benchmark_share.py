"""Share of coke capacity whose unit energy reaches the national benchmark level (标杆水平), of the whole city."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import Line, reaches
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params, YearTarget, share_pct
from rules.evaluators.coverage import target_evidence, target_of
from rules.evaluators.energy import line_energy
from rules.policy.energy_data import EnergyData, energy_data


class BenchmarkShareParams(Params):
    """product: of which lines count. confirmed: whether somebody has read the benchmark figures in their document."""

    product: str = Field(min_length=1)
    confirmed: bool
    targets: list[YearTarget] = Field(min_length=1)


@account_evaluator(
    "benchmark_share", params=BenchmarkShareParams, selects=set(), subjects={SubjectKind.CITY}, months=12
)
def benchmark_share(window: AccountWindow, params: BenchmarkShareParams) -> list[Judgement]:
    """The city. value in % of capacity; a line without a unit energy does not reach it, one without capacity is out."""
    data = energy_data()
    lines = [
        (line, line.capacity_t_a)
        for user in window.users()
        for line in window.lines(user.code)
        if line.product == params.product and line.capacity_t_a is not None
    ]
    shown, reaching, total = [], 0.0, 0.0
    for line, capacity in lines:
        e, benchmark = _unit_energy(window, line, data), data.benchmarks.get((line.product, line.charging))
        level = None if benchmark is None else benchmark.benchmark
        met = e is not None and level is not None and e <= level
        reaching, total = reaching + (capacity if met else 0.0), total + capacity
        shown.append(_shown(line, capacity, e, level, met))
    target = target_of(params.targets, window.month.year)
    if not lines:
        verdict, reason = Verdict.UNDETERMINED, "no_line"
    elif not params.confirmed:
        verdict, reason = Verdict.UNDETERMINED, "benchmark_unconfirmed"
    elif target is None:
        verdict, reason = Verdict.UNDETERMINED, "no_target_this_year"
    elif reaches(reaching, total, target.percent, strictly=target.operator == ">"):
        verdict, reason = Verdict.COMPLIANT, "target_met"
    else:
        verdict, reason = Verdict.VIOLATION, "target_not_met"
    documents = sorted({row.document for (product, _), row in data.benchmarks.items() if product == params.product})
    evidence: Evidence = {
        "formula": "100*capacity_reaching_t_a/capacity_t_a",
        "capacity_reaching_t_a": reaching,
        "capacity_t_a": total,
        "confirmed": params.confirmed,
        "documents": documents,
        "lines": shown,
        **({} if target is None else {"target": target_evidence(target)}),
    }
    limit = None if target is None else target.percent
    value = share_pct(reaching, total)
    return [
        Judgement(Subject(SubjectKind.CITY, city), window.period, verdict, reason, value, limit, "%", evidence)
        for city in window.register.cities
    ]


def _unit_energy(window: AccountWindow, line: Line, data: EnergyData) -> Decimal | None:
    found = line_energy(window, line, data.factors)
    return found.e.figure if found.whole_year and found.e is not None else None


def _shown(line: Line, capacity: float, e: Decimal | None, level: Decimal | None, met: bool) -> Evidence:
    return {
        "enterprise": line.enterprise,
        "line": line.code,
        "charging": line.charging,
        "capacity_t_a": capacity,
        "e": None if e is None else float(e),
        "benchmark": None if level is None else float(level),
        "met": met,
    }
