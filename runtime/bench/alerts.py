"""`plantwatch bench alerts`: what an evaluation costs a city full of alerts, and how soon a person is told.

Three parts. An evaluation: 1,000 changes at once among 10,000 open alerts are judged and decided on, beside a bare pass
over the same rows; both on equal copies of one database, in turn. The duty desk's first paint with all those alerts
open. And the road from a stored reading to a message at a channel, with a city's readings coming in beside it.
"""

from __future__ import annotations

import asyncio
import os
import platform as machine
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from runtime.bench.alertbare import bare_pass, marks, same_rows, written
from runtime.bench.alertdata import CHANGED_AT, HOUR, OPENED_AT, AlertLoad, change, open_city
from runtime.bench.alertpath import PathPlan, measure_path
from runtime.bench.children import BenchFailed
from runtime.bench.firstpaint import measure_first_paint
from runtime.clock import system_clock
from runtime.databases import Embedded, embedded_database
from storage.database import Database, create_database
from storage.migrate import migrate

Figures = dict[str, Any]

_CITY = "alerts_city"


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """How much is measured."""

    load: AlertLoad = field(default_factory=AlertLoad)
    path: PathPlan = field(default_factory=PathPlan)
    rounds: int = 5
    paints: int = 5

    @classmethod
    def short(cls) -> AlertPlan:
        """Enough to see that everything works, not to say how fast."""
        return cls(AlertLoad(60, 30), PathPlan(plants=2, stacks=2, meters=5, seconds=2, readings_per_s=250), 1, 1)


def bench_alerts(plan: AlertPlan) -> dict[str, Any]:
    """Measure; see the module for what, and README for the aims. Raises BenchFailed."""
    with embedded_database(None, system_clock) as embedded:
        evaluation = asyncio.run(_evaluation(embedded, plan))
        city = Embedded(embedded.server, embedded.server.database_url(_CITY))
        paint = asyncio.run(measure_first_paint(city, plan.paints))
        path = asyncio.run(measure_path(embedded, plan.path))
    return {
        "machine": {"cores": os.cpu_count(), "python": machine.python_version()},
        "load": {"open": plan.load.open, "changes": plan.load.changes, "rounds": plan.rounds},
        "figures": {
            "e2e_p99_s": path["e2e_p99_s"],
            "desk_first_paint": paint,
            "evaluation": evaluation,
            "path": path,
        },
        "ratios": {"bare_pass": evaluation["ratio"]},
    }


async def _evaluation(embedded: Embedded, plan: AlertPlan) -> Figures:
    create_database(embedded.server.url, _CITY)
    url = embedded.server.database_url(_CITY)
    migrate(url, now=system_clock)
    async with Database(url, name="plantwatch bench") as database:
        await open_city(database, plan.load)
        began = time.perf_counter()
        report = await _evaluate(database, OPENED_AT)
        opening_s = time.perf_counter() - began
        if report["opened"] != plan.load.open:
            raise BenchFailed(f"{report['opened']} alerts opened, expected {plan.load.open}")
        _say(f"{plan.load.open:,} alerts opened and decided on in {opening_s:.1f} s")
        began = time.perf_counter()
        await _wait_out(database)
        waiting_s = time.perf_counter() - began
        await change(database, plan.load)
        before = await marks(database)
    _say(f"an hour in which nobody answers, with its escalations and digests, in {waiting_s:.1f} s")
    found: list[Figures] = []
    for number in range(plan.rounds + 1):  # the first warms up
        found.append(await _round(embedded, number, before))
        _say(f"platform {found[-1]['platform_s']:.3f} s, bare pass {found[-1]['bare_s']:.3f} s")
    kept = found[1:]
    middle = {name: round(statistics.median(one[name] for one in kept), 4) for name in kept[0]}
    ratio = round(statistics.median(one["platform_s"] / one["bare_s"] for one in kept), 2)
    return {"opening_s": round(opening_s, 2), "unanswered_hour_s": round(waiting_s, 2), **middle, "ratio": ratio}


async def _wait_out(database: Database) -> None:
    """The minutes between the two evaluations: what the changes cost is not to pay for what was due before them."""
    dispatcher = _dispatcher(database)
    now = OPENED_AT
    while (now := now + timedelta(minutes=1)) <= CHANGED_AT:
        while not (await dispatcher.step(now)).is_idle:
            pass


def _dispatcher(database: Database) -> Dispatcher:
    return Dispatcher(database, [ChannelInfo("phone", "webhook")], DispatchSettings())


async def _round(embedded: Embedded, number: int, before: dict[str, int]) -> Figures:
    """Both on copies of the same state; that they leave equally many rows is checked."""
    urls = []
    for way in ("ours", "bare"):
        name = f"{_CITY}_{way}{number}"
        create_database(embedded.server.url, name, template=_CITY)
        urls.append(embedded.server.database_url(name))
    async with Database(urls[0], name="plantwatch bench") as ours, Database(urls[1], name="plantwatch bench") as bare:
        report = await _evaluate(ours, CHANGED_AT)
        rows = await written(ours, before, HOUR)
        began = time.perf_counter()
        await bare_pass(bare, rows)
        bare_s = time.perf_counter() - began
        await same_rows(ours, bare)
    return {
        "platform_s": report["evaluate_s"] + report["dispatch_s"],
        "evaluate_s": report["evaluate_s"],
        "dispatch_s": report["dispatch_s"],
        "bare_s": bare_s,
        "messages": report["notified"],
    }


async def _evaluate(database: Database, now: datetime) -> Figures:
    """Evaluate and decide until nothing is left to do at that instant."""
    engine = AlertEngine(database, EngineSettings())
    dispatcher = _dispatcher(database)
    began = time.perf_counter()
    opened = notified = 0
    while not (step := await engine.step(now)).is_idle:
        opened += step.opened
        if step.failed:
            raise BenchFailed(f"{step.failed} series could not be evaluated")
    evaluated = time.perf_counter()
    while not (decided := await dispatcher.step(now)).is_idle:
        notified += decided.notified
    return {
        "evaluate_s": evaluated - began,
        "dispatch_s": time.perf_counter() - evaluated,
        "opened": opened,
        "notified": notified,
    }


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
