"""Writes what a series' evaluation decided: alert rows, their history, and news for the dispatcher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alerts.cautions import describe
from alerts.lifecycle import breaches_of
from alerts.wording import Basis, Facts, Text, local_text, withdrawn
from domain.alerts import AlertSettings, AlertState, Breach, Condition, EventKind, Resolution, Span
from domain.findings import Subject, SubjectKind
from storage import alerts as store
from storage import dispatch
from storage.database import Connection
from storage.limits import limit_basis

#: Subjects of an alert that a text may tell one by one.
_TOLD = 50


@dataclass(frozen=True, slots=True)
class Series:
    """Everything of one rule on one alert subject."""

    rule: store.RuleRow
    settings: AlertSettings
    subject: Subject
    enterprise_id: int | None


class Tally(Protocol):
    """What a writer counts."""

    opened: int
    fired: Counter[str]
    resolved: Counter[str]


class SeriesWriter:
    """Writes within one transaction, at one instant of the platform's clock."""

    def __init__(
        self,
        connection: Connection,
        series: Series,
        breaches: Sequence[Breach],
        *,
        now: datetime,
        public_url: str,
        report: Tally,
    ) -> None:
        self._connection = connection
        self._series = series
        self._breaches = breaches
        self._now = now
        self._public_url = public_url
        self._report = report
        self._names: tuple[str | None, str | None] | None = None
        self._events: list[store.Event] = []
        self._news: list[dispatch.News] = []

    async def supersede(self, alert: store.AlertRow) -> None:
        """Withdraw an alert. That one is withdrawn which was over already is news to nobody."""
        was_open = alert.state != AlertState.RESOLVED
        summary = withdrawn(alert.summary, self._url(alert.alert_id))
        await store.supersede_alert(self._connection, alert.alert_id, summary)
        self._event(
            alert.alert_id,
            EventKind.RESOLVED if was_open else EventKind.SUPERSEDED,
            comment=Resolution.SUPERSEDED,
        )
        self._report.resolved[Resolution.SUPERSEDED] += 1
        if was_open and alert.fired_at is not None:
            self._announce(alert.alert_id, "withdrawn", alert.last_seen_at)

    async def update(self, alert: store.AlertRow, span: Span) -> None:
        """Bring a stored alert to its span."""
        if alert.state == AlertState.RESOLVED and (
            (alert.occurred_at, alert.fired_at, alert.resolved_at, alert.resolution)
            == (span.occurred_at, span.fired_at, span.resolved_at, span.resolution)
        ):
            return
        content = await self._content(alert.alert_id, span)
        await store.update_alert(self._connection, alert.alert_id, content)
        if alert.occurred_at != span.occurred_at or alert.state == AlertState.RESOLVED:
            self._event(
                alert.alert_id,
                EventKind.CORRECTED,
                comment=f"原{_times(alert.occurred_at, alert.resolved_at)}，"
                f"现{_times(span.occurred_at, span.resolved_at)}",
                finding_id=content.finding_id,
            )
        self._see_no_data(alert.alert_id, alert.no_data_since, span, content.finding_id)
        await self._progress(
            alert.alert_id,
            content,
            had_fired=alert.fired_at is not None,
            was_open=alert.state != AlertState.RESOLVED,
            was_notified=alert.was_notified,
        )

    def _see_no_data(self, alert_id: int, was: datetime | None, span: Span, finding_id: int) -> None:
        """History of a violation that cannot be seen any more, or again."""
        if span.no_data_since is not None and was is None:
            comment = f"{local_text(span.no_data_since)}起没有有效数据"
            self._event(alert_id, EventKind.NO_DATA, comment=comment, finding_id=finding_id)
        elif span.no_data_since is None and was is not None:
            self._event(alert_id, EventKind.DATA_RETURNED, finding_id=finding_id)

    async def open(self, span: Span, replaces: Sequence[int]) -> None:
        """Store a new alert. replaces: resolved alerts that late data made part of this one."""
        alert_id = await store.next_alert_id(self._connection)
        content = await self._content(alert_id, span)
        series = self._series
        if not await store.insert_alert(
            self._connection, alert_id, series.rule.rule_id, series.subject, series.enterprise_id, content, self._now
        ):
            raise RuntimeError(f"{series.rule.rule_id} {series.subject}: another alert was opened meanwhile")
        self._report.opened += 1
        if replaces:
            numbers = "、".join(f"#{number}" for number in replaces)
            self._event(alert_id, EventKind.REOPENED, comment=f"接续告警 {numbers}", finding_id=content.finding_id)
        if span.fired_at is None or (series.settings.for_ and span.condition is Condition.VIOLATION):
            self._event(alert_id, EventKind.PENDING, finding_id=content.finding_id)
        self._see_no_data(alert_id, None, span, content.finding_id)
        await self._progress(
            alert_id,
            content,
            had_fired=False,
            was_open=True,
            was_notified=False,
        )

    async def _progress(
        self,
        alert_id: int,
        content: store.AlertContent,
        *,
        had_fired: bool,
        was_open: bool,
        was_notified: bool,
    ) -> None:
        """History and news for what is new about an alert: that it fires, and that it is over."""
        span = content.span
        if span.fired_at is not None and not had_fired:
            self._event(alert_id, EventKind.FIRING, finding_id=content.finding_id)
            self._report.fired[content.severity] += 1
        newest = max(breach.established_at for breach in breaches_of(span, self._breaches))
        if span.fired_at is not None and was_open and not was_notified:
            # said again as long as nobody was told: what was history when it began may have come into the present
            self._announce(alert_id, "fired", newest)
        if span.resolved_at is None or not was_open:
            return
        resolution = span.resolution or Resolution.COMPLIANT
        self._event(alert_id, EventKind.RESOLVED, comment=resolution)
        self._report.resolved[resolution] += 1
        if span.fired_at is not None:
            self._announce(alert_id, "resolved", newest)

    def _announce(self, alert_id: int, kind: dispatch.NewsKind, established_at: datetime) -> None:
        self._news.append(dispatch.News(alert_id, kind, established_at, self._now))

    def _event(self, alert_id: int, kind: EventKind, *, comment: str = "", finding_id: int | None = None) -> None:
        self._events.append(store.Event(alert_id, self._now, kind, comment=comment, finding_id=finding_id))

    async def flush(self) -> None:
        """Write the history and the news collected so far; to be called last."""
        await store.append_events(self._connection, self._events)
        await dispatch.announce(self._connection, self._news)
        self._events.clear()
        self._news.clear()

    async def _content(self, alert_id: int, span: Span) -> store.AlertContent:
        text = await self._text(alert_id, span)
        return store.AlertContent(
            severity=self._series.settings.severity_of(span.condition),
            span=span,
            title=text.title,
            summary=text.summary,
            details=text.details,
            finding_id=breaches_of(span, self._breaches)[-1].finding.finding_id,
        )

    async def _text(self, alert_id: int, span: Span) -> Text:
        series = self._series
        breaches = breaches_of(span, self._breaches)
        if self._names is None:
            self._names = await store.subject_name(self._connection, series.subject)
        enterprise_name, subject_name = self._names
        evidence = await store.evidence(self._connection, breaches[-1].finding.finding_id)
        # what is told component by component; a message holds no more of them
        told = [breach.finding.finding_id for breach in breaches if breach.until_at is None] or [
            breach.finding.finding_id for breach in breaches
        ]
        evidences = await store.evidences(self._connection, told[:_TOLD]) if series.settings.duty else {}
        is_of_components = series.settings.duty and breaches[-1].finding.subject.kind is SubjectKind.COMPONENT
        groups = await store.component_groups(self._connection, told) if is_of_components else []
        return describe(
            Facts(
                alert_id=alert_id,
                rule_title=series.rule.title,
                standard=series.rule.standard,
                clause=series.rule.clause,
                severity=series.settings.severity_of(span.condition),
                subject=series.subject,
                enterprise_name=enterprise_name,
                subject_name=subject_name,
                span=span,
                breaches=breaches,
                evidence=evidence,
                url=self._url(alert_id),
                basis=await self._basis(evidence.get("limit_id")),
                evidences=evidences,
                groups=groups,
            )
        )

    async def _basis(self, limit_id: object) -> Basis | None:
        """The limit that a finding was judged by, where it names one."""
        found = await limit_basis(self._connection, limit_id) if isinstance(limit_id, int) else None
        return None if found is None else Basis(found.kind, found.averaging, found.standard, found.clause)

    def _url(self, alert_id: int) -> str:
        return f"{self._public_url}/alerts/{alert_id}"


def _times(occurred_at: datetime, resolved_at: datetime | None) -> str:
    end = "" if resolved_at is None else local_text(resolved_at)
    return f"{local_text(occurred_at)}至{end}" if end else f"{local_text(occurred_at)}起"
