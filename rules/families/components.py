"""Family of LDAR schedules: the components of every enterprise, every closed local day and when a test arrives.

Only the state as at the last closed day is judged: states that a component passed through while nobody looked would be
superseded at once. Watermarks are kept per enterprise, not per component.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.leaks import NAT
from domain.metering import in_service
from domain.periods import day_start, local_day, local_day_numbers
from rules.evaluators.components import ComponentWindow
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.recording import same_state, settle
from storage import rule_state, schedules
from storage.database import Connection
from storage.schedules import Component, ComponentOwner

_DAY = timedelta(days=1)
_EVER = datetime(1900, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Components:
    """See `contract.Family`. The watermark of an enterprise is the end of the last day that was judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return day_start(local_day(job.closed_at))

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge the next enterprises for which a day has closed."""
        owners = await schedules.enterprises(connection)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = day_start(local_day(job.closed_at))
        pending = [owner for owner in owners if marks.get(_key(owner), _EVER) < closed]
        done = Advance(subjects=len(owners))
        for owner in pending:
            done.add(await self._judge(connection, job, owner, closed, None))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {_key(owner): closed})
            if done.judged >= job.batch_rows:
                done.more = owner is not pending[-1]
                break
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge tested components, and those of changed registers, as at the day that was judged last."""
        done = Advance()
        marks = await rule_state.watermarks(connection, job.rule_id)
        for owner, chosen in await self._touched(connection, work):
            through = marks.get(_key(owner))
            if through is not None:
                done.add(await self._judge(connection, job, owner, through, chosen))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched enterprise goes back by a day."""
        marks = await rule_state.watermarks(connection, job.rule_id)
        keys = [_key(owner) for owner, _ in await self._touched(connection, work)]
        through = {key: marks[key] - _DAY for key in keys if key in marks}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

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

    async def _judge(
        self, connection: Connection, job: Job, owner: ComponentOwner, through: datetime, chosen: Sequence[int] | None
    ) -> Advance:
        as_of = local_day(through) - _DAY
        rule = job.variant_at(day_start(as_of))
        if rule is None or as_of < owner.registered_from:
            return Advance()
        components = await schedules.components(connection, owner.enterprise_id)
        tests = await schedules.leak_tests(connection, owner.enterprise_id, job.now, chosen)
        window = window_of(owner, components, tests, as_of, chosen)
        judged = [(rule, judgement) for judgement in judge(rule, window)]
        # without any judgement the duty does not apply: what was found while it did stays
        whole = [(str(subject), _EVER, _NEVER) for subject in window.subjects] if judged else []
        ids = {owner.code: owner.enterprise_id}
        return await settle(connection, judged, ids, job.now, same=same_state, whole=whole, rule_id=job.rule_id)


def window_of(
    owner: ComponentOwner,
    components: Sequence[Component],
    tests: Sequence[tuple[int, int]],
    as_of: date,
    chosen: Sequence[int] | None = None,
) -> ComponentWindow:
    """The evaluator's window from register rows and (component, epoch seconds) of tests. Pure.

    Exempt components (豁免) count in the number in service and have no row. chosen: the components to look at.
    """
    count = sum(in_service(one.in_service_from, one.in_service_to, as_of) for one in components)
    wanted = None if chosen is None else set(chosen)
    rows = [one for one in components if not one.exempt and (wanted is None or one.component_id in wanted)]
    row_of = {one.component_id: row for row, one in enumerate(rows)}
    known = [(row_of[component_id], tested_s) for component_id, tested_s in tests if component_id in row_of]
    return ComponentWindow(
        as_of=as_of,
        registered_from=owner.registered_from,
        in_service_count=count,
        subjects=[Subject(SubjectKind.COMPONENT, f"{owner.code}/{one.code}") for one in rows],
        kinds=[one.kind for one in rows],
        in_service_from=np.array([one.in_service_from for one in rows], "datetime64[D]"),
        in_service_to=np.array(
            [NAT if one.in_service_to is None else np.datetime64(one.in_service_to, "D") for one in rows],
            "datetime64[D]",
        ),
        test_owner=np.array([row for row, _ in known], np.int64),
        test_day=local_day_numbers(np.array([tested_s for _, tested_s in known], np.int64)),
    )


def _key(owner: ComponentOwner) -> str:
    return str(Subject(SubjectKind.ENTERPRISE, owner.code))
