"""Family of reminders: what each enterprise has to do soon, on every local day that begins.

They are made of the current findings of rules whose findings are terms, so they are judged after them. A day is
judged once the one before has closed. A record that comes late judges the days after it again; a reminder that is
the same as the day before's is not written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.leaks import NAT
from domain.periods import day_start, local_day
from rules.evaluators.contract import Judgement
from rules.evaluators.due_reminder import DueReminderParams, ReminderWindow, Term
from rules.families.contract import EVER, Advance, Job, Worklist, judge, key_of
from rules.families.recording import same_state, settle
from storage import reminders, rule_state, schedules
from storage.database import Connection
from storage.findings import StoredFinding
from storage.reminders import Registered, TermRow

_DAY = timedelta(days=1)
#: Subject of the watermark, which is the end of the last day that was reminded of.
_ALL = "all"
_GROUPS = {"leak_schedule": "test", "yearly_campaign": "test"}


class Reminders:
    """See `contract.Family`."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the days that have begun."""
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_ALL, EVER)
        today = local_day(job.closed_at)
        end = day_start(today + _DAY)
        owners = await reminders.enterprises(connection)
        done = Advance(subjects=len(owners))
        if through < end:
            first = local_day(through)
            done.add(await self._judge(connection, job, dict.fromkeys(owners, first), today))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {_ALL: end})
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge the days after what was recorded again, and all days of an enterprise whose register was changed."""
        if not (touched := await _touched(connection, work)):
            return Advance()
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_ALL)
        if through is None:
            return Advance()
        owners = await reminders.enterprises(connection, sorted(touched))
        days = {owner: touched[owner.enterprise_id] for owner in owners}
        return await self._judge(connection, job, days, local_day(through) - _DAY)

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """Days since the first one that is concerned are judged anew."""
        touched = await _touched(connection, work)
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_ALL)
        if touched and through is not None:
            first = day_start(max(min(touched.values()), job.rule.valid_from))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {_ALL: min(first, through)})

    async def _judge(self, connection: Connection, job: Job, firsts: Mapping[Registered, date], today: date) -> Advance:
        """Days of enterprises from their first one on, but not before they are registered and the rule is valid."""
        params = job.rule.typed_params
        assert isinstance(params, DueReminderParams)
        starts = {owner: max(first, owner.registered_from, job.rule.valid_from) for owner, first in firsts.items()}
        starts = {owner: first for owner, first in starts.items() if first <= today}
        if not starts:
            return Advance()
        found: dict[int, list[TermRow]] = defaultdict(list)
        for row in await reminders.terms(
            connection,
            {owner.enterprise_id: first for owner, first in starts.items()},
            today + params.days * _DAY,
        ):
            found[row.enterprise_id].append(row)
        ats = {key_of(owner): day_start(first) for owner, first in starts.items()}
        before = await reminders.counts_before(connection, job.rule_id, ats)
        judged = []
        for owner, first in starts.items():
            days = [day for day in days_between(first, today) if job.variant_at(day_start(day)) is not None]
            if days:
                window = window_of(owner.code, days, before.get(key_of(owner), 0), found[owner.enterprise_id])
                judged += [
                    (rule, one)
                    for one in judge(job.rule, window)
                    if (rule := job.variant_at(one.period.start)) is not None
                ]
        whole = [(key_of(owner), day_start(first), day_start(today + _DAY)) for owner, first in starts.items()]
        ids = {owner.code: owner.enterprise_id for owner in starts}
        return await settle(connection, judged, ids, job.now, same=_same_number, whole=whole, rule_id=job.rule_id)


def window_of(code: str, days: Sequence[date], before: int, rows: Sequence[TermRow]) -> ReminderWindow:
    """The evaluator's window from terms. Pure."""

    def column(values: Iterable[date | None]) -> np.ndarray:
        return np.array([NAT if day is None else np.datetime64(day, "D") for day in values], "datetime64[D]")

    pieces = [piece for row in rows for piece in _pieces(row)]
    return ReminderWindow(
        Subject(SubjectKind.ENTERPRISE, code),
        days,
        before,
        [term for term, _, _, _ in pieces],
        column(begins for _, begins, _, _ in pieces),
        column(due for _, _, due, _ in pieces),
        column(over for _, _, _, over in pieces),
    )


def _pieces(row: TermRow) -> Iterator[tuple[Term, date, date, date | None]]:
    """(term, begins, due, over): what was reminded of before the day on which a term moved stays true of that time."""
    term, over = Term(row.rule_id, row.title, _group(row), row.subject), _over(row)
    first = row.begins if row.days is None else row.begins + row.days * _DAY
    if row.filed_on is not None and row.filed_on <= first < row.due:
        yield term, row.begins, first, row.filed_on if over is None else min(over, row.filed_on)
        yield term, row.filed_on, row.due, over
    else:
        yield term, row.begins if row.moved_on is None else row.moved_on, row.due, over


def _group(row: TermRow) -> str:
    return _GROUPS.get(row.evaluator) or row.step or row.rule_id


def _over(row: TermRow) -> date | None:
    """The last day on which a term is to be reminded of: that on which it was done, or the one before it came to
    nothing because the component was removed, or became exempt until after the due day."""
    done = row.attempted_on if row.step == "attempt" else row.repaired_on if row.step == "repair" else row.done_on
    ends = [done]
    if row.in_service_to is not None:
        ends.append(row.in_service_to - _DAY)
    if row.exempt_from is not None and (row.exempt_to is None or row.due < row.exempt_to):
        ends.append(row.exempt_from - _DAY)
    return min((day for day in ends if day is not None), default=None)


def _same_number(stored: StoredFinding, judged: Judgement) -> bool:
    return same_state(stored, judged) and stored.value == judged.value


def days_between(first: date, last: date) -> list[date]:
    """Days from the first to the last, both included."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


async def _touched(connection: Connection, work: Worklist) -> dict[int, date]:
    """The first day to look at again, by enterprise: the day after what was recorded."""
    first: dict[int, date] = {}
    owners = await schedules.owners(connection, sorted(work.component_days)) if work.component_days else {}
    for component_id, days in work.component_days.items():
        if component_id in owners:
            own = owners[component_id]
            first[own] = min(min(days) + _DAY, first.get(own, date.max))
    for enterprise_id, at in work.duties.items():
        first[enterprise_id] = min(local_day(at) + _DAY, first.get(enterprise_id, date.max))
    return first | dict.fromkeys(work.registers, date.min)
