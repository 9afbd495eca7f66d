"""The platform's state as Prometheus metrics, read from the database at each scrape.

A collector of prometheus_client is synchronous, so the state is read first and then exposed by a registry of its own.
Labels are bounded: enterprises, rules, severities and queues; never points.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.dutymetrics import duty_metrics
from api.routers.accounting import law_holds
from domain.errors import BadInput, StorageUnavailable
from domain.roster import Roster
from storage import roster as rosters
from storage.database import Connection, Database
from storage.listing.duty_state import Waiting, waiting
from storage.listing.session import begin
from storage.listing.state import State, read_state

logger = logging.getLogger(__name__)

_OUTCOMES = ("received", "stored", "duplicates", "corrections", "refused")
_SEVERITIES = ("critical", "warning", "info")


async def exposition(registry: CollectorRegistry, database: Database, *, now: datetime, timeout_s: float) -> bytes:
    """The registry's metrics followed by the state; without the latter when the database cannot be asked.

    plantwatch_state_readable tells which, so that a scrape works when it is needed most.
    """
    found: tuple[State, Waiting, Roster | None] | None = None
    try:
        async with database.transaction() as connection:
            await begin(connection, read_only=True, timeout_s=timeout_s)
            found = await read_state(connection, now), await waiting(connection, now), await _roster(connection)
    except StorageUnavailable:
        pass  # told by plantwatch_state_readable
    own = CollectorRegistry(auto_describe=False)
    own.register(_StateCollector(found, now))
    return generate_latest(registry) + generate_latest(own)


async def _roster(connection: Connection) -> Roster | None:
    """None when it cannot be understood, which has a metric of its own: the others are needed all the same."""
    try:
        roster, _ = await rosters.load(connection)
    except BadInput:
        logger.exception("the roster cannot be read")
        return None
    return roster


class _StateCollector(Collector):
    def __init__(self, found: tuple[State, Waiting, Roster | None] | None, now: datetime) -> None:
        self._found = found
        self._now = now

    def collect(self) -> Iterable[Metric]:
        readable = GaugeMetricFamily(
            "plantwatch_state_readable", "1 when the database could be asked for the metrics below"
        )
        readable.add_metric([], float(self._found is not None))
        yield readable
        if self._found is not None:
            state, waits, roster = self._found
            yield from _accounting(state)
            yield from _judgement(state)
            yield from _work(state, self._now)
            yield from duty_metrics(waits, roster, self._now)


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
    for queue, items in sorted(state.backlog.items()):
        backlog.add_metric([queue], items)
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
