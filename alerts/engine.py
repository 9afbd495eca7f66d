"""Findings to alerts: takes new findings off the work list and brings the alerts of their series to what is true now.

One step is one transaction: work taken, alerts and their history changed, news of them left for the dispatcher, or none
of it. Whom to tell is not decided here.
A series is everything of one (rule, alert subject). It is evaluated anew from its current findings each time, so late,
corrected and reordered findings need no code of their own, and a step repeated after a crash changes nothing. All
series of a step are read and written together, by a number of statements that does not grow with theirs.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.lifecycle import ended, judge
from alerts.reconcile import StoredAlert, plan
from alerts.series import Group, findings, former, grouped, loud
from alerts.writer import Change, Writer
from domain.alerts import AlertState, Condition
from domain.findings import Subject
from storage import alertseries as store
from storage.database import Connection, Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """public_url: how people reach the desk, without a slash at the end. batch: findings per step, each with all
    waiting ones of its series; each series holds one of the database's locks until the step ends."""

    public_url: str = "http://127.0.0.1:8080"
    batch: int = 1000


@dataclass(slots=True)
class StepReport:
    """What a step did. fired: new firing alerts by severity; resolved: by resolution; failed: series left for later."""

    taken: int = 0
    series: int = 0
    failed: int = 0
    opened: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    resolved: Counter[str] = field(default_factory=Counter)

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing that could be done."""
        return self.taken == 0 or self.failed == self.series > 0

    def add(self, part: StepReport) -> None:
        """Count what a part of the step did."""
        self.opened += part.opened
        self.fired += part.fired
        self.resolved += part.resolved


class AlertEngine:
    """Evaluates series of findings. Any number of engines may work on one database."""

    def __init__(self, database: Database, settings: EngineSettings) -> None:
        self._database = database
        self._settings = settings

    async def step(self, now: datetime) -> StepReport:
        """Work through the oldest new findings, `batch` and those of the same series. now: the platform's clock.

        Raises StorageUnavailable; then nothing has changed. A series that fails otherwise is logged and its findings
        go to the end of the work list, so that it does not keep the others from people.
        """
        report = StepReport()
        async with self._database.transaction() as connection:
            work = await store.take_work(connection, self._settings.batch)
            report.taken = len(work)
            rules = await store.rules(connection, {one.rule_id for one in work})
            groups = grouped(work, rules)
            gone = former(await store.open_of(connection, [one.finding_id for one in work]), rules) if work else []
            report.series = len(groups)
            if groups or gone:
                keys = {group.series.key for group in groups} | {
                    (one.rule_id, Subject.parse(one.subject)) for one in gone
                }
                await store.lock(connection, sorted(keys, key=lambda key: (key[0], str(key[1]))))
                writer = Writer(connection, now=now, public_url=self._settings.public_url, report=report)
                await writer.retire(gone)
                await self._evaluate_all(connection, await loud(connection, groups), now, report)
        return report

    async def _evaluate_all(
        self, connection: Connection, groups: Sequence[Group], now: datetime, report: StepReport
    ) -> None:
        """All together; where that fails, each half by itself, until those that fail stand alone."""
        if not groups:
            return
        counted = StepReport()
        try:
            async with connection.transaction():
                await self._evaluate(connection, groups, now, counted)
        except Exception:  # whatever one series does, the others go on
            if len(groups) > 1:
                half = len(groups) // 2
                await self._evaluate_all(connection, groups[:half], now, report)
                await self._evaluate_all(connection, groups[half:], now, report)
                return
            report.failed += 1
            (group,) = groups
            await store.put_back(connection, group.finding_ids)
            rule_id, subject = group.series.key
            logger.exception("series could not be evaluated", extra={"rule": rule_id, "subject": str(subject)})
        else:
            report.add(counted)

    async def _evaluate(
        self, connection: Connection, groups: Sequence[Group], now: datetime, report: StepReport
    ) -> None:
        """Spans that ended before anything changed are as they were: they are neither looked for nor made."""
        rows = await store.stored(connection, [(*group.series.key, group.changed_from) for group in groups])
        from_ats = [
            min([group.changed_from, *(row.occurred_at for row in own)])
            for group, own in zip(groups, rows, strict=True)
        ]
        found = await findings(connection, [group.series for group in groups], from_ats)
        changes = []
        for group, own, known in zip(groups, rows, found, strict=True):
            spans, breaches = judge(known, group.series.settings)
            if not group.series.rule.is_judged:
                spans = ended(spans)
            spans = [span for span in spans if span.resolved_at is None or span.resolved_at >= group.changed_from]
            todo = plan([_stored(row) for row in own], spans)
            changes.append(Change(group.series, {row.alert_id: row for row in own}, todo, breaches))
        writer = Writer(connection, now=now, public_url=self._settings.public_url, report=report)
        await writer.write(changes)


def _stored(row: store.AlertRow) -> StoredAlert:
    return StoredAlert(
        row.alert_id,
        AlertState(row.state),
        row.occurred_at,
        row.fired_at,
        row.resolved_at,
        Condition(row.condition),
    )
