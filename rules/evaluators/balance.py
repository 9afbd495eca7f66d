"""Entry meters against sub-meters: of a place with others below it, and of an enterprise's entries and its workshops.

Bands are the platform's own: meters of class 2 on both sides make some 3 % of noise, so 5 % is worth a look and 10 % a
visit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import fsum

from pydantic import Field, field_validator

from domain.balance import Balance
from domain.findings import Subject, SubjectKind, Verdict
from domain.ledger import MEDIA, WATER
from domain.metering import Place, PlaceLevel, WaterUse, in_month
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params

#: Water that is used again, and never entered as such (GB/T 7119: 重复利用).
_WITHIN = frozenset({WaterUse.REUSED, WaterUse.COOLING_CIRCULATING, WaterUse.CONDENSATE})
#: Sub-meters that evidence lists; a boundary has rarely more.
_SHOWN = 60


class BalanceParams(Params):
    """medium: key of `domain.ledger.MEDIA`. limit_pct: difference in % of the entry beyond which a boundary does not
    close."""

    medium: str
    limit_pct: float = Field(gt=0, le=100)

    @field_validator("medium")
    @classmethod
    def _known(cls, medium: str) -> str:
        if medium not in MEDIA:
            raise ValueError(f"unknown medium {medium!r}; known: {', '.join(MEDIA)}")
        return medium


class LeakRateParams(Params):
    """limit_pct: the greatest 综合漏失率 in %."""

    limit_pct: float = Field(gt=0, le=100)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Places at which a medium enters, and those that it reaches."""

    subject: Subject
    entries: Sequence[Place]
    subs: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Closure:
    """A boundary's month. why: ``not_metered`` or ``incomplete_data`` where its sides are not known."""

    balance: Balance
    why: str | None
    evidence: Evidence


def boundaries(window: AccountWindow, medium: str) -> Iterator[Boundary]:
    """Boundaries of a medium on the month's last day, enterprise by enterprise. Their sides are whatever was in service
    in the month: a branch that was closed on the 20th has passed what it passed."""
    for user in window.users():
        places = [
            place
            for place in window.register.places_of.get(user.code, ())
            if place.medium == medium and in_month(place, window.month)
        ]
        there = {place.code for place in window.places(user.code, medium)}
        below: dict[str, list[Place]] = {}
        for place in places:
            if place.parent is not None:
                below.setdefault(place.parent, []).append(place)
        for place in places:
            if place.code in there and any(child.code in there for child in below.get(place.code, ())):
                subject = Subject(SubjectKind.PLACE, f"{user.code}/{place.code}")
                yield Boundary(subject, [place], below[place.code])
        whole = _enterprise_boundary(user.code, medium, places, there)
        if whole is not None:
            yield whole


def _enterprise_boundary(
    enterprise: str, medium: str, places: Sequence[Place], there: Collection[str]
) -> Boundary | None:
    """An enterprise's entries against its workshops, where some of these hang below no place. there: places in service
    on the month's last day. Water that goes round within the plant enters nothing, so it is on neither side."""
    circling = _WITHIN if medium == WATER else frozenset()
    entries = [
        p for p in places
        if p.level == PlaceLevel.UNIT and p.flow == "in" and p.parent is None
        and (p.use not in circling or p.intake is not None)
    ]  # fmt: skip
    workshops = [p for p in places if p.level == PlaceLevel.SECONDARY and p.flow == "in" and p.use not in circling]
    if not any(p.code in there for p in entries) or not any(p.code in there and p.parent is None for p in workshops):
        return None
    passed_on = [
        p for p in places
        if p.level == PlaceLevel.UNIT and p.flow == "out" and (medium != WATER or p.use == WaterUse.SOLD)
    ]  # fmt: skip
    return Boundary(Subject(SubjectKind.ENTERPRISE, enterprise), entries, [*workshops, *passed_on])


def closure(window: AccountWindow, boundary: Boundary) -> Closure:
    """The two sides of a boundary in the window's month."""
    sides: list[float] = []
    shown: list[list[Evidence]] = []
    reasons: set[str] = set()
    for places in (boundary.entries, boundary.subs):
        known = []
        listed: list[Evidence] = []
        for place in places:
            total = window.metered(place)
            if total is None:
                reasons.add("not_metered")
            elif not total.is_complete:
                reasons.add("incomplete_data")
            known.append(0.0 if total is None or total.total is None else total.total)
            if len(listed) < _SHOWN:
                figures = {"total": None, "why": "not_metered"} if total is None else total.evidence()
                listed.append({"place": place.code, **figures})
        sides.append(fsum(known))
        shown.append(listed)
    balance = Balance(*sides)
    evidence: Evidence = {
        "formula": "100*|entry-subs|/entry",
        "boundary": str(boundary.subject.kind),
        "unit": MEDIA[boundary.entries[0].medium],
        "medium": boundary.entries[0].medium,
        "entry": balance.entry,
        "subs": balance.subs,
        "loss": balance.loss,
        "loss_pct": balance.loss_pct,
        "entries": shown[0],
        "sub_places": shown[1],
        "sub_count": len(boundary.subs),
    }
    why = next((one for one in ("not_metered", "incomplete_data") if one in reasons), None)
    return Closure(balance, why, evidence)


@account_evaluator(
    "balance",
    params=BalanceParams,
    selects=set(),
    subjects={SubjectKind.PLACE, SubjectKind.ENTERPRISE},
    months=1,
)
def balance(window: AccountWindow, params: BalanceParams) -> list[Judgement]:
    """Every boundary of the medium. value: difference in % of the entry, whichever way."""
    return [_judge(window, boundary, params) for boundary in boundaries(window, params.medium)]


def _judge(window: AccountWindow, boundary: Boundary, params: BalanceParams) -> Judgement:
    found = closure(window, boundary)
    balance, pct = found.balance, found.balance.loss_pct
    surplus = "loss_over_band" if balance.loss > 0 else "sub_exceeds_entry"
    if found.why is not None:
        verdict, reason = Verdict.UNDETERMINED, found.why
    elif balance.entry <= 0 and balance.subs <= 0:
        verdict, reason = Verdict.UNDETERMINED, "no_flow"
    elif balance.exceeds(params.limit_pct):
        verdict, reason = Verdict.VIOLATION, surplus
    else:
        verdict, reason = Verdict.COMPLIANT, "closed"
    value = None if pct is None else abs(pct)
    return Judgement(boundary.subject, window.period, verdict, reason, value, params.limit_pct, "%", found.evidence)


@account_evaluator("leak_rate", params=LeakRateParams, selects=set(), subjects={SubjectKind.ENTERPRISE}, months=1)
def leak_rate(window: AccountWindow, params: LeakRateParams) -> list[Judgement]:
    """综合漏失率 of enterprises whose workshops are metered. value in %, signed."""
    out = []
    for boundary in boundaries(window, WATER):
        if boundary.subject.kind is not SubjectKind.ENTERPRISE:
            continue
        found = closure(window, boundary)
        loss = found.balance.loss
        if found.why is not None:
            verdict, reason = Verdict.UNDETERMINED, found.why
        elif found.balance.entry <= 0:
            verdict, reason = Verdict.UNDETERMINED, "no_flow"
        elif loss > 0 and found.balance.exceeds(params.limit_pct):
            verdict, reason = Verdict.VIOLATION, "over_limit"
        else:
            verdict, reason = Verdict.COMPLIANT, "within_limit"
        evidence = {**found.evidence, "formula": "100*(entry-subs)/entry"}
        value = found.balance.loss_pct
        out.append(Judgement(boundary.subject, window.period, verdict, reason, value, params.limit_pct, "%", evidence))
    return out
