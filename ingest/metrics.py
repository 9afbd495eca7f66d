"""What ingest counts, in a registry that is passed in. Labels are closed lists: no enterprise, point or topic."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from domain.refusals import Reason

#: What can become of a value.
FATES = ("stored", "duplicate", "correction", "refused")


class IngestMetrics:
    """Writer and roll-up; all names start with `plantwatch_ingest_`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queued = Gauge("plantwatch_ingest_queue_messages", "Messages that wait for the writer", registry=registry)
        self.messages = Counter(
            "plantwatch_ingest_messages_total", "Messages committed, refused ones included", registry=registry
        )
        values = Counter("plantwatch_ingest_values_total", "Items committed, by fate", ["fate"], registry=registry)
        self.values = {fate: values.labels(fate=fate) for fate in FATES}
        refusals = Counter(
            "plantwatch_ingest_refused_items_total", "Items refused, by reason", ["reason"], registry=registry
        )
        self.refusals = {reason: refusals.labels(reason=reason.value) for reason in Reason}
        self.quirks = Counter(
            "plantwatch_ingest_tolerated_quirks_total",
            "Frames that deviated from their standard and were taken all the same, by deviation",
            ["quirk"],
            registry=registry,
        )
        self.ignored = Counter(
            "plantwatch_ingest_ignored_values_total",
            "Values that the register says are not kept (a station's `ignored` patterns); no items",
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "plantwatch_ingest_batch_seconds",
            "Time from the start of a transaction of the writer to its commit",
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
            registry=registry,
        )
        self.batch_values = Histogram(
            "plantwatch_ingest_batch_values",
            "Items of one transaction of the writer",
            buckets=(1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000),
            registry=registry,
        )
        self.failures = Counter(
            "plantwatch_ingest_failed_batches_total",
            "Transactions of the writer that did not commit, by cause",
            ["cause"],
            registry=registry,
        )
        for cause in ("unavailable", "content"):
            self.failures.labels(cause=cause)
        self.lag = Gauge(
            "plantwatch_ingest_lag_seconds", "Age of the newest message that was committed", registry=registry
        )
        self.dirty_hours = Gauge(
            "plantwatch_ingest_dirty_hours", "Point-hours that wait for the roll-up", registry=registry
        )
        self.hours = Counter(
            "plantwatch_ingest_hours_total",
            "Hourly rows that the roll-up wrote because they changed",
            registry=registry,
        )
        self.roll_up_seconds = Histogram(
            "plantwatch_ingest_roll_up_seconds",
            "Time of one step of the roll-up, idle ones included",
            buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
            registry=registry,
        )
