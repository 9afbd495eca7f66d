"""How well water is used: reuse rates (indicators without a limit), and unit intake against quotas (用水定额)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from math import fsum

from domain.balance import condensate_pct, cooling_circulation_pct, reuse_pct, unit_intake
from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import Line, Place, Quota, WaterUse, WaterUser, in_month, in_service
from domain.products import PRODUCTS
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params
from rules.evaluators.intakes import Volume, intake_volume, lacking, metered_volume

_REUSED = (WaterUse.REUSED, WaterUse.COOLING_CIRCULATING, WaterUse.CONDENSATE)
#: Grades of a quota from the best on.
_GRADES = ("leading", "advanced", "general", "mandatory")


class ReuseRateParams(Params):
    """None: there is no limit."""


class WaterQuotaParams(Params):
    """None: quotas are rows of the register."""


@account_evaluator("reuse_rate", params=ReuseRateParams, selects=set(), subjects={SubjectKind.ENTERPRISE}, months=1)
def reuse_rate(window: AccountWindow, params: ReuseRateParams) -> list[Judgement]:
    """重复利用率 of enterprises that meter water which they use again, in %. Never a verdict: there is no limit."""
    out = []
    for user in window.users():
        by_use: dict[str, list[Place]] = {}
        for place in window.places(user.code, "water"):
            if place.use is not None:
                by_use.setdefault(place.use, []).append(place)
        if any(use in by_use for use in _REUSED):
            out.append(_reuse(window, user, by_use))
    return out


def _reuse(window: AccountWindow, user: WaterUser, by_use: dict[str, list[Place]]) -> Judgement:
    volumes = {use: metered_volume(window, places, window.month) for use, places in by_use.items()}
    fresh = intake_volume(window, user, window.month)
    asked = (fresh, *(volumes[use] for use in _REUSED if use in volumes))
    reused = fsum(volume.known for volume in asked[1:])
    pct = reuse_pct(reused, fresh.known)
    reason = lacking(asked) or ("no_flow" if pct is None else "no_limit")

    def rate(of: WaterUse, to: WaterUse) -> float | None:
        if of not in volumes or to not in volumes or lacking((volumes[of], volumes[to])) is not None:
            return None
        compute = cooling_circulation_pct if of is WaterUse.COOLING_CIRCULATING else condensate_pct
        return compute(volumes[of].known, volumes[to].known)

    evidence: Evidence = {
        "formula": "100*(reused+cooling_circulating+condensate)/(intake+reused+cooling_circulating+condensate)",
        "intake": fresh.evidence(),
        "uses": {use: volume.evidence() for use, volume in sorted(volumes.items())},
        "reuse_pct": pct,
        "cooling_circulation_pct": rate(WaterUse.COOLING_CIRCULATING, WaterUse.COOLING_MAKEUP),
        "condensate_pct": rate(WaterUse.CONDENSATE, WaterUse.STEAM),
    }
    subject = Subject(SubjectKind.ENTERPRISE, user.code)
    return Judgement(subject, window.period, Verdict.UNDETERMINED, reason, pct, None, "%", evidence)


@account_evaluator("water_quota", params=WaterQuotaParams, selects=set(), subjects={SubjectKind.LINE}, months=12)
def water_quota(window: AccountWindow, params: WaterQuotaParams) -> list[Judgement]:
    """Lines in service: m3 per unit of output over twelve months against the quota of their product.

    No quota loaded is `no_quota`, never a pass.
    """
    return [_line(window, user, line) for user in window.users() for line in window.lines(user.code)]


def _line(window: AccountWindow, user: WaterUser, line: Line) -> Judgement:
    quotas = _in_force(window.register.quotas, line.product, window.month)
    volumes = [_water_of(window, user, line, first) for first in window.months]
    outputs = [window.ledger.month(user.code, "output", first, line.code) for first in window.months]
    water, output = fsum(one.known for one in volumes), fsum(one for one in outputs if one is not None)
    incomplete = lacking(volumes) is not None or None in outputs
    value = None if incomplete else unit_intake(water, output)
    limit = quotas.get("mandatory", quotas.get("general"))
    grade = next((one for one in _GRADES if value is not None and one in quotas and value <= quotas[one]), None)
    if not quotas:
        verdict, reason = Verdict.UNDETERMINED, "no_quota"
    elif limit is None:
        verdict, reason = Verdict.UNDETERMINED, "no_general_quota"
    elif incomplete:
        verdict, reason = Verdict.UNDETERMINED, "incomplete_data"
    elif value is None:
        verdict, reason = Verdict.UNDETERMINED, "no_output"
    elif value > limit:
        verdict, reason = Verdict.VIOLATION, "over_quota"
    else:
        verdict, reason = Verdict.COMPLIANT, "quota_met"
    evidence: Evidence = {
        "formula": "sum(m3)/sum(output)",
        "product": line.product,
        "water_m3": water,
        "output": output,
        "months": [{**volume.evidence(), "output": one} for volume, one in zip(volumes, outputs, strict=True)],
        "quotas": quotas,
        "grade": grade,
    }
    subject = Subject(SubjectKind.LINE, f"{line.enterprise}/{line.code}")
    unit = f"m3/{PRODUCTS[line.product].unit}" if line.product in PRODUCTS else "m3/t"
    return Judgement(subject, window.period, verdict, reason, value, limit, unit, evidence)


def _water_of(window: AccountWindow, user: WaterUser, line: Line, first: date) -> Volume:
    """A line's water in a month: of the places that feed it, else of the enterprise when it has no other line then."""
    places = [p for p in window.register.places_of.get(user.code, ()) if p.medium == "water" and p.line == line.code]
    if not any(place.flow == "in" for place in places):
        others = (one for one in window.register.lines_of.get(user.code, ()) if one.code != line.code)
        alone = not any(in_month(one, first) for one in others)
        return intake_volume(window, user, first) if alone else Volume(first, 0.0, "metered", "not_metered")
    if first < user.registered_from.replace(day=1):
        return Volume(first, 0.0, "metered", "partial_year")
    feeding = {place.code: place for place in places if in_month(place, first)}
    top = [place for place in feeding.values() if place.flow == "in" and place.parent not in feeding]
    return metered_volume(window, top, first)


def _in_force(quotas: Iterable[Quota], product: str, day: date) -> dict[str, float]:
    """Values of a product's quotas on a day by grade; of several documents for one grade the newest."""
    found: Sequence[Quota] = sorted(
        (one for one in quotas if one.product == product and _holds(one, day)), key=lambda one: one.valid_from
    )
    return {one.grade: one.value for one in found}


def _holds(quota: Quota, day: date) -> bool:
    return in_service(quota.valid_from, None, day) and (quota.valid_to is None or day <= quota.valid_to)
