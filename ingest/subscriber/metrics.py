"""Counters of the subscriber, in a registry that is passed in.

Labels are bounded lists: no enterprise, client id or topic, which a peer could invent by the million.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from ingest.delivery import Outcome
from ingest.subscriber.causes import Cause

STRAY_REASONS = ("bad_topic", "unknown_enterprise", "unstorable")


class SubscriberMetrics:
    """What a subscriber counts; all names start with `plantwatch_subscriber_`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.slots = Gauge("plantwatch_subscriber_slots", "Slots that this worker holds", registry=registry)
        self.connections = Gauge(
            "plantwatch_subscriber_connections", "Connections to the broker that are subscribed now", registry=registry
        )
        self.connects = Counter(
            "plantwatch_subscriber_connects_total", "Attempts to connect, by result", ["result"], registry=registry
        )
        self.sessions_lost = Counter(
            "plantwatch_subscriber_sessions_lost_total",
            "Times that the broker no longer knew the session, and with it what was queued",
            registry=registry,
        )
        messages = Counter(
            "plantwatch_subscriber_messages_total", "PUBLISH packets received", ["qos"], registry=registry
        )
        self.messages = tuple(messages.labels(qos=str(qos)) for qos in range(2))
        self.redelivered = Counter(
            "plantwatch_subscriber_redelivered_total",
            "Messages that the broker marked as sent again",
            registry=registry,
        )
        self.acknowledged = Counter(
            "plantwatch_subscriber_acknowledged_total", "Messages acknowledged, after their commit", registry=registry
        )
        self.unacknowledged = Gauge(
            "plantwatch_subscriber_unacknowledged", "Messages at the sink now", registry=registry
        )
        self.refusals = Counter(
            "plantwatch_subscriber_refusals_total",
            "Deliveries that the sink refused, wholly or partly",
            ["outcome"],
            registry=registry,
        )
        for outcome in Outcome:
            if outcome is not Outcome.STORED:
                self.refusals.labels(outcome=outcome.value)
        self.strays = Counter(
            "plantwatch_subscriber_strays_total", "Messages put aside, by reason", ["reason"], registry=registry
        )
        for reason in STRAY_REASONS:
            self.strays.labels(reason=reason)
        self.disconnects = Counter(
            "plantwatch_subscriber_disconnects_total", "Connections ended, by cause", ["cause"], registry=registry
        )
        for cause in Cause:
            self.disconnects.labels(cause=cause.value)
        self.pauses = Counter(
            "plantwatch_subscriber_pauses_total",
            "Times that the socket was not read because too much of it was at the sink",
            registry=registry,
        )
        replies = Counter(
            "plantwatch_subscriber_replies_total",
            "Reports and commands for gateways, by result",
            ["result"],
            registry=registry,
        )
        self.replies_sent = replies.labels(result="sent")
        self.replies_dropped = replies.labels(result="dropped")
