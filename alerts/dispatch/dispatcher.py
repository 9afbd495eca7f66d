"""Decides whom to tell of what has become of alerts, and puts the messages into the outbox.

One step is one transaction: news taken, messages queued, decisions and progress written, or none of it. One dispatcher
works at a time, by an advisory lock; others find nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.messages import Receiver, alert_body, idempotency_key
from domain.alerts import EventKind, Occasion, Resolution, Severity, Span
from domain.findings import Subject
from storage import alerts as history
from storage import dispatch as store
from storage.database import Database

#: The team that is told where a site has none.
DUTY = "duty"


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """public_url: how people reach the duty desk, without a slash at the end. notify_within_h: nobody is told of
    violations whose last period ended longer ago. batch: news per step."""

    public_url: str = "http://127.0.0.1:8080"
    notify_within_h: float = 24.0
    batch: int = 20_000


@dataclass(slots=True)
class DispatchReport:
    """What a step did. notified: messages queued; not_notified: alerts that nobody is told of."""

    taken: int = 0
    notified: int = 0
    not_notified: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to decide, or another dispatcher is at it."""
        return self.taken == 0


class Dispatcher:
    """Any number may run on one database; one works at a time."""

    def __init__(self, database: Database, receivers: Sequence[Receiver], settings: DispatchSettings) -> None:
        self._database = database
        self._receivers = tuple(receivers)
        self._settings = settings

    async def step(self, now: datetime) -> DispatchReport:
        """Decide about what is new. now: the platform's clock. Raises StorageUnavailable; then nothing has changed."""
        report = DispatchReport()
        async with self._database.transaction() as connection:
            if not await store.try_lock(connection):
                return report
            news = await store.take_news(connection, self._settings.batch)
            report.taken = len(news)
            if not news:
                return report
            ids = {one.alert_id for one in news}
            alerts = await store.contents(connection, ids)
            before = await store.standings(connection, ids)
            told = {alert_id: set[Receiver]() for alert_id in ids}
            for row in await store.told_to(connection, ids):
                told[row.alert_id].add(Receiver(row.channel, row.receiver))
            messages: list[store.NewNotification] = []
            decisions: list[store.DecisionRow] = []
            events: list[history.Event] = []
            standings: dict[int, tuple[str, str]] = {}

            def drop(alert_id: int, event: Occasion, reason: str) -> None:
                decisions.append(store.DecisionRow(alert_id, event, DUTY, None, None, "drop", reason))
                events.append(history.Event(alert_id, now, EventKind.NOT_NOTIFIED, comment=reason))
                report.not_notified += 1

            def send(content: store.Content, event: Occasion, to: Sequence[Receiver], reason: str) -> None:
                for receiver in to:
                    key = idempotency_key(
                        content.rule_id, content.subject, content.alert_id, content.detected_at, event, receiver
                    )
                    messages.append(
                        store.NewNotification(
                            event, DUTY, receiver.channel, receiver.name, key, "", self._body(content, event, now),
                            [(content.alert_id, event)],
                        )
                    )  # fmt: skip
                    decisions.append(
                        store.DecisionRow(
                            content.alert_id, event, DUTY, receiver.channel, receiver.name, "send", reason, key=key
                        )
                    )
                    events.append(
                        history.Event(
                            content.alert_id, now, EventKind.NOTIFY, finding_id=content.finding_id,
                            comment=f"{event} {receiver.channel}/{receiver.name}",
                        )
                    )  # fmt: skip

            for one in news:
                content = alerts[one.alert_id]
                state, reason = standings.get(one.alert_id) or before.get(one.alert_id) or ("", "")
                if one.kind == "fired" and state in ("", "silent"):
                    old = now - one.established_at > timedelta(hours=self._settings.notify_within_h)
                    stands = content.resolution != Resolution.SUPERSEDED
                    silence = "historical" if old else None if self._receivers else "no_receiver"
                    silence = silence if stands else "withdrawn"
                    if silence is None:
                        send(content, Occasion.FIRING, self._receivers, "first")
                        told[one.alert_id].update(self._receivers)
                        standings[one.alert_id] = ("told", "first")
                    else:
                        if (state, reason) != ("silent", silence):
                            drop(one.alert_id, Occasion.FIRING, silence)
                        standings[one.alert_id] = ("silent", silence)
                elif one.kind in ("resolved", "withdrawn") and state != "over":
                    if told[one.alert_id]:
                        to = sorted(told[one.alert_id], key=lambda r: (r.channel, r.name))
                        send(content, Occasion.RESOLVED, to, one.kind)
                    else:
                        drop(one.alert_id, Occasion.RESOLVED, "not_told_of")
                    standings[one.alert_id] = ("over", one.kind)
            numbers = await store.queue(connection, messages, now)
            await store.put_decisions(connection, decisions, numbers, now)
            await store.mark_told(connection, {m.alerts[0][0] for m in messages if m.event == Occasion.FIRING}, now)
            await store.put_standings(connection, standings, DUTY, now)
            await history.append_events(connection, events)
            report.notified = len(numbers)
        return report

    def _body(self, content: store.Content, event: Occasion, now: datetime) -> dict[str, object]:
        span = Span(content.occurred_at, content.last_seen_at, content.fired_at, content.resolved_at)
        return alert_body(
            event,
            alert_id=content.alert_id,
            rule_id=content.rule_id,
            subject=content.subject,
            enterprise=Subject.parse(content.subject).enterprise,
            severity=Severity(content.severity),
            span=span,
            resolution=None if content.resolution is None else Resolution(content.resolution),
            detected_at=content.detected_at,
            notified_at=now,
            title=content.title,
            summary=content.summary,
            details=content.details,
            finding_id=content.finding_id,
            url=f"{self._settings.public_url}/alerts/{content.alert_id}",
        )
