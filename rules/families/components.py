"""Family of LDAR schedules: the components of every enterprise, every closed local day and when a record arrives.

Only the state as at the last closed day is judged: states that a component passed through while nobody looked would be
superseded at once. Watermarks are kept per enterprise, not per component.

A day looks only at components whose state it may change: those whose duties, kept in table component_due, have come
near or passed, and those that were put in service, removed, exempted. All of an enterprise are looked at when it is
judged for the first time, by another version of the rule, when the rule begins to apply to it, and when its register
was changed. A record looks at its component alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.leaks import NAT, cycle_kind
from domain.leakterms import ANCHOR_WORDS, Events, OpenDuties
from domain.periods import day_start, local_day, local_day_numbers
from rules.evaluators.components import ComponentWindow
from rules.evaluators.leak_schedule import LeakScheduleParams, schedule_duties
from rules.evaluators.yearly_campaign import YearlyCampaignParams, campaign_duties
from rules.families.contract import EVER, NEVER, Advance, Job, Worklist, judge, key_of
from rules.families.recording import same_state, settle
from rules.pack import Rule
from storage import rule_state, schedules
from storage.database import Connection
from storage.dues import Regime
from storage.schedules import Component, ComponentEvent, ComponentOwner, NewDue, Step

_DAY = timedelta(days=1)
#: A version that no rule has: whatever was judged by it is judged again in full.
_NO_VERSION = 0

#: What is open as at a window's last day, by evaluator.
DUTIES: Mapping[str, Callable[[ComponentWindow, Any], OpenDuties]] = {
    "leak_schedule": schedule_duties,
    "yearly_campaign": campaign_duties,
}


@dataclass(frozen=True, slots=True)
class _Pending:
    """An enterprise to be judged as at the end of a day; chosen: components to look at, None for all of them."""

    owner: ComponentOwner
    rule: Rule | None
    count: int
    chosen: Sequence[int] | None


class Components:
    """See `contract.Family`. The watermark of an enterprise is the end of the last day that was judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the next enterprises for which a day has closed."""
        owners = await schedules.enterprises(connection)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = job.day_closed_at
        waiting = [owner for owner in owners if marks.get(key_of(owner), EVER) < closed]
        done = Advance(subjects=len(owners))
        if not waiting:
            return done
        as_of = local_day(closed) - _DAY
        rule = job.variant_at(day_start(as_of))
        judged: list[str] = []
        for pending in await _pending(connection, job, rule, waiting, marks, as_of):
            done.add(await self._judge(connection, job, pending, as_of))
            judged.append(key_of(pending.owner))
            if done.judged >= job.batch_rows:
                done.more = len(judged) < len(waiting)
                break
        version = job.rule.version if rule is None else rule.version
        await rule_state.save_watermarks(connection, job.rule_id, version, dict.fromkeys(judged, closed))
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge components of which something was recorded, and those of changed registers, as at the day that was
        judged last."""
        done = Advance()
        if not (touched := await self._touched(connection, work)):
            return done
        marks = await rule_state.watermarks(connection, job.rule_id)
        for owner, chosen in touched:
            through = marks.get(key_of(owner))
            if through is not None:
                as_of = local_day(through) - _DAY
                (count,) = await schedules.in_service_counts(connection, [owner.enterprise_id], [as_of])
                pending = _Pending(owner, job.variant_at(day_start(as_of)), count, chosen)
                done.add(await self._judge(connection, job, pending, as_of))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched enterprise goes back by a day, and all its components are looked at again."""
        marks = await rule_state.watermarks(connection, job.rule_id)
        keys = [key_of(owner) for owner, _ in await self._touched(connection, work)]
        through = {key: marks[key] - _DAY for key in keys if key in marks}
        await rule_state.save_watermarks(connection, job.rule_id, _NO_VERSION, through)

    async def _touched(
        self, connection: Connection, work: Worklist
    ) -> list[tuple[ComponentOwner, Sequence[int] | None]]:
        """Enterprises with the components to look at, None for all of them."""
        if not work.components and not work.registers:
            return []
        by_enterprise: dict[int, list[int] | None] = {}
        for component_id, enterprise_id in (await schedules.owners(connection, sorted(work.components))).items():
            known = by_enterprise.setdefault(enterprise_id, [])
            if known is not None:
                known.append(component_id)
        by_enterprise |= dict.fromkeys(work.registers, None)
        owners = await schedules.enterprises(connection)
        return [(o, by_enterprise[o.enterprise_id]) for o in owners if o.enterprise_id in by_enterprise]

    async def _judge(self, connection: Connection, job: Job, pending: _Pending, as_of: date) -> Advance:
        owner, rule, chosen = pending.owner, pending.rule, pending.chosen
        if chosen is not None and not chosen:
            return Advance()
        if rule is None or as_of < owner.registered_from or pending.count < _min_components(rule):
            # the duty does not apply: what was found while it did stays
            await schedules.save_dues(connection, job.rule_id, owner.enterprise_id, [], chosen)
            return Advance()
        # a record is as good as made when it is here, even if its clock is a little ahead of ours
        through = job.now + _DAY
        components = await schedules.components(connection, owner.enterprise_id, chosen)
        tests = await schedules.leak_tests(connection, owner.enterprise_id, through, chosen)
        events = await schedules.component_events(connection, owner.enterprise_id, through, chosen)
        window = window_of(owner, components, tests, events, as_of, pending.count)
        judged = [(rule, judgement) for judgement in judge(rule, window)]
        whole = [(str(subject), EVER, NEVER) for subject in window.subjects]
        ids = {owner.code: owner.enterprise_id}
        done = await settle(connection, judged, ids, job.now, same=same_state, whole=whole, rule_id=job.rule_id)
        duties = DUTIES[rule.evaluator](window, rule.typed_params)
        await schedules.save_dues(connection, job.rule_id, owner.enterprise_id, _rows(duties, components), chosen)
        return done


async def _pending(
    connection: Connection,
    job: Job,
    rule: Rule | None,
    waiting: Sequence[ComponentOwner],
    marks: Mapping[str, datetime],
    as_of: date,
) -> list[_Pending]:
    """What to look at in each enterprise for which days have closed up to the end of as_of."""
    ids = [owner.enterprise_id for owner in waiting]
    known = [marks.get(key_of(owner)) for owner in waiting]
    before = [as_of if through is None else local_day(through) - _DAY for through in known]
    versions = await schedules.versions(connection, job.rule_id)
    counts = await schedules.in_service_counts(connection, [*ids, *ids], [*before, *(as_of for _ in ids)])
    out: list[_Pending] = []
    steps: list[Step] = []
    for owner, through, day, had, has in zip(waiting, known, before, counts, counts[len(ids) :], strict=False):
        in_full = (
            rule is None
            or through is None
            or versions.get(key_of(owner)) != rule.version
            or day < owner.registered_from
            or (had < _min_components(rule)) != (has < _min_components(rule))
            or (isinstance(rule.typed_params, YearlyCampaignParams) and day.year != as_of.year)
        )
        if not in_full:
            steps.append(Step(owner.enterprise_id, day, as_of))
        out.append(_Pending(owner, rule, has, None if in_full else ()))
    if rule is None or not steps:
        return out
    found = await schedules.changed(connection, job.rule_id, _due_soon_days(rule), steps)
    return [
        pending
        if pending.chosen is None
        else _Pending(pending.owner, rule, pending.count, found.get(pending.owner.enterprise_id, ()))
        for pending in out
    ]


def _min_components(rule: Rule) -> int:
    """From how many components in service on the rule applies to an enterprise."""
    params = rule.typed_params
    return params.min_components if isinstance(params, LeakScheduleParams) else 0


def _due_soon_days(rule: Rule) -> int:
    params = rule.typed_params
    assert isinstance(params, LeakScheduleParams | YearlyCampaignParams)
    return params.due_soon_days


def regime_of(rule: Rule) -> Regime:
    """A schedule as `storage.dues.city_dues` takes it."""
    params = rule.typed_params
    if not isinstance(params, LeakScheduleParams):
        return Regime(rule.id, None)
    return Regime(
        rule.id,
        params.months,
        params.min_components,
        params.first_test_days,
        params.restart_days,
        params.release_workdays,
        params.standard,
    )


def window_of(
    owner: ComponentOwner,
    components: Sequence[Component],
    tests: Sequence[tuple[int, int]],
    events: Sequence[ComponentEvent],
    as_of: date,
    in_service_count: int,
) -> ComponentWindow:
    """The evaluator's window from register rows, (component, epoch seconds) of tests, and events. Pure."""
    row_of = {one.component_id: row for row, one in enumerate(components)}
    known = [(row_of[component_id], tested_s) for component_id, tested_s in tests if component_id in row_of]
    # what a release does concerns relief devices only, whoever reported it
    happened = [
        (row_of[event.component_id], event.happened_s, event.is_release)
        for event in events
        if event.component_id in row_of
        and not (event.is_release and components[row_of[event.component_id]].kind != "relief")
    ]
    put_in = _days([one.in_service_from for one in components])
    started = _days([one.started_on for one in components])
    return ComponentWindow(
        as_of=as_of,
        registered_from=owner.registered_from,
        in_service_count=in_service_count,
        subjects=[Subject(SubjectKind.COMPONENT, f"{owner.code}/{one.code}") for one in components],
        kinds=[one.kind for one in components],
        cycle_kinds=[cycle_kind(one.kind, one.medium) for one in components],
        standards=[one.standard for one in components],
        in_service_from=put_in,
        in_service_to=_days([one.in_service_to for one in components]),
        start=np.where(np.isnat(started), put_in, np.maximum(started, put_in)),
        exempt_from=_days([one.exempt_from for one in components]),
        exempt_to=_days([one.exempt_to for one in components]),
        test_owner=np.array([row for row, _ in known], np.int64),
        test_day=local_day_numbers(np.array([tested_s for _, tested_s in known], np.int64)),
        events=Events(
            np.array([row for row, _, _ in happened], np.int64),
            local_day_numbers(np.array([at for _, at, _ in happened], np.int64)),
            np.array([is_release for _, _, is_release in happened], bool),
        ),
    )


def _days(days: Sequence[date | None]) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return np.array([NAT if day is None else np.datetime64(day, "D") for day in days], "datetime64[D]")


def _rows(duties: OpenDuties, components: Sequence[Component]) -> list[NewDue]:
    return [
        NewDue(components[owner].component_id, ANCHOR_WORDS[why], counted_from, due)
        for owner, due, why, counted_from in zip(
            duties.owner.tolist(), duties.due.tolist(), duties.why.tolist(), duties.counted_from.tolist(), strict=True
        )
    ]
