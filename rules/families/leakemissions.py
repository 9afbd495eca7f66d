"""Family of leak emissions: every closed local month of each enterprise with sealing points, from their readings.

The rows of table leak_emission are computed and kept in the transaction that writes the finding. What a record changes
is computed again for the units and kinds that it touches only, not for the enterprise's whole ledger. Campaigns are
summed up beside them, as soon as anything about them is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from domain.leak_emission import MonthRow, Readings, Repairs
from domain.periods import add_months, day_start, local_day, month_of, month_period
from rules.evaluators.contract import Judgement
from rules.evaluators.leak_emission import EmissionWindow, LeakEmissionParams, month_rows
from rules.families.contract import Advance, Job, Worklist, judge, key_of
from rules.families.recording import settle
from rules.pack import Rule
from rules.policy.leak_factors import shipped_leak_factors
from storage import leak_emissions, rule_state
from storage.database import Connection
from storage.leak_emissions import EmissionOwner, Group

#: Days after a campaign in which a repair may still close what it found.
_REPAIRED_WITHIN = timedelta(days=400)

#: Months times components that are computed in one transaction, at most.
_AT_ONCE = 2_000_000

#: What is to be computed of an enterprise: from a month on, None for all of its months; of some groups, None for all.
Touched = tuple[date | None, set[Group] | None]
#: A component's enterprise and group.
Located = tuple[int, Group]


class LeakEmissions:
    """See `contract.Family`. The watermark of an enterprise is the start of the first month that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return month_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed months, enterprise by enterprise."""
        await _keep_factors(connection, job)
        owners = await leak_emissions.owners(connection)
        marks = await rule_state.watermarks(connection, job.rule_id)
        done = Advance(subjects=len(owners))
        end = local_day(self.latest(job))
        room = _AT_ONCE
        for owner in owners:
            mark = marks.get(key_of(owner))
            month = _first_month(owner, job) if mark is None else local_day(mark)
            months = _months(month, end)
            if not months:
                continue
            if room <= 0:
                done.more = True
                break
            months = months[: max(1, room // owner.components)]
            done.more |= months[-1] != add_months(end, -1)
            done.add(await self._judge(connection, job, owner, months, None))
            if unsummed := await leak_emissions.unsummed_campaigns(connection, owner.enterprise_id):
                await leak_emissions.refresh_campaigns(connection, unsummed, None)
            through = {key_of(owner): day_start(add_months(months[-1], 1))}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
            room -= len(months) * owner.components
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge months again on whose readings or components something has changed."""
        done = Advance()
        found = await _groups_of(connection, work)
        for owner, months, groups in await self._changed(connection, job, work, found):
            done.add(await self._judge(connection, job, owner, months, groups))
        await _sum_up_changed(connection, job, work, found)
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched enterprise goes back to its earliest touched month."""
        changed = await self._changed(connection, job, work, await _groups_of(connection, work))
        through = {key_of(owner): day_start(months[0]) for owner, months, _ in changed}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(
        self, connection: Connection, job: Job, work: Worklist, found: Mapping[int, Located]
    ) -> list[tuple[EmissionOwner, list[date], list[Group] | None]]:
        """Judged months of enterprises that may have changed, with the groups concerned, None for all.

        A reading holds until the next one and a repair for a year, so all months from the earliest on are looked at.
        """
        touched: dict[int, Touched] = {}
        for component, (enterprise, group) in found.items():
            first = min(work.component_days[component]).replace(day=1)
            since, groups = touched.get(enterprise, (first, set()))
            assert since is not None
            assert groups is not None
            touched[enterprise] = (min(since, first), groups | {group})
        # a register says when it was changed, not since when the change holds
        touched |= dict.fromkeys(work.registers, (None, None))
        if not touched:
            return []
        marks = await rule_state.watermarks(connection, job.rule_id)
        out = []
        for owner in await leak_emissions.owners(connection):
            if owner.enterprise_id not in touched or key_of(owner) not in marks:
                continue
            since, groups = touched[owner.enterprise_id]
            begin = _first_month(owner, job)
            months = _months(begin if since is None else max(since, begin), local_day(marks[key_of(owner)]))
            if months:
                out.append((owner, months, None if groups is None else sorted(groups)))
        return out

    async def _judge(
        self,
        connection: Connection,
        job: Job,
        owner: EmissionOwner,
        months: Sequence[date],
        groups: Sequence[Group] | None,
    ) -> Advance:
        rows: list[MonthRow] = []
        for rule, those in groupby(months, lambda month: job.variant_at(day_start(month))):
            if rule is not None:
                rows += await _computed(connection, owner, list(those), groups, rule)
        await leak_emissions.keep(connection, owner.enterprise_id, (months[0], months[-1]), groups, rows)
        if groups is not None:  # the other groups are as they were
            rows = await leak_emissions.kept(connection, owner.enterprise_id, months[0], months[-1])
        judged = judge_months(job, owner.code, months, rows)
        whole = [
            (key_of(owner), month_period(m.year, m.month).start, month_period(m.year, m.month).end) for m in months
        ]
        ids = {owner.code: owner.enterprise_id}
        return await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)


def judge_months(
    job: Job, enterprise: str, months: Sequence[date], rows: Sequence[MonthRow]
) -> list[tuple[Rule, Judgement]]:
    """Judgements on an enterprise's months, each by the variant that is in force at its start. Pure."""
    by_month: dict[date, list[MonthRow]] = {}
    for row in sorted(rows, key=lambda row: (row.month, row.unit_name, row.kind, row.method)):
        by_month.setdefault(row.month, []).append(row)
    return [
        (rule, judgement)
        for month in months
        if (rule := job.variant_at(day_start(month))) is not None
        for judgement in judge(rule, EmissionWindow(enterprise, month, by_month.get(month, [])))
    ]


async def _groups_of(connection: Connection, work: Worklist) -> dict[int, Located]:
    """Where the components are of which anything was recorded."""
    return await leak_emissions.groups_of(connection, sorted(work.component_days)) if work.component_days else {}


async def _sum_up_changed(connection: Connection, job: Job, work: Worklist, found: Mapping[int, Located]) -> None:
    """Sum up campaigns again on whose days anything was recorded, or whose leaks a record may have closed, by the units
    concerned; all units where the register or a campaign itself has changed."""
    if not (work.component_days or work.ldar or work.registers):
        return
    await _keep_factors(connection, job)  # the sums rest on them
    spans: dict[int, tuple[date, date]] = {}
    units: dict[int, set[str]] = {}
    for component, (enterprise, (unit, _)) in found.items():
        days = work.component_days[component]
        first, last = spans.get(enterprise, (min(days), max(days)))
        spans[enterprise] = (min(first, min(days)), max(last, max(days)))
        units.setdefault(enterprise, set()).add(unit)
    await _sum_up(connection, {one: (first - _REPAIRED_WITHIN, last) for one, (first, last) in spans.items()}, units)
    whole = {enterprise: (local_day(at), date.max) for enterprise, at in work.ldar.items()}
    whole |= dict.fromkeys(work.registers, (date.min, date.max))
    await _sum_up(connection, whole, {})


async def _sum_up(connection: Connection, spans: dict[int, tuple[date, date]], units: dict[int, set[str]]) -> None:
    """Sum up the campaigns of enterprises that have a day in a span; of the units named, without any of all."""
    campaigns: dict[int, list[int]] = {}
    for campaign, enterprise in await leak_emissions.campaigns(connection, spans) if spans else []:
        campaigns.setdefault(enterprise, []).append(campaign)
    for enterprise, ids in campaigns.items():
        named = units.get(enterprise)
        await leak_emissions.refresh_campaigns(connection, ids, None if named is None else sorted(named))


async def _computed(
    connection: Connection,
    owner: EmissionOwner,
    months: Sequence[date],
    groups: Sequence[Group] | None,
    rule: Rule,
) -> list[MonthRow]:
    ids, points = await leak_emissions.components(connection, owner.enterprise_id, groups)
    begin, end = day_start(months[0]), day_start(add_months(months[-1], 1))
    readings = Readings(*await leak_emissions.readings(connection, ids, begin, end))
    repairs = Repairs(*await leak_emissions.repairs(connection, ids, end))
    return month_rows(points, readings, repairs, months, _params(rule))


async def _keep_factors(connection: Connection, job: Job) -> None:
    await leak_emissions.keep_factors(connection, shipped_leak_factors(), _params(job.rules[-1]).selection)


def _params(rule: Rule) -> LeakEmissionParams:
    params = rule.typed_params
    assert isinstance(params, LeakEmissionParams)
    return params


def _first_month(owner: EmissionOwner, job: Job) -> date:
    """First month that is judged: of the registration, or of the rule's validity."""
    return max(owner.registered_from, local_day(job.valid_from_at)).replace(day=1)


def _months(first: date, end: date) -> list[date]:
    """First days of the months from one to before another."""
    months = []
    while first < end:
        months.append(first)
        first = add_months(first, 1)
    return months
