"""Share of green electricity (绿电消费占比) of the calendar year up to a month.

The plans do not define it. Green is what an enterprise generates and uses itself, takes by a line of its own, buys by
contract or holds certificates for; what renewables feed into the city's grid is in nobody's share. The components stay.
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
from rules.evaluators.contract import Evidence, Judgement, Params, YearTarget, json_day, share_pct
from rules.evaluators.coverage import target_evidence, target_of
from rules.evaluators.reported_energy import entrances, months_since, used_electricity

#: Components of green electricity: items `green.*` of the ledger.
COMPONENTS = ("self_consumed", "direct_line", "traded", "certificate")


class GreenShareParams(Params):
    """industries: whose enterprises the city's share counts; none: every industrial enterprise, and then each
    enterprise's own share is given too."""

    targets: list[YearTarget] = Field(min_length=1)
    industries: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Use:
    """Electricity of an enterprise over some months, kWh. missing: months without a complete figure."""

    user: WaterUser
    used: float
    green: dict[str, float]
    missing: list[date] = field(default_factory=list)


@account_evaluator(
    "green_share",
    params=GreenShareParams,
    selects=set(),
    subjects={SubjectKind.ENTERPRISE, SubjectKind.CITY},
    months=12,
)
def green_share(window: AccountWindow, params: GreenShareParams) -> list[Judgement]:
    """Enterprises with electricity in their accounts or at their entrance, and the city. value and limit in %."""
    users = [user for user in window.users() if user.is_industrial]
    if params.industries:
        users = [user for user in users if user.industry in params.industries]
    uses = [_use(window, user) for user in users]
    target = target_of(params.targets, window.month.year)
    out = []
    if not params.industries:
        for one in uses:
            if _has_electricity(window, one):
                subject = Subject(SubjectKind.ENTERPRISE, one.user.code)
                out.append(_judge(window, subject, [one], None, is_group=False))
    for city in window.register.cities:
        out.append(_judge(window, Subject(SubjectKind.CITY, city), uses, target, is_group=True))
    return out


def _use(window: AccountWindow, user: WaterUser) -> _Use:
    used, missing = [], []
    green = dict.fromkeys(COMPONENTS, 0.0)
    for first in months_since(user, window.year_to_date):
        taken = used_electricity(window, user.code, first)
        if taken is None or taken.value is None:
            missing.append(first)
        if taken is not None:
            used.append(taken.known)
        for component in COMPONENTS:
            green[component] += window.ledger.month(user.code, f"green.{component}", first) or 0.0
    return _Use(user, fsum(used), green, missing)


def _has_electricity(window: AccountWindow, one: _Use) -> bool:
    months = months_since(one.user, window.year_to_date)
    return (
        len(one.missing) < len(months)
        or any(one.green.values())
        or any(entrances(window, one.user.code, first) for first in months)
        or any(used_electricity(window, one.user.code, first) is not None for first in months)
    )


def _judge(
    window: AccountWindow, subject: Subject, uses: Sequence[_Use], target: YearTarget | None, *, is_group: bool
) -> Judgement:
    used = fsum(one.used for one in uses)
    components = {name: fsum(one.green[name] for one in uses) for name in COMPONENTS}
    green = fsum(components.values())
    missing = {one.user.code: [json_day(first) for first in one.missing] for one in uses if one.missing}
    if missing or not uses:
        verdict, reason = Verdict.UNDETERMINED, "incomplete_data"
    elif used <= 0:
        verdict, reason = Verdict.UNDETERMINED, "no_flow"
    elif green > used:
        verdict, reason = Verdict.UNDETERMINED, "green_exceeds_use"
    elif target is None:
        verdict, reason = Verdict.UNDETERMINED, "no_target_this_year" if is_group else "no_limit"
    elif reaches(green, used, target.percent, strictly=target.operator == ">"):
        verdict, reason = Verdict.COMPLIANT, "target_met"
    else:
        verdict, reason = Verdict.VIOLATION, "target_not_met"
    evidence: Evidence = {
        "formula": "100*green/used",
        "months": [json_day(first) for first in window.year_to_date],
        "used_kwh": used,
        "green_kwh": green,
        "components_kwh": components,
        "missing": missing,
        **({"enterprises": len(uses), "enterprises_complete": len(uses) - len(missing)} if is_group else {}),
        **({} if target is None else {"target": target_evidence(target)}),
    }
    limit = None if target is None else target.percent
    return Judgement(subject, window.period, verdict, reason, share_pct(green, used), limit, "%", evidence)
