"""Family of silent points: a finding only where a point falls silent or reports again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import hour_number, hour_of, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.offline import OfflineParams, SilenceWindow
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.outlets import first_hour
from rules.families.recording import settle
from rules.pack import Rule
from storage import findings, rule_state, windows
from storage.database import Connection
from storage.windows import ServicePoint


@dataclass(frozen=True, slots=True)
class Watched:
    """A point that is watched in hours [first, end); end None while in service."""

    subject: Subject
    point_id: int
    enterprise_id: int
    first: int
    end: int | None

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    def stop(self, closed: int) -> int:
        """First hour that cannot be judged yet or at all, when hours before `closed` are closed."""
        return closed if self.end is None else min(closed, self.end)


#: Hours [first, stop) of a point to judge.
Stretch = tuple[Watched, int, int]


class Silence:
    """See `contract.Family`. The watermark of a point is the first hour that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return hour_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed hours, each point up to its first hour that the roll-up has yet to look at."""
        points = select(await windows.points_of_quantity(connection, job.rule.applies["quantity"]), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = hour_number(job.closed_at)
        dirty = await _first_dirty(connection, points, marks, job)
        done = Advance(subjects=len(points))
        stretches: list[Stretch] = []
        room = job.batch_rows
        for point in points:
            first, stop = _judged_until(point, marks), point.stop(closed)
            settled = dirty.get(point.point_id, stop)
            done.deferred |= settled < stop
            stop = min(stop, settled)
            done.more |= stop - first > room
            stop = min(stop, first + room)
            if stop > first:
                stretches.append((point, first, stop))
                room -= stop - first
        if stretches:
            done.add(await self._judge(connection, job, stretches))
            through = {point.key: numbered_hour(stop).start for point, _, stop in stretches}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again from the earliest changed hour to the watermark: a change moves what follows."""
        stretches = await self._changed(connection, job, work)
        return await self._judge(connection, job, stretches) if stretches else Advance()

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched point goes back to its earliest changed hour."""
        through = {p.key: numbered_hour(first).start for p, first, _ in await self._changed(connection, job, work)}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[Stretch]:
        points = select(await windows.points_of_quantity(connection, job.rule.applies["quantity"]), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        stretches = []
        for point in points:
            until = point.stop(_judged_until(point, marks))
            hours = [hour for hour in work.hours.get(point.point_id, ()) if point.first <= hour < until]
            since = work.registers.get(point.enterprise_id)
            if since is not None:
                hours.append(max(point.first, hour_number(since)))
            if hours and min(hours) < until:
                stretches.append((point, min(hours), until))
        return stretches

    async def _judge(self, connection: Connection, job: Job, stretches: list[Stretch]) -> Advance:
        spans = [
            (point.point_id, numbered_hour(first - history(job)).start, numbered_hour(stop).start)
            for point, first, stop in stretches
        ]
        counts = {(point_id, hour): n for point_id, hour, n in await windows.reading_counts(connection, spans)}
        starts = [(point.key, numbered_hour(first).start) for point, first, _ in stretches]
        previous = {
            subject: Verdict(verdict)
            for subject, (verdict, _) in (await findings.last_before(connection, job.rule_id, starts)).items()
        }
        whole = [(point.key, numbered_hour(first).start, numbered_hour(stop).start) for point, first, stop in stretches]
        ids = {str(point.subject.enterprise): point.enterprise_id for point, _, _ in stretches}
        judged = judge_stretches(job, stretches, counts, previous)
        done = await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)
        done.judged = sum(stop - first for _, first, stop in stretches)
        return done


def history(job: Job) -> int:
    """Hours before a stretch that its verdicts rest on."""
    lengths = [r.typed_params.silent_hours for r in job.rules if isinstance(r.typed_params, OfflineParams)]
    return max(lengths) - 1


def select(rows: Iterable[ServicePoint], job: Job) -> list[Watched]:
    """Points that the rule watches."""
    valid_from = hour_number(job.valid_from_at)
    return [
        Watched(
            Subject(SubjectKind.POINT, f"{row.enterprise}/{row.point}"),
            row.point_id,
            row.enterprise_id,
            max(first_hour(row.registered_from, row.in_service_from), valid_from),
            None if row.in_service_to is None else first_hour(row.in_service_to),
        )
        for row in rows
    ]


def judge_stretches(
    job: Job,
    stretches: Sequence[Stretch],
    counts: Mapping[tuple[int, int], int],
    previous: Mapping[str, Verdict],
) -> list[tuple[Rule, Judgement]]:
    """Changes of state within stretches, from readings by (point, hour). Pure."""
    out = []
    for point, first, stop in stretches:
        rule = job.variant_at(numbered_hour(first).start) or job.variant_at(numbered_hour(stop - 1).start)
        if rule is None:
            continue
        begin = max(point.first, first - history(job))
        hours = range(begin, stop)
        window = SilenceWindow(
            point.subject,
            [numbered_hour(hour) for hour in hours],
            np.array([counts.get((point.point_id, hour), 0) for hour in hours], np.int64),
            first - begin,
            previous.get(point.key),
        )
        out += [(rule, one) for one in judge(rule, window) if job.variant_at(one.period.start) is not None]
    return out


def _judged_until(point: Watched, marks: Mapping[str, datetime]) -> int:
    mark = marks.get(point.key)
    return point.first if mark is None else max(point.first, hour_number(mark))


async def _first_dirty(
    connection: Connection, points: Sequence[Watched], marks: Mapping[str, datetime], job: Job
) -> dict[int, int]:
    """The first hour from the watermark on that the roll-up has yet to look at, by point."""
    until = {point.point_id: _judged_until(point, marks) for point in points}
    first: dict[int, int] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, list(until), job.closed_at):
        hour = hour_number(hour_at)
        if hour >= until[point_id]:
            first[point_id] = min(hour, first.get(point_id, hour))
    return first
