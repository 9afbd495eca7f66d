"""Spot checks of sealing points by the bureau: more than two leaks outside their term of repair (不在修复期内) among
at most 100 points are an offence (GB 37822-2019 13.4 c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.leakstates import Fact, Leak, Measured, fold
from domain.periods import Period, local_day
from rules.evaluators.contract import Evidence, Judgement, evaluator
from rules.evaluators.leaks import LeakParams, LeakyComponent

_SHOWN = 50


class SpotCheckParams(LeakParams):
    """max_points: components checked in a day, up to which the clause speaks. max_leaks: of them leaking outside
    a term of repair, still allowed. repair_days: the term of a leak that is known (8.4.1)."""

    max_points: int = Field(ge=1)
    max_leaks: int = Field(ge=0)
    repair_days: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class SpotCheckWindow:
    """One enterprise on one local day: the components that were spot-checked on it, with all their facts."""

    subject: Subject
    day: date
    period: Period
    key_region_from: date | None
    components: Sequence[LeakyComponent]


@evaluator(
    "spot_check",
    params=SpotCheckParams,
    window=SpotCheckWindow,
    selects=set(),
    subjects={SubjectKind.ENTERPRISE},
)
def spot_check(window: SpotCheckWindow, params: SpotCheckParams) -> list[Judgement]:
    """One judgement where any point was checked; value: leaks that are not in repair, limit: those allowed."""
    checked = [one for one in window.components if params.concerns(one, window.day) and _checks(one, window)]
    if not checked:
        return []
    leaking: list[Evidence] = []
    in_repair: list[Evidence] = []
    for component in checked:
        shown = _leak(component, window, params)
        if shown is not None:
            (in_repair if _is_in_repair(component, window, params) else leaking).append(shown)
    evidence: Evidence = {
        "points": len(checked),
        "max_points": params.max_points,
        "leaks": len(leaking),
        "leaking": leaking[:_SHOWN],
        "in_repair": in_repair[:_SHOWN],
        "in_repair_count": len(in_repair),
        "min_components": params.min_components,
    }
    if params.key_region_definition is not None:
        evidence["leaks_by_region"] = {
            region: sum(
                any(test.is_leaking(definition[one.medium]) for test in _checks(one, window))
                and not _is_in_repair(one, window, params)
                for one in checked
            )
            for region, definition in (("other", params.definition), ("key_region", params.key_region_definition))
        }
    if len(checked) > params.max_points:
        verdict, reason = Verdict.UNDETERMINED, "more_than_100_points"
    elif len(leaking) > params.max_leaks:
        verdict, reason = Verdict.VIOLATION, "too_many_leaks"
    else:
        verdict, reason = Verdict.COMPLIANT, "within"
    return [
        Judgement(
            window.subject,
            window.period,
            verdict,
            reason,
            value=float(len(leaking)),
            limit=float(params.max_leaks),
            unit="个",
            evidence=evidence,
        )
    ]


def _checks(component: LeakyComponent, window: SpotCheckWindow) -> list[Measured]:
    return [
        fact
        for fact in component.facts
        if isinstance(fact, Measured) and fact.purpose == "spot_check" and fact.at in window.period
    ]


def _leak(component: LeakyComponent, window: SpotCheckWindow, params: SpotCheckParams) -> Evidence | None:
    """The first test of the day that shows a leak, for evidence."""
    for test in _checks(component, window):
        definition = params.at(component.medium, test.at, window.key_region_from)
        if test.is_leaking(definition):
            return {
                "component": component.subject.key.partition("/")[2],
                "unit": component.unit,
                "medium": component.medium,
                "net_umol_mol": test.net_umol_mol,
                "visible": test.visible,
                "definition_umol_mol": float(definition),
            }
    return None


def _is_in_repair(component: LeakyComponent, window: SpotCheckWindow, params: SpotCheckParams) -> bool:
    """Whether, before the day's first check, a leak of the component was known and its term of repair had not ended."""
    first = min(test.at for test in _checks(component, window))
    before: list[Fact] = [fact for fact in component.facts if fact.at < first]
    folded = fold(before, lambda when: params.at(component.medium, when, window.key_region_from))
    return bool(folded.leaks) and _is_in_term(folded.leaks[-1], window.day, params.repair_days)


def _is_in_term(leak: Leak, day: date, repair_days: int) -> bool:
    if not leak.is_open:
        return False
    if day <= local_day(leak.found_at) + timedelta(days=repair_days):
        return True
    return any(day <= filing.repair_by for filing in leak.filings)
