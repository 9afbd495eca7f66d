"""Duties with a date: whether what must be done each week, month or year was done in time, and by which record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from domain.duties import (
    EVIDENCE_KINDS,
    Done,
    DutyState,
    Every,
    Plan,
    Span,
    Standing,
    Term,
    Verification,
    calendar_standings,
    chained_standings,
    verified_standings,
)
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period, day_period, day_start
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_day, json_instant

#: What a duty may be asked of, and as what kind of subject it is judged.
WHO: dict[str, SubjectKind] = {
    "enterprise": SubjectKind.ENTERPRISE,
    "park": SubjectKind.PARK,
    "city": SubjectKind.CITY,
    "meter_place": SubjectKind.PLACE,
    "analyser": SubjectKind.POINT,
}


class Who(Params):
    """Whom a duty is asked of, by the register.

    on_list: enterprises on that list (`enterprise_list`), while they are on it. min_components: enterprises, while they
    have so many sealing points in service, exempt ones too; or_standard: or, whatever their number, while an
    installation of theirs is regulated by it. industries: none for all. quantities: of analysers at outlets.
    """

    subjects: Literal["enterprise", "park", "city", "meter_place", "analyser"]
    on_list: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,64}$")
    min_components: int | None = Field(default=None, ge=1)
    or_standard: Literal["GB31571"] | None = None
    industries: list[str] = Field(default_factory=list)
    quantities: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fitting(self) -> Who:
        if self.subjects in ("park", "city") and (self.on_list or self.min_components or self.industries):
            raise ValueError("on_list, min_components and industries are of enterprises")
        if self.or_standard is not None and self.min_components is None:
            raise ValueError("or_standard goes with min_components")
        if (self.subjects == "analyser") != bool(self.quantities):
            raise ValueError("quantities are of analysers, which need them")
        return self

    @property
    def kind(self) -> SubjectKind:
        return WHO[self.subjects]


class DutyParams(Params):
    """How often: exactly one of weeks, months, years, monthday; none where the register says it (meters).

    anchor: ``calendar``: each calendar week, month, quarter, year (several: counted from January, from Monday), or day
    of the month; ``last_done``: so long after the last record, first after the duty began to hold; ``register``: from
    the verification of a meter. evidence: kinds that a record must have. See `domain.duties`.
    """

    who: Who
    anchor: Literal["calendar", "last_done", "register"]
    weeks: int | None = Field(default=None, ge=1, le=520)
    months: int | None = Field(default=None, ge=1, le=1200)
    years: int | None = Field(default=None, ge=1, le=100)
    monthday: int | None = Field(default=None, ge=1, le=31)
    grace_days: int = Field(default=0, ge=0, le=366)
    due_soon_days: int = Field(ge=0, le=366)
    evidence: list[str] = Field(default_factory=list)
    can_be_made_up: bool = False

    @field_validator("evidence")
    @classmethod
    def _known(cls, evidence: list[str]) -> list[str]:
        for kind in evidence:
            if kind not in EVIDENCE_KINDS:
                raise ValueError(f"unknown kind of evidence {kind!r}; known: {', '.join(EVIDENCE_KINDS)}")
        return evidence

    @model_validator(mode="after")
    def _one_period(self) -> DutyParams:
        given = [value for value in (self.weeks, self.months, self.years, self.monthday) if value is not None]
        if (self.anchor == "register") != (self.who.subjects == "meter_place"):
            raise ValueError("anchor register is of meters, and only of them")
        if len(given) != (0 if self.anchor == "register" else 1):
            raise ValueError("exactly one of weeks, months, years and monthday; none for meters")
        if self.monthday is not None and self.anchor != "calendar":
            raise ValueError("a day of the month is of the calendar")
        return self

    @property
    def plan(self) -> Plan:
        """As the domain has it; of meters, whose register says when, the period is of no meaning."""
        months = self.months if self.years is None else 12 * self.years
        every = Every(months=1) if self.anchor == "register" else Every(self.weeks, months, self.monthday)
        return Plan(every, self.grace_days, self.due_soon_days, frozenset(self.evidence), self.can_be_made_up)


@dataclass(frozen=True, slots=True)
class Holder:
    """One subject of a duty. spans: days on which the duty holds, in order, apart. done: its records. verifications: of
    the meters at a place, those before the present one too."""

    subject: Subject
    spans: Sequence[Span]
    done: Sequence[Done] = ()
    verifications: Sequence[Verification] = ()


@dataclass(frozen=True, slots=True)
class DutyWindow:
    """Subjects of a duty as at the end of the local day as_of, records up to now. Terms that begin in [first, last]
    are judged: those of the rule's variant. open_on: only those that were not over before that day."""

    as_of: date
    holders: Sequence[Holder]
    first: date
    last: date | None = None
    open_on: date | None = None

    def is_of(self, term: Term) -> bool:
        """Whether a term belongs to the rule's variant."""
        return self.first <= term.start and (self.last is None or term.start <= self.last)

    def asks(self, term: Term) -> bool:
        """Whether a term is to be judged."""
        return self.is_of(term) and (self.open_on is None or term.last >= self.open_on)


@evaluator("duty", params=DutyParams, window=DutyWindow, selects=set(), subjects=set(WHO.values()))
def duty(window: DutyWindow, params: DutyParams) -> list[Judgement]:
    """One judgement per subject and term that has begun: [start of its first day, end of its last day with grace).

    Where the duty holds no more and the last term was overdue, a further, compliant one of a day, `ended`: that ends
    it. No value: nothing is measured. Never undetermined but for a record without the evidence that is asked for.
    """
    found = []
    for holder in window.holders:
        for span in holder.spans:
            standings = list(_of_span(window, params, holder, span))
            found += [
                _judgement(params, holder, standing, more) for standing, more in standings if window.asks(standing.term)
            ]
            if standings and standings[-1][0].state is DutyState.OVERDUE and window.is_of(standings[-1][0].term):
                found += _ended(window, holder, span)
    return found


def _of_span(
    window: DutyWindow, params: DutyParams, holder: Holder, span: Span
) -> Iterable[tuple[Standing, dict[str, Any]]]:
    """Terms of a span with what their evidence says besides."""
    if params.anchor == "register":
        for standing, verified in verified_standings(params.plan, span, holder.verifications, window.as_of):
            yield standing, {"serial": verified.serial}
        return
    of = calendar_standings if params.anchor == "calendar" else chained_standings
    for standing in of(params.plan, span, holder.done, window.as_of):
        yield standing, {}


def _judgement(params: DutyParams, holder: Holder, standing: Standing, more: dict[str, Any]) -> Judgement:
    term, state, done = standing.term, standing.state, standing.done
    anchor = "in_service" if standing.first and params.anchor == "last_done" else params.anchor
    evidence: Evidence = {
        "anchor": anchor,
        "anchor_on": json_day(term.start),
        "due_on": json_day(term.due),
        "required": list(params.evidence),
        **more,
    }
    if params.grace_days:
        evidence |= {"grace_days": params.grace_days, "last_day": json_day(term.last)}
    if params.who.min_components is not None:
        evidence["min_components"] = params.who.min_components
    if params.who.on_list is not None:
        evidence["list"] = params.who.on_list
    if done is not None:
        evidence["done_on"] = json_day(done.day)
        if done.record_id:
            evidence |= {
                "record_id": done.record_id,
                "documents": [{"kind": kind, "reference": reference} for kind, reference in done.details],
                "missing": params.plan.missing(done),
            }
        if state in (DutyState.DONE_IN_TIME, DutyState.DONE_LATE):
            evidence["met_at"] = json_instant(day_start(done.day))
    verdict = Verdict.VIOLATION if state.is_broken else Verdict.COMPLIANT
    if state is DutyState.DONE_WITHOUT_EVIDENCE:
        verdict = Verdict.UNDETERMINED
    period = Period(day_start(term.start), day_period(term.last).end)
    return Judgement(holder.subject, period, verdict, state.value, evidence=evidence)


def _ended(window: DutyWindow, holder: Holder, span: Span) -> list[Judgement]:
    gone = [one.gone for one in holder.verifications if one.gone is not None] if holder.verifications else []
    end = span.end if span.end is not None else max(gone) if gone and len(gone) == len(holder.verifications) else None
    if end is None or end > window.as_of or (window.open_on is not None and end < window.open_on):
        return []
    evidence: Evidence = {"ended_on": json_day(end)}
    return [Judgement(holder.subject, day_period(end), Verdict.COMPLIANT, DutyState.ENDED.value, evidence=evidence)]
