"""Family of duties with a date: every closed local day, and when something was recorded or the register has changed.

Only the state as at the last closed day is judged, as with LDAR schedules. One watermark a rule: the end of the last
day that was judged. A day that closes looks at the terms alone that it may change; a record, at its enterprise's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.duties import Done, Verification, clipped
from domain.findings import Subject, SubjectKind
from domain.periods import local_day
from rules.evaluators.contract import Judgement
from rules.evaluators.duty import DutyParams, DutyWindow, Holder, Who
from rules.families.contract import EVER, NEVER, Advance, Job, Worklist, judge
from rules.families.dutyholders import NOBODY, Held, holders
from rules.families.recording import settle
from rules.pack import Rule
from storage import duties, rule_state
from storage.database import Connection

_DAY = timedelta(days=1)
#: Subject of the watermark.
_ALL = "all"

Judged = list[tuple[Rule, Judgement]]


class Duties:
    """See `contract.Family`."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the last closed day."""
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_ALL)
        closed = job.day_closed_at
        held = await _held(connection, job, None)
        done = Advance(subjects=len(held))
        if through is not None and through >= closed:
            return done
        # a term that was over by the day judged last has changed only where somebody recorded something
        open_on = None if through is None else local_day(through) - _DAY
        judged = judge_duty(job, [one.holder for one in held], local_day(closed) - _DAY, open_on)
        done.add(await settle(connection, judged, _ids(held), job.now, rule_id=job.rule_id))
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {_ALL: closed})
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge all terms of touched enterprises again, as at the day that was judged last."""
        touched = _touched(work)
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_ALL) if touched else None
        if through in (None, EVER):  # nothing is judged yet, or all of it will be
            return Advance()
        held = await _held(connection, job, sorted(touched))
        judged = judge_duty(job, [one.holder for one in held], local_day(through) - _DAY)
        subjects = {str(one.holder.subject) for one in held}
        if _who(job).kind is SubjectKind.ENTERPRISE:  # one that the duty does not hold of any more too
            rows = await duties.enterprises(connection, [key for key in touched if key != NOBODY])
            subjects |= {str(Subject(SubjectKind.ENTERPRISE, row.code)) for row in rows}
        whole = [(subject, EVER, NEVER) for subject in sorted(subjects)]
        return await settle(connection, judged, _ids(held), job.now, whole=whole, rule_id=job.rule_id)

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """Everything is judged anew."""
        if _touched(work):
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {_ALL: EVER})


def judge_duty(job: Job, held: Sequence[Holder], as_of: date, open_on: date | None = None) -> Judged:
    """Judgements on all terms of some subjects as at the end of a local day; open_on: on those alone that were not over
    before that day. Pure.

    A duty begins to hold no earlier than the rule has been in force without a break; the variant that holds on a term's
    first day judges it.
    """
    found: Judged = []
    for rule, since in _in_force(job.rules):
        own = [replace(one, spans=clipped(one.spans, since)) for one in held]
        found += [(rule, one) for one in judge(rule, DutyWindow(as_of, own, rule.valid_from, rule.valid_to, open_on))]
    return found


def _in_force(rules: Iterable[Rule]) -> Iterator[tuple[Rule, date]]:
    """Variants in force with the day from which they, and those before them, have been so without a break."""
    since, until = date.min, None
    for rule in sorted((one for one in rules if one.enabled), key=lambda one: one.valid_from):
        if until is None or rule.valid_from > until + _DAY:
            since = rule.valid_from
        until = rule.valid_to
        yield rule, since


def _touched(work: Worklist) -> set[int]:
    """Enterprises to look at; the city and the parks begin with their first enterprise."""
    touched = {*work.duties, *work.registers}
    return touched | {NOBODY} if work.registers else touched


def _who(job: Job) -> Who:
    params = job.rule.typed_params
    assert isinstance(params, DutyParams)
    return params.who


async def _held(connection: Connection, job: Job, enterprise_ids: Sequence[int] | None) -> list[Held]:
    """Subjects with their records and, of meters, the verifications that were judged before the present one."""
    found = await holders(connection, _who(job), enterprise_ids)
    if _who(job).kind is SubjectKind.PLACE:
        return await _with_past(connection, job, found)
    done: dict[str, list[Done]] = defaultdict(list)
    for row in await duties.records(connection, job.rule_id, local_day(job.now), enterprise_ids):
        details = [(one["kind"], one["reference"]) for one in row.documents] + [(kind, "附件") for kind in row.attached]
        kinds = frozenset(kind for kind, _ in details)
        done[row.subject].append(Done(row.done_on, row.record_id, kinds, tuple(details)))
    return [replace(one, holder=replace(one.holder, done=done[str(one.holder.subject)])) for one in found]


async def _with_past(connection: Connection, job: Job, found: list[Held]) -> list[Held]:
    past: dict[str, list[Verification]] = defaultdict(list)
    subjects = [str(one.holder.subject) for one in found]
    for subject, serial, day, due in await duties.past_terms(connection, job.rule_id, subjects):
        past[subject].append(Verification(serial, day, due))
    out = []
    for one in found:
        known = {(each.serial, each.day) for each in one.holder.verifications}
        before = [each for each in past[str(one.holder.subject)] if (each.serial, each.day) not in known]
        verified = [each for each in (*before, *one.holder.verifications) if each.day <= local_day(job.now)]
        out.append(replace(one, holder=replace(one.holder, verifications=verified)))
    return out


def _ids(held: Iterable[Held]) -> dict[str, int]:
    return {one.enterprise.code: one.enterprise.enterprise_id for one in held if one.enterprise is not None}
