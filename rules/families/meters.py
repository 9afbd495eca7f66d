"""Families of water meters: by local day, and steps of registers wherever an hour is marked with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.periods import hour_number, numbered_hour
from rules.evaluators.meter_days import MeterDay, MeterDays, hours_of
from rules.evaluators.meter_step import MarkedHour, MarkedHours
from rules.families.contract import Job, judge
from rules.families.markedhours import Counted
from rules.families.outlets import first_hour
from rules.families.periodic import DAYS, Judged, Slots, Tracked, by_variant, spans
from rules.pack import Rule
from storage import counters
from storage.counters import CounterPoint, MarkedRow
from storage.database import Connection

_DAY_HOURS = 24
#: Which counters say that a plant runs.
_RUNNING = "energy"

#: Known increments by point and hour.
Passed = Mapping[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class MeteredDay(Tracked):
    """A water meter; running_points: the enterprise's electricity meters, None when the rule does not ask."""

    point: CounterPoint
    running_points: Sequence[int] | None


class MeterDaySource:
    """See `rules.families.periodic.Source`.

    asks_running: whether it matters that the plant runs. days_before_first: days of service before the first judged.
    """

    def __init__(self, *, asks_running: bool, days_before_first: int = 0) -> None:
        self._asks_running = asks_running
        self._days_before_first = days_before_first

    def slots(self, job: Job) -> Slots:
        """Local days."""
        return DAYS

    def cost(self, job: Job) -> int:
        """Hours that a verdict looks at."""
        return _hours_back(job)

    def reach(self, job: Job) -> int:
        """Days after a day whose look back reaches it."""
        return -(-_hours_back(job) // _DAY_HOURS) - 1

    async def select(self, connection: Connection, job: Job) -> list[MeteredDay]:
        """Water meters of whole enterprises."""
        running: dict[int, list[int]] | None = None
        if self._asks_running:
            running = {}
            for one in await counters.counter_points(connection):
                if one.quantity == _RUNNING:
                    running.setdefault(one.enterprise_id, []).append(one.point_id)
        rows = await counters.entry_points(connection)
        return [metered(row, job, self._days_before_first, running) for row in rows]

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[MeteredDay, int]]) -> Judged:
        """See `Source.judge`. Whether a plant ran is looked up only where its meter stood still."""
        back = self.reach(job)
        own = [(_only(one, [one.point.point_id]), slot) for one, slot in rows]
        passed = _by_hour(await counters.increments(connection, spans(DAYS, own, back)))
        still = [(one, slot) for one, slot in rows if one.running_points and not _moved(one, slot, passed)]
        asked = [(_only(one, one.running_points or ()), slot) for one, slot in still]
        ran = _by_hour(await counters.increments(connection, spans(DAYS, asked))) if asked else {}
        return judge_meter_days(job, rows, passed, ran)


def metered(
    row: CounterPoint, job: Job, days_before_first: int, running: Mapping[int, Sequence[int]] | None
) -> MeteredDay:
    """A water meter as a subject. running: electricity meters by enterprise, None when nobody asks."""
    first = DAYS.number(first_hour(row.first_day)) + days_before_first
    running_points = None if running is None else running.get(row.enterprise_id, ())
    return MeteredDay(
        Subject(SubjectKind.POINT, f"{row.enterprise}/{row.point}"),
        row.enterprise_id,
        [row.point_id, *(running_points or ())],
        max(first, DAYS.at(job.valid_from_at)),
        None if row.end_day is None else DAYS.number(first_hour(row.end_day)),
        row,
        running_points,
    )


def judge_meter_days(job: Job, rows: Sequence[tuple[MeteredDay, int]], passed: Passed, ran: Passed) -> Judged:
    """Judgements on days of meters. ran: increments of the electricity meters. Pure."""
    return [
        (rule, judgement)
        for rule, chosen in by_variant(job, DAYS, rows)
        for judgement in judge(rule, MeterDays([_meter_day(rule, one, slot, passed, ran) for one, slot in chosen]))
    ]


def _meter_day(rule: Rule, one: MeteredDay, slot: int, passed: Passed, ran: Passed) -> MeterDay:
    period = DAYS.period(slot)
    end = hour_number(period.end)
    hours = range(end - hours_of(rule.typed_params), end)
    running = None
    if one.running_points:
        sums = [
            [value for point in one.running_points if (value := ran.get((point, hour))) is not None]
            for hour in range(end - _DAY_HOURS, end)
        ]
        running = np.array([sum(values) if values else np.nan for values in sums], np.float64)
    point = one.point.point_id
    increment = np.array([passed.get((point, hour), np.nan) for hour in hours], np.float64)
    return MeterDay(one.subject, period, one.point.unit, one.point.serial, increment, running)


def _moved(one: MeteredDay, slot: int, passed: Passed) -> bool:
    end = hour_number(DAYS.period(slot).end)
    return any(passed.get((one.point.point_id, hour)) for hour in range(end - _DAY_HOURS, end))


def _only(one: MeteredDay, points: Sequence[int]) -> Tracked:
    return Tracked(one.subject, one.enterprise_id, points, one.first, one.end)


def _by_hour(rows: Iterable[tuple[int, int, float]]) -> dict[tuple[int, int], float]:
    return {(point_id, hour): increment for point_id, hour, increment in rows}


def _hours_back(job: Job) -> int:
    return max(hours_of(rule.typed_params) for rule in job.rules)


async def judge_steps_of(_: Connection, job: Job, points: Mapping[int, Counted], rows: Sequence[MarkedRow]) -> Judged:
    """See `rules.families.markedhours.JudgeRows`: the marks say it all."""
    return judge_steps(job, points, rows)


def judge_steps(job: Job, points: Mapping[int, Counted], rows: Iterable[MarkedRow]) -> Judged:
    """Judgements on marked hours, each by the variant that is in force in it. Pure."""
    by_rule: dict[int, tuple[Rule, list[MarkedHour]]] = {}
    for row in rows:
        period = numbered_hour(row.hour)
        rule = job.variant_at(period.start)
        if rule is not None:
            by_rule.setdefault(id(rule), (rule, []))[1].append(_marked(points[row.point_id], row))
    return [(rule, one) for rule, hours in by_rule.values() for one in judge(rule, MarkedHours(hours))]


def _marked(one: Counted, row: MarkedRow) -> MarkedHour:
    return MarkedHour(
        one.subject,
        numbered_hour(row.hour),
        one.point.unit,
        one.point.serial,
        tuple(row.marks),
        row.before,
        None if row.before_hour is None else numbered_hour(row.before_hour),
        row.first_value,
        row.last_value,
        row.increment,
    )
