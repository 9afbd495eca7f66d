"""`plantwatch bench ingest`: what the road from a gateway to the disk can carry, and what it costs.

Only ratios of things measured side by side may be compared between two runs: machines are noisy. So every round
measures everything once, a ratio is taken within its round, and the report gives medians over the rounds.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import statistics
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from runtime.bench.broker import mosquitto
from runtime.bench.children import BenchFailed
from runtime.bench.fleet import DUPLICATE_EVERY, STEP_MS, Fleet
from runtime.bench.measure import (
    Figures,
    Load,
    bare_copy,
    by_hand,
    through_broker,
    through_hj212,
    through_listener,
    to_nobody,
)
from runtime.bench.stage import Stage, stage
from runtime.clock import system_clock
from runtime.databases import embedded_database
from runtime.settings import Settings

_NO_BROKER = "not measured: there is no mosquitto on this machine"
_HISTORY_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. window: unanswered messages a connection, of many values and of one."""

    seconds: float = 5.0
    rounds: int = 3
    fleet: Fleet = field(default_factory=Fleet)
    singles: int = 1_000
    window: int = 20
    singles_window: int = 10
    settle_s: float = 60.0
    """How long the roll-up may take to catch up after each measurement."""
    history: int = 0
    """Rows in the table before the last measurement."""

    @classmethod
    def short(cls) -> Plan:
        """Enough to see that everything works, not to say how fast."""
        return cls(seconds=0.3, rounds=1, fleet=Fleet(2, 4), singles=40, settle_s=0.0)


def bench_ingest(plan: Plan) -> dict[str, Any]:
    """Measure everything that can be measured here; see docs for the meaning of each figure."""
    _allow_connections()
    with embedded_database(None, system_clock) as embedded:
        return asyncio.run(_Bench(plan).run(embedded))


async def _said(name: str, measuring: Coroutine[Any, Any, Figures]) -> Figures:
    """Measure, and tell whoever waits."""
    found = await measuring
    sys.stderr.write(f"{name:32} {found['values_per_s']:>10,} values/s\n")
    return found


def _allow_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Bench:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rounds: list[dict[str, Figures]] = []
        self._missing: dict[str, str] = {}

    async def run(self, embedded: Any) -> dict[str, Any]:
        plan = self._plan
        instants = plan.history // (plan.fleet.enterprises * plan.fleet.gateways * plan.fleet.points)
        past = timedelta(days=60, milliseconds=instants * STEP_MS)
        async with stage(embedded, plan.fleet, past, plan.settle_s) as place:
            batched = Load(plan.fleet.senders(), plan.seconds, plan.window)
            singles = Load(plan.fleet.single_senders(plan.singles), plan.seconds, plan.singles_window)
            nobody = {
                "batched": await _said("publishers alone", to_nobody(place, batched)),
                "singles": await _said("publishers alone, single values", to_nobody(place, singles)),
            }
            for _ in range(plan.rounds):
                self._rounds.append(await self._round(place, batched, singles))
            paced = await self._paced(place, batched)
            history = await self._history(place, batched) if plan.history else "not measured: asked for by --history"
            return self._report(place, {"publishers_to_nobody": nobody, "paced": paced, "history": history})

    async def _round(self, place: Stage, batched: Load, singles: Load) -> dict[str, Figures]:
        found: dict[str, Figures] = {}
        found["listener_1_worker"] = one = await _said("listener, 1 worker", through_listener(place, batched))
        rows = round(one["stored_values_per_s"] * one["seconds"])
        found["copy_1_connection"] = await _said("copy, 1 connection", bare_copy(place, rows, connections=1))
        two = through_listener(place, batched, workers=2)
        found["listener_2_workers"] = await _said("listener, 2 workers", two)
        found["copy_2_connections"] = await _said("copy, 2 connections", bare_copy(place, rows, connections=2))
        found["listener_singles"] = await _said("listener, single values", through_listener(place, singles))
        has_subscriber = "broker_url" in Settings.model_fields
        with_broker = _NO_BROKER if mosquitto() is None else None
        to_broker = with_broker or (None if has_subscriber else "not measured: this version has no subscriber")
        to_hj212 = None if "hj212_port" in Settings.model_fields else "not measured: this version has no HJ 212 door"
        await self._try(found, "naive", with_broker, lambda: by_hand(place, batched.senders, batched.seconds))
        await self._try(found, "broker_batched", to_broker, lambda: through_broker(place, batched))
        await self._try(found, "broker_singles", to_broker, lambda: through_broker(place, singles))
        frames = replace(batched, format="hj212", seconds=batched.seconds / 2)
        await self._try(found, "hj212_frames", to_hj212, lambda: through_hj212(place, frames))
        return found

    async def _try(
        self,
        found: dict[str, Figures],
        name: str,
        obstacle: str | None,
        measure: Callable[[], Coroutine[Any, Any, Figures]],
    ) -> None:
        obstacle = self._missing.get(name, obstacle)
        if obstacle is None:
            try:
                found[name] = await _said(name, measure())
                return
            except BenchFailed as error:
                obstacle = f"not measured: {error}"
                sys.stderr.write(f"{name:32} {obstacle}\n")
        self._missing[name] = obstacle

    async def _paced(self, place: Stage, batched: Load) -> Figures:
        """Latency below saturation: at half the messages that one worker could take."""
        rate = statistics.median(found["listener_1_worker"]["messages_per_s"] for found in self._rounds) / 2
        return await _said("paced", through_listener(place, replace(batched, rate=rate)))

    async def _history(self, place: Stage, batched: Load) -> Figures:
        """CPU per value on what the bench stored so far, and with so many rows more."""
        before = await _said("before history", through_listener(place, batched))
        filled = await _said("history", bare_copy(place, self._plan.history, connections=2, batch=_HISTORY_BATCH))
        after = await _said("on top of history", through_listener(place, batched))
        return {"rows_added": filled["rows"], "before": before, "after": after}

    # --- the report

    def _report(self, place: Stage, more: dict[str, Any]) -> dict[str, Any]:
        plan = self._plan
        names = list(dict.fromkeys(name for found in self._rounds for name in found))
        figures = {name: median([found[name] for found in self._rounds if name in found]) for name in names}
        return {
            "machine": {
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "server": place.server,
            },
            "load": {
                "rounds": plan.rounds,
                "seconds": plan.seconds,
                "points": len(place.point_ids),
                "connections": len(plan.fleet.senders()),
                "single_connections": plan.singles,
                "values_per_message": plan.fleet.points,
                "qos": 1,
                "duplicates": 1 / DUPLICATE_EVERY,
                "window_messages": plan.window,
                "sample_step_s": STEP_MS // 1000,
            },
            "figures": {**self._missing, **figures, **more},
            "ratios": self._ratios(),
        }

    def _ratios(self) -> dict[str, Any]:
        def ratio(over: Callable[[dict[str, Figures]], float]) -> float:
            return round(statistics.median(over(found) for found in self._rounds), 2)

        ratios: dict[str, Any] = {
            "copy_ceiling": ratio(
                lambda f: max(stored(f["listener_1_worker"]), stored(f["listener_2_workers"])) / best(f)
            ),
            "copy_ceiling_1_worker": ratio(lambda f: stored(f["listener_1_worker"]) / best(f)),
            "copy_ceiling_2_workers": ratio(lambda f: stored(f["listener_2_workers"]) / best(f)),
        }
        for name, needs, over in (
            ("naive", "naive", lambda f: stored(f["listener_1_worker"]) / f["naive"]["values_per_s"]),
            (
                "singles_vs_broker",
                "broker_singles",
                lambda f: stored(f["listener_singles"]) / stored(f["broker_singles"]),
            ),
            ("broker_path", "broker_batched", lambda f: stored(f["broker_batched"]) / best(f)),
            ("hj212_path", "hj212_frames", lambda f: stored(f["hj212_frames"]) / best(f)),
        ):
            ratios[name] = self._missing.get(needs) or ratio(over)
        return ratios


def stored(figures: Figures) -> float:
    """New values on disk a second; repetitions do not count."""
    return float(figures["stored_values_per_s"])


def best(found: dict[str, Figures]) -> float:
    """The ceiling of a round: the better of one and two connections."""
    return float(max(found["copy_1_connection"]["values_per_s"], found["copy_2_connections"]["values_per_s"]))


def median(rounds: list[Figures]) -> Figures:
    """The median of each figure, through nested ones."""
    merged: Figures = {}
    for name, first in rounds[0].items():
        values = [figures[name] for figures in rounds]
        if isinstance(first, dict):
            merged[name] = median(values)
        elif isinstance(first, bool) or any(value is None for value in values):
            merged[name] = values[-1] if None in values else any(values)
        else:
            merged[name] = round(statistics.median(values), 2)
    return merged
