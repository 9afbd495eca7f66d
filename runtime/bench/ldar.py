"""`plantwatch bench ldar`: what is due in a whole city's leak ledger, and what one new record costs.

Due days and overdue lists of 300,000 components with three years of records, as of a day, are asked of the platform and
of one hand-written statement in turn; that both give the same rows is checked before anything is reported. Then one
test at a time goes through the store and the rules, in a small ledger and in one ten times larger.
"""

from __future__ import annotations

import asyncio
import os
import platform as machine
import statistics
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from domain.periods import day_start
from rules.engine import Engine
from rules.families.components import regime_of
from rules.pack import RuleSet, load_packs
from runtime.bench.children import BenchFailed
from runtime.bench.ldardata import AS_OF, LedgerSize, make_ledger
from runtime.bench.ldarsql import STATEMENT
from runtime.clock import system_clock
from runtime.databases import Embedded, embedded_database
from storage.database import Database, create_database
from storage.dues import city_dues
from storage.leak_tests import LeakTest, store_leak_tests
from storage.migrate import migrate

_DAY = timedelta(days=1)
#: The schedules; everything else has benches of its own.
RULES = ("ldar.gb37822", "ldar.gb31571", "ldar.wuhai_yearly")

Figures = dict[str, Any]
#: (rule, component_id, due day, overdue), in order.
Answer = list[tuple[str, int, date, bool]]


@dataclass(frozen=True, slots=True)
class LdarPlan:
    """sizes: the smaller ledger first. rounds: of the city's due days. records: one after the other in each ledger."""

    sizes: tuple[LedgerSize, LedgerSize] = (LedgerSize(6), LedgerSize(60))
    rounds: int = 5
    records: int = 20

    @classmethod
    def short(cls) -> LdarPlan:
        """Enough to see that everything works, not to say how fast."""
        return cls((LedgerSize(1, 2_100), LedgerSize(3, 2_100)), 1, 3)


@dataclass(slots=True)
class _City:
    size: LedgerSize
    database: Database
    engine: Engine
    tests: int
    taken: list[float]


def bench_ldar(plan: LdarPlan) -> dict[str, Any]:
    """Measure; see the module for what, and README for the aims."""
    with embedded_database(None, system_clock) as embedded:
        return asyncio.run(_measure(embedded, plan))


async def _measure(embedded: Embedded, plan: LdarPlan) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        cities = [await _city(embedded, stack, size) for size in plan.sizes]
        dues = [await _dues(city, plan.rounds) for city in cities]
        first = [await _judge_all(city) for city in cities]
        for number in range(plan.records + 1):  # in turn, so that noise meets both; the first warms up
            for city in cities:
                seconds = await _one_record(city, number)
                if number:
                    city.taken.append(seconds)
        day = [await _next_day(city) for city in cities]
        small, large = (statistics.median(city.taken) for city in cities)
    return {
        "machine": {"cores": os.cpu_count(), "python": machine.python_version()},
        "load": {"components": plan.sizes[1].total, "tests": cities[1].tests, "rounds": plan.rounds},
        "figures": {
            "small": _figures(cities[0], dues[0], first[0], day[0], small),
            "large": _figures(cities[1], dues[1], first[1], day[1], large),
        },
        "ratios": {
            "sql": dues[1]["ratio"],
            "sql_small": dues[0]["ratio"],
            "record_10x": round(large / small, 2),
        },
    }


def _figures(city: _City, dues: Figures, first: Figures, day: Figures, record_s: float) -> Figures:
    return {
        "components": city.size.total,
        "tests": city.tests,
        **{key: value for key, value in dues.items() if key != "ratio"},
        **first,
        **day,
        "record_ms": round(1e3 * record_s, 2),
    }


async def _city(embedded: Embedded, stack: AsyncExitStack, size: LedgerSize) -> _City:
    name = f"ldar{size.total}"
    create_database(embedded.server.url, name)
    url = embedded.server.database_url(name)
    migrate(url, now=system_clock)
    database = await stack.enter_async_context(Database(url, name="plantwatch bench", max_size=2))
    began = time.perf_counter()
    tests = await make_ledger(database, size)
    _say(f"{tests:,} tests of {size.total:,} components made in {time.perf_counter() - began:.0f} s")
    return _City(size, database, Engine(database, _shipped()), tests, [])


def _shipped() -> RuleSet:
    rules = load_packs()
    return RuleSet({name: rules.variants[name] for name in RULES}, {name: rules.pack_of[name] for name in RULES})


async def _dues(city: _City, rounds: int) -> Figures:
    ours: list[float] = []
    theirs: list[float] = []
    answer: Answer = []
    for _ in range(rounds + 1):  # the first warms up
        seconds, expected = await _statement(city.database)
        theirs.append(seconds)
        seconds, answer = await _platform(city.database)
        ours.append(seconds)
        _agree(expected, answer)
        _say(f"{city.size.total:,}: statement {theirs[-1]:.3f} s, platform {ours[-1]:.3f} s")
    kept, bare = ours[1:], theirs[1:]
    return {
        "dues": len(answer),
        "overdue": sum(overdue for *_, overdue in answer),
        "sql_s": round(statistics.median(bare), 4),
        "platform_s": round(statistics.median(kept), 4),
        "ratio": round(statistics.median(a / b for a, b in zip(kept, bare, strict=True)), 2),
    }


async def _statement(database: Database) -> tuple[float, Answer]:
    """Its rows are here, but not yet Python's, when the time is taken."""
    began = time.perf_counter()
    async with database.transaction() as connection:
        cursor = await connection.execute(STATEMENT, {"as_of": AS_OF})
        seconds = time.perf_counter() - began
        rows = await cursor.fetchall()
    return seconds, sorted((rule, component, due, overdue) for rule, component, due, overdue in rows)


async def _platform(database: Database) -> tuple[float, Answer]:
    """Columns of days by schedule; that they become rows is for the comparison only."""
    rules = _shipped()
    regimes = [regime_of(rules.in_force(name, _noon(AS_OF))) for name in RULES]
    began = time.perf_counter()
    async with database.transaction() as connection:
        found = await city_dues(connection, AS_OF, regimes)
    seconds = time.perf_counter() - began
    today = np.datetime64(AS_OF, "D")
    answer: Answer = []
    for rule, days in found.due.items():
        known = np.flatnonzero(~np.isnat(days))
        ids, due = found.component_id[known].tolist(), days[known]
        answer += zip([rule] * len(ids), ids, due.tolist(), (due < today).tolist(), strict=True)
    return seconds, sorted(answer)


async def _judge_all(city: _City) -> Figures:
    """Every component for the first time, into findings."""
    began = time.perf_counter()
    await _settle(city, _noon(AS_OF + _DAY))
    return {"first_judging_s": round(time.perf_counter() - began, 2)}


async def _next_day(city: _City) -> Figures:
    """The day after, on which only little changes."""
    began = time.perf_counter()
    await _settle(city, _noon(AS_OF + 2 * _DAY))
    return {"next_day_s": round(time.perf_counter() - began, 3)}


async def _one_record(city: _City, number: int) -> float:
    """Seconds from a test that is known to findings that are written."""
    at = _noon(AS_OF + _DAY) + timedelta(minutes=number)
    async with city.database.transaction() as connection:
        row = await (
            await connection.execute(
                "select component_id from component where exempt_clause is null and in_service_to is null and reachable"
                " order by component_id offset %s limit 1",
                (17 + 23 * number,),
            )
        ).fetchone()
    assert row is not None
    test = LeakTest(
        component_id=row[0],
        tested_at=at - timedelta(minutes=1),
        net_umol_mol=12.0,
        background_umol_mol=2.0,
        instrument="FID-1",
        tester="t1",
        received_at=at,
    )
    began = time.perf_counter()
    async with city.database.transaction() as connection:
        await store_leak_tests(connection, [test])
    await _settle(city, at)
    return time.perf_counter() - began


async def _settle(city: _City, at: datetime) -> None:
    while not (report := await city.engine.step(at)).is_idle:
        if report.failed:
            raise BenchFailed(f"rules failed: {report.failed}")


def _agree(expected: Answer, actual: Answer) -> None:
    if expected != actual:
        odd = sorted(set(expected) ^ set(actual))
        raise BenchFailed(f"the statement and the platform differ: {odd[:5]} and {len(odd)} rows in all")


def _noon(day: date) -> datetime:
    return day_start(day).astimezone(UTC) + timedelta(hours=12)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
