"""Shell of rules that judge whole calendar periods of a subject from its hourly rows: a pollutant's quarters, an
outlet's months. What closes is judged when all its hours are settled; a changed hour judges its period again and
nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.findings import Subject
from domain.periods import Period, hour_number, numbered_hour
from rules.evaluators.contract import Judgement
from rules.families.contract import Advance, Job, Worklist
from rules.families.recording import settle
from rules.families.stacks import RUNNING, Stack, service_of
from rules.pack import Rule
from storage import rule_state, windows
from storage.database import Connection

#: Hours of a series that one transaction looks at, at most; bounds memory.
BATCH_HOURS = 400_000


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A subject in hours [first, end), end None while in service. quantities: on whose hourly rows it rests."""

    subject: Subject
    stack: Stack
    quantities: tuple[str, ...]
    first: int
    end: int | None

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    @property
    def point_ids(self) -> list[int]:
        """Every point on which its verdicts rest."""
        return self.stack.point_ids((*self.quantities, RUNNING))

    def stop(self, hour: int) -> int:
        """The end of its service, or an hour before it."""
        return hour if self.end is None else min(hour, self.end)

    def hours(self, period: Period) -> tuple[int, int]:
        """[first, stop) of its hours in a period; empty when stop <= first."""
        return max(self.first, hour_number(period.start)), self.stop(hour_number(period.end))


#: One period to judge.
Row = tuple[Entry, Period]
#: Judgements, and the periods of which they are the whole truth.
Decided = tuple[list[tuple[Rule, Judgement]], Sequence[Row]]


def entry_of(stack: Stack, subject: Subject, quantities: Sequence[str], measured: Sequence[str]) -> Entry | None:
    """A subject in service while any of the quantities `measured` has a point; None when it never is."""
    span = service_of(stack, measured)
    return None if span is None else Entry(subject, stack, tuple(quantities), *span)


class CalendarFamily(ABC):
    """See `contract.Family`. The watermark of a subject is the start of the first period that is not judged."""

    def __init__(self, period_of: Callable[[datetime], Period]) -> None:
        self._period_of = period_of

    @abstractmethod
    async def entries(self, connection: Connection, job: Job) -> list[Entry]:
        """The subjects of a rule."""

    @abstractmethod
    async def judgements(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Decided:
        """Judgements on some periods of some subjects."""

    def cost(self, entry: Entry) -> int:
        """Hours of series that judging one period of a subject looks at."""
        return 2_300 * max(1, len(entry.quantities))

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return self._period_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed periods whose hours are all settled."""
        entries = await self.entries(connection, job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        dirty = await unsettled(connection, entries, job.closed_at)
        done = Advance(subjects=len(entries))
        rows: list[Row] = []
        through: dict[str, datetime] = {}
        room = BATCH_HOURS
        for entry in entries:
            waiting = [hour for point in entry.point_ids for hour in dirty.get(point, ())]
            period = self._first(entry, marks)
            while period.end <= job.closed_at and (span := entry.hours(period))[0] < span[1]:
                if any(span[0] <= hour < span[1] for hour in waiting):
                    done.deferred = True
                    break
                if rows and room < self.cost(entry):
                    done.more = True
                    break
                rows.append((entry, period))
                room -= self.cost(entry)
                through[entry.key] = period.end
                period = self._period_of(period.end)
        if rows:
            done.add(await self._settle(connection, job, rows))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge periods again of which an hour has changed."""
        done = Advance()
        room = BATCH_HOURS
        rows: list[Row] = []
        for row in await self.changed(connection, job, work):
            if rows and room < self.cost(row[0]):
                done.add(await self._settle(connection, job, rows))
                room, rows = BATCH_HOURS, []
            rows.append(row)
            room -= self.cost(row[0])
        if rows:
            done.add(await self._settle(connection, job, rows))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched subject goes back to its earliest changed period."""
        through: dict[str, datetime] = {}
        for entry, period in await self.changed(connection, job, work):
            through[entry.key] = min(period.start, through.get(entry.key, period.start))
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def changed(self, connection: Connection, job: Job, work: Worklist) -> list[Row]:
        """Periods that are judged already and hold a changed hour, by subject and in order."""
        marks = await rule_state.watermarks(connection, job.rule_id)
        hours = {
            entry: changed_hours(entry, marks[entry.key], work)
            for entry in await self.entries(connection, job)
            if entry.key in marks
        }
        touched = [
            (entry, sorted({self._period_of(numbered_hour(hour).start) for hour in of})) for entry, of in hours.items()
        ]
        return [(entry, period) for entry, periods in touched for period in periods]

    async def _settle(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Advance:
        judged, decided = await self.judgements(connection, job, rows)
        ids = {entry.stack.enterprise: entry.stack.enterprise_id for entry, _ in rows}
        whole = [(entry.key, period.start, period.end) for entry, period in decided]
        return await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)

    def _first(self, entry: Entry, marks: Mapping[str, datetime]) -> Period:
        begin = numbered_hour(entry.first).start
        mark = marks.get(entry.key)
        return self._period_of(begin if mark is None else max(mark, begin))


def changed_hours(entry: Entry, until: datetime, work: Worklist, *, step: int = 24) -> set[int]:
    """Hours of a subject before `until` that may have changed; of a changed register, every `step`th from then on."""
    stop = entry.stop(hour_number(until))
    hours = {hour for point in entry.point_ids for hour in work.hours.get(point, ()) if entry.first <= hour < stop}
    since = work.registers.get(entry.stack.enterprise_id)
    if since is not None:
        hours |= set(range(max(entry.first, hour_number(since)), stop, step))
    return hours


def variant(job: Job, entry: Entry, period: Period) -> Rule | None:
    """The variant that judges a period: the one valid at its start, or where the subject's hours in it begin."""
    begin = numbered_hour(entry.hours(period)[0]).start
    return job.variant_at(period.start) or job.variant_at(begin)


async def unsettled(connection: Connection, entries: Sequence[Entry], before: datetime) -> dict[int, list[int]]:
    """Hours that the roll-up has yet to look at, by point."""
    points = sorted({point for entry in entries for point in entry.point_ids})
    found: dict[int, list[int]] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, points, before):
        found.setdefault(point_id, []).append(hour_number(hour_at))
    return found
