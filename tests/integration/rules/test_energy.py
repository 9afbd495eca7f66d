"""From the ledger to findings on energy: months that close, corrections that come late, alerts that name the line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from domain.periods import add_months
from domain.reported import Figure
from storage.database import Database
from storage.ledger import Written, add_entries
from tests.integration.rules.world import City, at, engine, step

UNIT, TOTAL = "energy.unit", "energy.total"
SEPTEMBER = date(2026, 9, 1)
YEAR = [add_months(SEPTEMBER, n) for n in range(-11, 1)]
LINE = "line:hx/L1"


@pytest.fixture
def coking(city: City) -> City:
    enterprise = city.enterprise("hx", since="2026-09-01")
    city.run(
        "insert into line (enterprise_id, code, name, product, charging, quenching, commissioned_on, in_service_from,"
        " capacity_t_a) values (%s, 'L1', '1号焦炉', 'coke', 'stamp', 'dry', '2016-03-01', '2020-01-01', 15000)",
        enterprise,
    )
    return city


def monthly(item: str, value: float, unit: str, line: str | None = "L1", months: Iterable[date] = YEAR) -> list[Figure]:
    return [Figure("hx", line, item, "month", first, value, unit, "月报") for first in months]


#: 1,400 kWh of electricity for each of 1,229 t a month are exactly 140 kgce/t.
GOOD = [
    *monthly("output", 1229.0, "t"),
    *monthly("coke.volatile", 25.0, "%"),
    *monthly("coke.moisture", 10.5, "%"),
    *monthly("used.electricity", 1_400_000.0, "kWh"),
]


async def report(database: Database, new: list[Figure], when: str = "2026-10-08 09:00") -> Written:
    async with database.transaction() as connection:
        return await add_entries(connection, new, author="王工", origin="api", at=at(when))


def evidence(city: City, rule: str = UNIT) -> dict[str, Any]:
    (row,) = [row for row in city.current(rule) if row["period_start"] == at("2026-09-01")]
    found: dict[str, Any] = row["evidence"]
    return found


async def test_a_month_is_judged_when_it_has_closed(coking: City, database: Database) -> None:
    await report(database, GOOD)
    judging = engine(database, UNIT)
    await step(judging, "2026-10-01 00:05")
    assert coking.brief(UNIT) == [], "the grace has not passed"
    await step(judging, "2026-10-01 00:10")
    assert coking.brief(UNIT, LINE) == [("09-01 00", "compliant", "within_level_3")]
    (row,) = coking.current(UNIT)
    assert row["value"] == 140.0
    assert row["evidence"]["output"] == 14748.0
    assert row["enterprise_id"] is not None


async def test_figures_that_come_after_the_month_was_judged(coking: City, database: Database) -> None:
    judging = engine(database, UNIT)
    await step(judging, "2026-10-01 00:10")
    assert coking.brief(UNIT) == [("09-01 00", "undetermined", "incomplete_data")]
    await report(database, GOOD)
    await step(judging, "2026-10-08 09:01")
    assert coking.brief(UNIT) == [("09-01 00", "compliant", "within_level_3")]
    assert coking.count("finding") == 4, "two rules, and what they said before stays"


async def test_a_correction_of_an_old_month_judges_every_month_that_rests_on_it(
    coking: City, database: Database
) -> None:
    await report(database, GOOD)
    later = [add_months(SEPTEMBER, 1)]
    for figure in GOOD[::12]:
        await report(database, monthly(figure.item, figure.value, figure.unit, months=later))
    judging = engine(database, UNIT)
    await step(judging, "2026-11-01 00:10")
    assert [verdict for _, verdict, _ in coking.brief(UNIT)] == ["compliant", "compliant"]
    old = [date(2025, 10, 1)]
    assert await report(database, monthly("used.electricity", 1_400_001.0, "kWh", months=old)) == Written(0, 1, 0, 0)
    await step(judging, "2026-11-08 09:01")
    assert coking.brief(UNIT) == [
        ("09-01 00", "violation", "over_level_3"),
        ("10-01 00", "compliant", "within_level_3"),
    ], "October 2025 is out of the year that ends with October 2026"
    before = coking.count("finding")
    await report(database, monthly("used.electricity", 1_400_001.0, "kWh", months=old))
    await step(judging, "2026-11-08 09:05")
    assert coking.count("finding") == before, "the same figure again changes nothing"


async def test_the_evidence_says_all_that_it_takes(coking: City, database: Database) -> None:
    await report(
        database, [*GOOD, *monthly("made.crude_benzene", 0.5, "t"), *monthly("used.coke_oven_gas", 10.0, "m3")]
    )
    await step(engine(database, UNIT), "2026-10-01 00:10")
    found = evidence(coking)
    power, gas, benzene = found["components"]
    assert (power["kind"], power["amount"], power["unit"], power["tce"]) == ("electricity", 16.8e6, "kWh", 2064.72)
    assert power["months"] == {"ledger": 12}
    assert power["factors"][0]["kgce"] == 0.1229
    assert power["factors"][0]["edition"] == "GB/T 2589"
    assert (gas["factors"][0]["reading"], gas["factors"][0]["low"], gas["factors"][0]["high"]) == (
        "mean_of_range",
        0.5714,
        0.6143,
    )
    assert (benzene["flow"], benzene["factors"][0]["confidence"]) == ("made", "knowledge")
    assert benzene["tce"] < 0
    assert found["unconfirmed_kgce_per_t"] > 0
    assert found["corrections"]["raw_volatile"] == 0.0
    assert found["standard"]["effective_on"] == "2026-05-01"
    assert [(one["name"], one["limit"], one["met"]) for one in found["comparisons"]] == [
        ("1级（先进值）", 115.0, False),
        ("2级（准入值）", 115.0, False),
        ("3级（限定值）", 140.0, True),
        ("标杆水平", 110.0, False),
        ("基准水平", 140.0, True),
        ("2022年清单 准入值", 135.0, False),
        ("2022年清单 先进值", 115.0, False),
    ]
    assert {one["document"] for one in found["comparisons"]} >= {"GB 21342-2025"}
    assert found["comparisons"][-1]["status"] == "issued"
    assert found["comparisons"][-1]["rows"] == [30, 31, 32, 33, 34, 35, 36, 37]
    assert found["comparisons"][3]["confidence"] == "knowledge"


async def test_stocks_that_do_not_meet_are_a_warning(coking: City, database: Database) -> None:
    await report(
        database,
        [
            *monthly("bought.washed_coal", 100.0, "t", None),
            *monthly("stock_open.washed_coal", 50.0, "t", None),
            *monthly("stock_close.washed_coal", 50.0, "t", None),
        ],
    )
    judging = engine(database, TOTAL)
    await step(judging, "2026-10-01 00:10")
    assert "warnings" not in evidence(coking, TOTAL)
    await report(database, monthly("stock_close.washed_coal", 40.0, "t", None, [date(2026, 3, 1)]))
    await step(judging, "2026-10-08 09:01")
    found = evidence(coking, TOTAL)
    assert found["warnings"] == [
        {
            "warning": "stock_mismatch",
            "kind": "washed_coal",
            "unit": "t",
            "month": "2026-03",
            "stock_close": 40.0,
            "next_month": "2026-04",
            "stock_open": 50.0,
        }
    ]
    assert found["equivalent_tce"] == 1089.0
    assert coking.brief(TOTAL) == [("09-01 00", "undetermined", "below_5000_tce")]


async def test_the_city_s_share_at_benchmark_waits_for_confirmation(coking: City, database: Database) -> None:
    await report(database, GOOD)
    await step(engine(database, "energy.benchmark_share"), "2026-10-01 00:10")
    (row,) = coking.current("energy.benchmark_share")
    assert (row["subject"], row["verdict"], row["reason"], row["value"]) == (
        "city:wuhai",
        "undetermined",
        "benchmark_unconfirmed",
        0.0,
    )
    assert row["evidence"]["lines"][0]["benchmark"] == 110.0
