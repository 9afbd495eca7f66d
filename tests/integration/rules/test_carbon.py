"""Carbon, green electricity and solid waste from the ledger to findings and to what boards read."""

from __future__ import annotations

from datetime import date

import pytest

from rules.scoreboard.step import Scoreboard
from rules.targets import target_rows
from storage import ledger, rule_state, scoreboard
from storage.database import Database
from storage.ledger import NewEntry
from storage.scoreboard import NewValue
from tests.integration.rules.world import City, at, engine, step

OCTOBER = date(2026, 10, 1)


async def report(database: Database, figures: dict[str, float], when: str = "2026-11-01 08:00") -> None:
    """Figures of enterprise a in October."""
    entries = [NewEntry("a", None, item, "month", OCTOBER, value, "", "月报") for item, value in figures.items()]
    async with database.transaction() as connection:
        await ledger.add_entries(connection, entries, author="王", origin="api", at=at(when))


async def test_an_account_with_its_components_and_what_a_correction_makes_of_it(city: City, database: Database) -> None:
    city.enterprise("a", since="2026-10-01")
    await report(
        database,
        {
            "bought.electricity": 100_000.0,
            "green.traded": 40_000.0,
            "bought.diesel": 2.0,
            "carbon.recovered": 1.0,
            "carbon.budget": 80.0,
            "value_added": 10.0,
            "solid.generated": 100.0,
            "solid.utilised": 50.0,
            "solid.disposed": 46.0,
        },
    )
    judging = engine(database, "carbon.", "green.", "solid.")
    await step(judging, "2026-11-01 00:09")
    assert city.current("carbon.account") == [], "the month has closed, the grace has not passed"
    await step(judging, "2026-11-01 00:10")
    (found,) = city.current("carbon.account")
    diesel = 2 * 42.652 * 0.0202 * 0.98 * 44 / 12
    assert (found["subject"], found["verdict"], found["reason"]) == ("enterprise:a", "compliant", "within_budget")
    assert found["value"] == pytest.approx(64.79 + diesel - 1)

    (seen,) = city.run("select * from dash.carbon_month")
    assert (seen["enterprise"], seen["month"], seen["budget_t"]) == ("a", OCTOBER, 80)
    assert (seen["electricity_t"], seen["recovered_t"]) == (pytest.approx(64.79), -1)
    assert seen["fuel_t"] == pytest.approx(diesel)
    assert seen["market_based_t"] == pytest.approx(found["value"] - 64.79 + 60_000 * 0.0006096)
    assert seen["t_per_10k_cny"] == pytest.approx(found["value"] / 10)
    parts = city.run("select source, kind, factor_edition, factor_year, t_co2 from dash.carbon_component order by 1, 2")
    assert [(part["source"], part["kind"]) for part in parts] == [
        ("electricity", "electricity"),
        ("fuel", "diesel"),
        ("recovered", "carbon.recovered"),
    ]
    assert (parts[0]["factor_year"], "公告2025年第47号" in parts[0]["factor_edition"]) == (2023, True)
    green = city.run(
        "select subject, green_pct, traded_kwh, reason from dash.green_month where rule_id = 'green.share'"
    )
    assert {(row["subject"], row["green_pct"], row["reason"]) for row in green} == {
        ("enterprise:a", 40, "no_limit"),
        ("city:wuhai", 40, "no_target_this_year"),
    }
    solid = city.run("select rate_pct, utilisation_pct, stored_t from dash.solid_month where subject = 'city:wuhai'")
    assert solid == [{"rate_pct": 96, "utilisation_pct": 50, "stored_t": 0}]

    await report(database, {"bought.electricity": 200_000.0}, "2026-11-02 08:00")
    await step(judging, "2026-11-02 08:01")
    (after,) = city.current("carbon.account")
    assert (after["verdict"], after["reason"]) == ("violation", "over_budget")
    assert city.one("select superseded_at from finding where finding_id = %s", found["finding_id"]) is not None


async def test_what_boards_read_of_targets(city: City, database: Database) -> None:
    async with database.transaction() as connection:
        await rule_state.sync_targets(connection, target_rows())
        figures = [
            NewValue("T097", "基础级智能工厂", date(2026, 9, 30), 20.0, "函"),
            NewValue("T097", "基础级智能工厂", date(2026, 10, 31), 31.0, "函"),
            NewValue("T133", "", date(2026, 10, 31), 9.0, "函"),
        ]
        await scoreboard.add_values(connection, figures, author="王", origin="file", at=at("2026-11-02"))
        await Scoreboard(database).refresh(connection, at("2026-11-02"))
    (board,) = city.run("select * from dash.scoreboard where target_id = 'T133'")
    assert (board["state"], board["state_code"], board["gap"], board["target_value"]) == ("behind", 2, 4, 13)
    assert board["conflict_topics"] == "智能工厂数量"
    assert city.one("select count(*) from dash.scoreboard") == 156
    trend = city.run("select part, as_of, value from dash.scoreboard_trend where target_id = 'T097' order by as_of")
    assert [(point["part"], point["as_of"].month, point["value"]) for point in trend] == [
        ("基础级智能工厂", 9, 20),
        ("基础级智能工厂", 10, 31),
    ]
    parts = city.run("select part, state, gap from dash.scoreboard_part where target_id = 'T097'")
    assert {(part["part"], part["state"], part["gap"]) for part in parts} == {
        ("基础级智能工厂", "met", -1),
        ("先进级智能工厂", "unknown", None),
        ("卓越级智能工厂", "unknown", None),
    }
