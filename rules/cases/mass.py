"""Rule-test cases of mass and of data quality: one outlet with a sample an hour, from `at` on.

A sample stands for a whole hour of valid minutes, one with a flag other than N for an hour with readings and none of
them valid, a missing one for an hour without readings. The outlet is in service while the longest series lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np

from domain.air import POLLUTANTS
from domain.findings import Subject, SubjectKind
from domain.limits import Averaging, Limit, LimitBook, LimitKind
from domain.marks import Dimension, Mark
from domain.periods import Period, hour_number, month_of, numbered_hour, quarter_of, require_aware
from domain.points import Basis
from domain.quality import SourceFlag
from domain.substitution import LOOK_BACK_H
from rules.cases.model import Case, CaseError
from rules.cases.series import Sample, parse_series
from rules.evaluators.contract import Judgement
from rules.families.calendar import Entry
from rules.families.capture import OXYGEN, Span, judge_capture, judge_transmission
from rules.families.contract import Job
from rules.families.mass import Figures, judge_months, quarter_figures
from rules.families.rates import judge_rates
from rules.families.stacks import GAS, RUNNING, Instrument, Stack, factor_of, grid
from storage.emissions import HourRows

#: What a point of a case measures in, unless `units` says otherwise.
_UNITS = {
    "flue_flow": "m3/h",
    "flue_velocity": "m/s",
    "flue_temperature": "degC",
    "flue_pressure": "kPa",
    "flue_humidity": "%",
}


def judge_case_capture(job: Job, case: Case) -> list[Judgement]:
    """Every quarter of every pollutant that the series reach into, as far as they reach."""
    stack, series = _stack(case)
    out = []
    for quantity in stack.pollutants:
        entry = _entry(stack, stack.subject(quantity), [quantity])
        for quarter in _periods(entry, quarter_of):
            out += judge_capture(job, entry, quarter, _span(case, stack, series, *entry.hours(quarter)))
    return [judgement for _, judgement in out]


def judge_case_transmission(job: Job, case: Case) -> list[Judgement]:
    """Every month of the outlet that the series reach into, as far as they reach."""
    stack, series = _stack(case)
    quantities = [*stack.pollutants, *((OXYGEN,) if OXYGEN in stack.instruments else ())]
    entry = _entry(stack, Subject(SubjectKind.OUTLET, stack.key), quantities)
    out = []
    for month in _periods(entry, month_of):
        out += judge_transmission(job, entry, month, _span(case, stack, series, *entry.hours(month)))
    return [judgement for _, judgement in out]


def judge_case_mass(job: Job, case: Case) -> list[Judgement]:
    """Every month that the series reach into, against [case.limit] in t."""
    stack, series = _stack(case)
    entry = _entry(stack, stack.subject(_pollutant(stack)), [_pollutant(stack), *GAS])
    figures: Figures = {}
    for quarter in _periods(entry, quarter_of):
        first, stop = entry.hours(quarter)
        span = _span(case, stack, series, max(entry.first, first - LOOK_BACK_H), stop)
        figures |= quarter_figures(entry, job.rule, span, first)
    months = _periods(entry, month_of)
    return [judgement for _, judgement in judge_months(job, entry, months, figures, _book(case, stack, Averaging.YEAR))]


def judge_case_rates(job: Job, case: Case) -> list[Judgement]:
    """Every hour that the series reach into, against [case.limit] in kg/h."""
    stack, series = _stack(case)
    entry = _entry(stack, stack.subject(_pollutant(stack)), [_pollutant(stack), *GAS])
    span = _span(case, stack, series, stack.first, stack.end or stack.first)
    return [judgement for _, judgement in judge_rates(job, entry, _book(case, stack, Averaging.HOUR), span)]


def _stack(case: Case) -> tuple[Stack, dict[str, list[Sample | None]]]:
    """The outlet with a point for each series, and the series."""
    texts = case.series if case.running is None else {**case.series, RUNNING: case.running}
    known = {*POLLUTANTS, *GAS, OXYGEN, RUNNING}
    if unknown := sorted(set(texts) - known):
        raise CaseError(f"series.{unknown[0]}: expected a pollutant, {OXYGEN} or one of {', '.join(GAS)}")
    series = {name: parse_series(text) for name, text in texts.items()}
    first = hour_number(case.start)
    end = first + max((len(samples) for samples in series.values()), default=0)
    stack = Stack(1, 1, "plant", "S1", case.process or "", first, end, **case.stack.model_dump())
    bases = list(Basis)
    for number, name in enumerate(sorted(series), 1):
        unit = case.units.get(name, case.unit if name in POLLUTANTS else _UNITS.get(name, ""))
        factor = factor_of(name, unit)
        basis = bases.index(Basis(case.bases.get(name, Basis.DRY_STANDARD)))
        stack.instruments[name] = [Instrument(number, name, first, None, np.nan if factor is None else factor, basis)]
    return stack, series


def _entry(stack: Stack, subject: Subject, quantities: Iterable[str]) -> Entry:
    return Entry(subject, stack, tuple(quantities), stack.first, stack.end)


def _periods(entry: Entry, period_of: Callable[[datetime], Period]) -> list[Period]:
    found = []
    period = period_of(numbered_hour(entry.first).start)
    while entry.end is not None and hour_number(period.start) < entry.end:
        found.append(period)
        period = period_of(period.end)
    return found


def _pollutant(stack: Stack) -> str:
    if len(stack.pollutants) != 1:
        raise CaseError("series: expected one pollutant")
    return stack.pollutants[0]


def _span(case: Case, stack: Stack, series: dict[str, list[Sample | None]], first: int, stop: int) -> Span:
    rows = [
        (number, stack.first + position, sample)
        for number, name in enumerate(sorted(series))
        for position, sample in enumerate(series[name])
        if sample is not None and first <= stack.first + position < stop
    ]
    columns = np.array([(number, hour) for number, hour, _ in rows], np.int64).reshape(-1, 2)
    valid = np.array([sample.flag is SourceFlag.NORMAL for _, _, sample in rows], bool)
    hourly = HourRows(
        columns[:, 0],
        columns[:, 1],
        columns[:, 0] + 1,
        np.where(valid, np.array([sample.value for _, _, sample in rows], np.float64), np.nan),
        np.where(valid, 60, 0),
        np.full(len(rows), 60, np.int64),
    )
    numbered = {(1, name): (number, stack.instruments[name]) for number, name in enumerate(sorted(series))}
    marks = [
        Mark(
            number,
            stack.key,
            None,
            Dimension.PROCESS,
            entry.kind,
            require_aware(entry.start),
            require_aware(entry.end),
        )
        for number, entry in enumerate(case.process_marks, 1)
    ]
    return Span(grid(numbered, hourly, first, stop), {1: marks})


def _book(case: Case, stack: Stack, averaging: Averaging) -> LimitBook:
    if case.limit is None:
        raise CaseError("expected [case.limit]")
    return LimitBook(
        [
            Limit(
                limit_id=1,
                origin="operator",
                outlet=stack.key,
                process=None,
                quantity=_pollutant(stack),
                kind=LimitKind.LEGAL,
                averaging=averaging,
                status="permit",
                **case.limit.fields(),
            )
        ]
    )
