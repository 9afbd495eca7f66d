"""`plantwatch bench coverage`: coverage and balances of one month of a whole city, beside one SQL statement.

The platform's way is the rules' own: counters are summed up by month, totals go to places, evaluators judge. The
statement answers the same questions for the bench's simple register. Both are measured in turn on the same rows, at two
sizes; that they agree in every figure is checked before anything is reported.
"""

from __future__ import annotations

import asyncio
import os
import platform as machine
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.ledger import Ledger
from domain.periods import day_period, day_start, local_day, month_period
from rules.evaluators.account import AccountWindow
from rules.evaluators.contract import Judgement
from rules.families.accounts import judge_month, sum_up
from rules.families.contract import Job
from rules.families.days import city_of, judge_days
from rules.families.placetotals import place_totals
from rules.families.registers import register_of
from rules.pack import RuleSet, load_packs
from runtime.bench.children import BenchFailed
from runtime.bench.coveragedata import MONTH, CitySize, make_city
from runtime.bench.coveragesql import STATEMENT
from runtime.bench.scoreboard import scoreboard
from runtime.clock import system_clock
from runtime.databases import Embedded, embedded_database
from storage import metering, month_totals
from storage.database import Connection, Database, create_database, fetch_all
from storage.migrate import migrate

#: By month and by day: what is measured.
ACCOUNTS = ("water.balance", "energy.balance.electricity", "data.arrival_rate")
DAYS = ("water.meter_installation_rate", "water.intake_online_rate.green_park_plan", "energy.fit_rate")
#: Relative difference of two ways to add up thirty million increments.
_SAME = 1e-9

Figures = dict[str, Any]
#: Values by rule and subject; None where data are missing.
Answer = dict[tuple[str, str], float | None]


@dataclass(frozen=True, slots=True)
class CoveragePlan:
    """How much is measured: the sizes of the city, the smaller one first, and how often each is measured."""

    sizes: tuple[CitySize, CitySize] = (CitySize(4_000), CitySize(40_000))
    rounds: int = 5
    requests: int = 200

    @classmethod
    def short(cls) -> CoveragePlan:
        """Enough to see that everything works, not to say how fast."""
        small = CitySize(48, enterprises=16, older_months=1, older_points=20)
        return cls((small, CitySize(480, enterprises=16, older_months=1, older_points=20)), 1, 5)


def bench_coverage(plan: CoveragePlan) -> dict[str, Any]:
    """Measure; see the module for what, and README for the aims."""
    with embedded_database(None, system_clock) as embedded:
        measured = [asyncio.run(_one_city(embedded, size, plan)) for size in plan.sizes]
    small, large = measured
    growth = large["platform_s"] / small["platform_s"] / (large["points"] / small["points"])
    return {
        "machine": {"cores": os.cpu_count(), "python": machine.python_version()},
        "load": {"enterprises": plan.sizes[1].enterprises, "rounds": plan.rounds, "requests": plan.requests},
        "figures": {"small": small, "large": large},
        "ratios": {
            "sql": large["ratio"],
            "sql_small": small["ratio"],
            "growth_10x": round(growth, 2),
            "scoreboard": large["scoreboard"]["ratio"],
        },
    }


async def _one_city(embedded: Embedded, size: CitySize, plan: CoveragePlan) -> Figures:
    name = f"coverage{size.points}"
    create_database(embedded.server.url, name)
    url = embedded.server.database_url(name)
    migrate(url, now=system_clock)
    async with Database(url, name="plantwatch bench") as database:
        began = time.perf_counter()
        rows = await make_city(database, size)
        _say(f"{rows:,} hourly rows of {size.points:,} points made in {time.perf_counter() - began:.0f} s")
        await _sum_up_older(database)
        ours: list[Figures] = []
        theirs: list[float] = []
        answer: Answer = {}
        for _ in range(plan.rounds + 1):  # the first warms up
            seconds, expected = await _statement(database)
            theirs.append(seconds)
            figures, answer = await _platform(database)
            ours.append(figures)
            _agree(expected, answer)
            _say(f"statement {seconds:.3f} s, platform {figures['platform_s']:.3f} s")
        board = await scoreboard(database, url, plan.requests)
    kept, bare = ours[1:], theirs[1:]
    return {
        "points": size.points,
        "hourly_rows": rows,
        "judgements": len(answer),
        "sql_s": round(statistics.median(bare), 4),
        **{key: round(statistics.median(one[key] for one in kept), 4) for key in kept[0]},
        "ratio": round(statistics.median(a["platform_s"] / b for a, b in zip(kept, bare, strict=True)), 2),
        "scoreboard": board,
    }


def _period() -> tuple[datetime, datetime]:
    period = month_period(MONTH.year, MONTH.month)
    return period.start, period.end


async def _sum_up_older(database: Database) -> None:
    async with database.transaction() as connection:
        await sum_up(connection, _period()[0])


async def _statement(database: Database) -> tuple[float, Answer]:
    from_at, to_at = _period()
    parameters = {
        "from_at": from_at,
        "to_at": to_at,
        "hours": (to_at - from_at) // timedelta(hours=1),
        "day": local_day(to_at - timedelta(hours=1)),
    }
    began = time.perf_counter()
    async with database.transaction() as connection:
        rows = await fetch_all(connection, STATEMENT, parameters)
    seconds = time.perf_counter() - began
    return seconds, {
        (row["rule"], row["subject"]): None if row["value"] is None else float(row["value"]) for row in rows
    }


async def _platform(database: Database) -> tuple[Figures, Answer]:
    """The rules' own way, up to judgements; what was summed up is taken back before, and not counted."""
    rules = load_packs()
    async with database.transaction() as connection:
        await connection.execute("delete from point_month where month = %s", (MONTH,))
        await connection.execute(
            "update rule_watermark set through_at = %s where rule_id = 'point_month'", (_period()[0],)
        )
    began = time.perf_counter()
    async with database.transaction() as connection:
        await sum_up(connection, _period()[1])
    summed = time.perf_counter()
    async with database.transaction() as connection:
        judged = await _judge(connection, rules)
    done = time.perf_counter()
    figures = {"platform_s": done - began, "sum_up_s": summed - began, "judge_s": done - summed}
    return figures, dict(map(_answered, judged))


async def _judge(connection: Connection, rules: RuleSet) -> list[tuple[str, Judgement]]:
    stored = await metering.register(connection)
    register = register_of(stored)
    totals = place_totals(register, await month_totals.totals(connection, MONTH, MONTH), [MONTH])
    window = AccountWindow([MONTH], register, totals, Ledger())
    found = [(rule_id, one) for rule_id in ACCOUNTS for _, one in judge_month(_job(rules, rule_id), window)]
    day = window.last_day
    counts: Sequence[tuple[int, datetime, int]] = ()
    for rule_id in DAYS:
        job = _job(rules, rule_id)
        city = city_of(register, stored.enterprise_ids, job)
        if "online" in rule_id:
            from_at, to_at = day_start(MONTH), day_period(day).end
            counts = await metering.hours_by_day(connection, list(city.points), from_at, to_at, from_at)
        judged = judge_days(job, register, {day: set(city.starts)}, counts)
        found += [(rule_id, one) for _, one in judged]
    return found


def _job(rules: RuleSet, rule_id: str) -> Job:
    now = datetime.max.replace(tzinfo=UTC)
    return Job(rule_id, rules.variants[rule_id], now, now, 1)


def _answered(found: tuple[str, Judgement]) -> tuple[tuple[str, str], float | None]:
    rule_id, judgement = found
    value = judgement.value
    if rule_id in ("water.balance", "energy.balance.electricity") and judgement.reason == "incomplete_data":
        value = None
    if rule_id == "energy.fit_rate" and value is not None and judgement.limit is not None:
        value -= judgement.limit
    return (rule_id, str(judgement.subject)), value


def _agree(expected: Answer, actual: Answer) -> None:
    if expected.keys() != actual.keys():
        odd = sorted(expected.keys() ^ actual.keys())
        raise BenchFailed(f"the statement and the platform judge different things: {odd[:5]} and {len(odd)} in all")
    for key, value in expected.items():
        ours = actual[key]
        same = value is None if ours is None else value is not None and abs(ours - value) <= _SAME * max(1, abs(value))
        if not same:
            raise BenchFailed(f"{' '.join(key)}: the statement says {value}, the platform {ours}")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
