"""Unit product energy of a line over twelve months (单位产品能耗) against the mandatory limits, corrected as they say.

What else the product is compared with, benchmark levels and the columns of the list of 2022, stands beside the verdict
under its own document and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import Line
from domain.products import PRODUCTS
from domain.unit_energy import CokeState, Levels, coke_corrections, whole_years
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params
from rules.evaluators.energy import Doubt, LineEnergy, line_energy, output_mean
from rules.policy.energy_data import EnergyData, energy_data, levels_of
from rules.policy.reference import EnergyLimit, LimitCorrection


class UnitEnergyParams(Params):
    """level: of the limit; 3 (限定值) for what exists, 2 (准入值) for what is new."""

    level: Literal[2, 3]


@dataclass(frozen=True, slots=True)
class Standing:
    """A line held against its limit. limits: corrected, None where they cannot be said."""

    verdict: Verdict
    reason: str
    energy: LineEnergy
    limit: EnergyLimit | None
    levels: Levels | None
    corrections: Evidence = field(default_factory=dict)

    def level(self, number: int) -> Decimal | None:
        """A corrected level."""
        levels = self.levels
        return None if levels is None else (levels.first, levels.second, levels.third)[number - 1]


def has_limits(line: Line) -> bool:
    """Whether its product is one that the mandatory limits speak of."""
    return bool(PRODUCTS[line.product].limits)


@account_evaluator("unit_energy", params=UnitEnergyParams, selects=set(), subjects={SubjectKind.LINE}, months=12)
def unit_energy_rule(window: AccountWindow, params: UnitEnergyParams) -> list[Judgement]:
    """Every line in service whose product the limits speak of. value, limit: kgce per t of product."""
    data = energy_data()
    return [
        _judgement(window, stand(window, line, params.level, data), params.level, data)
        for user in window.users()
        for line in window.lines(user.code)
        if has_limits(line)
    ]


def stand(window: AccountWindow, line: Line, level: int, data: EnergyData) -> Standing:
    """A line against a level of the limit that is in force on the month's first day."""
    energy = line_energy(window, line, data.factors)
    limit = data.limit(line.product, line.charging, window.month)
    needs_charging = None not in PRODUCTS[line.product].limits
    if needs_charging and line.charging is None:
        some = any(data.limit(line.product, charging, window.month) for charging in PRODUCTS[line.product].limits)
        return Standing(Verdict.UNDETERMINED, "no_charging" if some else "no_limit", energy, None, None)
    if limit is None:
        return Standing(Verdict.UNDETERMINED, "no_limit", energy, None, None)
    levels, corrections = _corrected(window, energy, limit, data)
    verdict, reason = Verdict.UNDETERMINED, _unfit(energy)
    if reason is None and levels is None:
        reason = "correction_incomplete"
    if reason is None:
        found = Standing(verdict, "", energy, limit, levels, corrections)
        wanted, e = found.level(level), energy.e
        assert wanted is not None, "levels are there"
        assert e is not None, "nothing is missing"
        verdict, reason = _compare(e, wanted, level)
    return Standing(verdict, reason, energy, limit, levels, corrections)


def _unfit(energy: LineEnergy) -> str | None:
    """Why there is no unit energy, None when there is one."""
    if not energy.whole_year:
        return "too_few_months"
    if not energy.is_complete:
        return "incomplete_data"
    return "no_output" if energy.e is None else None


def _compare(e: Doubt, wanted: Decimal, level: int) -> tuple[Verdict, str]:
    match e.exceeds(wanted):
        case True:
            return Verdict.VIOLATION, f"over_level_{level}"
        case False:
            return Verdict.COMPLIANT, f"within_level_{level}"
        case _:
            return Verdict.UNDETERMINED, "factor_unconfirmed"


def _corrected(
    window: AccountWindow, energy: LineEnergy, limit: EnergyLimit, data: EnergyData
) -> tuple[Levels | None, Evidence]:
    """The levels with their corrections, and how they came about."""
    line, printed = energy.line, levels_of(limit)
    if limit.correction is None:
        return printed, {}
    if limit.correction is LimitCorrection.OTHER or line.charging is None:
        return None, {"missing": ["not_implemented"], "needed": limit.remark}
    table = data.coke.get((limit.standard, line.charging))
    if table is None:
        return None, {"missing": ["not_implemented"], "needed": limit.remark}
    state = CokeState(
        volatile=output_mean(window, energy, "coke.volatile"),
        moisture=output_mean(window, energy, "coke.moisture"),
        mixed_gas_share=_mixed_gas(window, energy),
        quenching=line.quenching,
        age=None if line.commissioned_on is None else whole_years(line.commissioned_on, window.last_day),
    )
    found = coke_corrections(table, state)
    return found.apply(printed), {
        "clause": f"{limit.standard} 5.3",
        "charging": line.charging,
        "volatile_pct": _plain(state.volatile),
        "moisture_pct": _plain(state.moisture),
        "mixed_gas_share_pct": float(state.mixed_gas_share),
        "quenching": state.quenching,
        "age_years": state.age,
        "fuel": float(found.fuel),
        "raw_volatile": _plain(found.raw_volatile),
        "raw_moisture": _plain(found.raw_moisture),
        "quench": _plain(found.quench),
        "age": _plain(found.age),
        **({"missing": list(found.missing)} if found.missing else {}),
    }


def _mixed_gas(window: AccountWindow, energy: LineEnergy) -> Decimal:
    """Share of the time on mixed gas in %, weighted by output; a month that says nothing of it counts as none."""
    total = weighted = Decimal(0)
    for first, output in energy.outputs:
        if output:
            share = window.ledger.month(energy.line.enterprise, "coke.mixed_gas_share", first, energy.line.code)
            total += output
            weighted += output * Decimal(repr(share or 0.0))
    return weighted / total if total else Decimal(0)


def _judgement(window: AccountWindow, found: Standing, level: int, data: EnergyData) -> Judgement:
    line, e, wanted = found.energy.line, found.energy.e, found.level(level)
    evidence = found.energy.evidence()
    if found.limit is not None:
        evidence["standard"] = {
            "standard": found.limit.standard,
            "row": found.limit.product_zh,
            "effective_on": found.limit.effective_on.isoformat(),
            "level": level,
            "confidence": found.limit.confidence.value,
            "source": found.limit.source,
        }
    if found.corrections:
        evidence["corrections"] = found.corrections
    evidence["comparisons"] = comparisons(found, data)
    return Judgement(
        Subject(SubjectKind.LINE, f"{line.enterprise}/{line.code}"),
        window.period,
        found.verdict,
        found.reason,
        _plain(e.figure if e is not None and found.energy.whole_year else None),
        _plain(wanted),
        "kgce/t",
        evidence,
    )


def comparisons(found: Standing, data: EnergyData) -> list[Evidence]:
    """The unit energy beside every figure that some document gives for the product, each under its own name."""
    line, e = found.energy.line, found.energy.e
    figure = None if e is None else e.figure
    out: list[Evidence] = []
    if found.limit is not None:
        printed = levels_of(found.limit)
        for number, (word, base) in enumerate(
            (("1级（先进值）", printed.first), ("2级（准入值）", printed.second), ("3级（限定值）", printed.third)), 1
        ):
            corrected = found.level(number)
            shown = _compared(word, found.limit.standard, "现行", found.limit.confidence.value, corrected, figure)
            out.append(shown | {"printed": float(base)})
    benchmark = data.benchmarks.get((line.product, line.charging))
    if benchmark is not None:
        for word, value in (("标杆水平", benchmark.benchmark), ("基准水平", benchmark.baseline)):
            confidence = benchmark.confidence.value
            out.append(_compared(word, benchmark.document, "政策文件", confidence, value, figure))
    document = data.list_document
    title = document.title if document.number is None else f"{document.title}（{document.number}）"
    for listed in data.listed.get(line.product, ()):
        for word, value in (("2022年清单 准入值", listed.access), ("2022年清单 先进值", listed.advanced)):
            shown = _compared(word, title, document.status.value, "printed", value, figure)
            out.append(shown | {"rows": list(listed.rows)})
    return out


def _compared(
    name: str, document: str, status: str, confidence: str, limit: Decimal | None, figure: Decimal | None
) -> Evidence:
    return {
        "name": name,
        "document": document,
        "status": status,
        "confidence": confidence,
        "limit": _plain(limit),
        "unit": "kgce/t",
        "met": None if limit is None or figure is None else figure <= limit,
    }


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
