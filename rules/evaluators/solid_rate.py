"""Rate of disposal and use of general industrial solid waste (一般工业固废处置利用率) of the year up to a month.

The plan mixes use and disposal; 综合利用率, which counts use alone, is another indicator and stands in the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import fsum

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import WaterUser, reaches
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params, json_day, share_pct
from rules.evaluators.reported_energy import months_since

_ITEMS = ("generated", "utilised", "disposed", "utilised_stock", "disposed_stock", "stored")


class SolidRateParams(Params):
    """percent: what must be exceeded from from_year on; target_id names the row of the policy tables."""

    percent: float = Field(gt=0, le=100)
    from_year: int
    target_id: str


@dataclass(frozen=True, slots=True)
class _Waste:
    """t over some months. missing: months without a figure of what was generated."""

    user: WaterUser
    tonnes: dict[str, float]
    missing: list[date] = field(default_factory=list)


@account_evaluator(
    "solid_rate",
    params=SolidRateParams,
    selects=set(),
    subjects={SubjectKind.ENTERPRISE, SubjectKind.CITY},
    months=12,
)
def solid_rate(window: AccountWindow, params: SolidRateParams) -> list[Judgement]:
    """Enterprises that report waste in the year, and the city over them. value and limit in %."""
    found = [one for user in window.users() if (one := _waste(window, user)) is not None]
    out = [_judge(window, Subject(SubjectKind.ENTERPRISE, one.user.code), [one], params) for one in found]
    return out + [_judge(window, Subject(SubjectKind.CITY, city), found, params) for city in window.register.cities]


def _waste(window: AccountWindow, user: WaterUser) -> _Waste | None:
    months = months_since(user, window.year_to_date)
    missing = [first for first in months if window.ledger.month(user.code, "solid.generated", first) is None]
    if len(missing) == len(months):
        return None
    tonnes = {
        item: fsum(window.ledger.month(user.code, f"solid.{item}", first) or 0.0 for first in months) for item in _ITEMS
    }
    return _Waste(user, tonnes, missing)


def _judge(window: AccountWindow, subject: Subject, found: Sequence[_Waste], params: SolidRateParams) -> Judgement:
    tonnes = {item: fsum(one.tonnes[item] for one in found) for item in _ITEMS}
    stocks = tonnes["utilised_stock"] + tonnes["disposed_stock"]
    treated, arisen = tonnes["utilised"] + tonnes["disposed"] + stocks, tonnes["generated"] + stocks
    missing = {one.user.code: [json_day(first) for first in one.missing] for one in found if one.missing}
    if missing or not found:
        verdict, reason = Verdict.UNDETERMINED, "incomplete_data"
    elif arisen <= 0:
        verdict, reason = Verdict.UNDETERMINED, "no_flow"
    elif treated > arisen:
        verdict, reason = Verdict.UNDETERMINED, "more_than_generated"
    elif reaches(treated, arisen, params.percent, strictly=True):
        verdict, reason = Verdict.COMPLIANT, "target_met"
    else:
        verdict, reason = Verdict.VIOLATION, "target_not_met"
    used, usable = tonnes["utilised"] + tonnes["utilised_stock"], tonnes["generated"] + tonnes["utilised_stock"]
    evidence: Evidence = {
        "formula": "100*(utilised+disposed+utilised_stock+disposed_stock)/(generated+utilised_stock+disposed_stock)",
        "months": [json_day(first) for first in window.year_to_date],
        "tonnes": tonnes,
        "utilisation_pct": share_pct(used, usable),
        "missing": missing,
        "enterprises": len(found),
        "target": {"year": params.from_year, "operator": ">", "percent": params.percent, "target_id": params.target_id},
    }
    value = share_pct(treated, arisen)
    return Judgement(subject, window.period, verdict, reason, value, params.percent, "%", evidence)
