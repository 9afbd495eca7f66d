"""Families of water meters: by local day, and steps of registers wherever an hour is marked with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.periods import hour_number, hour_of, numbered_hour
from rules.evaluators.meter_days import MeterDay, MeterDays, hours_of
from rules.evaluators.meter_step import REASONS, MarkedHour, MarkedHours
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.outlets import first_hour
from rules.families.periodic import DAYS, Judged, Slots, Tracked, by_variant, spans
from rules.families.recording import Window, settle
from rules.pack import Rule
from storage import counters, findings, rule_state
from storage.counters import CounterPoint, MarkedRow
from storage.database import Connection

_DAY_HOURS = 24
#: Which counters say that a plant runs.
_RUNNING = "energy"
#: Hourly rows that are looked at in one transaction, about: few of them are marked.
_ROWS_AT_ONCE = 2_000_000
#: The one series of the watermarks of steps.
_SERIES = "hour"

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


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter in hours [first, end)."""

    point: CounterPoint
    first: int
    end: int | None

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    @property
    def subject(self) -> Subject:
        """The point."""
        return Subject(SubjectKind.POINT, f"{self.point.enterprise}/{self.point.point}")

    def within(self, first: int, stop: int) -> tuple[int, int]:
        """The hours of [first, stop) in which it is judged; none when the second is not above the first."""
        return max(first, self.first), stop if self.end is None else min(stop, self.end)


#: Hours [first, stop) of a counter to look at.
Stretch = tuple[Counted, int, int]


class MeterSteps:
    """See `contract.Family`. All counters share one watermark, the first hour that is not judged: few hours of few of
    them bear a mark, and a row for each would be as many as there are hours."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return hour_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Look at closed hours up to the first that the roll-up has yet to look at."""
        points = counted(await counters.counter_points(connection), job)
        done = Advance(subjects=len(points))
        if not points:
            return done
        marks = await rule_state.watermarks(connection, job.rule_id)
        first = hour_number(marks[_SERIES]) if _SERIES in marks else min(point.first for point in points)
        closed = hour_number(job.closed_at)
        if first >= closed:
            return done
        stop = min(closed, first + max(_DAY_HOURS, _ROWS_AT_ONCE // len(points)))
        dirty = await counters.first_dirty(connection, numbered_hour(first).start, numbered_hour(stop).start)
        if dirty is not None:
            stop, done.deferred = hour_number(dirty), True
        done.more = stop < closed and dirty is None
        if stop > first:
            span = numbered_hour(first).start, numbered_hour(stop).start
            known = [(subject, *span) for subject in await findings.subjects_between(connection, job.rule_id, *span)]
            done.add(await self._judge(connection, job, [(point, first, stop) for point in points], known))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {_SERIES: span[1]})
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Look again at changed hours that are judged already."""
        stretches = await self._changed(connection, job, work)
        whole = [(one.key, numbered_hour(first).start, numbered_hour(stop).start) for one, first, stop in stretches]
        return await self._judge(connection, job, stretches, whole) if stretches else Advance()

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark goes back to the earliest changed hour."""
        stretches = await self._changed(connection, job, work)
        if stretches:
            through = {_SERIES: numbered_hour(min(first for _, first, _ in stretches)).start}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[Stretch]:
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_SERIES)
        if through is None:
            return []
        until = hour_number(through)
        out: list[Stretch] = []
        for one in counted(await counters.counter_points(connection), job):
            since = work.registers.get(one.point.enterprise_id)
            register_from = until if since is None else hour_number(since)
            if register_from < until:  # also where it is no longer in service: what was found there goes
                out.append((one, register_from, until))
            low, high = one.within(0, min(until, register_from))
            hours = sorted(hour for hour in work.hours.get(one.point.point_id, ()) if low <= hour < high)
            begins = [hour for hour in hours if hour - 1 not in hours]
            ends = [hour for hour in hours if hour + 1 not in hours]
            out += [(one, a, b + 1) for a, b in zip(begins, ends, strict=True)]
        return out

    async def _judge(
        self, connection: Connection, job: Job, stretches: Sequence[Stretch], whole: Sequence[Window]
    ) -> Advance:
        bounds = [(one, *one.within(first, stop)) for one, first, stop in stretches]
        asked = [
            (one.point.point_id, numbered_hour(first).start, numbered_hour(stop).start)
            for one, first, stop in bounds
            if first < stop
        ]
        rows = await counters.marked(connection, asked, list(REASONS)) if asked else []
        judged = judge_steps(job, {one.point.point_id: one for one, _, _ in bounds}, rows)
        ids = {one.point.enterprise: one.point.enterprise_id for one, _, _ in bounds}
        own = [(str(judgement.subject), judgement.period.start, judgement.period.end) for _, judgement in judged]
        covered = {subject for subject, _, _ in whole}
        windows = [*whole, *(window for window in own if window[0] not in covered)]
        return await settle(connection, judged, ids, job.now, whole=windows, rule_id=job.rule_id)


def counted(rows: Iterable[CounterPoint], job: Job) -> list[Counted]:
    """Counters as subjects."""
    valid_from = hour_number(job.valid_from_at)
    return [
        Counted(
            row,
            max(first_hour(row.first_day), valid_from),
            None if row.end_day is None else first_hour(row.end_day),
        )
        for row in rows
    ]


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
