"""Families of rules on leaks: the terms of repair, and the bureau's spot checks.

What is looked at is bounded by leaks, not by the ledger: every closed day the components whose leak is open, and when
facts arrive those of the touched components that ever leaked. Watermarks are kept per enterprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from domain.findings import Subject, SubjectKind
from domain.leakstates import Measured
from domain.periods import day_period, local_day
from rules.evaluators.leak_repair import LeakWindow
from rules.evaluators.leaks import LeakParams, LeakyComponent
from rules.evaluators.spot_check import SpotCheckWindow
from rules.families.contract import EVER, NEVER, Advance, Job, Worklist, judge, key_of
from rules.families.periodic import Judged
from rules.families.recording import settle
from storage import leak_windows, leaks, limits, rule_state, schedules
from storage.database import Connection
from storage.leak_windows import Day, Owner
from storage.leaks import History

_DAY = timedelta(days=1)
#: Components of which all facts are in memory at once.
_AT_ONCE = 1_000


class LeakRepairs:
    """See `contract.Family`. The watermark of an enterprise is the end of the last day that was judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the open leaks of the next enterprises for which a day has closed; of new ones every leak."""
        owners = await leak_windows.owners(connection, standard_of(job))
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = job.day_closed_at
        pending = [owner for owner in owners if marks.get(key_of(owner), EVER) < closed]
        done = Advance(subjects=len(owners))
        if not pending:
            return done
        new = [owner.enterprise_id for owner in pending if marks.get(key_of(owner), EVER) <= EVER]
        known = [owner for owner in pending if owner.enterprise_id not in set(new)]
        since = min((local_day(marks[key_of(owner)]) for owner in known), default=local_day(closed))
        chosen = await leak_windows.ever_leaking(connection, new)
        chosen |= await leak_windows.open_since(connection, [owner.enterprise_id for owner in known], since - _DAY)
        through: dict[str, datetime] = {}
        for owner in pending:
            if wanted := chosen.get(owner.enterprise_id):
                done.add(await judge_leaks(connection, job, wanted, {owner.enterprise_id: closed}))
            through[key_of(owner)] = closed
            if done.judged >= job.batch_rows:
                done.more = owner is not pending[-1]
                break
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        await leaks.retire(connection, local_day(closed) - _DAY)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again what ever leaked of the touched components and of changed registers."""
        chosen = await _touched(connection, work)
        if not chosen:
            return Advance()
        marks = await rule_state.watermarks(connection, job.rule_id)
        through = {
            owner.enterprise_id: marks[key_of(owner)]
            for owner in await leak_windows.owners(connection, None)
            if marks.get(key_of(owner), EVER) > EVER
        }
        return await judge_leaks(connection, job, chosen, through)

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """Every leak of the touched enterprises is judged again."""
        await _forget(connection, job, work)


class SpotChecks:
    """See `contract.Family`. The watermark of an enterprise is the end of the last day that was judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the closed days on which the bureau checked; of enterprises that are new, every one."""
        owners = await leak_windows.owners(connection, standard_of(job))
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = job.day_closed_at
        since = {owner: marks.get(key_of(owner), EVER) for owner in owners}
        done = Advance(subjects=len(owners))
        for start in sorted({at for at in since.values() if at < closed}):
            ids = [owner.enterprise_id for owner, at in since.items() if at == start]
            days = await leak_windows.spot_days(connection, ids, start, closed)
            done.add(await judge_checks(connection, job, owners, days, dict.fromkeys(ids, closed)))
        through = {key_of(owner): closed for owner, at in since.items() if at < closed}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again the days on which touched components were checked, or of which anything was recorded."""
        if not (work.component_days or work.registers):
            return Advance()
        owners = await leak_windows.owners(connection, None)
        marks = await rule_state.watermarks(connection, job.rule_id)
        through = {o.enterprise_id: marks[key_of(o)] for o in owners if marks.get(key_of(o), EVER) > EVER}
        by_component = await schedules.owners(connection, sorted(work.components))
        # a correction may say that a test was none of the bureau's
        recorded = {(by_component[one], day) for one, days in work.component_days.items() for day in days}
        touched = await leak_windows.judged_days(connection, job.rule_id, recorded)
        touched |= await leak_windows.spot_days_of(connection, work.components)
        touched |= await leak_windows.spot_days(connection, work.registers, EVER, NEVER)
        return await judge_checks(connection, job, owners, touched, through)

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """Every spot check of the touched enterprises is judged again."""
        await _forget(connection, job, work)


def standard_of(job: Job) -> str | None:
    """The standard whose installations a rule is about; None for all."""
    params = job.rule.typed_params
    return params.standard if isinstance(params, LeakParams) else None


async def judge_leaks(
    connection: Connection, job: Job, component_ids: Sequence[int], through: Mapping[int, datetime]
) -> Advance:
    """Judge components as at the ends of the last judged days of their enterprises; those without one are left."""
    key_region_from = await limits.key_region_from(connection)
    done = Advance()
    for start in range(0, len(component_ids), _AT_ONCE):
        histories = await leaks.histories(connection, component_ids[start : start + _AT_ONCE])
        chosen = [one for one in histories.values() if one.enterprise_id in through]
        counts = await in_service_counts(connection, job, chosen)
        by_day: dict[date, list[LeakyComponent]] = {}
        for one in chosen:
            as_of = local_day(through[one.enterprise_id]) - _DAY
            if as_of >= one.registered_from:
                by_day.setdefault(as_of, []).append(component_of(one, counts.get(one.enterprise_id, {})))
        judged: Judged = []
        for as_of, components in by_day.items():
            window = LeakWindow(as_of, key_region_from, components)
            for rule in job.rules:
                if rule.enabled:
                    found = judge(rule, window)
                    judged += [(rule, one) for one in found if job.variant_at(one.period.start) is rule]
        ids = {one.enterprise: one.enterprise_id for one in chosen}
        whole = [(str(one.subject), EVER, NEVER) for components in by_day.values() for one in components]
        done.add(await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id))
    return done


async def judge_checks(
    connection: Connection, job: Job, owners: Iterable[Owner], days: Iterable[Day], through: Mapping[int, datetime]
) -> Advance:
    """Judge days of spot checks that end by the last judged days of their enterprises."""
    key_region_from = await limits.key_region_from(connection)
    by_id = {owner.enterprise_id: owner for owner in owners}
    chosen = [day for day in days if day[0] in through and day_period(day[1]).end <= through[day[0]]]
    done = Advance()
    for (enterprise_id, day), component_ids in (await leak_windows.checked(connection, chosen)).items():
        owner, period = by_id[enterprise_id], day_period(day)
        subject = Subject(SubjectKind.ENTERPRISE, owner.code)
        histories = list((await leaks.histories(connection, component_ids)).values())
        counts = await in_service_counts(connection, job, [], {(enterprise_id, day)})
        components = [component_of(one, counts.get(enterprise_id, {})) for one in histories]
        window = SpotCheckWindow(subject, day, period, key_region_from, components)
        rule = None if day < owner.registered_from else job.variant_at(period.start)
        judged = [] if rule is None else [(rule, one) for one in judge(rule, window)]
        ids = {owner.code: enterprise_id}
        whole = [(str(subject), period.start, period.end)]
        done.add(await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id))
    return done


def component_of(history: History, in_service: Mapping[date, int]) -> LeakyComponent:
    """A component as the evaluators see it."""
    return LeakyComponent(
        subject=Subject(SubjectKind.COMPONENT, f"{history.enterprise}/{history.code}"),
        kind=history.kind,
        medium=history.medium,
        standard=history.standard,
        registered_from=history.registered_from,
        out_on=history.in_service_to,
        facts=history.facts,
        in_service=in_service,
        name=history.name,
        unit=history.unit_name,
        tag=history.tag,
    )


async def in_service_counts(
    connection: Connection, job: Job, histories: Iterable[History], more: Iterable[tuple[int, date]] = ()
) -> dict[int, dict[date, int]]:
    """Components in service by enterprise and day, on the days on which leaks may have been found; no further than any
    variant asks, so that the size of a ledger does not matter."""
    needed = max(
        (r.typed_params.min_components for r in job.rules if isinstance(r.typed_params, LeakParams)), default=1
    )
    if needed <= 1:
        return {}
    asked = set(more) | {
        (one.enterprise_id, local_day(fact.at))
        for one in histories
        for fact in one.facts
        if isinstance(fact, Measured) and fact.is_leaking(one.definition)
    }
    return await leak_windows.in_service_counts(connection, asked, needed)


async def _touched(connection: Connection, work: Worklist) -> list[int]:
    """What ever leaked of the components of which something was recorded, and of changed registers; of all that judge
    by one work list the same."""
    known = work.read.get("leaky")
    if isinstance(known, list):
        return known
    chosen = set(await leaks.candidates(connection, work.components))
    for component_ids in (await leak_windows.ever_leaking(connection, work.registers)).values():
        chosen.update(component_ids)
    found = sorted(chosen)
    work.read["leaky"] = found
    return found


async def _forget(connection: Connection, job: Job, work: Worklist) -> None:
    owners = await leak_windows.owners(connection, None)
    touched = {*work.registers, *(await schedules.owners(connection, sorted(work.components))).values()}
    marks = await rule_state.watermarks(connection, job.rule_id)
    through = {key_of(owner): EVER for owner in owners if owner.enterprise_id in touched and key_of(owner) in marks}
    await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
