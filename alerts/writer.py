"""Writes what an evaluation decided: alert rows, their history, and news for the dispatcher, of many series at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alerts.lifecycle import breaches_of
from alerts.material import NOT_ALERTED, Draft, retired, texts
from alerts.reconcile import Plan
from alerts.series import Series
from alerts.wording import Text, local_text, withdrawn
from domain.alerts import AlertState, Breach, Condition, EventKind, Resolution, Span
from domain.telling import NewsKind
from storage import alerts as store
from storage import dispatch
from storage.alertseries import AlertRow
from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a series' alerts. rows: the stored ones, by number; breaches: what its spans are made of."""

    series: Series
    rows: Mapping[int, AlertRow]
    todo: Plan
    breaches: Sequence[Breach]


class Tally(Protocol):
    """What a writer counts."""

    opened: int
    fired: Counter[str]
    resolved: Counter[str]


class Writer:
    """Writes within one transaction, at one instant of the platform's clock. For one use."""

    def __init__(self, connection: Connection, *, now: datetime, public_url: str, report: Tally) -> None:
        self._connection = connection
        self._now = now
        self._public_url = public_url
        self._report = report
        self._summaries: dict[int, str] = {}
        self._updates: list[store.AlertContent] = []
        self._inserts: list[store.NewAlert] = []
        self._events: list[store.Event] = []
        self._news: list[dispatch.News] = []

    async def write(self, changes: Sequence[Change]) -> None:
        """Carry the plans out. Raises RuntimeError when somebody opened another alert of a series without its lock."""
        numbers = iter(await store.next_alert_ids(self._connection, sum(len(one.todo.new) for one in changes)))
        kept: list[list[Draft]] = []
        new: list[list[Draft]] = []
        for one in changes:
            kept.append([self._draft(one, old.alert_id, span) for old, span in _moved(one)])
            new.append([self._draft(one, next(numbers), span) for span, _ in one.todo.new])
        drafts = [draft for lists in (kept, new) for own in lists for draft in own]
        told = dict(zip((id(draft) for draft in drafts), await texts(self._connection, drafts), strict=True))
        for one, kept_drafts, new_drafts in zip(changes, kept, new, strict=True):
            for gone in one.todo.superseded:
                self._supersede(one.rows[gone.alert_id])
            for draft in kept_drafts:
                self._update(one.rows[draft.alert_id], draft, told[id(draft)])
            for draft, (_, replaced) in zip(new_drafts, one.todo.new, strict=True):
                self._open(draft, [alert.alert_id for alert in replaced], told[id(draft)])
        await self._flush()

    async def retire(self, alerts: Sequence[AlertRow]) -> None:
        """End open alerts as they are: nobody will judge any more what they are about."""
        summaries = {one.alert_id: retired(one.summary, NOT_ALERTED, self._url(one.alert_id)) for one in alerts}
        ended = await store.retire_alerts(self._connection, summaries)
        for one in alerts:
            if one.alert_id not in ended:
                continue
            self._event(one.alert_id, EventKind.RESOLVED, comment=Resolution.RETIRED)
            self._report.resolved[Resolution.RETIRED] += 1
            if one.fired_at is not None:
                self._announce(one.alert_id, "resolved", one.last_seen_at)
        await self._flush()

    async def _flush(self) -> None:
        """In this order: what is over makes room for what is new in the series."""
        await store.supersede_alerts(self._connection, self._summaries)
        await store.update_alerts(self._connection, self._updates)
        stored = await store.insert_alerts(self._connection, self._inserts, self._now)
        for alert in self._inserts:
            if alert.content.alert_id not in stored:
                raise RuntimeError(f"{alert.rule_id} {alert.subject}: another alert was opened meanwhile")
        await store.append_events(self._connection, self._events)
        await dispatch.announce(self._connection, self._news)

    def _draft(self, change: Change, alert_id: int, span: Span) -> Draft:
        return Draft(change.series, alert_id, span, breaches_of(span, change.breaches), self._url(alert_id))

    def _supersede(self, alert: AlertRow) -> None:
        """Withdraw an alert. That one is withdrawn which was over already is news to nobody."""
        was_open = alert.state != AlertState.RESOLVED
        self._summaries[alert.alert_id] = withdrawn(alert.summary, self._url(alert.alert_id))
        kind = EventKind.RESOLVED if was_open else EventKind.SUPERSEDED
        self._event(alert.alert_id, kind, comment=Resolution.SUPERSEDED)
        self._report.resolved[Resolution.SUPERSEDED] += 1
        if was_open and alert.fired_at is not None:
            self._announce(alert.alert_id, "withdrawn", alert.last_seen_at)

    def _update(self, alert: AlertRow, draft: Draft, text: Text) -> None:
        """Bring a stored alert to its span."""
        span, was_open = draft.span, alert.state != AlertState.RESOLVED
        content = _content(draft, text)
        if not _is_same(alert, content):
            self._updates.append(content)
        if alert.occurred_at != span.occurred_at or not (was_open or _ended_alike(alert, span)):
            was, now = _times(alert.occurred_at, alert.resolved_at), _times(span.occurred_at, span.resolved_at)
            comment = f"原{was}，现{now}"
            self._event(alert.alert_id, EventKind.CORRECTED, comment=comment, finding_id=content.finding_id)
        self._see_no_data(draft, alert.no_data_since)
        self._progress(draft, had_fired=alert.fired_at is not None, was_open=was_open, was_notified=alert.was_notified)

    def _open(self, draft: Draft, replaces: Sequence[int], text: Text) -> None:
        """Store a new alert. replaces: resolved alerts that late data made part of this one."""
        series, span = draft.series, draft.span
        content = _content(draft, text)
        self._inserts.append(store.NewAlert(series.rule.rule_id, series.subject, series.enterprise_id, content))
        self._report.opened += 1
        if replaces:
            comment = "接续告警 " + "、".join(f"#{number}" for number in replaces)
            self._event(draft.alert_id, EventKind.REOPENED, comment=comment, finding_id=content.finding_id)
        if span.fired_at is None or (series.settings.for_ and span.condition is Condition.VIOLATION):
            self._event(draft.alert_id, EventKind.PENDING, finding_id=content.finding_id)
        self._see_no_data(draft, None)
        self._progress(draft, had_fired=False, was_open=True, was_notified=False)

    def _see_no_data(self, draft: Draft, was: datetime | None) -> None:
        """History of a violation that cannot be seen any more, or again."""
        since = draft.span.no_data_since
        if since is not None and was is None:
            comment = f"{local_text(since)}起没有有效数据"
            self._event(draft.alert_id, EventKind.NO_DATA, comment=comment, finding_id=draft.finding_id)
        elif since is None and was is not None:
            self._event(draft.alert_id, EventKind.DATA_RETURNED, finding_id=draft.finding_id)

    def _progress(self, draft: Draft, *, had_fired: bool, was_open: bool, was_notified: bool) -> None:
        """History and news for what is new about an alert: that it fires, and that it is over."""
        span, alert_id = draft.span, draft.alert_id
        if span.fired_at is not None and not had_fired:
            self._event(alert_id, EventKind.FIRING, finding_id=draft.finding_id)
            self._report.fired[draft.severity] += 1
        newest = max(breach.established_at for breach in draft.breaches)
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

    def _announce(self, alert_id: int, kind: NewsKind, established_at: datetime) -> None:
        self._news.append(dispatch.News(alert_id, kind, established_at, self._now))

    def _event(self, alert_id: int, kind: EventKind, *, comment: str = "", finding_id: int | None = None) -> None:
        self._events.append(store.Event(alert_id, self._now, kind, comment=comment, finding_id=finding_id))

    def _url(self, alert_id: int) -> str:
        return f"{self._public_url}/alerts/{alert_id}"


def _moved(change: Change) -> Iterable[tuple[AlertRow, Span]]:
    """Stored alerts with their spans, without those that were over and are as they were."""
    for old, span in change.todo.kept:
        row = change.rows[old.alert_id]
        is_as_it_was = _ended_alike(row, span) and (row.occurred_at, row.last_seen_at) == (
            span.occurred_at,
            span.last_seen_at,
        )
        if row.state != AlertState.RESOLVED or not is_as_it_was:
            yield row, span


def _ended_alike(alert: AlertRow, span: Span) -> bool:
    return (alert.fired_at, alert.resolved_at, alert.resolution) == (span.fired_at, span.resolved_at, span.resolution)


def _content(draft: Draft, text: Text) -> store.AlertContent:
    return store.AlertContent(
        draft.alert_id, draft.severity, draft.span, text.title, text.summary, text.details, draft.finding_id
    )


def _is_same(alert: AlertRow, content: store.AlertContent) -> bool:
    """Whether there is nothing to write."""
    span = content.span
    return (
        (alert.state, alert.severity, alert.title, alert.summary, alert.finding_id, alert.details)
        == (span.state, content.severity, content.title, content.summary, content.finding_id, content.details)
        and (alert.occurred_at, alert.fired_at, alert.last_seen_at, alert.resolved_at)
        == (span.occurred_at, span.fired_at, span.last_seen_at, span.resolved_at)
        and (alert.resolution, alert.no_data_since) == (span.resolution, span.no_data_since)
    )


def _times(occurred_at: datetime, resolved_at: datetime | None) -> str:
    end = "" if resolved_at is None else local_text(resolved_at)
    return f"{local_text(occurred_at)}至{end}" if end else f"{local_text(occurred_at)}起"
