"""`plantwatch bench [NAME]`: speed as ratios of things measured side by side in one run, because machines are noisy.

Everything runs on this machine and speaks to 127.0.0.1 only. Absolute figures are printed too, but only a ratio may be
compared between two runs.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.bench.air import AirPlan, bench_air
from runtime.bench.alerts import AlertPlan, bench_alerts
from runtime.bench.coverage import CoveragePlan, bench_coverage
from runtime.bench.ingest import Plan, bench_ingest
from runtime.bench.ldar import LdarPlan, bench_ldar
from runtime.bench.leaksigns import LeakSignPlan, bench_leak_signs

#: The benches by name; `plantwatch bench` alone runs them all.
NAMES = ("ingest", "air", "coverage", "ldar", "leak-signs", "alerts")


def _stopped(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def bench(name: str | None, report: Path | None, *, seconds: float | None, short: bool, history: int) -> int:
    """Measure, print and, when asked, write JSON: `figures` (absolute) and `ratios`. Returns an exit code.

    short: enough to see that everything works. Of `ingest` alone: seconds of one measurement; history: rows stored
    beforehand for one more measurement.
    """
    signal.signal(signal.SIGTERM, _stopped)  # so that everything is put away, as after Ctrl-C
    results = {one: _run(one, seconds, short, history) for one in ([name] if name else NAMES)}
    result = results[name] if name else {"benches": results}
    text = json.dumps(result, indent=2)
    sys.stdout.write(text + "\n")
    if report is not None:
        report.write_text(text + "\n", "utf-8")
    return 0


def _run(name: str, seconds: float | None, short: bool, history: int) -> dict[str, Any]:
    if name == "air":
        return bench_air(AirPlan.short() if short else AirPlan())
    if name == "coverage":
        return bench_coverage(CoveragePlan.short() if short else CoveragePlan())
    if name == "alerts":
        return bench_alerts(AlertPlan.short() if short else AlertPlan())
    if name == "leak-signs":
        return bench_leak_signs(LeakSignPlan.short() if short else LeakSignPlan())
    if name == "ldar":
        return bench_ldar(LdarPlan.short() if short else LdarPlan())
    plan = Plan.short() if short else Plan()
    return bench_ingest(replace(plan, history=history, seconds=seconds or plan.seconds))
