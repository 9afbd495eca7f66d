"""Findings to alerts: takes new findings off the work list and brings the alerts of their series to what is true now.

One step is one transaction: work taken, alerts and their history changed, the dispatcher told, or none of it.
A series is everything of one (rule, alert subject). It is evaluated anew from its current findings each time, so late,
corrected and reordered findings need no code of their own, and a step repeated after a crash changes nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.lifecycle import judge
from alerts.reconcile import StoredAlert, plan
from alerts.writer import Series, SeriesWriter
from domain.alerts import AlertSettings, AlertState, Condition, CurrentFinding, Per
from domain.errors import BadInput
from domain.findings import Subject, SubjectKind
from storage import alerts as store
from storage.database import Connection, Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """public_url: how people reach the duty desk, without a slash at the end. batch: findings per step, each with all
    waiting ones of its series."""

    public_url: str = "http://127.0.0.1:8080"
    batch: int = 100


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


@dataclass(slots=True)
class _Group:
    series: Series
    changed_from: datetime
    finding_ids: list[int]


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
            # always in the same order: two workers that wait for each other's series would wait for ever
            groups = sorted(_groups(work, rules), key=lambda g: (g.series.rule.rule_id, g.series.subject))
            report.series += len(groups)
            for group in await _loud(connection, groups):
                counted = StepReport()
                try:
                    async with connection.transaction():
                        await self._evaluate(connection, group, now, counted)
                except Exception:  # whatever one series does, the others go on
                    report.failed += 1
                    await store.put_back(connection, group.finding_ids)
                    logger.exception(
                        "series could not be evaluated",
                        extra={"rule": group.series.rule.rule_id, "subject": str(group.series.subject)},
                    )
                else:
                    _add(report, counted)
        return report

    async def _evaluate(self, connection: Connection, group: _Group, now: datetime, report: StepReport) -> None:
        series, from_at = group.series, group.changed_from
        await store.lock_series(connection, series.rule.rule_id, series.subject)
        while True:
            rows = await store.stored(connection, series.rule.rule_id, series.subject, from_at)
            earliest = min((row.occurred_at for row in rows), default=from_at)
            if earliest >= from_at:
                break
            from_at = earliest
        findings = await _findings(connection, series, from_at)
        spans, breaches = judge(findings, series.settings)
        spans = [span for span in spans if span.resolved_at is None or span.resolved_at >= from_at]
        by_id = {row.alert_id: row for row in rows}
        todo = plan([_stored(row) for row in rows], spans)
        writer = SeriesWriter(
            connection,
            series,
            breaches,
            now=now,
            public_url=self._settings.public_url,
            report=report,
        )
        for alert in todo.superseded:
            await writer.supersede(by_id[alert.alert_id])
        for alert, span in todo.kept:
            await writer.update(by_id[alert.alert_id], span)
        for span, replaced in todo.new:
            await writer.open(span, [alert.alert_id for alert in replaced])
        await writer.flush()


async def _loud(connection: Connection, groups: Sequence[_Group]) -> list[_Group]:
    """The groups that may change an alert, in order. Most findings say that all is well where all was well."""
    plain = [group for group in groups if _is_plain(group.series)]
    asked = [
        (group.series.rule.rule_id, group.series.subject, group.changed_from, group.series.settings.no_data_for)
        for group in plain
    ]
    loud = await store.lock_and_listen(connection, asked) if asked else set()
    quiet = {id(group) for number, group in enumerate(plain) if number not in loud}
    return [group for group in groups if id(group) not in quiet]


def _is_plain(series: Series) -> bool:
    """Whether nothing but a violation of the period itself opens an alert."""
    settings = series.settings
    return settings.per is Per.SUBJECT and not settings.duty and series.subject.kind is not SubjectKind.RULE


def _groups(work: Iterable[store.Work], rules: dict[str, store.RuleRow]) -> Iterable[_Group]:
    """New findings by series; those that do not alert are left out."""
    parsed = {rule_id: _settings(rule) for rule_id, rule in rules.items()}
    groups: dict[tuple[str, Subject], _Group] = {}
    for one in work:
        settings = parsed.get(one.rule_id)
        subject = None if settings is None else settings.alert_subject(Subject.parse(one.subject))
        if settings is None or subject is None:
            continue
        group = groups.setdefault(
            (one.rule_id, subject),
            _Group(Series(rules[one.rule_id], settings, subject, one.enterprise_id), one.changed_from, []),
        )
        group.changed_from = min(group.changed_from, one.changed_from)
        group.finding_ids.append(one.finding_id)
    return groups.values()


def _settings(rule: store.RuleRow) -> AlertSettings | None:
    """A rule's alert settings; None, and an error in the log, when they cannot be read."""
    if rule.alert is None:
        return None
    try:
        return AlertSettings.parse(rule.alert)
    except BadInput:
        logger.exception("a rule's alert settings cannot be read: it does not alert", extra={"rule": rule.rule_id})
        return None


async def _findings(connection: Connection, series: Series, from_at: datetime) -> list[CurrentFinding]:
    rule_id = series.rule.rule_id
    if series.settings.per is Per.SUBJECT:
        if series.settings.duty:
            return await store.duty_findings(connection, rule_id, series.subject, from_at)
        return await store.subject_findings(connection, rule_id, series.subject, from_at)
    if series.enterprise_id is None:
        return []
    found = await store.enterprise_findings(connection, rule_id, series.enterprise_id, from_at)
    return [finding for finding in found if series.settings.alert_subject(finding.subject) == series.subject]


def _stored(row: store.AlertRow) -> StoredAlert:
    return StoredAlert(
        row.alert_id,
        AlertState(row.state),
        row.occurred_at,
        row.fired_at,
        row.resolved_at,
        Condition(row.condition),
    )


def _add(total: StepReport, part: StepReport) -> None:
    total.opened += part.opened
    total.fired += part.fired
    total.resolved += part.resolved
