"""Rule-test cases of minutes, of loggers' statements, of calibrations, runs and oxidisers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.limits import Averaging, LimitBook, LimitKind
from domain.periods import hour_number, local_day
from domain.points import Statistic
from domain.quality import SourceFlag
from domain.warning import MINUTES_OF_HOUR
from rules.cases.hours import case_book, case_channels, case_marks, case_point, case_series
from rules.cases.model import Case, CaseError
from rules.cases.series import Sample, computed_hours, parse_series, readings_of
from rules.evaluators.contract import Judgement
from rules.evaluators.reported_value import CONVERTED, OF_DAY
from rules.families.contract import Job
from rules.families.minutes import means_of
from rules.families.outlets import OXYGEN, ServiceSpan, first_hour, outlets_of
from rules.families.oxidisers import Oxidisers
from rules.families.periodic import DAYS, HOURS, Tracked
from rules.families.quality import Batch, Calibrated, judge_drift, judge_due, judge_runs
from rules.families.statements import judge_statements, stating
from rules.families.warnings import judge_stretches, watch_of
from rules.pack import RuleSet
from storage.marks import StoredMark
from storage.statements import HourFigures, StatingPoint

One = TypeVar("One", bound=Tracked)

_LONG_AGO = date(2000, 1, 1)
_POINT = Subject(SubjectKind.POINT, "plant/A-1")
_STATED = "stated"
_DRIFT = "drift"


def judge_case_minutes(rules: RuleSet, job: Job, case: Case) -> list[Judgement]:
    """`series` by quantity, one sample every interval_s: every minute from `at`, a whole hour, to the end of the
    longest series is judged; nothing was seen before."""
    series, ids = case_series(case)
    by_id = {ids[name]: samples for name, samples in series.items()}
    first = hour_number(case.start) * MINUTES_OF_HOUR
    longest = max((len(samples) for samples in series.values()), default=0)
    stop = first + -(-longest * case.interval_s // 60)
    readings = readings_of(by_id, case.start, case.interval_s)
    spans = dict.fromkeys(by_id, (first, stop))
    means = means_of(spans, readings, np.zeros(len(readings), np.bool_), None)
    marks = [_stored(case, number) for number in range(len(case.process_marks))]
    channels = case_channels(rules, job, case, ids, Averaging.HOUR)
    watches = [watch for channel in channels if (watch := watch_of(channel, set(by_id))) is not None]
    stretches = [(watch, first, stop) for watch in watches]
    return [judgement for _, judgement in judge_stretches(job, stretches, means, marks, ())]


def judge_case_statements(rules: RuleSet, job: Job, case: Case) -> list[Judgement]:
    """`series.stated`, one sample a minute for means of minutes, else one at the start of each hour or local day; the
    measured quantity and o2, one sample every interval_s. Every period that these reach into is judged."""
    statistic = Statistic(job.rule.applies["statistic"])
    slots = DAYS if statistic in OF_DAY else HOURS
    samples = {name: parse_series(text) for name, text in case.series.items()}
    measured = [name for name in samples if name not in (_STATED, OXYGEN)]
    if _STATED not in samples or len(measured) != 1:
        raise CaseError("series: expected stated, one measured quantity, and o2 where needed")
    length_s = {Statistic.MINUTE_MEAN: case.interval_s}.get(statistic, 86400 if slots is DAYS else 3600)
    expanded = _spaced(samples.pop(_STATED), length_s, case.interval_s)
    ids = {name: number for number, name in enumerate([measured[0], _STATED, OXYGEN], 1)}
    by_id = {ids[measured[0]]: samples[measured[0]], ids[_STATED]: expanded}
    if OXYGEN in samples:
        by_id[ids[OXYGEN]] = samples[OXYGEN]
    row = StatingPoint(
        ids[_STATED],
        "A-1-S",
        case.stated_unit or case.unit,
        1,
        "plant",
        ids[measured[0]],
        "A-1",
        case.unit,
        measured[0],
        1,
        "plant/S1",
        case.process or "",
        case.makeup_air,
        case.in_service_from or _LONG_AGO,
        None,
    )
    spans = [ServiceSpan(ids[OXYGEN], "O2", first_hour(_LONG_AGO), None, "%")] if OXYGEN in samples else []
    book = _book(rules, case, measured[0]) if statistic in CONVERTED else None
    one = stating(row, job, slots, spans, book)
    figures = _figures(case, by_id)
    first, last = slots.at(case.start), max(slots.number(hour) for _, hour in figures)
    rows = [(one, slot) for slot in range(max(first, one.first), last + 1)]
    return [judgement for _, judgement in judge_statements(job, slots, rows, figures)]


def judge_case_drift(job: Job, case: Case) -> list[Judgement]:
    """One `series`, named as the quantity of the analyser: a statement of drift every hour from `at` on; judges
    `days`."""
    ((quantity, text),) = case.series.items()
    figures = _figures(case, {1: _spaced(parse_series(text), 3600, case.interval_s)})
    one = _calibrated(case, quantity, [(1, "A-1-DRIFT")])
    return [judgement for _, judgement in judge_drift(job, _days(case, one), _by_point(figures))]


def judge_case_calibrations(job: Job, case: Case) -> list[Judgement]:
    """`series.drift`: a statement of drift every hour from `at` on, and the analyser's own series, one sample an hour,
    by its quantity; judges `days`."""
    measured = [name for name in case.series if name != _DRIFT]
    if len(measured) > 1:
        raise CaseError("series: expected drift and one analyser")
    by_id = {
        number: _spaced(parse_series(case.series[name]), 3600, case.interval_s)
        for number, name in ((1, _DRIFT), (2, measured[0] if measured else ""))
        if name in case.series
    }
    one = _calibrated(case, measured[0] if measured else "so2", [(1, "A-1-DRIFT")], analyser_id=2)
    return [judgement for _, judgement in judge_due(job, _days(case, one), _by_point(_figures(case, by_id)))]


def judge_case_runs(job: Job, case: Case) -> list[Judgement]:
    """One `series`, a sample every interval_s from `at` on; judges `days`."""
    ((_, text),) = case.series.items()
    readings = readings_of({1: parse_series(text)}, case.start, case.interval_s)
    first = DAYS.number(first_hour(case.in_service_from or _LONG_AGO))
    one = Batch(_POINT, 1, [1], first, None, 1, "A-1", case.interval_s)
    return [judgement for _, judgement in judge_runs(job, _days(case, one), readings)]


def judge_case_oxidiser(job: Job, case: Case, source: Oxidisers) -> list[Judgement]:
    """`series` by quantity, one sample every interval_s: every hour that a series reaches into is judged."""
    series, ids = case_series(case)
    points = [case_point(case, name, ids[name]) for name in sorted(ids)]
    figures = _figures(case, {ids[name]: samples for name, samples in series.items()})
    hours = range(hour_number(case.start), max(hour for _, hour in figures) + 1)
    rows = [(one, hour) for one in source.chosen(outlets_of(points), job) for hour in hours]
    marks = [_stored(case, number) for number in range(len(case.process_marks))]
    return [judgement for _, judgement in source.judge_hours(job, rows, figures, marks)]


def _book(rules: RuleSet, case: Case, quantity: str) -> LimitBook:
    """Limits of the case's outlet: its own as legal ones, or the shipped ones of its process; none without either."""
    if case.limit is None and case.process is None:
        return LimitBook([])
    return case_book(rules, case, [quantity], LimitKind.LEGAL, Averaging.HOUR)


def _calibrated(case: Case, quantity: str, drift: list[tuple[int, str]], analyser_id: int = 2) -> Calibrated:
    first = DAYS.number(first_hour(case.in_service_from or _LONG_AGO))
    return Calibrated(_POINT, 1, [1, analyser_id], first, None, analyser_id, quantity, drift)


def _days(case: Case, one: One) -> list[tuple[One, int]]:
    """The subject on each of the case's days in its service, by default that of `at`."""
    days = [DAYS.number(first_hour(day)) for day in case.days or [local_day(case.start)]]
    return [(one, day) for day in days if day >= one.first]


def _spaced(samples: Sequence[Sample | None], length_s: int, interval_s: int) -> list[Sample | None]:
    """Samples of longer periods among those of the interval: each at the start of its period."""
    gap: list[Sample | None] = [None] * (length_s // interval_s - 1)
    return [one for sample in samples for one in (sample, *gap)]


def _figures(case: Case, series: Mapping[int, Sequence[Sample | None]]) -> dict[tuple[int, int], HourFigures]:
    """Hourly rows as the store gives them, for every hour that a series reaches into."""
    pairs, found = computed_hours(series, case.start, case.interval_s)
    letters = _letters()

    def known(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return {
        (point, hour): HourFigures(
            point,
            hour,
            known(found.mean[row]),
            int(found.valid_minutes[row]),
            int(found.reading_count[row]),
            known(found.first_value[row]),
            known(found.minimum[row]),
            known(found.maximum[row]),
            int(found.flag_counts[row][letters]),
        )
        for row, (point, hour) in enumerate(pairs)
    }


def _letters() -> int:
    """Column of the flag of calibrating."""
    return list(SourceFlag).index(SourceFlag.CALIBRATION)


def _by_point(figures: Mapping[tuple[int, int], HourFigures]) -> dict[int, list[HourFigures]]:
    found: dict[int, list[HourFigures]] = {}
    for (point, _), row in sorted(figures.items()):
        found.setdefault(point, []).append(row)
    return found


def _stored(case: Case, number: int) -> StoredMark:
    """A process mark of the case as the store gives it."""
    mark = case_marks(case)[number]
    return StoredMark(
        mark.mark_id,
        mark.outlet,
        mark.point,
        mark.dimension,
        mark.kind,
        mark.start,
        mark.end,
        1,
        None,
        "case",
        "case",
        "manual",
        case.start,
    )
