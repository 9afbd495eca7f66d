"""What the alert stage tells Prometheus, in a registry that is passed in. Labels are bounded lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from alerts.dispatch.dispatcher import DispatchReport
from alerts.engine import StepReport
from alerts.outbox import DeliveryReport
from domain.alerts import AlertState, Resolution, Severity
from domain.telling import Decision, Reason
from storage import alerts as store
from storage import channels as states
from storage import dispatchfacts, notifications
from storage.database import Connection

#: What may become of a delivery; counters of DeliveryReport.
OUTCOMES = ("sent", "retried", "failed", "deferred", "in_doubt")


class AlertMetrics:
    """All names start with `plantwatch_alerts_`. Gauges are read from the database: every worker shows the same."""

    def __init__(self, registry: CollectorRegistry, channels: Iterable[str]) -> None:
        self._channels = sorted(set(channels))
        self._open = Gauge("plantwatch_alerts_open", "Open alerts", ["severity", "state"], registry=registry)
        self._fired = Counter("plantwatch_alerts_fired_total", "Alerts that fired", ["severity"], registry=registry)
        self._resolved = Counter(
            "plantwatch_alerts_resolved_total",
            "Alerts that ended, by what ended them",
            ["resolution"],
            registry=registry,
        )
        self._not_notified = Counter(
            "plantwatch_alerts_not_notified_total", "Alerts that nobody was told of, old ones mostly", registry=registry
        )
        self._decisions = Counter(
            "plantwatch_alerts_decisions_total",
            "Decisions about telling somebody of an alert, by what was decided and why",
            ["decision", "reason"],
            registry=registry,
        )
        self._held = Gauge(
            "plantwatch_alerts_held", "Open alerts that are held back from people", ["reason"], registry=registry
        )
        self._floods = Gauge("plantwatch_alerts_floods_open", "Teams told by digests only", registry=registry)
        self._failed_series = Counter(
            "plantwatch_alerts_series_failed_total",
            "Evaluations that failed and were left for later",
            registry=registry,
        )
        self._work = Gauge(
            "plantwatch_alerts_work_findings", "Findings that the alert stage has not looked at", registry=registry
        )
        self._deliveries = Counter(
            "plantwatch_alerts_notifications_total",
            "Deliveries by channel: sent, retried (not taken, will be tried again), failed (given up), deferred (the"
            " channel's rate), in_doubt (tried although it may have been sent before)",
            ["channel", "outcome"],
            registry=registry,
        )
        self._queued = Gauge(
            "plantwatch_alerts_notifications_queued", "Messages waiting in the outbox", ["channel"], registry=registry
        )
        self._oldest = Gauge(
            "plantwatch_alerts_oldest_queued_seconds",
            "Age of the message that waits longest, by the platform's clock; 0 when none waits",
            registry=registry,
        )
        self._failing = Gauge(
            "plantwatch_alerts_channel_failing",
            "Whether a channel has not taken a message since its last success",
            ["channel"],
            registry=registry,
        )
        for severity in Severity:
            self._fired.labels(severity=severity.value)
        for resolution in Resolution:
            self._resolved.labels(resolution=resolution.value)
        # an increase from nothing to the first is none to Prometheus: whoever has an alert on it wants a zero before
        self._decisions.labels(decision=Decision.DROP.value, reason=Reason.NO_RECEIVER.value)
        for channel in self._channels:
            for outcome in OUTCOMES:
                self._deliveries.labels(channel=channel, outcome=outcome)

    def count_step(self, report: StepReport) -> None:
        """Add what a step did."""
        for severity, count in report.fired.items():
            self._fired.labels(severity=severity).inc(count)
        for resolution, count in report.resolved.items():
            self._resolved.labels(resolution=resolution).inc(count)
        self._failed_series.inc(report.failed)

    def count_dispatch(self, report: DispatchReport) -> None:
        """Add what a step of the dispatcher did."""
        self._not_notified.inc(report.not_notified)
        for (decision, reason), count in report.decisions.items():
            self._decisions.labels(decision=decision, reason=reason).inc(count)

    def count_delivery(self, report: DeliveryReport) -> None:
        """Add what a round of the outbox did."""
        for outcome in OUTCOMES:
            for channel, count in getattr(report, outcome).items():
                self._deliveries.labels(channel=channel, outcome=outcome).inc(count)

    async def read(self, connection: Connection, now: datetime) -> None:
        """Bring the gauges up to date."""
        open_alerts = await store.open_counts(connection)
        for severity in Severity:
            for state in (AlertState.PENDING, AlertState.FIRING):
                count = open_alerts.get((severity.value, state.value), 0)
                self._open.labels(severity=severity.value, state=state.value).set(count)
        self._work.set(await store.work_count(connection))
        held = await dispatchfacts.held_counts(connection)
        for reason in Reason:
            self._held.labels(reason=reason.value).set(held.get(reason.value, 0))
        self._floods.set(await dispatchfacts.flood_count(connection))
        queued = await notifications.queued_counts(connection)
        for channel in {*self._channels, *queued}:
            self._queued.labels(channel=channel).set(queued.get(channel, 0))
        failing = {state.channel for state in await states.states(connection) if state.failing_since is not None}
        for channel in self._channels:
            self._failing.labels(channel=channel).set(channel in failing)
        oldest = await notifications.oldest_queued_at(connection)
        self._oldest.set(0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
