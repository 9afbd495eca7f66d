"""Signs in a campaign as a whole: what ledger, cover of the report and records say of each other, and repairs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
from pydantic import Field, field_validator

from domain.leaks import FIND_FROM_UMOL_MOL, MEDIA, Reached
from rules.evaluators.contract import Evidence
from rules.evaluators.leak_records import (
    EXAMPLES,
    Bools,
    CampaignLeak,
    LeakCampaign,
    LeakRecords,
    LeakSignParams,
    Look,
    campaign_sign,
    epoch_ms,
    json_ms,
    names_of,
    pct,
)

GB31571 = "GB31571"


class DefinitionParams(LeakSignParams):
    """definition: what is a leak outside key regions by GB 37822-2019 table 1, net umol/mol by medium. Installations
    of GB 31571 have the lowest published one everywhere."""

    definition: dict[str, float]

    @field_validator("definition")
    @classmethod
    def _every_medium(cls, definition: dict[str, float]) -> dict[str, float]:
        if set(definition) != set(MEDIA):
            raise ValueError(f"a figure for each of {', '.join(MEDIA)}")
        return definition

    def of(self, medium: str, standard: str) -> float:
        """The definition that holds wherever the works lie."""
        if standard == GB31571:
            return FIND_FROM_UMOL_MOL.get(medium, float("nan"))
        return self.definition.get(medium, float("nan"))


def leaking(tests: LeakRecords, params: DefinitionParams | None = None) -> Bools:
    """tests that found a leak: by the lowest published definition, or by that which holds everywhere."""
    bounds = [
        FIND_FROM_UMOL_MOL.get(medium, np.nan) if params is None else params.of(medium, standard)
        for medium, standard in zip(tests.medium.tolist(), tests.standard.tolist(), strict=True)
    ]
    levels = np.array(bounds, np.float64)
    reached = np.array([isinstance(bound, Reached) for bound in bounds], bool)
    found: Bools = tests.visible | np.where(reached, tests.net_umol_mol >= levels, tests.net_umol_mol > levels)
    return found


class LedgerParams(DefinitionParams):
    """differs_pct: between the number of components declared for the campaign and tested. untested_pct: of the ledger
    in service, of kinds of which at least in_scope_pct were tested, where the campaign declares no number.

    leaks_differ: leaks more or fewer than declared that say nothing. probed: components that the ledger says nobody
    can reach, tested with a probe.
    """

    differs_pct: float = Field(gt=0, le=100)
    untested_pct: float = Field(gt=0, le=100)
    in_scope_pct: float = Field(gt=0, le=100)
    leaks_differ: int = Field(ge=0)
    probed: int = Field(ge=1)


@campaign_sign("ledger", params=LedgerParams)
def ledger(window: LeakCampaign, params: LedgerParams) -> Look:
    """F7: components without a record, more records than components, records and cover that contradict each other."""
    tests = window.routine
    points = len(np.unique(tests.component))
    look = Look(points, unit="个")
    known = sum(one.components for one in window.in_service)
    look.evidence |= {"points": points, "in_service": known, "declared": window.declared_components}
    if points < params.min_records:
        return look
    declared = window.declared_components
    if declared is not None:
        look.value = float(points - declared)
        if pct(abs(points - declared), declared or points) > params.differs_pct:
            word = "fewer_than_declared" if points < declared else "more_than_declared"
            look.note(word, points=points, declared=declared)
    else:
        _untested(look, window, tests, params)
    _leak_numbers(look, window, tests, params)
    probed: Bools = ~tests.reachable & tests.by_probe
    if int(probed.sum()) >= params.probed:
        look.note("unreachable_probed", records=int(probed.sum()), of=len(tests), examples=tests.examples(probed))
    return look


def _untested(look: Look, window: LeakCampaign, tests: LeakRecords, params: LedgerParams) -> None:
    """What of the ledger has no record, of kinds that the campaign was about."""
    scope = kinds_in_scope(window, tests, params.in_scope_pct)
    known = sum(one.components for one in window.in_service if one.kind in scope)
    points = len(np.unique(tests.component[np.isin(tests.kind, sorted(scope))]))
    missing = max(0, known - points)
    look.value = float(missing)
    if pct(missing, known) > params.untested_pct:
        look.note("untested", components=missing, of=known)


def kinds_in_scope(window: LeakCampaign, tests: LeakRecords, least_pct: float) -> set[str]:
    """Kinds of component that a campaign was about: in spring only valves and pumps may be due."""
    known: dict[str, int] = {}
    for one in window.in_service:
        known[one.kind] = known.get(one.kind, 0) + one.components
    return {
        kind
        for kind, count in known.items()
        if pct(len(np.unique(tests.component[tests.kind == kind])), count) >= least_pct
    }


def _leak_numbers(look: Look, window: LeakCampaign, tests: LeakRecords, params: LedgerParams) -> None:
    declared = window.declared_leaks
    if declared is None:
        return
    most = len(np.unique(tests.component[leaking(tests)]))
    fewest = len(np.unique(tests.component[leaking(tests, params)]))
    look.evidence["leaks"] = {"declared": declared, "fewest": fewest, "most": most}
    if declared > most + params.leaks_differ or declared < fewest - params.leaks_differ:
        look.note("leaks_differ", declared=declared, fewest=fewest, most=most)


class PeriodParams(DefinitionParams):
    """outside, outside_pct: tests of the schedule that name the campaign and lie outside its days. unit_components: in
    service in a unit of which none was tested. in_scope_pct: as for the ledger. repair_days: term of a repair."""

    outside: int = Field(ge=1)
    outside_pct: float = Field(ge=0, le=100)
    unit_components: int = Field(ge=1)
    in_scope_pct: float = Field(gt=0, le=100)
    repair_days: int = Field(ge=1)


@campaign_sign("period", params=PeriodParams)
def period(window: LeakCampaign, params: PeriodParams) -> Look:
    """F8: tests outside the campaign's days, units without a test, leaks neither repaired nor filed after the term."""
    tests = window.tests.where(np.isin(window.tests.purpose, ["routine", "recheck"]))
    look = Look(len(tests), unit="项")
    if len(tests) < params.min_records:
        return look
    start, end = epoch_ms(window.period.start), epoch_ms(window.period.end)
    outside: Bools = (tests.tested_ms < start) | (tests.tested_ms >= end)
    if int(outside.sum()) >= params.outside and pct(int(outside.sum()), len(tests)) > params.outside_pct:
        look.note("outside_period", records=int(outside.sum()), of=len(tests), examples=tests.examples(outside))
    inside = window.routine
    units = _units_left_out(window, inside, params)
    if units:
        look.note("units_left_out", units=units, of=len({one.unit for one in window.in_service}))
    left = [one for one in window.leaks if _is_left(one, window, params)]
    if left:
        look.note("not_repaired", leaks=len(left), of=len(window.leaks), examples=_leak_examples(left))
    look.value = float(len(look.seen))
    look.evidence |= {"outside": int(outside.sum()), "as_of_term_over": _term_over(window, params)}
    return look


def _units_left_out(window: LeakCampaign, tests: LeakRecords, params: PeriodParams) -> list[Evidence]:
    scope = kinds_in_scope(window, tests, params.in_scope_pct)
    tested = set(names_of(tests.unit))
    known: dict[str, int] = {}
    for one in window.in_service:
        if one.kind in scope and one.unit not in tested:
            known[one.unit] = known.get(one.unit, 0) + one.components
    return [
        {"unit": unit, "components": count} for unit, count in sorted(known.items()) if count >= params.unit_components
    ]


def _is_left(leak: CampaignLeak, window: LeakCampaign, params: PeriodParams) -> bool:
    """Whether nothing has been done about a leak and its term is over."""
    is_leak = leak.visible or (
        leak.net_umol_mol is not None and leak.net_umol_mol > params.of(leak.medium, leak.standard)
    )
    untouched = not leak.repairs_ms and not leak.is_filed and not leak.is_settled
    return is_leak and untouched and leak.found_on + timedelta(days=params.repair_days) < window.as_of


def _term_over(window: LeakCampaign, params: PeriodParams) -> bool:
    """Whether the terms of all leaks of the campaign are over."""
    return window.to_day + timedelta(days=params.repair_days) < window.as_of


def _leak_examples(leaks: Iterable[CampaignLeak]) -> list[Evidence]:
    return [
        {"component": one.component, "at": json_ms(one.found_ms), "net_umol_mol": one.net_umol_mol} for one in leaks
    ][:EXAMPLES]


class VideoParams(LeakSignParams):
    """missing_pct: of tests without a video or track. unreachable_more, unreachable_more_pct: components tested without
    a probe beyond the number declared. unreachable_pct: beyond any declaration; None: no such bound (3 % is KL)."""

    missing_pct: float = Field(gt=0, le=100)
    unreachable_more: int = Field(ge=0)
    unreachable_more_pct: float = Field(ge=0)
    unreachable_pct: float | None = Field(default=None, gt=0, le=100)


@campaign_sign("video", params=VideoParams)
def video(window: LeakCampaign, params: VideoParams) -> Look:
    """F12: tests without video, and more components tested without a probe than are declared unreachable."""
    tests = window.routine
    look = Look(len(tests), unit="%")
    if len(tests) < params.min_records:
        return look
    missing: Bools = tests.video == ""
    look.value = pct(int(missing.sum()), len(tests))
    if look.value > params.missing_pct:
        look.note("video_missing", records=int(missing.sum()), of=len(tests), examples=tests.examples(missing)[:5])
    points = len(np.unique(tests.component))
    afar: Bools = ~tests.by_probe
    without = len(np.unique(tests.component[afar]))
    declared = window.declared_unreachable
    look.evidence |= {"points": points, "without_probe": without, "declared_unreachable": declared}
    more = declared is not None and without > declared + max(
        params.unreachable_more, declared * params.unreachable_more_pct / 100
    )
    beyond = params.unreachable_pct is not None and pct(without, points) > params.unreachable_pct
    if more or beyond:
        look.note("unreachable_many", components=without, of=points, declared=declared, examples=tests.examples(afar))
    return look


class RepairParams(LeakSignParams):
    """min_records: retests. below_umol_mol: figures from which instruments show their top are equal by themselves."""

    below_umol_mol: float = Field(gt=0)


@campaign_sign("repair", params=RepairParams)
def repair(window: LeakCampaign, params: RepairParams) -> Look:
    """F13: a retest before the repair that it is to prove, or with the very figure of the leak."""
    retests = window.retests
    look = Look(0, unit="个")
    if retests is None:
        return look
    before: list[Evidence] = []
    equal: list[Evidence] = []
    for leak in window.leaks:
        of_component = [one.found_ms for one in window.leaks if one.component == leak.component]
        until = min((found for found in of_component if found > leak.found_ms), default=None)
        mine = (retests.component == leak.component) & (retests.tested_ms > leak.found_ms)
        if until is not None:
            mine &= retests.tested_ms <= until
        repairs = sorted(leak.repairs_ms)
        for row in np.flatnonzero(mine):
            look.records += 1
            at, net = int(retests.tested_ms[row]), float(retests.net_umol_mol[row])
            entry: Evidence = {"component": leak.component, "at": json_ms(at), "net_umol_mol": _figure(net)}
            if not any(done <= at for done in repairs):
                before.append(entry | {"repaired_at": json_ms(repairs[0]) if repairs else None})
            if leak.net_umol_mol and net == leak.net_umol_mol and net < params.below_umol_mol:
                equal.append(entry | {"found_at": json_ms(leak.found_ms)})
    if equal:
        look.note("retest_equal", records=len(equal), of=look.records, examples=equal[:EXAMPLES])
    if before:
        look.note("retest_before_repair", records=len(before), of=look.records, examples=before[:EXAMPLES])
    look.value = float(len(equal) + len(before)) if look.records else None
    return look


def _figure(value: float) -> float | None:
    return value if np.isfinite(value) else None
