"""The platform's state as Prometheus metrics, read from the database at each scrape.

A collector of prometheus_client is synchronous, so the state is read first and then exposed by a registry of its own.
Labels are bounded: enterprises, rules, severities and queues; never points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.routers.accounting import law_holds
from domain.errors import StorageUnavailable
from storage.database import Database
from storage.listing.session import begin
from storage.listing.state import State, read_state

_OUTCOMES = ("received", "stored", "duplicates", "corrections", "refused")
_SEVERITIES = ("critical", "warning", "info")


async def exposition(registry: CollectorRegistry, database: Database, *, now: datetime, timeout_s: float) -> bytes:
    """The registry's metrics followed by the state; without the latter when the database cannot be asked.

    plantwatch_state_readable tells which, so that a scrape works when it is needed most.
    """
    state: State | None = None
    try:
        async with database.transaction() as connection:
            await begin(connection, read_only=True, timeout_s=timeout_s)
            state = await read_state(connection, now)
    except StorageUnavailable:
        pass  # told by plantwatch_state_readable
    own = CollectorRegistry(auto_describe=False)
    own.register(_StateCollector(state, now))
    return generate_latest(registry) + generate_latest(own)


class _StateCollector(Collector):
    def __init__(self, state: State | None, now: datetime) -> None:
        self._state = state
        self._now = now

    def collect(self) -> Iterable[Metric]:
        readable = GaugeMetricFamily(
            "plantwatch_state_readable", "1 when the database could be asked for the metrics below"
        )
        readable.add_metric([], float(self._state is not None))
        yield readable
        if self._state is not None:
            yield from _accounting(self._state)
            yield from _judgement(self._state)
            yield from _work(self._state, self._now)


def _accounting(state: State) -> Iterator[Metric]:
    items = GaugeMetricFamily(
        "plantwatch_accounting_items", "Items by outcome, all days", labels=["enterprise", "outcome"]
    )
    law = GaugeMetricFamily(
        "plantwatch_accounting_law_holds",
        "1 when received = stored + duplicates + corrections + refused",
        labels=["enterprise"],
    )
    for row in state.accounting:
        for outcome in _OUTCOMES:
            items.add_metric([row["enterprise"], outcome], row[outcome])
        law.add_metric([row["enterprise"]], float(law_holds(row)))
    yield items
    yield law


def _judgement(state: State) -> Iterator[Metric]:
    findings = GaugeMetricFamily(
        "plantwatch_findings_current",
        "Subjects by the verdict of their newest current finding",
        labels=["rule", "verdict"],
    )
    for row in state.findings:
        findings.add_metric([row["rule_id"], row["verdict"]], row["subjects"])
    yield findings
    alerts = GaugeMetricFamily("plantwatch_alerts_open", "Pending and firing alerts", labels=["severity"])
    for severity in _SEVERITIES:
        alerts.add_metric([severity], state.open_alerts.get(severity, 0))
    yield alerts


def _work(state: State, now: datetime) -> Iterator[Metric]:
    backlog = GaugeMetricFamily("plantwatch_backlog_items", "Rows that wait for a stage", labels=["queue"])
    for queue, waiting in sorted(state.backlog.items()):
        backlog.add_metric([queue], waiting)
    yield backlog
    lag = GaugeMetricFamily(
        "plantwatch_ingest_lag_seconds",
        "Age of the enterprise's newest reading by its own stamp; +Inf when there is none within a day",
        labels=["enterprise"],
    )
    for enterprise, newest in state.newest_reading.items():
        age = float("inf") if newest is None else max(0.0, (now - newest).total_seconds())
        lag.add_metric([enterprise], age)
    yield lag
