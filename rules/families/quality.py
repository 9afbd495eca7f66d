"""Families of analysers: drift by day, calibrations that are due, and runs of batch analysers that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from domain.air import AMBIENT, POLLUTANTS
from domain.findings import Subject, SubjectKind
from domain.periods import hour_number, numbered_hour
from domain.points import Statistic
from domain.readings import Readings, to_us, valid_mask
from rules.evaluators.calibration import (
    CalibrationDay,
    CalibrationDueParams,
    CalibrationWindow,
    DriftDay,
    DriftHour,
    DriftParams,
    DriftWindow,
)
from rules.evaluators.run_gap import RunDay, RunGapParams, RunWindow
from rules.families.contract import Job, judge
from rules.families.outlets import first_hour
from rules.families.periodic import DAYS, Judged, Slots, Tracked, by_variant, spans
from rules.pack import Rule
from storage import statements
from storage.database import Connection
from storage.readings import effective_readings
from storage.statements import Analyser, HourFigures, StatingPoint

_DAY_HOURS = 24
_DRIFTS = (Statistic.ZERO_DRIFT, Statistic.SPAN_DRIFT)
#: Between readings of an analyser that works in runs (GC), at least, in s.
_BATCH_INTERVAL_S = 1800

#: Hourly rows of a point in order.
ByPoint = Mapping[int, Sequence[HourFigures]]


@dataclass(frozen=True, slots=True)
class Calibrated(Tracked):
    """An analyser with the points that state its drift: id and code."""

    analyser_id: int
    quantity: str
    drift_points: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Batch(Tracked):
    """An analyser that works in runs."""

    point_id: int
    point: str
    interval_s: int


class _ByDay:
    """What the sources below share."""

    def slots(self, job: Job) -> Slots:
        """Local days."""
        return DAYS

    def cost(self, job: Job) -> int:
        """Hours of a day and of the history before it."""
        return _DAY_HOURS * (1 + _history(job))

    def reach(self, job: Job) -> int:
        """A day's history is as long as the rule looks back."""
        return _history(job)


class Drift(_ByDay):
    """Drift at zero or span, of analysers whose logger states it. See `rules.families.periodic.Source`."""

    async def select(self, connection: Connection, job: Job) -> list[Calibrated]:
        """Analysers with a statement of the rule's statistic."""
        return drifting(await statements.stating_points(connection, job.rule.applies["statistic"]), job)

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[Calibrated, int]]) -> Judged:
        """See `Source.judge`."""
        found = await statements.hour_figures(connection, spans(DAYS, rows, _history(job)))
        return judge_drift(job, rows, _by_point(found))


class CalibrationDue(_ByDay):
    """Calibrations of analysers at stacks, stated or flagged. See `rules.families.periodic.Source`."""

    async def select(self, connection: Connection, job: Job) -> list[Calibrated]:
        """Analysers of gases and particulates, with the points that state their drift."""
        stating = [row for word in _DRIFTS for row in await statements.stating_points(connection, word)]
        return calibrated(await statements.analysers(connection), stating, job)

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[Calibrated, int]]) -> Judged:
        """See `Source.judge`."""
        found = await statements.hour_figures(connection, spans(DAYS, rows, _history(job)))
        return judge_due(job, rows, _by_point(found))


class Runs(_ByDay):
    """Runs of batch analysers at fence lines and in plants. See `rules.families.periodic.Source`."""

    async def select(self, connection: Connection, job: Job) -> list[Batch]:
        """Points that are read every half hour or less often."""
        return batches(await statements.analysers(connection), job)

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[Batch, int]]) -> Judged:
        """See `Source.judge`."""
        windows = spans(DAYS, rows, _history(job))
        ids = np.array([window[0] for window in windows], np.int64)
        # ranges are (from, to]: a microsecond earlier, as days are [start, end)
        from_us = np.array([to_us(window[1]) - 1 for window in windows], np.int64)
        to_us_ = np.array([to_us(window[2]) - 1 for window in windows], np.int64)
        readings, _ = await effective_readings(connection, ids, from_us, to_us_)
        return judge_runs(job, rows, readings)


def drifting(rows: Iterable[StatingPoint], job: Job) -> list[Calibrated]:
    """Analysers of which some points state drift."""
    by_analyser: dict[int, list[StatingPoint]] = {}
    for row in rows:
        by_analyser.setdefault(row.own_id, []).append(row)
    out = []
    for group in by_analyser.values():
        one = group[0]
        ends = [row.end_day for row in group]
        known = [day for day in ends if day is not None]
        end = None if len(known) < len(ends) else max(known)
        points = [(row.point_id, row.point) for row in group]
        out.append(
            Calibrated(
                Subject(SubjectKind.POINT, f"{one.enterprise}/{one.own_point}"),
                one.enterprise_id,
                [point_id for point_id, _ in points],
                _first(min(row.first_day for row in group), job),
                None if end is None else DAYS.number(first_hour(end)),
                one.own_id,
                one.quantity,
                points,
            )
        )
    return out


def calibrated(rows: Iterable[Analyser], stating: Iterable[StatingPoint], job: Job) -> list[Calibrated]:
    """Analysers that have to be calibrated: of concentrations and oxygen, in stacks, not in the open."""
    drifts: dict[int, list[tuple[int, str]]] = {}
    for said in stating:
        drifts.setdefault(said.own_id, []).append((said.point_id, said.point))
    return [
        Calibrated(
            Subject(SubjectKind.POINT, f"{row.enterprise}/{row.point}"),
            row.enterprise_id,
            [row.point_id, *(point_id for point_id, _ in drifts.get(row.point_id, ()))],
            _first(row.first_day, job),
            None if row.end_day is None else DAYS.number(first_hour(row.end_day)),
            row.point_id,
            row.quantity,
            drifts.get(row.point_id, ()),
        )
        for row in rows
        if (row.quantity in POLLUTANTS or row.quantity == "o2") and row.process not in AMBIENT
    ]


def batches(rows: Iterable[Analyser], job: Job) -> list[Batch]:
    """Points in the open that are read in runs."""
    return [
        Batch(
            Subject(SubjectKind.POINT, f"{row.enterprise}/{row.point}"),
            row.enterprise_id,
            [row.point_id],
            _first(row.first_day, job),
            None if row.end_day is None else DAYS.number(first_hour(row.end_day)),
            row.point_id,
            row.point,
            row.interval_s,
        )
        for row in rows
        if row.interval_s >= _BATCH_INTERVAL_S and row.process in AMBIENT
    ]


def judge_drift(job: Job, rows: Sequence[tuple[Calibrated, int]], figures: ByPoint) -> Judged:
    """Judgements on days of drift. Pure."""
    out: Judged = []
    for rule, chosen in by_variant(job, DAYS, rows):
        days = []
        for one, slot in chosen:
            first, end = _bounds(rule, one, slot)
            hours = [
                DriftHour(numbered_hour(row.hour).start, row.minimum, row.maximum, code)
                for point_id, code in one.drift_points
                for row in figures.get(point_id, ())
                if first <= row.hour < end and row.minimum is not None and row.maximum is not None
            ]
            hours.sort(key=lambda hour: (hour.start, hour.point))
            days.append(DriftDay(one.subject, DAYS.period(slot), one.quantity, hours))
        out += [(rule, judgement) for judgement in judge(rule, DriftWindow(days))]
    return out


def judge_due(job: Job, rows: Sequence[tuple[Calibrated, int]], figures: ByPoint) -> Judged:
    """Judgements on days of calibration. Pure."""
    out: Judged = []
    for rule, chosen in by_variant(job, DAYS, rows):
        days = []
        for one, slot in chosen:
            first, end = _bounds(rule, one, slot)
            said_by: dict[int, str] = {}
            for row in figures.get(one.analyser_id, ()):
                if first <= row.hour < end and row.calibrating > 0:
                    said_by[row.hour] = "flag C"
            for point_id, code in one.drift_points:
                for row in figures.get(point_id, ()):
                    if first <= row.hour < end and row.first_value is not None:
                        said_by[row.hour] = code
            hours = [(numbered_hour(hour).start, said_by[hour]) for hour in sorted(said_by)]
            days.append(CalibrationDay(one.subject, DAYS.period(slot), hours))
        out += [(rule, judgement) for judgement in judge(rule, CalibrationWindow(days))]
    return out


def judge_runs(job: Job, rows: Sequence[tuple[Batch, int]], readings: Readings) -> Judged:
    """Judgements on days of runs; readings in order of point and time. Pure."""
    valid = valid_mask(readings.source_flag, readings.qc_flag)
    out: Judged = []
    for rule, chosen in by_variant(job, DAYS, rows):
        days = []
        for one, slot in chosen:
            period = DAYS.period(slot)
            first, _ = _bounds(rule, one, slot)
            from_us, start_us, end_us = to_us(numbered_hour(first).start), to_us(period.start), to_us(period.end)
            low, high = np.searchsorted(readings.point_id, [one.point_id, one.point_id + 1])
            at_us = readings.measured_us[low:high]
            inside = (at_us >= from_us) & (at_us < end_us)
            today = int(((at_us >= start_us) & (at_us < end_us)).sum())
            chosen_us = at_us[inside & valid[low:high]]
            days.append(RunDay(one.subject, period, one.point, one.interval_s, from_us, chosen_us, today))
        out += [(rule, judgement) for judgement in judge(rule, RunWindow(days))]
    return out


def _bounds(rule: Rule, one: Tracked, slot: int) -> tuple[int, int]:
    """First hour of a day's history and the hour after the day."""
    first = max(slot - _days_back(rule), one.first)
    return hour_number(DAYS.period(first).start), hour_number(DAYS.period(slot).end)


def _days_back(rule: Rule) -> int:
    params = rule.typed_params
    return params.history_days if isinstance(params, DriftParams | CalibrationDueParams | RunGapParams) else 0


def _history(job: Job) -> int:
    """Days before a day that its verdict rests on."""
    return max(_days_back(rule) for rule in job.rules)


def _first(day: date, job: Job) -> int:
    """Number of the first day that is judged."""
    return max(DAYS.number(first_hour(day)), DAYS.at(job.valid_from_at))


def _by_point(rows: Iterable[HourFigures]) -> ByPoint:
    found: dict[int, list[HourFigures]] = {}
    for row in rows:
        found.setdefault(row.point_id, []).append(row)
    return found
