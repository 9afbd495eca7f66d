"""Family of silent points: a finding only where a point falls silent or reports again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

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
    """What is watched in hours [first, end), by readings of its points; end None while in service."""

    subject: Subject
    point_ids: tuple[int, ...]
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


W = TypeVar("W", bound=Watched)


class Silences(ABC, Generic[W]):
    """See `contract.Family`. The watermark of a subject is the first hour that is not judged."""

    @abstractmethod
    async def _watched(self, connection: Connection, job: Job, work: Worklist | None = None) -> list[W]:
        """The subjects of the rule: all, or at least those that a work list touches."""

    @abstractmethod
    async def _changes(
        self, connection: Connection, job: Job, stretches: list[tuple[W, int, int]], previous: Mapping[str, Verdict]
    ) -> list[tuple[Rule, Judgement]]:
        """Changes of state within hours [first, stop) of subjects."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return hour_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed hours, each subject up to its first hour that the roll-up has yet to look at."""
        subjects = await self._watched(connection, job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = hour_number(job.closed_at)
        dirty = await _first_dirty(connection, subjects, marks, job)
        done = Advance(subjects=len(subjects))
        stretches: list[tuple[W, int, int]] = []
        room = job.batch_rows
        for one in subjects:
            first, stop = _judged_until(one, marks), one.stop(closed)
            settled = min((dirty[point_id] for point_id in one.point_ids if point_id in dirty), default=stop)
            settled = max(first, settled)
            done.deferred |= settled < stop
            stop = min(stop, settled)
            hours = max(0, room) // len(one.point_ids) if stretches else max(1, room // len(one.point_ids))
            done.more |= stop - first > hours
            stop = min(stop, first + hours)
            if stop > first:
                stretches.append((one, first, stop))
                room -= (stop - first) * len(one.point_ids)
        if stretches:
            done.add(await self._judge(connection, job, stretches))
            through = {one.key: numbered_hour(stop).start for one, _, stop in stretches}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again from the earliest changed hour to the watermark: a change moves what follows."""
        stretches = await self._changed(connection, job, work)
        return await self._judge(connection, job, stretches) if stretches else Advance()

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched subject goes back to its earliest changed hour."""
        through = {one.key: numbered_hour(first).start for one, first, _ in await self._changed(connection, job, work)}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[tuple[W, int, int]]:
        subjects = await self._watched(connection, job, work)
        marks = await rule_state.watermarks(connection, job.rule_id)
        stretches = []
        for one in subjects:
            until = one.stop(_judged_until(one, marks))
            changed = (hour for point_id in one.point_ids for hour in work.hours.get(point_id, ()))
            hours = [hour for hour in changed if one.first <= hour < until]
            since = work.registers.get(one.enterprise_id)
            if since is not None:
                hours.append(max(one.first, hour_number(since)))
            if hours and min(hours) < until:
                stretches.append((one, min(hours), until))
        return stretches

    async def _judge(self, connection: Connection, job: Job, stretches: list[tuple[W, int, int]]) -> Advance:
        starts = [(one.key, numbered_hour(first).start) for one, first, _ in stretches]
        previous = {
            subject: Verdict(verdict)
            for subject, (verdict, _) in (await findings.last_before(connection, job.rule_id, starts)).items()
        }
        whole = [(one.key, numbered_hour(first).start, numbered_hour(stop).start) for one, first, stop in stretches]
        ids = {str(one.subject.enterprise): one.enterprise_id for one, _, _ in stretches}
        judged = await self._changes(connection, job, stretches, previous)
        done = await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)
        done.judged = sum(stop - first for _, first, stop in stretches)
        return done


#: Hours [first, stop) of a point to judge.
Stretch = tuple[Watched, int, int]


class Silence(Silences[Watched]):
    """Points of one quantity."""

    async def _watched(self, connection: Connection, job: Job, work: Worklist | None = None) -> list[Watched]:
        return select(await windows.points_of_quantity(connection, job.rule.applies["quantity"]), job)

    async def _changes(
        self, connection: Connection, job: Job, stretches: list[Stretch], previous: Mapping[str, Verdict]
    ) -> list[tuple[Rule, Judgement]]:
        spans = [
            (point_id, numbered_hour(first - history(job)).start, numbered_hour(stop).start)
            for point, first, stop in stretches
            for point_id in point.point_ids
        ]
        counts = {(point_id, hour): n for point_id, hour, n in await windows.reading_counts(connection, spans)}
        return judge_stretches(job, stretches, counts, previous)


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
            (row.point_id,),
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
            np.array([counts.get((point.point_ids[0], hour), 0) for hour in hours], np.int64),
            first - begin,
            previous.get(point.key),
        )
        out += [(rule, one) for one in judge(rule, window) if job.variant_at(one.period.start) is not None]
    return out


def _judged_until(one: Watched, marks: Mapping[str, datetime]) -> int:
    mark = marks.get(one.key)
    return one.first if mark is None else max(one.first, hour_number(mark))


async def _first_dirty(
    connection: Connection, subjects: Sequence[Watched], marks: Mapping[str, datetime], job: Job
) -> dict[int, int]:
    """The first hour from the watermark on that the roll-up has yet to look at, by point."""
    until: dict[int, int] = {}
    for one in subjects:
        judged = _judged_until(one, marks)
        for point_id in one.point_ids:
            until[point_id] = min(judged, until.get(point_id, judged))
    first: dict[int, int] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, list(until), job.closed_at):
        hour = hour_number(hour_at)
        if hour >= until[point_id]:
            first[point_id] = min(hour, first.get(point_id, hour))
    return first
