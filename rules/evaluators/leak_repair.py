"""Terms of leaks: the first attempt at repair within 5 days and the repair within 15 days of discovery, unless a delay
is filed (GB 37822-2019 8.4, GB 31571-2015 5.3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import Field

from domain.findings import SubjectKind, Verdict
from domain.leaks import DELAY_GROUNDS
from domain.leakstates import Fact, Filed, Leak, fold
from domain.periods import Period, day_start, local_day
from rules.evaluators.contract import Evidence, Judgement, evaluator, json_instant
from rules.evaluators.leaks import LeakParams, LeakyComponent, is_key_region, json_at

_DAY = timedelta(days=1)
_VIOLATIONS = frozenset({"overdue", "attempted_late", "repaired_late", "removed_late", "delayed_late"})
_UNKNOWN = frozenset({"retest_after_term", "retest_missing"})


class LeakRepairParams(LeakParams):
    """step: the first attempt, or the repair that a passing retest confirms. days: after the day of discovery.

    due_soon_days: last days of the term, called `due_soon`. grounds: on which the standard lets a repair be put off.
    """

    step: Literal["attempt", "repair"]
    grounds: list[str] = Field(default_factory=lambda: list(DELAY_GROUNDS))
    days: int = Field(ge=1)
    due_soon_days: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class LeakWindow:
    """Components to look at. as_of: the last closed local day; what is known later counts all the same."""

    as_of: date
    key_region_from: date | None
    components: Sequence[LeakyComponent]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a leak stands in one term. due: last local day; met_on: day on which a broken term was met after all.

    since: when the term began, None for the discovery.
    """

    due: date
    reason: str
    met_on: date | None = None
    since: datetime | None = None

    @property
    def verdict(self) -> Verdict:
        if self.reason in _UNKNOWN:
            return Verdict.UNDETERMINED
        return Verdict.VIOLATION if self.reason in _VIOLATIONS else Verdict.COMPLIANT


@evaluator(
    "leak_repair",
    params=LeakRepairParams,
    window=LeakWindow,
    selects=set(),
    subjects={SubjectKind.COMPONENT},
)
def leak_repair(window: LeakWindow, params: LeakRepairParams) -> list[Judgement]:
    """One judgement per leak by the standard's own definition: [discovery, end of the due day); and one more for a
    delay that was filed late and has run out: [filing, end of the day filed).

    A leak that was over before its enterprise was registered is history and has none. No value: the reading is in the
    evidence.
    """
    return [judgement for component in window.components for judgement in _component(component, window, params)]


def _component(component: LeakyComponent, window: LeakWindow, params: LeakRepairParams) -> list[Judgement]:
    if params.standard is not None and component.standard != params.standard:
        return []
    out_on = component.out_on if component.out_on is not None and component.out_on <= window.as_of else None
    folded = fold(
        params.seen(_filings_that_count(component.facts, params)),
        lambda when: params.at(component.medium, when, window.key_region_from),
        None if out_on is None else day_start(out_on),
    )
    return [
        judgement
        for leak in folded.leaks
        if params.concerns(component, local_day(leak.found_at)) and not _is_history(component, leak, out_on)
        for judgement in _judgements(component, leak, window, params, out_on)
    ]


def _filings_that_count(facts: Iterable[Fact], params: LeakRepairParams) -> Iterator[Fact]:
    return (one for one in facts if not isinstance(one, Filed) or one.ground in params.grounds)


def _is_history(component: LeakyComponent, leak: Leak, out_on: date | None) -> bool:
    over = local_day(leak.closed_at) if leak.closed_at is not None else None if leak.is_open else out_on
    return over is not None and over < component.registered_from


def _judgements(
    component: LeakyComponent, leak: Leak, window: LeakWindow, params: LeakRepairParams, out_on: date | None
) -> list[Judgement]:
    asked = (leak, params.days, params.due_soon_days, window.as_of, out_on)
    standings = [attempt_standing(*asked)] if params.step == "attempt" else repair_standings(*asked)
    evidence = _evidence(component, leak, window, params, out_on)
    return [_judgement(component, leak, standing, evidence) for standing in standings]


def _judgement(component: LeakyComponent, leak: Leak, standing: Standing, evidence: Evidence) -> Judgement:
    said = evidence | {"due_on": standing.due.isoformat()}
    if standing.met_on is not None:
        said["met_at"] = json_instant(day_start(standing.met_on))
    period = Period(standing.since or leak.found_at, day_start(standing.due + _DAY))
    return Judgement(component.subject, period, standing.verdict, standing.reason, evidence=said)


def _evidence(
    component: LeakyComponent, leak: Leak, window: LeakWindow, params: LeakRepairParams, out_on: date | None
) -> Evidence:
    first = leak.tests[0]
    evidence: Evidence = {
        "name": component.name,
        "unit": component.unit,
        "tag": component.tag,
        "kind": component.kind,
        "medium": component.medium,
        "found_at": json_instant(leak.found_at),
        "found_by": first.purpose,
        "net_umol_mol": first.net_umol_mol,
        "visible": first.visible,
        "definition_umol_mol": float(leak.definition),
        "key_region": is_key_region(leak.found_at, window.key_region_from),
        **params.both(first, component.medium),
        "step": params.step,
        "days": params.days,
        "state": leak.state,
        "attempts": len(leak.repairs),
        "first_attempt_at": json_at(leak.first_attempt_at),
        "last_repair_at": json_at(leak.last_repair_at),
        "still_leaking_at": json_at(leak.failed_at),
        "closed_at": json_at(leak.closed_at),
        "closed_net_umol_mol": leak.closed_net_umol_mol,
    }
    if params.min_components > 1:
        evidence["min_components"] = params.min_components
    if leak.filings and params.step == "repair":
        evidence["filings"] = [_filing(filing) for filing in leak.filings]
    if out_on is not None and leak.state == "removed":
        evidence["removed_on"] = out_on.isoformat()
    return evidence


def _filing(filing: Filed) -> Evidence:
    return {
        "filed_at": json_instant(filing.at),
        "ground": filing.ground,
        "repair_by": filing.repair_by.isoformat(),
        "document": filing.document,
    }


def attempt_standing(leak: Leak, days: int, due_soon_days: int, as_of: date, out_on: date | None) -> Standing:
    """Where a leak stands in the term of the first attempt, as at the end of a local day. No filing extends it."""
    due = local_day(leak.found_at) + days * _DAY
    if leak.first_attempt_at is not None:
        done = local_day(leak.first_attempt_at)
        return Standing(due, "attempted_in_time") if done <= due else Standing(due, "attempted_late", done)
    if leak.state == "removed" and out_on is not None:
        return _removed(due, out_on)
    if as_of > due:
        return Standing(due, "overdue")
    return Standing(due, _still(due, as_of, due_soon_days))


def repair_standings(leak: Leak, days: int, due_soon_days: int, as_of: date, out_on: date | None) -> list[Standing]:
    """Where a leak stands in the term of its repair, as at the end of a local day.

    A filing made within the term moves its end to the day filed. One made later counts from its day only: the term was
    broken until then, and a second one runs to the day filed, which is spoken of once that is broken too. A repair
    counts by its day, and is shown by the test that passes.
    """
    since, term = None, local_day(leak.found_at) + days * _DAY
    due, ended, out = term, _ended(leak, out_on), list[Standing]()
    for filing in leak.filings:
        day = local_day(filing.at)
        if day <= due:
            due = max(due, filing.repair_by)
        elif ended is not None and ended < day:
            break
        else:
            out.append(Standing(due, "delayed_late", day, since))
            since, term, due = filing.at, due, filing.repair_by
    last = _standing(leak, term, due, due_soon_days, as_of, out_on)
    if since is None or last.verdict is Verdict.VIOLATION:
        out.append(replace(last, since=since))
    return out


def _ended(leak: Leak, out_on: date | None) -> date | None:
    """Last day on which a leak was neither repaired nor out of service with its component; None while it is neither."""
    if leak.state in ("closed", "attempted") and leak.last_repair_at is not None:
        return local_day(leak.last_repair_at)
    return out_on - _DAY if leak.state == "removed" and out_on is not None else None


def _standing(leak: Leak, term: date, due: date, due_soon_days: int, as_of: date, out_on: date | None) -> Standing:
    ended = _ended(leak, out_on)
    if leak.closed_at is not None and ended is not None:
        if ended > due:
            return Standing(due, "repaired_late", ended)
        return Standing(due, "repaired_in_time" if local_day(leak.closed_at) <= due else "retest_after_term")
    if leak.state == "removed" and out_on is not None:
        return _removed(due, out_on)
    if as_of <= due:
        return Standing(due, "delayed" if due > term else _still(due, as_of, due_soon_days))
    return Standing(due, "retest_missing" if ended is not None and ended <= due else "overdue")


def _removed(due: date, out_on: date) -> Standing:
    """Out of service with the term over, the term was broken; before its end, nothing is asked any more."""
    return Standing(due, "removed") if out_on <= due + _DAY else Standing(due, "removed_late", out_on)


def _still(due: date, as_of: date, due_soon_days: int) -> str:
    return "due_soon" if (due - as_of).days <= due_soon_days else "scheduled"
