"""Family of yearly totals: every closed month of a pollutant that has a permitted total, with the year up to it.

A month rests on its quarter, whose capture rate says how missing hours are substituted, and on the hours before a
failure; so the months of a quarter are judged together, up to the last one that has closed. A year is summed from
months: the figures of a month are kept in the evidence of its finding, so that one late hour computes its quarter (and
later months whose substitutes rest on it) and only adds up the rest of its year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from domain.air import POLLUTANTS
from domain.emission import Bools, Floats
from domain.flue import Problem
from domain.limits import Averaging, LimitBook, LimitKind
from domain.periods import Period, hour_number, local_day, month_of, numbered_hour, quarter_of, year_period
from domain.substitution import LOOK_BACK_H, MEASURED, STOPPED, UNKNOWN, Capture, Substituted, failures, substitute
from rules.evaluators.contract import Judgement, json_instant
from rules.evaluators.mass_total import MassTotalParams, MassWindow, MonthFigures, PermittedTotal
from rules.families.calendar import CalendarFamily, Decided, Entry, Row, changed_hours, entry_of, variant
from rules.families.capture import Span, look, stacks
from rules.families.contract import Job, Worklist, judge
from rules.families.emissions import Emission, emission
from rules.families.stacks import GAS
from rules.pack import Rule
from storage import findings, rule_state
from storage.database import Connection
from storage.limits import limit_book

#: Figures of months by start.
Figures = dict[datetime, MonthFigures]


class Mass(CalendarFamily):
    """Months of a pollutant."""

    def __init__(self) -> None:
        super().__init__(month_of)

    async def entries(self, connection: Connection, job: Job) -> list[Entry]:
        """Every pollutant that is measured at an outlet and has a permitted total at any time."""
        book = await limit_book(connection)
        found = []
        for stack in await stacks(connection, job, (*POLLUTANTS, *GAS)):
            for quantity in book.quantities(stack.key, stack.process, LimitKind.LEGAL, Averaging.YEAR):
                entry = entry_of(stack, stack.subject(quantity), [quantity, *GAS], [quantity])
                if entry is not None:
                    found.append(entry)
        return found

    async def changed(self, connection: Connection, job: Job, work: Worklist) -> list[Row]:
        """See `CalendarFamily.changed`: also later months, where a substitute rests on a changed hour."""
        rows = await super().changed(connection, job, work)
        first: dict[Entry, Period] = {}
        for entry, month in rows:
            first.setdefault(entry, month)
        if not first:
            return rows
        marks = await rule_state.watermarks(connection, job.rule_id)
        spans = [(entry.key, month.end, marks[entry.key]) for entry, month in first.items()]
        later: dict[str, list[tuple[Period, int]]] = {}
        for stored in await findings.current_in_windows(connection, job.rule_id, spans):
            since = stored.evidence.get("rests_on_from")
            if since is not None:
                month = Period(stored.period_start, stored.period_end)
                later.setdefault(stored.subject, []).append((month, hour_number(datetime.fromisoformat(since))))
        for entry in first:
            last = max(changed_hours(entry, marks[entry.key], work))
            rows += [(entry, month) for month, since in later.get(entry.key, ()) if since <= last]
        return rows

    async def judgements(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Decided:
        """See `CalendarFamily.judgements`: the quarters of the given months, and the rest of their years as judged."""
        marks = await rule_state.watermarks(connection, job.rule_id)
        book = await limit_book(connection)
        months: dict[Entry, set[Period]] = {}
        for entry, month in rows:
            months.setdefault(entry, set()).add(month)
        looks = _Looks(connection, months)
        judged: list[tuple[Rule, Judgement]] = []
        decided: list[Row] = []
        for entry, of in months.items():
            until = max(*(month.end for month in of), marks.get(entry.key, min(month.end for month in of)))
            for year in sorted({year_period(local_day(month.start).year) for month in of}):
                quarters = {quarter_of(month.start) for month in of if month.start in year}
                figures = await self._year(connection, looks, job, entry, year, quarters, until)
                first = min(quarter.start for quarter in quarters)
                told = [month for month in _months(entry, year, until) if month.start >= first]
                judged += judge_months(job, entry, told, figures, book)
                decided += [(entry, month) for month in told]
        return judged, decided

    async def _year(
        self,
        connection: Connection,
        looks: _Looks,
        job: Job,
        entry: Entry,
        year: Period,
        quarters: set[Period],
        until: datetime,
    ) -> Figures:
        """Figures of the months of a year before `until`: those of some quarters anew, the others as they are kept."""
        stored = await findings.current_in_windows(connection, job.rule_id, [(entry.key, year.start, until)])
        kept = {one.period_start: MonthFigures.from_evidence(one.evidence) for one in stored}
        known: Figures = {
            start: one for start, one in kept.items() if one is not None and quarter_of(start) not in quarters
        }
        months = _months(entry, year, until)
        lacking = {quarter_of(month.start) for month in months if month.start not in known}
        for quarter in sorted(lacking | quarters):
            first, stop = entry.hours(Period(quarter.start, min(quarter.end, until)))
            rule = variant(job, entry, quarter) or job.rule
            if first < stop:
                found = await _quarter(looks, entry, rule, first, stop)
                known |= {start: one for start, one in found.items() if start not in known or quarter in quarters}
        return known


def judge_months(
    job: Job, entry: Entry, months: Sequence[Period], figures: Figures, book: LimitBook
) -> list[tuple[Rule, Judgement]]:
    """Judgements on some months of one year, each with the months of the year up to it. Pure.

    A month without a permitted total on its last day has none.
    """
    out = []
    for month in months:
        rule, total = variant(job, entry, month), _total(entry, month, book)
        if rule is not None and total is not None:
            so_far = [figures[start] for start in sorted(figures) if start <= month.start]
            window = MassWindow([entry.subject], [month], [so_far], [total])
            out += [(rule, one) for one in judge(rule, window)]
    return out


class _Looks:
    """What pollutants of one outlet rest on, looked at once for all of them: most of it is the gas that they share."""

    def __init__(self, connection: Connection, entries: Iterable[Entry]) -> None:
        self._connection = connection
        self._of_outlet: dict[int, list[Entry]] = {}
        for entry in entries:
            self._of_outlet.setdefault(entry.stack.outlet_id, []).append(entry)
        self._spans: dict[tuple[int, int, int], Span] = {}

    async def span(self, entry: Entry, first: int, stop: int) -> Span:
        """Over hours [first, stop)."""
        key = (entry.stack.outlet_id, first, stop)
        if key not in self._spans:
            self._spans = {known: span for known, span in self._spans.items() if known[0] == key[0]}
            self._spans[key] = await look(self._connection, self._of_outlet[key[0]], first, stop)
        return self._spans[key]


async def _quarter(looks: _Looks, entry: Entry, rule: Rule, first: int, stop: int) -> Figures:
    """Figures of the months of a quarter (so far); hours before it are looked at only when something is missing."""
    span = await looks.span(entry, first, stop)
    if failures(*_kg_and_operating(entry, rule, span)):
        begin = max(entry.first, first - LOOK_BACK_H)
        if begin < first:
            span = await looks.span(entry, begin, stop)
    return quarter_figures(entry, rule, span, first)


def quarter_figures(entry: Entry, rule: Rule, span: Span, first: int) -> Figures:
    """Figures of the months from hour `first`, where the quarter begins, to the end of a span. Pure."""
    params, found = _params(rule), _emission(entry, rule, span)
    operating = ~found.is_stopped
    rows = slice(first - span.grid.first, None)
    valid = ~np.isnan(found.kg)
    capture = Capture(int((valid & operating)[rows].sum()), int(operating[rows].sum()))
    filled = substitute(
        found.kg,
        operating,
        rows.start,
        capture,
        full_pct=params.full_capture_pct,
        least_pct=params.least_capture_pct,
    )
    out: Figures = {}
    begin = first
    while begin < span.grid.stop:
        month = month_of(numbered_hour(begin).start)
        end = min(span.grid.stop, hour_number(month.end))
        out[month.start] = _figures(entry, params, span, found, filled, capture, begin, end)
        begin = end
    return out


def _figures(
    entry: Entry,
    params: MassTotalParams,
    span: Span,
    found: Emission,
    filled: Substituted,
    capture: Capture,
    first: int,
    stop: int,
) -> MonthFigures:
    rows = slice(first - span.grid.first, stop - span.grid.first)
    rule, since = filled.rule[rows], filled.since[rows]
    lacking = (rule != MEASURED) & (rule != STOPPED)
    problems, counts = np.unique(found.problem[rows][lacking], return_counts=True)
    by_velocity = int((found.flow.from_velocity[rows] & (rule == MEASURED)).sum())
    flows = {"flue_flow": int((rule == MEASURED).sum()) - by_velocity, "flue_velocity": by_velocity}
    resting = since[since >= 0]
    return MonthFigures(
        month=f"{local_day(numbered_hour(first).start):%Y-%m}",
        month_t=float(np.nansum(filled.kg[rows])) / 1000.0,
        measured_h=int((rule == MEASURED).sum()),
        substituted_h={str(width): int((rule == width).sum()) for width in sorted(set(rule[rule > 0].tolist()))},
        unsubstituted_h=int((rule == UNKNOWN).sum()),
        stopped_h=int((rule == STOPPED).sum()),
        hours_in_service=stop - first,
        invalid_h={Problem(int(p)).word: int(n) for p, n in zip(problems, counts, strict=True)},
        flow_h={source: hours for source, hours in flows.items() if hours},
        has_flow=bool((found.flow.problem[rows] != Problem.NO_FLOW).any()),
        capture_valid_h=capture.valid,
        capture_operating_h=capture.operating,
        capture_pct=capture.pct,
        capture_until=json_instant(numbered_hour(span.grid.stop).start),
        capture_reached=capture.operating == 0 or capture.reaches(params.least_capture_pct),
        substitutes=_substitutes(span, found, filled, rows),
        rests_on_from=json_instant(numbered_hour(span.grid.first + int(resting.min())).start) if len(resting) else None,
        marks=span.marks_of(entry.stack, entry.quantities, first, stop),
    )


def _substitutes(span: Span, found: Emission, filled: Substituted, rows: slice) -> list[dict[str, object]]:
    """Each failure that touches some rows: when, how long in operating hours, and what stands for one of its hours."""
    out: list[dict[str, object]] = []
    for failure in failures(found.kg, ~found.is_stopped):
        own = np.arange(max(failure.start, rows.start), min(failure.stop, rows.stop))
        own = own[~found.is_stopped[own]]
        if len(own):
            row = int(own[0])
            known = filled.rule[row] > 0
            out.append(
                {
                    "from": json_instant(numbered_hour(span.grid.first + failure.start).start),
                    "to": json_instant(numbered_hour(span.grid.first + failure.stop).start),
                    "hours": failure.hours,
                    "hours_in_month": len(own),
                    "window_h": int(filled.rule[row]) if known else None,
                    "valid_h": int(filled.available[row]),
                    "kg_h": float(filled.kg[row]) if known else None,
                }
            )
    return out


def _params(rule: Rule) -> MassTotalParams:
    params = rule.typed_params
    if not isinstance(params, MassTotalParams):
        raise TypeError(f"rule {rule.id} has parameters of another evaluator")
    return params


def _emission(entry: Entry, rule: Rule, span: Span) -> Emission:
    return emission(entry.stack, entry.quantities[0], span, _params(rule).min_valid_minutes)


def _kg_and_operating(entry: Entry, rule: Rule, span: Span) -> tuple[Floats, Bools]:
    found = _emission(entry, rule, span)
    return found.kg, ~found.is_stopped


def _total(entry: Entry, month: Period, book: LimitBook) -> PermittedTotal | None:
    """The permitted total that holds on the last day of a month that the pollutant is in service."""
    stack, day = entry.stack, local_day(numbered_hour(entry.hours(month)[1] - 1).start)
    limit = book.on(stack.key, stack.process, entry.quantities[0], LimitKind.LEGAL, Averaging.YEAR, day)
    return None if limit is None else PermittedTotal(limit.limit_id, limit.value, limit.decimals)


def _months(entry: Entry, year: Period, until: datetime) -> list[Period]:
    """Months of a year before `until` in which a pollutant is in service, in order."""
    found = []
    month = month_of(max(year.start, numbered_hour(entry.first).start))
    while month.end <= min(year.end, until):
        first, stop = entry.hours(month)
        if first < stop:
            found.append(month)
        month = month_of(month.end)
    return found
