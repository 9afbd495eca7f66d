"""Reminders rest on what the other rules found, day by day."""

from __future__ import annotations

from domain.periods import SITE_ZONE
from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

SOON = "remind.due_soon"
TODAY = "remind.due_today"
OURS = "enterprise:tianhe"


def said(city: City, rule: str) -> list[tuple[str, str, float | None]]:
    return [
        (str(row["period_start"].astimezone(SITE_ZONE).date()), row["reason"], row["value"])
        for row in city.current(rule, OURS)
    ]


async def test_before_at_and_after_the_due_day(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-10-01")
    city.components(enterprise, 2000)
    for number in range(3):
        city.test_leak(city.component(enterprise, f"V-{number}"), at("2026-05-10 10:00"))
    judging = engine(database, "ldar.gb37822", "remind.")
    await step(judging, "2026-11-01 00:10")
    assert said(city, SOON) == []
    await step(judging, "2026-11-06 00:10")  # days that nobody looked at are judged too
    assert said(city, SOON) == [("2026-11-04", "due_soon", 3.0)]
    evidence = city.current(SOON, OURS)[0]["evidence"]
    assert evidence["by_group"] == {"test": 3}
    assert evidence["first_due_on"] == "2026-11-10"
    assert [one["subject"] for one in evidence["examples"]] == [f"component:tianhe/V-{n}" for n in range(3)]
    city.test_leak(city.one("select component_id from component where code = 'V-0'"), at("2026-11-06 09:00"))
    await step(judging, "2026-11-06 09:01")
    assert len(said(city, SOON)) == 1
    await step(judging, "2026-11-12 00:10")
    assert said(city, SOON) == [
        ("2026-11-04", "due_soon", 3.0),
        ("2026-11-07", "due_soon", 2.0),
        ("2026-11-11", "none_due", None),
    ]
    assert said(city, TODAY) == [("2026-11-10", "due_today", 2.0), ("2026-11-11", "none_due", None)]
    assert len(city.current("ldar.gb37822")) == 4
    assert (await step(judging, "2026-11-12 00:20")).written == 0


async def test_a_record_that_comes_late_judges_the_days_after_it_again(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-10-01")
    city.components(enterprise, 2000)
    valve = city.component(enterprise, "V-1")
    city.test_leak(valve, at("2026-05-10 10:00"))
    judging = engine(database, "ldar.gb37822", "remind.")
    await step(judging, "2026-11-12 00:10")
    assert [row[1:] for row in said(city, TODAY)] == [("due_today", 1.0), ("none_due", None)]
    city.test_leak(valve, at("2026-11-05 10:00"))
    await step(judging, "2026-11-12 08:00")
    assert said(city, TODAY) == []
    assert said(city, SOON) == [("2026-11-04", "due_soon", 1.0), ("2026-11-06", "none_due", None)]


async def test_components_that_are_removed_are_not_reminded_of(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-10-01")
    city.components(enterprise, 2000)
    valve = city.component(enterprise, "V-1")
    city.test_leak(valve, at("2026-05-10 10:00"))
    city.run("update component set in_service_to = '2026-11-01' where component_id = %s", valve)
    await step(engine(database, "ldar.gb37822", "remind."), "2026-11-10 00:10")
    assert said(city, SOON) == []
