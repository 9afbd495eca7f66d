"""Rule-test cases of water meters: increments by hour, or what a register shows."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from domain.hourly import hours, mark_names
from domain.periods import hour_number, local_day
from domain.pointhours import Windows
from domain.points import Counter
from domain.readings import HOUR_US, to_us
from domain.segments import Changes, Meters, no_meters
from rules.cases.model import Case, CaseError
from rules.cases.series import Sample, parse_series, readings_of
from rules.evaluators.contract import Judgement
from rules.families.contract import Job
from rules.families.corrections import judge_corrections, plain
from rules.families.markedhours import counted
from rules.families.meters import judge_meter_days, judge_steps, metered
from rules.families.outlets import first_hour
from rules.families.periodic import DAYS
from storage.counters import CorrectedRow, CounterPoint, MarkedRow

_POINT, _RUNNING = 1, 2


def judge_case_meter_days(job: Job, case: Case, days_before_first: int) -> list[Judgement]:
    """One `series` of increments by hour and, of an enterprise that has electricity meters, `running`, what these count
    by hour, both from `at` on; judges `days`."""
    ((_, text),) = case.series.items()
    passed, ran = _by_hour(case, _POINT, text), _by_hour(case, _RUNNING, case.running or "")
    running = {} if case.running is None else {1: [_RUNNING]}
    one = metered(_point(case), job, days_before_first, running)
    days = [DAYS.number(first_hour(day)) for day in case.days or [local_day(case.start)]]
    rows = [(one, day) for day in days if day >= one.first]
    return [judgement for _, judgement in judge_meter_days(job, rows, passed, ran)]


def judge_case_steps(job: Job, case: Case) -> list[Judgement]:
    """One `series` of what the register of `counter` shows, every interval_s from `at` on, with `meter_changes`."""
    ((_, text),) = case.series.items()
    (one,) = counted([_point(case)], job)
    rows = _marked(case, parse_series(text), _meters(case))
    return [judgement for _, judgement in judge_steps(job, {_POINT: one}, rows)]


def judge_case_corrections(job: Job, case: Case) -> list[Judgement]:
    """As `judge_case_steps`, with `corrections` of the series: a value where one was corrected, else _."""
    ((_, text),) = case.series.items()
    sent = parse_series(text)
    given = parse_series(case.corrections or "")
    given += [None] * (len(sent) - len(given))
    stands = [first if corrected is None else corrected for first, corrected in zip(sent, given, strict=True)]
    found, before = [], None
    for place, (first, corrected, now) in enumerate(zip(sent, given, stands, strict=True)):
        if before is not None and first is not None and corrected is not None:
            at = case.start + timedelta(seconds=place * case.interval_s)
            found.append(CorrectedRow(_POINT, at, first.value, corrected.value, before))
        before = before if now is None else now.value
    (one,) = counted([_point(case)], job)
    rows = plain(_marked(case, stands, _meters(case), corrected=[sample is not None for sample in given]))
    return [judgement for _, judgement in judge_corrections(job, {_POINT: one}, rows, found)]


def _marked(
    case: Case, samples: list[Sample | None], meters: Meters, corrected: list[bool] | None = None
) -> list[MarkedRow]:
    """The hours of a register, by the real computation. corrected: which of the samples were."""
    if case.counter is None:
        raise CaseError("counter is missing")
    counter = Counter(case.counter.digits, case.counter.scale, case.counter.max_rate_per_h)
    readings = readings_of({_POINT: samples}, case.start, case.interval_s)
    there = [sample is not None for sample in samples]
    was_corrected = np.array(corrected or [False] * len(there), np.bool_)[there]
    first_us = (to_us(case.start) - 1) // HOUR_US * HOUR_US
    hour_us = np.arange(first_us, int(readings.measured_us.max()), HOUR_US)
    windows = Windows(
        np.full(len(hour_us), _POINT),
        hour_us,
        np.ones(len(hour_us), np.bool_),
        np.full(len(hour_us), case.interval_s),
        np.full(len(hour_us), counter.rollover),
        np.full(len(hour_us), counter.max_rate_per_h or np.nan),
        np.zeros(len(hour_us), np.int64),
        np.full(len(hour_us), np.nan),
    )
    found = hours(windows, readings, was_corrected, None, meters)
    return [
        MarkedRow(_POINT, int(hour // HOUR_US), mark_names(int(marks)), None, None, None, None, None)
        for hour, marks in zip(hour_us, found.marks, strict=True)
    ]


def _point(case: Case) -> CounterPoint:
    first = case.in_service_from or local_day(case.start)
    return CounterPoint(_POINT, 1, "plant", "W-1", "water_volume", "m3", "SN-1", first, None)


def _by_hour(case: Case, point: int, text: str) -> dict[tuple[int, int], float]:
    first = hour_number(case.start)
    samples = enumerate(parse_series(text))
    return {(point, first + position): sample.value for position, sample in samples if sample is not None}


def _meters(case: Case) -> Meters:
    made = sorted(case.meter_changes, key=lambda change: change.changed_at)
    changes = Changes(
        np.full(len(made), _POINT, np.int64),
        np.array([to_us(change.changed_at) for change in made], np.int64),
        np.array([change.old_final for change in made], np.float64),
        np.array([change.new_initial for change in made], np.float64),
    )
    return Meters(changes, no_meters().registers)
