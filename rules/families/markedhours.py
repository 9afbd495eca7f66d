"""Family of counters of which an hour is looked at only where it bears some mark."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.findings import Subject, SubjectKind
from domain.periods import hour_number, hour_of, numbered_hour
from rules.families.contract import Advance, Job, Worklist
from rules.families.outlets import first_hour
from rules.families.periodic import Judged
from rules.families.recording import Window, settle
from storage import counters, findings, rule_state
from storage.counters import CounterPoint, MarkedRow
from storage.database import Connection

_DAY_HOURS = 24
#: Hourly rows that are looked at in one transaction, about: few of them are marked.
_ROWS_AT_ONCE = 2_000_000
#: The one series of the watermarks.
_SERIES = "hour"


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


#: Judgements on marked hours of some counters, by point.
JudgeRows = Callable[[Connection, Job, Mapping[int, Counted], Sequence[MarkedRow]], Awaitable[Judged]]


class MarkedHours:
    """See `contract.Family`. All counters share one watermark, the first hour that is not judged: few hours of few of
    them bear a mark, and a row for each would be as many as there are hours."""

    def __init__(self, marks: Iterable[str], judge_rows: JudgeRows) -> None:
        """marks: of an hour that is looked at, any of them."""
        self._marks = list(marks)
        self._judge_rows = judge_rows

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
            hours = {hour for hour in work.hours.get(one.point.point_id, ()) if low <= hour < high}
            begins = sorted(hour for hour in hours if hour - 1 not in hours)
            ends = sorted(hour for hour in hours if hour + 1 not in hours)
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
        rows = await counters.marked(connection, asked, self._marks) if asked else []
        points = {one.point.point_id: one for one, _, _ in bounds}
        judged = await self._judge_rows(connection, job, points, rows) if rows else []
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
