"""The rule engine: a step judges whatever can be judged at an instant, writes what is new, remembers how far it got.

Any number of engines may share a database. Judging a rule takes that rule's lock; consuming the work list takes the
whole engine's, because work on an hour that somebody is just judging must not be mistaken for work on the future.
Everything that belongs together is in one transaction: a step may die anywhere and be repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.errors import WorldFailed
from domain.findings import Subject, SubjectKind
from domain.limits import Averaging
from domain.periods import hour_of, month_of
from rules.decisions import DecidedRule, outside, resolve
from rules.evaluators.account import LOOK_BACK
from rules.evaluators.outlet_day import NEEDS
from rules.evaluators.rule_failed import HealthWindow
from rules.families.accounts import TOTALS, Accounts, sum_up, sum_up_again
from rules.families.capture import Capture, Transmission
from rules.families.contract import Advance, Family, Job, Worklist, judge
from rules.families.days import Days
from rules.families.dutyset import DUTY_FAMILIES
from rules.families.gateways import SilentGateways
from rules.families.hours import Hours
from rules.families.leaksignset import LEAK_SIGN_FAMILIES
from rules.families.mass import Mass
from rules.families.meterset import METER_FAMILIES
from rules.families.months import Months
from rules.families.outletdays import OutletDays
from rules.families.oxidisers import OXYGEN_PAIR, Oxidisers
from rules.families.periodic import Periodic
from rules.families.quality import CalibrationDue, Drift, Runs
from rules.families.rates import Rates
from rules.families.recording import settle
from rules.families.signs import Signs
from rules.families.silence import Silence
from rules.families.statements import Statements
from rules.families.warnings import Warnings
from rules.pack import Rule, RuleSet
from storage import decisions, findings, limits, rule_state
from storage.database import Connection, Database

logger = logging.getLogger(__name__)

#: Families by evaluator, in the order in which rules are judged: months count the verdicts of hours.
FAMILIES: Mapping[str, Family] = {
    "hourly_limit": Hours(Averaging.HOUR),
    "single_limit": Hours(Averaging.SINGLE),
    "daily_limit": OutletDays(),
    "offline": Silence(),
    "gateway_offline": SilentGateways(),
    "installation_rate": Days(needs_arrival=False),
    "fit_rate": Days(needs_arrival=False),
    "online_rate": Days(needs_arrival=True),
    **DUTY_FAMILIES,
    "monthly_share": Months(),
    "early_warning": Warnings(),
    "reported_value": Periodic(Statements()),
    "qa_drift": Periodic(Drift()),
    "qa_calibration_due": Periodic(CalibrationDue()),
    "run_gap": Periodic(Runs()),
    "oxidiser_o2": Periodic(Oxidisers(OXYGEN_PAIR, without_air_only=True)),
    "furnace_temperature": Periodic(Oxidisers(("furnace_temperature",), without_air_only=False)),
    **METER_FAMILIES,
    "hourly_rate": Rates(),
    "capture_rate": Capture(),
    "transmission_rate": Transmission(),
    "mass_total": Mass(),
    **{name: Signs() for name in NEEDS},
    **LEAK_SIGN_FAMILIES,
    **{name: Accounts(months) for name, months in LOOK_BACK.items()},
}

RULE_FAILED = "platform.rule_failed"

_ERROR_LENGTH = 500
#: Seconds for which the engine trusts its memory of what it has judged.
_REMEMBER_S = 60.0


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the engine works.

    grace: after a period's end, before it is judged; covers the way of the last readings into hourly rows.
    batch_rows: judgements in one transaction; bounds memory and how long the event loop and other engines wait.
    work_rows: rows of the work list taken in one transaction.
    """

    grace: timedelta = timedelta(minutes=10)
    batch_rows: int = 4_000
    work_rows: int = 20_000


@dataclass(slots=True)
class StepReport:
    """What a step did.

    work: rows of the work list consumed. judged: verdicts computed; written, superseded: findings. failed: error by
    rule. deferred: rules with something closed that is not settled yet. skipped: rules that another engine is judging.
    evaluated: rules that have now judged everything closed at the step's instant. advanced: whether any rule had to
    look for closed periods.
    """

    now: datetime
    work: int = 0
    judged: int = 0
    written: int = 0
    superseded: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    deferred: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    evaluated: list[str] = field(default_factory=list)
    advanced: bool = False
    by_rule: dict[str, Advance] = field(default_factory=dict)

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do."""
        return self.work == self.judged == self.written == self.superseded == 0

    def count(self, rule_id: str, done: Advance) -> None:
        """Add a piece of work to the sums."""
        self.by_rule.setdefault(rule_id, Advance()).add(done)
        self.judged += done.judged
        self.written += done.written
        self.superseded += done.superseded


class _Overtaken(Exception):
    """Somebody has decided on a rule since the engine last looked."""


class Engine:
    """Judges the rules of a rule set that are in force, as shipped and as operators have decided, on one database."""

    def __init__(self, database: Database, rules: RuleSet, settings: EngineSettings | None = None) -> None:
        self._database = database
        self._shipped = rules
        self._settings = settings or EngineSettings()
        self._decided = 0
        self._take(rules)
        self._synced: dict[str, tuple[int, bool]] = {}
        self._presets_synced = False
        self._complete: dict[str, tuple[datetime, int | None]] = {}
        self._summed: datetime | None = None
        self._forget_at = 0.0
        self._known_errors: dict[str, str] = {}

    def _take(self, rules: RuleSet) -> None:
        """Work by a rule set from now on. A rule that was decided on is looked after even where it is not in force:
        what it found before may have to go."""
        self._rules = rules
        self._watched = [rule_id for rule_id in rules.variants if rule_id in rules.enabled or rule_id in rules.decided]
        ids = [rule_id for rule_id in self._watched if self._variants(rule_id)[0].evaluator in FAMILIES]
        order = list(FAMILIES)
        self._order = sorted(ids, key=lambda rule_id: (order.index(self._variants(rule_id)[0].evaluator), rule_id))

    def _variants(self, rule_id: str) -> Sequence[Rule]:
        return self._rules.variants[rule_id]

    def _job(self, rule_id: str, now: datetime) -> Job:
        settings = self._settings
        return Job(rule_id, self._variants(rule_id), now, now - settings.grace, settings.batch_rows)

    async def sync(self, now: datetime) -> None:
        """Read what operators have decided; bring the rows of table `rule` to what is in force, where that has changed
        since the last time; and, once, the shipped limits."""
        await self._look_up_decisions()
        in_force = {rule_id: self._rules.in_force(rule_id, now) for rule_id in self._rules.variants}
        versions = {rule_id: (rule.version, rule.judges_from(now)) for rule_id, rule in in_force.items()}
        if versions == self._synced and self._presets_synced:
            return
        async with self._database.transaction() as connection:
            await rule_state.lock_rule(connection, RULE_FAILED)
            await rule_state.sync_rules(connection, [_rule_row(self._rules, rule, now) for rule in in_force.values()])
            if not self._presets_synced:
                await limits.sync_presets(connection, [preset.row() for preset in self._rules.limits], now)
        self._synced, self._presets_synced = versions, True

    async def _look_up_decisions(self) -> None:
        async with self._database.transaction() as connection:
            newest = await decisions.newest_decision(connection)
            if newest == self._decided:
                return
            made = await decisions.decisions(connection)
        rules, problems = resolve(self._shipped, made)
        for problem in problems:
            logger.error("a decision on a rule cannot be followed: %s", problem)
        self._take(rules)
        self._decided = newest
        self._synced = {}
        self._complete.clear()

    async def step(self, now: datetime) -> StepReport:
        """Judge again what has changed, then everything closed that is not judged yet.

        Raises StorageUnavailable; what was done until then stays done. A rule that raises anything else is noted in
        the report, in its row and as a finding of `platform.rule_failed`, and the others go on.
        """
        await self.sync(now)
        report = StepReport(now)
        if (moment := asyncio.get_running_loop().time()) >= self._forget_at:
            # another engine may have set watermarks back, or a register may have been changed behind our back
            self._complete.clear()
            self._forget_at = moment + _REMEMBER_S
        await self._drain(report)
        await self._sum_up(report)
        for rule_id in self._order:
            await self._advance(rule_id, report)
        busy = {*report.failed, *report.deferred, *report.skipped}
        report.evaluated = [rule_id for rule_id in self._watched if rule_id not in busy]
        await self._close(report)
        return report

    async def _drain(self, report: StepReport) -> None:
        """Consume the work list. The watermarks of a rule that cannot do its share are set back instead."""
        more = True
        while more:
            try:
                more = await self._consume(report)
            except _Overtaken:
                await self.sync(report.now)

    async def _consume(self, report: StepReport) -> bool:
        """Consume a piece of the work list; False when there is none. Raises _Overtaken when some of the work may come
        from a decision that is not known here: then nothing is consumed."""
        async with self._database.transaction() as connection:
            if not await rule_state.has_work(connection):
                return False
            await rule_state.lock_work(connection)
            taken, rows = await rule_state.take_work(connection, self._settings.work_rows)
            if await decisions.newest_decision(connection) != self._decided:
                raise _Overtaken
            report.work += taken
            work = Worklist.of(rows)
            if work.hours:
                await sum_up_again(connection, work)
            if work.registers:
                self._complete.clear()
            through = await rule_state.judged_through(connection)
            for rule_id in self._order:
                if work.concerns(through.get(rule_id)):
                    await self._revise(connection, rule_id, work, report)
            if work.registers:
                await self._withdraw(connection, report)
        return True

    async def _sum_up(self, report: StepReport) -> None:
        """Sum up the months of counters that have closed, before the rules that rest on them."""
        closed_at = report.now - self._settings.grace
        latest = month_of(closed_at).start
        if self._summed == latest or not self._has_accounts:
            return
        async with self._database.transaction() as connection:
            if await rule_state.try_lock_rule(connection, TOTALS):
                await sum_up(connection, closed_at)
                self._summed = latest

    @property
    def _has_accounts(self) -> bool:
        return any(isinstance(FAMILIES[self._variants(rule_id)[0].evaluator], Accounts) for rule_id in self._order)

    async def _withdraw(self, connection: Connection, report: StepReport) -> None:
        """What rules found in periods in which operators have put them out of force goes, whatever their family."""
        for rule_id in sorted(self._rules.decided):
            variants = self._variants(rule_id)
            days = [rule.decision.effective_from for rule in variants if isinstance(rule, DecidedRule)]
            if days and (spans := outside(variants, min(days))):
                report.superseded += await decisions.withdraw(connection, rule_id, spans, report.now)

    async def _revise(self, connection: Connection, rule_id: str, work: Worklist, report: StepReport) -> None:
        family, job = FAMILIES[self._variants(rule_id)[0].evaluator], self._job(rule_id, report.now)
        try:
            async with connection.transaction():
                done = await family.revise(connection, job, work)
        except WorldFailed:
            raise
        except Exception as error:  # noqa: BLE001  whatever a rule raises, it must not stop the others
            self._failed(rule_id, error, report)
            await family.rewind(connection, job, work)
        else:
            report.count(rule_id, done)

    async def _advance(self, rule_id: str, report: StepReport) -> None:
        if rule_id in report.failed:
            return
        family, job = FAMILIES[self._variants(rule_id)[0].evaluator], self._job(rule_id, report.now)
        latest = family.latest(job)
        if (known := self._complete.get(rule_id)) is not None and known[0] == latest:
            report.by_rule.setdefault(rule_id, Advance()).subjects = known[1]
            return
        report.advanced = True
        more = True
        while more:
            try:
                async with self._database.transaction() as connection:
                    is_ours = await rule_state.try_lock_rule(connection, rule_id)
                    # what is decided from here on waits for this transaction, and judges it again
                    if not is_ours or await decisions.newest_decision(connection) != self._decided:
                        report.skipped.append(rule_id)
                        return
                    done = await family.advance(connection, job)
            except WorldFailed:
                raise
            except Exception as error:  # noqa: BLE001  whatever a rule raises, it must not stop the others
                self._failed(rule_id, error, report)
                return
            report.count(rule_id, done)
            report.by_rule[rule_id].subjects = done.subjects
            more = done.more
        if done.deferred:
            report.deferred.append(rule_id)
        else:
            self._complete[rule_id] = (latest, done.subjects)

    def _failed(self, rule_id: str, error: Exception, report: StepReport) -> None:
        text = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
        report.failed[rule_id] = text
        self._complete.pop(rule_id, None)
        if self._known_errors.get(rule_id) != text:
            logger.error("a rule could not be evaluated", exc_info=error, extra={"rule": rule_id})
            self._known_errors[rule_id] = text

    async def _close(self, report: StepReport) -> None:
        """Note each rule's health, as its row and as findings; one engine after the other, or rows would deadlock."""
        closed_at = report.now - self._settings.grace
        async with self._database.transaction() as connection:
            if not report.advanced and not report.failed:
                await rule_state.set_evaluated(connection, report.evaluated, report.now, closed_at)
                return
            await rule_state.lock_rule(connection, RULE_FAILED)
            health: dict[str, tuple[str, str | None]] = {}
            for rule_id in self._order:
                if rule_id in report.failed:
                    health[rule_id] = ("error", report.failed[rule_id])
                elif rule_id not in report.skipped:
                    self._known_errors.pop(rule_id, None)
                    subjects = report.by_rule[rule_id].subjects
                    health[rule_id] = ("ok", None) if subjects else ("unknown", self._unmatched(rule_id))
            if RULE_FAILED in self._rules.enabled:
                await self._record_health(connection, report)
                health[RULE_FAILED] = ("ok", None)
            await rule_state.set_health(connection, health)
            await rule_state.set_evaluated(connection, report.evaluated, report.now, closed_at)

    def _unmatched(self, rule_id: str) -> str:
        applies = self._variants(rule_id)[0].applies
        wanted = ", ".join(f"{key}={word}" for key, word in sorted(applies.items())) or "anything it could judge"
        return f"applies matches nothing in the register: {wanted}"

    async def _record_health(self, connection: Connection, report: StepReport) -> None:
        """Findings of `platform.rule_failed` where a rule has begun to fail or works again."""
        hour = hour_of(report.now)
        subjects = {
            rule_id: Subject(SubjectKind.RULE, rule_id) for rule_id in self._order if rule_id not in report.skipped
        }
        asked = [(str(subject), hour.end) for subject in subjects.values()]
        last = await findings.last_before(connection, RULE_FAILED, asked)
        rule = self._job(RULE_FAILED, report.now).variant_at(hour.start)
        if rule is None:
            return
        judged = []
        for rule_id, subject in subjects.items():
            previous = last.get(str(subject))
            window = HealthWindow(subject, hour, report.failed.get(rule_id), previous and previous[1])
            judged += [(rule, judgement) for judgement in judge(rule, window)]
        report.count(RULE_FAILED, await settle(connection, judged, {}, report.now, rule_id=RULE_FAILED))


def _rule_row(rules: RuleSet, rule: Rule, now: datetime) -> dict[str, Any]:
    """A row of table `rule`: the variant in force, and under `variants` all of them where there are several."""
    definition = rule.definition()
    variants = rules.variants[rule.id]
    if len(variants) > 1:
        definition["variants"] = [variant.definition() for variant in variants]
    return {
        "rule_id": rule.id,
        "version": rule.version,
        "pack": rules.pack_of[rule.id],
        "title": rule.title,
        "evaluator": rule.evaluator,
        "standard": rule.standard,
        "clause": rule.clause,
        "status": rule.status,
        "document_status": rule.document_status,
        "confidence": rule.confidence,
        "enabled": rule.judges_from(now),
        "severity": rule.alert.severity,
        "definition": definition,
    }
