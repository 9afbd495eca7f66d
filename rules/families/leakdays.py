"""Family of the LDAR signs that look at a local day of an enterprise: each closed day with tests, and again when its
records, calibrations or declarations change. A late record costs its own day only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from domain.periods import day_period, day_start, local_day, local_day_of_s
from rules.evaluators.ldar_sign_instruments import CalibrationParams
from rules.evaluators.leak_records import LeakDay, LeakRecords
from rules.families.contract import Advance, Job, Worklist, judge, key_of
from rules.families.leakwindows import day_window, keep, kept
from rules.families.recording import settle
from storage import leak_days, rule_state, schedules
from storage.database import Connection
from storage.schedules import ComponentOwner

_DAY = timedelta(days=1)
#: Tests that one judgement of the engine's batch stands for: a day of a works is one judgement on thousands of them.
_TESTS_PER_JUDGEMENT = 20
#: What the register says of components counts for the days of a campaign before; older ones stay as they were judged.
_REGISTER_REACH = timedelta(days=100)

#: Evaluators whose signs rest on instruments, calibrations or testers; on sizes and positions.
_OF_DECLARED = frozenset({"ldar_sign_undeclared", "ldar_sign_dwell", "ldar_sign_calibration", "ldar_sign_two_places"})
_OF_REGISTER = frozenset({"ldar_sign_dwell", "ldar_sign_movement"})
_CALIBRATION, _TWO_PLACES = "ldar_sign_calibration", "ldar_sign_two_places"

DAY_SIGNS = (
    "ldar_sign_times",
    "ldar_sign_speed",
    "ldar_sign_undeclared",
    "ldar_sign_dwell",
    "ldar_sign_background",
    "ldar_sign_response_factor",
    "ldar_sign_calibration",
    "ldar_sign_movement",
    "ldar_sign_two_places",
)


class LeakDays:
    """See `contract.Family`. The watermark of an enterprise is the start of the first day that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the next days with tests, enterprise by enterprise."""
        owners = await schedules.enterprises(connection)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = self.latest(job)
        done = Advance(subjects=len(owners))
        room = job.batch_rows * _TESTS_PER_JUDGEMENT
        for owner in owners:
            first = _first(job, owner, marks)
            if first >= closed:
                continue
            if room <= 0:
                done.more = True
                break
            counts = await self._days(connection, owner.enterprise_id, first, closed)
            chosen: list[date] = []
            for day, tests in counts.items():
                if room <= 0:
                    done.more = True
                    break
                chosen.append(day)
                room -= tests
            through = closed if len(chosen) == len(counts) else day_period(chosen[-1]).end
            done.add(await self._judge(connection, job, owner, chosen, None))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {key_of(owner): through})
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge touched days again, as far as they are judged already."""
        done = Advance()
        for owner, days in await self._touched(connection, job, work):
            done.add(await self._judge(connection, job, owner, days, work))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched enterprise goes back to its earliest touched day."""
        through = {key_of(owner): day_start(days[0]) for owner, days in await self._touched(connection, job, work)}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _days(
        self, connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime
    ) -> dict[date, int]:
        """Local days with tests and their numbers, in order."""
        counts: dict[date, int] = {}
        for tested_s, tests in await leak_days.test_times(connection, enterprise_id, from_at, to_at):
            day = local_day_of_s(tested_s)
            counts[day] = counts.get(day, 0) + tests
        return counts

    async def _touched(
        self, connection: Connection, job: Job, work: Worklist
    ) -> list[tuple[ComponentOwner, list[date]]]:
        """Enterprises with their touched days that are judged already, in order."""
        if not (work.component_days or work.ldar or work.registers):
            return []
        marks = await rule_state.watermarks(connection, job.rule_id)
        owners = {one.enterprise_id: one for one in await schedules.enterprises(connection)}
        touched: dict[int, set[date]] = {}
        for component_id, enterprise_id in (await schedules.owners(connection, sorted(work.components))).items():
            touched.setdefault(enterprise_id, set()).update(work.component_days[component_id])
        if job.rule.evaluator == _TWO_PLACES:
            await _add_sharers(connection, touched, max(marks.values(), default=None))
        for enterprise_id, since in _since(job, work).items():
            owner = owners.get(enterprise_id)
            if owner is not None and since < (until := marks.get(key_of(owner), since)):
                counts = await self._days(connection, enterprise_id, since, until)
                touched.setdefault(enterprise_id, set()).update(counts)
        out = []
        for enterprise_id, days in sorted(touched.items()):
            owner = owners.get(enterprise_id)
            mark = None if owner is None else marks.get(key_of(owner))
            if owner is None or mark is None:
                continue
            begin = _first(job, owner, {})
            judged = sorted(day for day in days if begin <= day_start(day) < mark)
            if judged:
                out.append((owner, judged))
        return out

    async def _judge(
        self, connection: Connection, job: Job, owner: ComponentOwner, days: Sequence[date], work: Worklist | None
    ) -> Advance:
        judged, whole = [], []
        for day in days:
            period = day_period(day)
            whole.append((key_of(owner), period.start, period.end))
            rule = job.variant_at(period.start)
            if rule is not None:
                window = await self._window(connection, job, owner, day, work)
                judged += [(rule, judgement) for judgement in judge(rule, window)]
        ids = {owner.code: owner.enterprise_id}
        return await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)

    async def _window(
        self, connection: Connection, job: Job, owner: ComponentOwner, day: date, work: Worklist | None
    ) -> LeakDay:
        """What a sign looks at on a day."""
        period, enterprise_id, name = day_period(day), owner.enterprise_id, job.rule.evaluator
        rows = await _records(connection, enterprise_id, day, work)
        if name not in _OF_DECLARED:
            return day_window(owner.code, day, rows)
        calibrations = []
        if name == _CALIBRATION:
            reach = _reach(job)
            calibrations = await leak_days.calibrations(
                connection, enterprise_id, period.start - reach, period.end + reach
            )
        elsewhere = []
        if name == _TWO_PLACES:
            elsewhere = await leak_days.elsewhere(connection, enterprise_id, period.start, period.end)
        return day_window(
            owner.code,
            day,
            rows,
            await leak_days.instruments(connection, enterprise_id),
            await leak_days.testers(connection, enterprise_id),
            calibrations,
            elsewhere,
        )


def _reach(job: Job) -> timedelta:
    """How far a calibration's time may lie from the day it belongs to, of all variants."""
    params = [rule.typed_params for rule in job.rules]
    return timedelta(hours=max((one.within_h for one in params if isinstance(one, CalibrationParams)), default=0.0))


def _since(job: Job, work: Worklist) -> dict[int, datetime]:
    """Enterprises all of whose test days from an instant on are touched."""
    since: dict[int, datetime] = {}
    name = job.rule.evaluator
    if name in _OF_DECLARED:
        for enterprise_id, at in work.ldar.items():
            since[enterprise_id] = day_start(local_day(at - _reach(job)))
    if name in _OF_REGISTER:
        for enterprise_id, at in work.registers.items():
            from_at = day_start(local_day(at - _REGISTER_REACH))
            since[enterprise_id] = min(from_at, since.get(enterprise_id, from_at))
    return since


async def _add_sharers(connection: Connection, touched: dict[int, set[date]], judged_to: datetime | None) -> None:
    """Enterprises that used the same instruments on touched days are touched too, as far as anybody's are judged."""
    for enterprise_id, days in [(one, sorted(days)) for one, days in touched.items()]:
        for day in days:
            if judged_to is None or day_start(day) >= judged_to:
                continue
            period = day_period(day)
            for other in await leak_days.sharers(connection, enterprise_id, period.start, period.end):
                touched.setdefault(other, set()).add(day)


async def _records(connection: Connection, enterprise_id: int, day: date, work: Worklist | None) -> LeakRecords:
    """The tests of a day; a few days are read once for all signs that judge by one work list."""
    period, key = day_period(day), ("leak_day", enterprise_id, day)
    found = kept(work, key)
    if found is None:
        found = keep(work, key, await leak_days.rows(connection, enterprise_id, period.start, period.end))
    return found


def _first(job: Job, owner: ComponentOwner, marks: Mapping[str, datetime]) -> datetime:
    """Start of the first day of an enterprise that is not judged yet."""
    mark = marks.get(key_of(owner))
    begin = max(day_start(owner.registered_from), job.valid_from_at)
    return begin if mark is None else max(begin, mark)
