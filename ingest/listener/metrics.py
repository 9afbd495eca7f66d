"""Counters of the listener, in a registry that is passed in.

Labels are bounded lists: no enterprise, client id or topic, which a peer could invent by the million.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from ingest.delivery import Outcome


class ListenerMetrics:
    """What a listener counts; all names start with `plantwatch_listener_`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connections = Gauge("plantwatch_listener_connections", "Sockets that are open now", registry=registry)
        self.connects = Counter(
            "plantwatch_listener_connects_total",
            "CONNECT packets answered, by protocol version and result",
            ["version", "result"],
            registry=registry,
        )
        publishes = Counter(
            "plantwatch_listener_publishes_total", "PUBLISH packets received", ["qos"], registry=registry
        )
        self.publishes = tuple(publishes.labels(qos=str(qos)) for qos in range(3))
        self.wills = Counter("plantwatch_listener_wills_total", "Last wills carried out", registry=registry)
        self.refusals = Counter(
            "plantwatch_listener_refusals_total",
            "Deliveries that the sink refused, wholly or partly",
            ["outcome"],
            registry=registry,
        )
        for outcome in Outcome:
            if outcome is not Outcome.STORED:
                self.refusals.labels(outcome=outcome.value)
        self.disconnects = Counter(
            "plantwatch_listener_disconnects_total", "Connections ended, by cause", ["reason"], registry=registry
        )
        self.pauses = Counter(
            "plantwatch_listener_pauses_total",
            "Times that a socket was not read because too much of it was at the sink",
            registry=registry,
        )
        throttled = Counter(
            "plantwatch_listener_throttled_total",
            "Times that a socket was not read because its connection, or its enterprise, was beyond its rate",
            ["by"],
            registry=registry,
        )
        self.throttled_connection = throttled.labels(by="connection")
        self.throttled_enterprise = throttled.labels(by="enterprise")
