"""`plantwatch bench air`: a month of minute data of a city's stacks to verdicts, beside bare numpy and row by row.

Every round measures the platform and bare numpy over the same arrays, one after the other; a ratio is taken within its
round, and the report gives medians. Agreement of all three in every verdict is checked before anything is reported.
"""

from __future__ import annotations

import asyncio
import os
import platform as machine
import resource
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from runtime.bench.airdata import QUANTITIES, Month, Size, month
from runtime.bench.airlate import growth, late_readings
from runtime.bench.airways import COMPLIANT, VIOLATION, Outcome, bare_numpy, platform, row_by_row, rows_of
from runtime.bench.children import BenchFailed
from runtime.bench.signs import false_alarms
from runtime.clock import system_clock
from runtime.databases import embedded_database
from simulators.air_register import STACKS

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AirPlan:
    """How much is measured. row_stacks: stacks whose readings are also evaluated row by row, scaled up to all.
    history_days: of the stack on which late readings are measured. sign_seeds, sign_stacks, sign_days: of the ordinary
    stacks on which signs of false data must not be seen."""

    size: Size = field(default_factory=Size)
    rounds: int = 5
    row_stacks: int = 2
    history_days: tuple[int, int, int] = (31, 92, 365)
    late: int = 7
    sign_seeds: tuple[int, ...] = (1, 2, 3, 4)
    sign_stacks: int = len(STACKS)
    sign_days: int = 60

    @classmethod
    def short(cls) -> AirPlan:
        """Enough to see that everything works, not to say how fast."""
        return cls(Size(2, 2, 2), 1, 1, (2, 3, 4), 1, (1,), 2, 33)


def bench_air(plan: AirPlan) -> dict[str, Any]:
    """Measure; see the module for what, and README for the aims."""
    data = month(plan.size)
    values = len(data.readings)
    _say(f"{values:,} values of {plan.size.stacks} stacks")
    expected, actual = bare_numpy(data), platform(data)
    _agree(expected, actual)
    ours: list[float] = []
    numpy: list[float] = []
    for _ in range(plan.rounds):
        numpy.append(_timed(bare_numpy, data))
        ours.append(_timed(platform, data))
        _say(f"bare numpy {numpy[-1]:.3f} s, platform {ours[-1]:.3f} s")
    rows_s, rows = _row_by_row(data, plan.row_stacks, actual)
    all_rows_s = rows_s * values / rows
    _say(f"row by row {all_rows_s:.1f} s, by {rows:,} rows")
    figures: dict[str, Any] = {
        "values": values,
        "hours": plan.size.stacks * len(QUANTITIES) * plan.size.hours,
        "verdicts": int(actual.verdict.size),
        "compliant": int((actual.verdict == COMPLIANT).sum()),
        "violations": int((actual.verdict == VIOLATION).sum()),
        "platform_s": round(statistics.median(ours), 4),
        "numpy_s": round(statistics.median(numpy), 4),
        "python_rows_s": round(all_rows_s, 2),
        "python_rows_measured": rows,
        "values_per_s": round(values / statistics.median(ours)),
        "peak_mib": {
            "input": round(sum(getattr(data.readings, n).nbytes for n in data.readings.__slots__) / _MIB, 1),
            "platform": _peak_mib(platform, data),
            "numpy": _peak_mib(bare_numpy, data),
        },
    }
    del data, expected, actual
    with embedded_database(None, system_clock) as embedded:
        late = asyncio.run(late_readings(embedded, plan.history_days, plan.late))
    figures["late_reading"] = late
    figures["peak_mib"]["whole_run"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    figures["false_alarms"] = false_alarms(
        seeds=plan.sign_seeds, places=STACKS[: plan.sign_stacks], days=plan.sign_days
    )
    return {
        "machine": {"cores": os.cpu_count(), "python": machine.python_version(), "numpy": np.__version__},
        "load": {
            "plants": plan.size.plants,
            "outlets": plan.size.outlets,
            "quantities": len(QUANTITIES),
            "days": plan.size.days,
            "rounds": plan.rounds,
            "late_readings": plan.late,
        },
        "figures": figures,
        "ratios": {
            "numpy": round(statistics.median(a / b for a, b in zip(ours, numpy, strict=True)), 2),
            "python_rows": round(all_rows_s / statistics.median(ours), 1),
            "late_growth": growth(late),
        },
    }


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _agree(expected: Outcome, actual: Outcome) -> None:
    different = int(np.count_nonzero(expected.verdict != actual.verdict))
    if different:
        raise BenchFailed(f"bare numpy and the platform differ in {different} of {actual.verdict.size} verdicts")
    if not (expected.compliant == actual.compliant).all() or not (expected.judged == actual.judged).all():
        raise BenchFailed("bare numpy and the platform differ in the shares of the month")


def _row_by_row(data: Month, stacks: int, actual: Outcome) -> tuple[float, int]:
    """Seconds for the rows of the first stacks, and how many rows these are."""
    rows = rows_of(data, stacks)
    began = time.perf_counter()
    verdict = row_by_row(data, stacks, rows)
    seconds = time.perf_counter() - began
    different = int(np.count_nonzero(verdict != actual.verdict[:, :stacks]))
    if different:
        raise BenchFailed(f"row by row and the platform differ in {different} of {verdict.size} verdicts")
    return seconds, len(rows)


def _timed(work: Callable[[Month], Outcome], data: Month) -> float:
    """Seconds of an evaluation."""
    began = time.perf_counter()
    work(data)
    return time.perf_counter() - began


def _peak_mib(work: Callable[[Month], Outcome], data: Month) -> float:
    """The most memory that an evaluation takes beside its input; measured apart, because counting costs time."""
    tracemalloc.start()
    try:
        work(data)
        return round(tracemalloc.get_traced_memory()[1] / _MIB, 1)
    finally:
        tracemalloc.stop()
