"""Family of the LDAR signs that look at a campaign (检测轮次): when its last day has closed, once more when the terms
of its leaks are over, and again when its records or declarations change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.findings import Verdict
from domain.periods import Period, day_period, day_start, local_day
from rules.evaluators.contract import Judgement
from rules.evaluators.ldar_sign_ledger import PeriodParams
from rules.evaluators.leak_records import LeakCampaign
from rules.families.contract import EVER, NEVER, Advance, Job, Worklist, judge, key_of
from rules.families.leakwindows import campaign_window, keep, kept
from rules.families.recording import Window, settle
from rules.pack import Rule
from storage import leak_campaigns, rule_state
from storage.database import Connection
from storage.leak_campaigns import CampaignRow
from storage.schedules import ComponentOwner

_DAY = timedelta(days=1)
#: Of several campaigns that begin on one day the finding tells the worst.
_WORST = (Verdict.VIOLATION, Verdict.UNDETERMINED, Verdict.COMPLIANT)
_PAST = 2

CAMPAIGN_SIGNS = (
    "ldar_sign_ledger",
    "ldar_sign_period",
    "ldar_sign_digits",
    "ldar_sign_video",
    "ldar_sign_repair",
)


class LeakCampaigns:
    """See `contract.Family`. The watermark of an enterprise is the end of the last day that was looked at."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge campaigns of which a day of judgement has closed."""
        owners = await leak_campaigns.enterprises(connection)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = self.latest(job)
        pending = [owner for owner in owners if marks.get(key_of(owner), EVER) < closed]
        done = Advance(subjects=len(owners))
        for owner in pending:
            rows = await leak_campaigns.campaigns(connection, owner.enterprise_id)
            mark = marks.get(key_of(owner))
            before = None if mark is None else local_day(mark) - _DAY
            as_of = local_day(closed) - _DAY
            chosen = [one for one in rows if _closes(job, one, before, as_of)]
            done.add(await self._judge(connection, job, owner, rows, chosen, as_of))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, {key_of(owner): closed})
            if done.judged >= max(1, job.batch_rows // 100):
                done.more = owner is not pending[-1]
                break
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge touched campaigns again, as far as they are judged already; all of an enterprise's when its register
        or its campaigns changed: one may have gone, or begin on another day."""
        done = Advance()
        if not (touched := await self._touched(connection, work)):
            return done
        marks = await rule_state.watermarks(connection, job.rule_id)
        for owner, codes in touched:
            mark = marks.get(key_of(owner))
            if mark is None:
                continue
            as_of = local_day(mark) - _DAY
            rows = await leak_campaigns.campaigns(connection, owner.enterprise_id)
            chosen = [one for one in rows if _closes(job, one, None, as_of) and (codes is None or one.code in codes)]
            whole = [(key_of(owner), EVER, NEVER)] if codes is None else None
            done.add(await self._judge(connection, job, owner, rows, chosen, as_of, work, whole))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """Everything of the touched enterprises is looked at again: a campaign was judged who knows when."""
        keys = [key_of(owner) for owner, _ in await self._touched(connection, work)]
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, dict.fromkeys(keys, EVER))

    async def _touched(
        self, connection: Connection, work: Worklist
    ) -> list[tuple[ComponentOwner, frozenset[str] | None]]:
        """Enterprises with codes of campaigns, None for all."""
        codes: dict[int, set[str]] = {}
        if work.component_days:
            touched = {(component, day) for component, days in work.component_days.items() for day in days}
            for enterprise_id, code in await leak_campaigns.touched(connection, touched):
                codes.setdefault(enterprise_id, set()).add(code)
        whole = {*work.ldar, *work.registers}
        if not codes and not whole:
            return []
        owners = await leak_campaigns.enterprises(connection)
        out: list[tuple[ComponentOwner, frozenset[str] | None]] = []
        for owner in owners:
            if owner.enterprise_id in whole:
                out.append((owner, None))
            elif owner.enterprise_id in codes:
                out.append((owner, frozenset(codes[owner.enterprise_id])))
        return out

    async def _judge(
        self,
        connection: Connection,
        job: Job,
        owner: ComponentOwner,
        rows: Sequence[CampaignRow],
        chosen: Sequence[CampaignRow],
        as_of: date,
        work: Worklist | None = None,
        whole: list[Window] | None = None,
    ) -> Advance:
        """Judge campaigns, with all others that begin on the same days."""
        starts = {one.from_day for one in chosen if one.to_day >= owner.registered_from}
        judged: list[tuple[Rule, Judgement]] = []
        windows: list[Window] = []
        for start in sorted(starts):
            windows.append((key_of(owner), day_start(start), day_period(start).end))
            rule = job.variant_at(day_start(start))
            if rule is None:
                continue
            together = [one for one in rows if one.from_day == start and _closes(job, one, None, as_of)]
            found = []
            for one in together:
                window = await _window(connection, job, owner, rows, one, _moment(job, one, as_of), work)
                found += judge(rule, window)
            if found:
                judged.append((rule, worst_of(found)))
        ids = {owner.code: owner.enterprise_id}
        spans = windows if whole is None else whole
        return await settle(connection, judged, ids, job.now, whole=spans, rule_id=job.rule_id)


def worst_of(found: Sequence[Judgement]) -> Judgement:
    """One judgement of campaigns that begin on one day: the worst, which names the others."""
    ordered = sorted(found, key=lambda one: (_WORST.index(one.verdict), str(one.evidence["campaign"])))
    if len(ordered) == 1:
        return ordered[0]
    worst = ordered[0]
    others = [
        {"campaign": one.evidence["campaign"], "verdict": one.verdict.value, "reason": one.reason, "value": one.value}
        for one in ordered[1:]
    ]
    end = max(one.period.end for one in ordered)
    return replace(worst, period=Period(worst.period.start, end), evidence=worst.evidence | {"besides": others})


def _moments(job: Job, campaign: CampaignRow) -> list[date]:
    """Last days as at whose ends a campaign is judged: its own, and for what leaks come to the end of all terms."""
    moments = [campaign.to_day]
    terms = [rule.typed_params.repair_days for rule in job.rules if isinstance(rule.typed_params, PeriodParams)]
    if terms:
        moments.append(campaign.to_day + (max(terms) + 1) * _DAY)
    return moments


def _closes(job: Job, campaign: CampaignRow, before: date | None, as_of: date) -> bool:
    """Whether a day of judgement of a campaign lies after one day (None: at any time) and not after another."""
    return any((before is None or before < moment) and moment <= as_of for moment in _moments(job, campaign))


def _moment(job: Job, campaign: CampaignRow, as_of: date) -> date:
    """The last day of judgement: a late record does not make a campaign look older than it did."""
    return max(moment for moment in _moments(job, campaign) if moment <= as_of)


async def _window(
    connection: Connection,
    job: Job,
    owner: ComponentOwner,
    rows: Sequence[CampaignRow],
    campaign: CampaignRow,
    as_of: date,
    work: Worklist | None,
) -> LeakCampaign:
    """What a sign looks at in a campaign."""
    name, enterprise_id = job.rule.evaluator, owner.enterprise_id
    key = ("leak_campaign", enterprise_id, campaign.code)
    tests = kept(work, key)
    if tests is None:
        tests = keep(work, key, await leak_campaigns.rows(connection, enterprise_id, campaign))
    in_service, leaks, retests, past = [], [], [], []
    if name in ("ldar_sign_ledger", "ldar_sign_period"):
        in_service = await leak_campaigns.in_service(connection, enterprise_id, campaign)
    if name in ("ldar_sign_period", "ldar_sign_repair"):
        leaks = await leak_campaigns.leaks(connection, enterprise_id, campaign)
    if name == "ldar_sign_repair" and leaks:
        component_ids = sorted({leak.component_id for leak in leaks})
        retests = await leak_campaigns.retests(connection, component_ids, day_start(campaign.from_day))
    if name == "ldar_sign_digits":
        earlier = [one for one in rows if one.to_day < campaign.from_day][-_PAST:]
        for one in reversed(earlier):
            past.append((one.code, *await leak_campaigns.counted(connection, enterprise_id, one)))
    return campaign_window(owner.code, campaign, as_of, tests, in_service, leaks, retests, past)
