"""Family of metering rates: every closed local day for enterprises, districts and the city."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from domain.findings import Subject, SubjectKind
from domain.periods import day_period, day_start, local_day, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import CoverageWindow, Register
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.recording import settle
from rules.families.registers import registered
from rules.pack import Rule
from storage import metering, rule_state, windows
from storage.database import Connection

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class City:
    """The register with what the family needs to know of its subjects."""

    register: Register
    enterprise_ids: dict[str, int]
    starts: dict[Subject, date]
    points: dict[int, str]  # points whose arrival counts, with their enterprise

    @cached_property
    def _members(self) -> dict[Subject, set[str]]:
        return {
            subject: {user.code for user in members} for subject, members in self.register.groups(self.register.users)
        }

    @cached_property
    def _groups_of(self) -> dict[str, list[Subject]]:
        found: dict[str, list[Subject]] = {}
        for subject, codes in self._members.items():
            for code in codes:
                found.setdefault(code, []).append(subject)
        return found

    @property
    def group_subjects(self) -> Iterable[Subject]:
        """The parks, districts and the city."""
        return self._members

    def enterprises_of(self, subject: Subject) -> set[str]:
        """Codes of the enterprises that count for a subject."""
        return {subject.key} if subject.kind is SubjectKind.ENTERPRISE else self._members[subject]

    def subjects_of(self, enterprise: str) -> list[Subject]:
        """The subjects that an enterprise counts for: itself and its groups."""
        return [Subject(SubjectKind.ENTERPRISE, enterprise), *self._groups_of.get(enterprise, ())]


class Days:
    """See `contract.Family`. The watermark of a subject is the start of the first day that is not judged.

    needs_arrival: whether the verdict rests on readings, so that unsettled hours of the month hold it back.
    """

    def __init__(self, *, needs_arrival: bool) -> None:
        self._needs_arrival = needs_arrival

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed days, a bounded number of them."""
        city = await self._city(connection, job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        done = Advance(subjects=len(city.starts))
        last = local_day(job.closed_at) - _DAY
        pending = {subject: day for subject in city.starts if (day := _next_day(subject, city, marks)) <= last}
        if not pending:
            return done
        at_once = max(1, job.batch_rows // len(pending)) * _DAY  # the register is read once for all of them
        dirty = await self._dirty_days(connection, city, job)
        chosen: dict[date, set[Subject]] = {}
        through: dict[str, datetime] = {}
        for subject, begin in pending.items():
            unsettled = sorted({day for code in city.enterprises_of(subject) for day in dirty.get(code, ())})
            until = min(last, begin + at_once - _DAY)
            for day in _days(begin, until):
                if any(day.replace(day=1) <= hole <= day for hole in unsettled):
                    done.deferred = True
                    break
                chosen.setdefault(day, set()).add(subject)
                through[str(subject)] = day_period(day).end
                done.more |= day == until < last
        done.add(await self._judge(connection, job, city, chosen))
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge touched days again, as far as they are judged already."""
        if not self._is_touched(work):
            return Advance()
        city = await self._city(connection, job, work)
        marks = await rule_state.watermarks(connection, job.rule_id)
        return await self._judge(connection, job, city, self._changed(city, marks, work))

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched subject goes back to its earliest touched day."""
        city = await self._city(connection, job, work)
        marks = await rule_state.watermarks(connection, job.rule_id)
        through: dict[str, datetime] = {}
        for day, subjects in sorted(self._changed(city, marks, work).items()):
            for subject in subjects:
                through.setdefault(str(subject), day_start(day))
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    def _is_touched(self, work: Worklist) -> bool:
        """Whether it is worth reading the register to see what has changed."""
        return bool(work.registers or work.metering or (self._needs_arrival and work.hours))

    def _changed(self, city: City, marks: dict[str, datetime], work: Worklist) -> dict[date, set[Subject]]:
        """Judged days that may have changed, with their subjects: an enterprise may have moved between districts."""
        chosen: dict[date, set[Subject]] = {}

        def touch(enterprise: str, begin: date, end: date, *, moved: bool) -> None:
            own = city.subjects_of(enterprise)
            for subject in [own[0], *city.group_subjects] if moved else own:
                judged = _next_day(subject, city, marks) - _DAY
                for day in _days(max(begin, city.starts[subject]), min(end, judged)):
                    chosen.setdefault(day, set()).add(subject)

        if self._needs_arrival:
            touched = {
                (enterprise, local_day(numbered_hour(hour).start))
                for point, hours in work.hours.items()
                if (enterprise := city.points.get(point)) is not None
                for hour in hours
            }
            for enterprise, day in _earliest_of_month(touched):
                touch(enterprise, day, _month_end(day), moved=False)
        codes = {enterprise_id: code for code, enterprise_id in city.enterprise_ids.items()}
        for enterprise_id, since in [*work.registers.items(), *work.metering.items()]:
            if enterprise_id in codes:
                touch(codes[enterprise_id], local_day(since), date.max, moved=True)
        return chosen

    async def _judge(self, connection: Connection, job: Job, city: City, chosen: dict[date, set[Subject]]) -> Advance:
        if not chosen:
            return Advance()
        counts: list[tuple[int, datetime, int]] = []
        if self._needs_arrival:
            from_at, to_at = day_start(min(chosen).replace(day=1)), day_period(max(chosen)).end
            counts = await metering.hours_by_day(connection, list(city.points), from_at, to_at, from_at)
        judged = judge_days(job, city.register, chosen, counts)
        return await settle(connection, judged, city.enterprise_ids, job.now, rule_id=job.rule_id)

    async def _city(self, connection: Connection, job: Job, work: Worklist | None = None) -> City:
        known = await registered(connection, work)
        return city_of(known.register, known.enterprise_ids, job)

    async def _dirty_days(self, connection: Connection, city: City, job: Job) -> dict[str, set[date]]:
        """By enterprise the days on which the roll-up has yet to look at a meter's hour."""
        found: dict[str, set[date]] = {}
        if self._needs_arrival and city.points:
            for point, hour_at in await windows.dirty_hours(connection, list(city.points), job.closed_at):
                found.setdefault(city.points[point], set()).add(local_day(hour_at))
        return found


def city_of(register: Register, enterprise_ids: dict[str, int], job: Job) -> City:
    """Subjects with their first days: an enterprise from its registration, groups from the first registration. Pure."""
    valid_from = local_day(job.valid_from_at)
    starts = {
        Subject(SubjectKind.ENTERPRISE, user.code): max(user.registered_from, valid_from) for user in register.users
    }
    if register.users:
        first = max(min(user.registered_from for user in register.users), valid_from)
        starts |= {subject: first for subject, _ in register.groups(register.users)}
    level = job.rule.applies.get("level")  # a rule without one looks at every level, and at no arrivals
    places = {
        (p.enterprise, p.code)
        for p in register.places
        if p.level == level and p.medium == "water" and p.intake is not None
    }
    points = {
        meter.point_id: meter.enterprise
        for meter in register.meters
        if meter.point_id is not None and (meter.enterprise, meter.place) in places
    }
    return City(register, enterprise_ids, starts, points)


def judge_days(
    job: Job,
    register: Register,
    chosen: dict[date, set[Subject]],
    counts: Iterable[tuple[int, datetime, int]],
) -> list[tuple[Rule, Judgement]]:
    """Judgements on chosen days and subjects; counts: (point, day, hours with a reading). Pure."""
    by_point: dict[int, dict[date, int]] = {}
    for point_id, day_at, count in counts:
        by_point.setdefault(point_id, {})[local_day(day_at)] = count
    by_variant: dict[int, tuple[Rule, list[date]]] = {}  # an evaluator counts once what holds on many days
    for day in sorted(chosen):
        rule = job.variant_at(day_start(day))
        if rule is not None:
            by_variant.setdefault(rule.version, (rule, []))[1].append(day)
    out = []
    for rule, days in by_variant.values():
        window = CoverageWindow(days, register, rule.applies.get("level", "unit"), by_point)
        for judgement in judge(rule, window):
            if judgement.subject in chosen[local_day(judgement.period.start)]:
                out.append((rule, judgement))
    return out


def _next_day(subject: Subject, city: City, marks: dict[str, datetime]) -> date:
    """First day of a subject that is not judged yet."""
    mark = marks.get(str(subject))
    return city.starts[subject] if mark is None else max(city.starts[subject], local_day(mark))


def _days(first: date, last: date) -> list[date]:
    return [first + offset * _DAY for offset in range((last - first).days + 1)]


def _month_end(day: date) -> date:
    return (day.replace(day=1) + 31 * _DAY).replace(day=1) - _DAY


def _earliest_of_month(touched: Iterable[tuple[str, date]]) -> list[tuple[str, date]]:
    """Of the days of each enterprise and month the earliest: what follows in the month is touched anyway."""
    earliest: dict[tuple[str, int, int], date] = {}
    for enterprise, day in touched:
        key = (enterprise, day.year, day.month)
        earliest[key] = min(day, earliest.get(key, day))
    return [(key[0], day) for key, day in earliest.items()]
