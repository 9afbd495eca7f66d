"""Families of data quality: capture rate of a pollutant in a quarter, transmission rate of an outlet in a month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.air import AMBIENT, POLLUTANTS
from domain.emission import Bools, Measured
from domain.findings import Subject, SubjectKind
from domain.marks import Mark
from domain.periods import Period, hour_number, month_of, numbered_hour, quarter_of
from rules.evaluators.capture_rate import CaptureHours, CaptureRateParams, CaptureWindow
from rules.evaluators.contract import Judgement
from rules.evaluators.transmission_rate import Counters, TransmissionHours, TransmissionRateParams, TransmissionWindow
from rules.families.calendar import CalendarFamily, Decided, Entry, Row, entry_of, variant
from rules.families.contract import Job, judge
from rules.families.operating import marked_minutes, marks_used, stopped
from rules.families.stacks import RUNNING, Grid, Stack, fetch, select
from rules.pack import Rule
from storage import emissions, marks
from storage.database import Connection

OXYGEN = "o2"


@dataclass(frozen=True, slots=True)
class Span:
    """What is known of some stacks over the hours of a grid; effective marks by outlet."""

    grid: Grid
    marks: Mapping[int, Sequence[Mark]]

    def stopped(self, stack: Stack, min_valid_minutes: int) -> Bools:
        """Hours of the grid in which a stack's source was stopped."""
        minutes = marked_minutes(self.marks.get(stack.outlet_id, ()), self.grid.first, self.grid.stop)
        return stopped(minutes, self.grid.of(stack, RUNNING), min_valid_minutes)

    def marks_of(self, stack: Stack, quantities: Iterable[str], first: int, stop: int) -> list[int]:
        """Ids of the marks that have a part in hours [first, stop): of a stopped source, and of analysers."""
        codes = {one.code for quantity in quantities for one in stack.instruments.get(quantity, ())}
        return marks_used(self.marks.get(stack.outlet_id, ()), codes, first, stop)


#: The judgements on one period of a subject.
Judging = Callable[[Job, Entry, Period, Span], list[tuple[Rule, Judgement]]]


async def look(connection: Connection, entries: Iterable[Entry], first: int, stop: int) -> Span:
    """What some subjects rest on, over hours [first, stop)."""
    chosen = list(entries)
    wanted = [(entry.stack, (*entry.quantities, RUNNING)) for entry in chosen]
    outlets = sorted({entry.stack.outlet_id for entry in chosen})
    found: dict[int, list[Mark]] = {}
    span = (numbered_hour(first).start, numbered_hour(stop).start)
    for mark in await marks.effective_marks(connection, outlets, *span):
        found.setdefault(mark.outlet_id, []).append(mark)
    return Span(await fetch(connection, wanted, first, stop), found)


async def stacks(connection: Connection, job: Job, quantities: Iterable[str]) -> list[Stack]:
    """Outlets with their points of some quantities and their running signals, from the rule's first day on."""
    rows = await emissions.stack_points(connection, sorted({*quantities, RUNNING}))
    return select(rows, hour_number(job.valid_from_at))


class Capture(CalendarFamily):
    """Quarters of a pollutant."""

    def __init__(self) -> None:
        super().__init__(quarter_of)

    async def entries(self, connection: Connection, job: Job) -> list[Entry]:
        """Every pollutant that is measured in a waste gas."""
        return [
            entry
            for stack in await stacks(connection, job, POLLUTANTS)
            if stack.process not in AMBIENT
            for quantity in stack.pollutants
            if (entry := entry_of(stack, stack.subject(quantity), [quantity], [quantity])) is not None
        ]

    async def judgements(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Decided:
        """See `CalendarFamily.judgements`."""
        return await _by_period(connection, job, rows, judge_capture)


class Transmission(CalendarFamily):
    """Months of an outlet."""

    def __init__(self) -> None:
        super().__init__(month_of)

    async def entries(self, connection: Connection, job: Job) -> list[Entry]:
        """Every outlet at which a pollutant is measured, with its oxygen."""
        found = []
        for stack in await stacks(connection, job, (*POLLUTANTS, OXYGEN)):
            quantities = [*stack.pollutants, *((OXYGEN,) if OXYGEN in stack.instruments else ())]
            entry = entry_of(stack, Subject(SubjectKind.OUTLET, stack.key), quantities, stack.pollutants)
            if entry is not None:
                found.append(entry)
        return found

    async def judgements(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Decided:
        """See `CalendarFamily.judgements`."""
        return await _by_period(connection, job, rows, judge_transmission)


async def _by_period(connection: Connection, job: Job, rows: Sequence[Row], judging: Judging) -> Decided:
    out: list[tuple[Rule, Judgement]] = []
    for period in sorted({period for _, period in rows}):
        entries = [entry for entry, of in rows if of == period]
        span = await look(connection, entries, hour_number(period.start), hour_number(period.end))
        for entry in entries:
            out += judging(job, entry, period, span)
    return out, rows


def judge_capture(job: Job, entry: Entry, period: Period, span: Span) -> list[tuple[Rule, Judgement]]:
    """The judgement on a quarter of a pollutant. Pure."""
    rule = variant(job, entry, period)
    if rule is None:
        return []
    params = rule.typed_params
    if not isinstance(params, CaptureRateParams):
        raise TypeError(f"rule {job.rule_id} has parameters of another evaluator")
    (quantity,) = entry.quantities
    first, stop = entry.hours(period)
    rows = slice(first - span.grid.first, stop - span.grid.first)
    off = span.stopped(entry.stack, params.min_valid_minutes)[rows]
    measured = span.grid.of(entry.stack, quantity).part(rows.start, rows.stop)
    valid = measured.is_valid(params.min_valid_minutes)
    silent = ~off & (measured.readings <= 0)
    invalid = {"no_data": int(silent.sum()), "too_few_valid_minutes": int((~off & ~valid & ~silent).sum())}
    hours = CaptureHours(
        stop - first,
        int(off.sum()),
        int((valid & ~off).sum()),
        {reason: count for reason, count in invalid.items() if count},
        span.marks_of(entry.stack, entry.quantities, first, stop),
    )
    return [(rule, one) for one in judge(rule, CaptureWindow([entry.subject], [period], [hours]))]


def judge_transmission(job: Job, entry: Entry, period: Period, span: Span) -> list[tuple[Rule, Judgement]]:
    """The judgement on a month of an outlet. Pure."""
    rule = variant(job, entry, period)
    if rule is None:
        return []
    params = rule.typed_params
    if not isinstance(params, TransmissionRateParams):
        raise TypeError(f"rule {job.rule_id} has parameters of another evaluator")
    first, stop = entry.hours(period)
    off = span.stopped(entry.stack, params.min_valid_minutes)[first - span.grid.first : stop - span.grid.first]
    counters = {}
    for quantity in entry.quantities:
        own = entry_of(entry.stack, entry.subject, [quantity], [quantity])
        begin, end = (first, first) if own is None else own.hours(period)
        if begin < end:
            measured = span.grid.of(entry.stack, quantity).part(begin - span.grid.first, end - span.grid.first)
            counters[quantity] = _counters(measured, ~off[begin - first : end - first], params.min_valid_minutes)
    hours = TransmissionHours(
        stop - first, int(off.sum()), counters, span.marks_of(entry.stack, entry.quantities, first, stop)
    )
    return [(rule, one) for one in judge(rule, TransmissionWindow([entry.subject], [period], [hours]))]


def _counters(measured: Measured, due: Bools, min_valid_minutes: int) -> Counters:
    received = due & (measured.readings > 0)
    valid = received & measured.is_valid(min_valid_minutes)
    return Counters(*(int(np.count_nonzero(rows)) for rows in (due, received, valid)))
