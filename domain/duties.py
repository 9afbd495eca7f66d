"""Duties with a date (定期事项): when each is due, and where it stands given what was done. Pure, on local days.

A duty is asked of a subject on the days on which it holds (a list names the enterprise, it has so many sealing points).
Its terms are either those of the calendar (each week, month, quarter, year, or the 15th of each month), or follow each
other: so many months after the last time, and first after the duty began to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest

from domain.periods import add_months

#: What may prove that a duty was done: of documents and attachments.
EVIDENCE_KINDS = {
    "report": "监测（检测、试验）报告",
    "ledger": "台账",
    "checklist": "检查记录表",
    "minutes": "调度记录或会议纪要",
    "certificate": "检定或校准证书",
    "plan": "方案",
    "rectification": "整改材料",
    "photo": "照片",
    "other": "其他材料",
}

#: How the terms of a duty follow each other.
ANCHORS = {"calendar": "日历期次", "last_done": "上次办理", "register": "检定日期"}

_ONE_DAY = timedelta(days=1)
#: A Monday from which blocks of weeks are counted.
_FIRST_MONDAY = date(2000, 1, 3)


class DutyState(StrEnum):
    """Where a term stands; findings write it as their reason."""

    SCHEDULED = "scheduled"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    DONE_IN_TIME = "done_in_time"
    DONE_LATE = "done_late"
    DONE_WITHOUT_EVIDENCE = "done_without_evidence"
    ENDED = "ended"  # the duty holds no more, and what was overdue is owed no more

    @property
    def is_broken(self) -> bool:
        return self in (DutyState.OVERDUE, DutyState.DONE_LATE)


@dataclass(frozen=True, slots=True)
class Every:
    """How often, exactly one of: weeks (Monday to Sunday), months (12 a year), monthday (of each month)."""

    weeks: int | None = None
    months: int | None = None
    monthday: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.weeks, self.months, self.monthday) if value is not None]
        if len(given) != 1 or given[0] < 1 or (self.monthday or 1) > 31:
            raise ValueError("one of weeks, months or monthday (1 to 31)")

    def after(self, day: date) -> date:
        """The day so much later, months clipped to the month's end. Raises ValueError for a day of the month."""
        if self.weeks is not None:
            return day + timedelta(weeks=self.weeks)
        if self.months is None:
            raise ValueError("a day of the month follows no other day")
        return add_months(day, self.months)


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which a duty holds: [start, end), no end means still."""

    start: date
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the calendar: [start, next), to be done by `due`."""

    start: date
    due: date
    next: date


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a duty: counted from `start`, to be done by `due`; `last`: with the days of grace."""

    start: date
    due: date
    last: date


@dataclass(frozen=True, slots=True)
class Done:
    """A record that a duty was done on a day. kinds: of evidence that the record has; details: for who reads it."""

    day: date
    record_id: int
    kinds: frozenset[str] = frozenset()
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """When a duty is due. due_soon_days: last days of a term. evidence: kinds that a record must have to count as done.

    can_be_made_up: a calendar term that was missed may still be made good by a later record (late), one for each.
    """

    every: Every
    grace_days: int = 0
    due_soon_days: int = 0
    evidence: frozenset[str] = frozenset()
    can_be_made_up: bool = False

    def term(self, start: date, due: date) -> Term:
        return Term(start, due, due + timedelta(days=self.grace_days))

    def missing(self, done: Done) -> list[str]:
        """Kinds of evidence that a record lacks."""
        return sorted(self.evidence - done.kinds)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a term stands. done: the record that says so, of an overdue one a late record without its evidence."""

    term: Term
    state: DutyState
    done: Done | None = None
    first: bool = field(default=False, kw_only=True)
    """Counted from the day on which the duty began to hold, not from a record."""


def block_of(every: Every, day: date) -> Block:
    """The block of the calendar that holds a day. Blocks of months count from January, of weeks from Monday."""
    if every.weeks is not None:
        length = timedelta(weeks=every.weeks)
        start = _FIRST_MONDAY + (day - _FIRST_MONDAY) // length * length
        return Block(start, start + length - _ONE_DAY, start + length)
    months = every.months or 1
    year, month = divmod((day.year * 12 + day.month - 1) // months * months, 12)
    start = date(year, month + 1, 1)
    following = add_months(start, months)
    last = following - _ONE_DAY
    return Block(start, min(last, start + timedelta(days=(every.monthday or 999) - 1)), following)


def blocks(every: Every, first: date, through: date) -> Iterator[Block]:
    """Blocks that begin in [first, through], in order: one that has begun before is not asked for in part."""
    block = block_of(every, first)
    if block.start < first:
        block = block_of(every, block.next)
    while block.start <= through:
        yield block
        block = block_of(every, block.next)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap made one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        last = found[-1] if found else None
        if last is None or (last.end is not None and last.end < span.start):
            found.append(span)
        elif last.end is not None:
            found[-1] = Span(last.start, None if span.end is None else max(last.end, span.end))
    return found


def clipped(spans: Iterable[Span], first: date) -> list[Span]:
    """What is left of spans from a day on."""
    return [
        Span(max(span.start, first), span.end)
        for span in spans
        if span.end is None or max(span.start, first) < span.end
    ]


def common(spans: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Days that lie in both."""
    found = []
    for span in spans:
        for other in others:
            start = max(span.start, other.start)
            end = min((one for one in (span.end, other.end) if one is not None), default=None)
            if end is None or start < end:
                found.append(Span(start, end))
    return merged(found)


def at_least(steps: Iterable[tuple[date, int]], count: int) -> list[Span]:
    """When a number was at least so high. steps: days in order, with the change of the number from that day on."""
    found: list[Span] = []
    number, since = 0, None
    for day, step in steps:
        number += step
        if number >= count and since is None:
            since = day
        elif number < count and since is not None:
            found.append(Span(since, day))
            since = None
    return [*found, Span(since)] if since is not None else found


def calendar_standings(plan: Plan, span: Span, done: Iterable[Done], as_of: date) -> list[Standing]:
    """Where each calendar term stands that lies whole in the span and has begun, as at the end of a local day.

    A record counts for the term that it was made in, and in the days of grace for the one before as long as that has
    none. Records before a term began do not count for it.
    """
    items = sorted((one for one in done if one.day in span), key=lambda one: (one.day, one.record_id))
    through = max([as_of, *(one.day for one in items)])
    asked = [one for one in blocks(plan.every, span.start, through) if span.end is None or one.due < span.end]
    terms = [plan.term(block.start, block.due) for block in asked]
    met: list[Done | None] = [None] * len(asked)
    lacking: list[list[Done]] = [[] for _ in asked]
    waiting = 0
    for one in items:
        while waiting < len(asked) and (
            met[waiting] is not None
            or (not plan.can_be_made_up and max(terms[waiting].last, _end(asked[waiting])) < one.day)
        ):
            waiting += 1
        place = next(
            (n for n in range(waiting, len(asked)) if met[n] is None and _may_count(plan, asked[n], terms[n], one.day)),
            None,
        )
        if place is None:
            continue
        if plan.missing(one):
            lacking[place].append(one)
        else:
            met[place] = one
    return [_calendar(plan, term, met[n], lacking[n], as_of) for n, term in enumerate(terms)]


def _end(block: Block) -> date:
    return block.next - _ONE_DAY


def _may_count(plan: Plan, block: Block, term: Term, day: date) -> bool:
    """Whether what was done on a day may count for a block: in it, in its days of grace, or made up for later."""
    return block.start <= day and (day < block.next or day <= term.last or plan.can_be_made_up)


def _calendar(plan: Plan, term: Term, met: Done | None, lacking: Sequence[Done], as_of: date) -> Standing:
    if met is not None and met.day <= term.last:
        return Standing(term, DutyState.DONE_IN_TIME, met)
    in_time = next((one for one in lacking if one.day <= term.last), None)
    if in_time is not None:
        return Standing(term, DutyState.DONE_WITHOUT_EVIDENCE, in_time)
    if met is not None:
        return Standing(term, DutyState.DONE_LATE, met)
    return Standing(term, open_state(plan, term, as_of), lacking[0] if lacking else None)


def open_state(plan: Plan, term: Term, as_of: date) -> DutyState:
    """Of a term in which nothing was done yet: the last day itself is still in time."""
    if as_of > term.last:
        return DutyState.OVERDUE
    return DutyState.DUE_SOON if (term.due - as_of).days <= plan.due_soon_days else DutyState.SCHEDULED


def chained_standings(plan: Plan, span: Span, done: Iterable[Done], as_of: date) -> list[Standing]:
    """Where the terms stand that follow each other, as at the end of a local day.

    The first is counted from the day on which the duty began to hold, each further one from the record that closed the
    one before. A late record without its evidence closes nothing: that the duty was done is not shown.
    """
    items = sorted((one for one in done if one.day in span), key=lambda one: (one.day, one.record_id))
    anchor, first = span.start, True
    if items and items[0].day == anchor:
        items, first = items[1:], False
    found: list[Standing] = []
    lacking: Done | None = None
    for one in items:
        term = plan.term(anchor, plan.every.after(anchor))
        is_late = one.day > term.last
        if plan.missing(one) and is_late:
            lacking = lacking or one
            continue
        state = DutyState.DONE_LATE if is_late else DutyState.DONE_IN_TIME
        if plan.missing(one):
            state = DutyState.DONE_WITHOUT_EVIDENCE
        found.append(Standing(term, state, one, first=first))
        anchor, first, lacking = one.day, False, None
    term = plan.term(anchor, plan.every.after(anchor))
    if span.end is None or term.due < span.end:
        found.append(Standing(term, open_state(plan, term, as_of), lacking, first=first))
    return found


@dataclass(frozen=True, slots=True)
class Verification:
    """A meter's verification (检定): made on a day, good until `due`. gone: first day without the meter."""

    serial: str
    day: date
    due: date
    gone: date | None = None


def verified_standings(
    plan: Plan, span: Span, verifications: Iterable[Verification], as_of: date
) -> list[tuple[Standing, Verification]]:
    """Where the verifications at one place stand, each counted until the next one, of whichever meter.

    Only what was open on a day of the span is given; of a meter that was taken away before its day nothing is due.
    """
    by_day: dict[date, Verification] = {}
    for one in verifications:
        known = by_day.get(one.day)
        if known is None or (one.due, one.serial) > (known.due, known.serial):
            by_day[one.day] = one
    ordered = [by_day[when] for when in sorted(by_day)]
    found = []
    for one, after in zip_longest(ordered, ordered[1:]):
        term = plan.term(one.day, one.due)
        if after is not None:
            if after.day >= span.start:
                state = DutyState.DONE_IN_TIME if after.day <= term.last else DutyState.DONE_LATE
                found.append((Standing(term, state, Done(after.day, 0)), one))
            continue
        end = min((day for day in (one.gone, span.end) if day is not None), default=None)
        if end is None or one.due < end:
            found.append((Standing(term, open_state(plan, term, as_of)), one))
    return found
