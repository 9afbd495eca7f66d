"""Energy of enterprises over twelve months (综合能耗), and who is listed: over 5,000 and over 10,000 tce a year."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Judgement, Params
from rules.evaluators.energy import Doubt
from rules.evaluators.enterprise_energy import EnterpriseEnergy, enterprise_energy
from rules.evaluators.unit_energy import Standing, has_limits, stand
from rules.policy.energy_data import energy_data


class YearRate(Params):
    """Equal value (等价值) of electricity in a year, in kgce/kWh."""

    year: int = Field(ge=2000, le=2100)
    kgce_per_kwh: float = Field(gt=0, le=1)


class EnergyTotalParams(Params):
    """Thresholds in tce a year: large by equal value, listed by equivalent value."""

    large_tce: float = Field(gt=0)
    listed_tce: float = Field(gt=0)
    equal_value: list[YearRate] = Field(min_length=1)


class RetrofitListParams(Params):
    """over_tce: threshold of the list, equivalent value, tce a year."""

    over_tce: float = Field(gt=0)


@account_evaluator(
    "energy_total", params=EnergyTotalParams, selects=set(), subjects={SubjectKind.ENTERPRISE}, months=12
)
def energy_total(window: AccountWindow, params: EnergyTotalParams) -> list[Judgement]:
    """Every enterprise of which some energy is known. value in tce; an indicator, so never more than undetermined."""
    rates = {rate.year: Decimal(repr(rate.kgce_per_kwh)) for rate in params.equal_value}
    out = []
    for user in window.users():
        found = enterprise_energy(window, user.code, energy_data().factors, rates)
        if found is None:
            continue
        evidence = found.evidence() | {
            "lists": _lists(found, params),
            "thresholds": {"large_equal_value_tce": params.large_tce, "listed_equivalent_tce": params.listed_tce},
            "equal_value": [{"year": rate.year, "kgce_per_kwh": rate.kgce_per_kwh} for rate in params.equal_value],
        }
        value = None if found.tce is None else float(found.tce.figure)
        subject = Subject(SubjectKind.ENTERPRISE, user.code)
        reason = _size(found, params)
        out.append(Judgement(subject, window.period, Verdict.UNDETERMINED, reason, value, None, "tce", evidence))
    return out


def _lists(found: EnterpriseEnergy, params: EnergyTotalParams) -> list[str]:
    """The lists that an enterprise belongs on; by two measures, so that it may be on one without the other."""
    tce, equal = found.tce, found.equal_tce
    large = equal is not None and equal > Decimal(repr(params.large_tce))
    listed = tce is not None and tce.figure > Decimal(repr(params.listed_tce))
    return [name for name, is_on in (("over_10000_tce", large), ("over_5000_tce", listed)) if is_on]


def _size(found: EnterpriseEnergy, params: EnergyTotalParams) -> str:
    if found.tce is None:
        return "incomplete_data"
    return next(iter(_lists(found, params)), "below_5000_tce")


_NO_RATES: Mapping[int, Decimal] = {}


@account_evaluator(
    "retrofit_list", params=RetrofitListParams, selects=set(), subjects={SubjectKind.ENTERPRISE}, months=12
)
def retrofit_list(window: AccountWindow, params: RetrofitListParams) -> list[Judgement]:
    """Every enterprise with a line that the mandatory limits speak of. value, limit: tce."""
    data, out = energy_data(), []
    for user in window.users():
        lines = [line for line in window.lines(user.code) if has_limits(line)]
        if not lines:
            continue
        standings = [stand(window, line, 3, data) for line in lines]
        found = enterprise_energy(window, user.code, data.factors, _NO_RATES)
        tce = None if found is None else found.tce
        verdict, reason = _listed(tce, Decimal(repr(params.over_tce)), standings)
        evidence = {} if found is None else found.evidence()
        evidence.pop("equal_value_tce", None)
        evidence["lines"] = [_line(standing) for standing in standings]
        value = None if tce is None else float(tce.figure)
        subject = Subject(SubjectKind.ENTERPRISE, user.code)
        out.append(Judgement(subject, window.period, verdict, reason, value, params.over_tce, "tce", evidence))
    return out


def _listed(tce: Doubt | None, over: Decimal, standings: list[Standing]) -> tuple[Verdict, str]:
    if tce is None:
        return Verdict.UNDETERMINED, "incomplete_data"
    exceeds = tce.exceeds(over)
    if exceeds is False:
        return Verdict.COMPLIANT, "not_listed"
    verdicts = {standing.verdict for standing in standings}
    if verdicts == {Verdict.COMPLIANT}:
        return Verdict.COMPLIANT, "not_listed"
    if exceeds is None:
        return Verdict.UNDETERMINED, "factor_unconfirmed"
    if Verdict.VIOLATION in verdicts:
        return Verdict.VIOLATION, "to_retrofit"
    return Verdict.UNDETERMINED, "incomplete_data"


def _line(standing: Standing) -> dict[str, object]:
    line, e, level = standing.energy.line, standing.energy.e, standing.level(3)
    return {
        "line": line.code,
        "product": line.product,
        "e": None if e is None else float(e.figure),
        "limit": None if level is None else float(level),
        "verdict": standing.verdict.value,
        "reason": standing.reason,
    }
