"""Families of rules that judge a subject once an hour or once a local day from hourly rows or readings of that time.

What differs between them, the subjects and their windows, is a `Source`; what they share, watermarks, waiting for the
roll-up and what late data touch, is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from domain.findings import Subject
from domain.periods import Period, day_period, hour_number, numbered_hour
from rules.evaluators.contract import Judgement
from rules.families.contract import Advance, Job, Worklist
from rules.families.recording import settle
from rules.pack import Rule
from storage import rule_state, windows
from storage.database import Connection

_FIRST_DAY = date(1970, 1, 1).toordinal()
_SITE_OFFSET_H = 8  # hour numbers count from 1970 UTC; exact from 1992 on, see domain.periods


@dataclass(frozen=True, slots=True)
class Slots:
    """How time is cut: the number of the slot that holds a numbered hour, and a numbered slot's period."""

    number: Callable[[int], int]
    period: Callable[[int], Period]

    def at(self, at: datetime) -> int:
        """Number of the slot that holds an instant."""
        return self.number(hour_number(at))


def _day(number: int) -> Period:
    return day_period(date.fromordinal(_FIRST_DAY + number))


HOURS = Slots(lambda hour: hour, numbered_hour)
DAYS = Slots(lambda hour: (hour + _SITE_OFFSET_H) // 24, _day)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A subject that is judged in slots [first, end); end None while in service. point_ids: on which it rests."""

    subject: Subject
    enterprise_id: int
    point_ids: Sequence[int]
    first: int
    end: int | None

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    def stop(self, closed: int) -> int:
        """First slot that cannot be judged yet or at all, when slots before `closed` are closed."""
        return closed if self.end is None else min(closed, self.end)


T = TypeVar("T", bound=Tracked)

Judged = list[tuple[Rule, Judgement]]


class Source(Protocol[T]):
    """What a family judges, and how."""

    def slots(self, job: Job) -> Slots:
        """Whether the rule judges hours or days."""

    def cost(self, job: Job) -> int:
        """Rows that are fetched for a slot, about."""

    async def select(self, connection: Connection, job: Job) -> list[T]:
        """The subjects that the rule finds in the register."""

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[T, int]]) -> Judged:
        """Judgements on slots, each by the variant that is valid in it; slots of no variant get none."""

    def reach(self, job: Job) -> int:
        """How many later slots a slot's data may change."""


class Periodic(Generic[T]):
    """See `contract.Family`. The watermark of a subject is the start of the first slot that is not judged."""

    def __init__(self, source: Source[T]) -> None:
        self._source = source

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        slots = self._source.slots(job)
        return slots.period(slots.at(job.closed_at)).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed slots, each subject up to its first slot that the roll-up has yet to look at."""
        slots = self._source.slots(job)
        subjects = await self._source.select(connection, job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        dirty = await _dirty(connection, subjects, job.closed_at, slots)
        closed, room = slots.at(job.closed_at), max(1, job.batch_rows // self._source.cost(job))
        done = Advance(subjects=len(subjects))
        rows: list[tuple[T, int]] = []
        through: dict[str, datetime] = {}
        for one in subjects:
            first, stop = _judged_until(one, marks, slots), one.stop(closed)
            unsettled = (slot for point in one.point_ids for slot in dirty.get(point, ()) if slot >= first)
            settled = min(unsettled, default=stop)
            done.deferred |= first <= settled < stop
            stop = min(stop, settled)
            done.more |= stop - first > room
            stop = min(stop, first + room)
            if stop > first:
                rows += [(one, slot) for slot in range(first, stop)]
                room -= stop - first
                through[one.key] = slots.period(stop - 1).end
        if rows:
            done.add(await self._settle(connection, job, rows))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge changed slots again, as far as they are judged already."""
        at_once = max(1, job.batch_rows // self._source.cost(job))
        rows = [(one, slot) for one, touched in await self._changed(connection, job, work) for slot in touched]
        done = Advance()
        for start in range(0, len(rows), at_once):
            done.add(await self._settle(connection, job, rows[start : start + at_once]))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched subject goes back to its earliest changed slot."""
        changed = await self._changed(connection, job, work)
        through = {one.key: self._source.slots(job).period(touched[0]).start for one, touched in changed}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[tuple[T, list[int]]]:
        slots, reach = self._source.slots(job), self._source.reach(job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        out = []
        for one in await self._source.select(connection, job):
            until = one.stop(_judged_until(one, marks, slots))
            touched = {slots.number(hour) for point in one.point_ids for hour in work.hours.get(point, ())}
            touched = {later for slot in touched for later in range(slot, slot + reach + 1)}
            since = work.registers.get(one.enterprise_id)
            if since is not None:
                touched |= set(range(slots.at(since), until))
            judged = sorted(slot for slot in touched if one.first <= slot < until)
            if judged:
                out.append((one, judged))
        return out

    async def _settle(self, connection: Connection, job: Job, rows: Sequence[tuple[T, int]]) -> Advance:
        slots = self._source.slots(job)
        judged = await self._source.judge(connection, job, rows)
        ids = {str(one.subject.enterprise): one.enterprise_id for one, _ in rows}
        periods = [(one.key, slots.period(slot)) for one, slot in rows]
        whole = [(key, period.start, period.end) for key, period in periods]
        return await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)


def by_variant(job: Job, slots: Slots, rows: Iterable[tuple[T, int]]) -> list[tuple[Rule, list[tuple[T, int]]]]:
    """Slots by the variant that judges them; slots of no variant are left out."""
    found: dict[int, tuple[Rule, list[tuple[T, int]]]] = {}
    variants: dict[int, Rule | None] = {}
    for one, slot in rows:
        if slot not in variants:
            variants[slot] = job.variant_at(slots.period(slot).start)
        rule = variants[slot]
        if rule is not None:
            found.setdefault(id(rule), (rule, []))[1].append((one, slot))
    return list(found.values())


def spans(slots: Slots, rows: Iterable[tuple[T, int]], before: int = 0) -> list[tuple[int, datetime, datetime]]:
    """(point, from, to) windows that cover the slots and `before` slots ahead of each; a point's are disjoint."""
    wanted: dict[int, set[int]] = {}
    for one, slot in rows:
        for point in one.point_ids:
            wanted.setdefault(point, set()).update(range(slot - before, slot + 1))
    out = []
    for point, numbers in wanted.items():
        ordered = sorted(numbers)
        begins = [n for n in ordered if n - 1 not in numbers]
        ends = [n for n in ordered if n + 1 not in numbers]
        out += [(point, slots.period(a).start, slots.period(b).end) for a, b in zip(begins, ends, strict=True)]
    return out


def _judged_until(one: Tracked, marks: dict[str, datetime], slots: Slots) -> int:
    mark = marks.get(one.key)
    return one.first if mark is None else max(one.first, slots.at(mark))


async def _dirty(
    connection: Connection, subjects: Iterable[Tracked], before: datetime, slots: Slots
) -> dict[int, set[int]]:
    """Slots in which the roll-up has yet to look at an hour, by point."""
    points = sorted({point for one in subjects for point in one.point_ids})
    found: dict[int, set[int]] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, points, before):
        found.setdefault(point_id, set()).add(slots.at(hour_at))
    return found
