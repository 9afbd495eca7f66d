"""The rule engine's Prometheus metrics. Labels are rule ids: bounded by the packs."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from rules.engine import StepReport


class RulesMetrics:
    """Counts what steps report."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._judged = Counter(
            "plantwatch_rules_judged_total", "Verdicts computed", labelnames=["rule"], registry=registry
        )
        self._written = Counter(
            "plantwatch_rules_findings_total", "Findings written", labelnames=["rule"], registry=registry
        )
        self._superseded = Counter(
            "plantwatch_rules_superseded_total", "Findings superseded", labelnames=["rule"], registry=registry
        )
        self._work = Counter("plantwatch_rules_work_total", "Rows of the work list consumed", registry=registry)
        self._failing = Gauge(
            "plantwatch_rules_failing", "1 while a rule cannot be evaluated", labelnames=["rule"], registry=registry
        )
        self._deferred = Gauge(
            "plantwatch_rules_deferred", "Rules that wait for the roll-up of closed hours", registry=registry
        )
        self._through = Gauge(
            "plantwatch_rules_evaluated_timestamp_seconds",
            "Platform clock at which a rule had judged everything closed",
            labelnames=["rule"],
            registry=registry,
        )
        self._seconds = Histogram("plantwatch_rules_step_seconds", "Duration of a step", registry=registry)

    def observe(self, report: StepReport, seconds: float) -> None:
        """Count a step."""
        for rule_id, done in report.by_rule.items():
            self._judged.labels(rule_id).inc(done.judged)
            self._written.labels(rule_id).inc(done.written)
            self._superseded.labels(rule_id).inc(done.superseded)
            self._failing.labels(rule_id).set(0)
        for rule_id in report.failed:
            self._failing.labels(rule_id).set(1)
        for rule_id in report.evaluated:
            self._through.labels(rule_id).set(report.now.timestamp())
        self._work.inc(report.work)
        self._deferred.set(len(report.deferred))
        self._seconds.observe(seconds)

    def observe_scoreboard(self, is_failing: bool) -> None:
        """Note whether the scoreboard can be computed, under the name of a rule: who watches the one watches both."""
        self._failing.labels("scoreboard").set(is_failing)
