"""Key regions (重点区域): from the day that the city names, special limits hold in place of general ones."""

from __future__ import annotations

from rules.pack import load_packs
from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

RULE = "legal.hourly"


async def test_the_switch_changes_the_limit_from_its_day_on_and_judges_again(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    place = city.outlet(enterprise, "P1", process="in_plant")
    point = city.point(enterprise, "P1-NMHC", "nmhc", outlet=place)
    city.hours(point, at("2026-11-02"), 72, 8.0)
    judging = engine(database, RULE)
    await step(judging, "2026-11-05 00:10")
    assert {(row["verdict"], row["evidence"]["limit"]) for row in city.current(RULE)} == {("compliant", 10.0)}

    city.run("update city set key_region_from = '2026-11-03'")
    city.work("register", enterprise, at("2026-11-03"))
    await step(judging, "2026-11-05 00:11")
    judged = [(row["verdict"], row["evidence"]["limit"]) for row in city.current(RULE)]
    assert judged == [("compliant", 10.0)] * 24 + [("violation", 6.0)] * 48

    city.run("update city set key_region_from = null")
    city.work("register", enterprise, at("2026-11-02"))
    await step(judging, "2026-11-05 00:12")
    assert {row["verdict"] for row in city.current(RULE)} == {"compliant"}


def test_both_rows_of_a_place_are_shipped_in_force() -> None:
    rows = [one for one in load_packs().limits if one.process == "in_plant" and one.quantity == "nmhc"]
    assert {(one.region, one.averaging, one.value, one.enabled) for one in rows} == {
        ("general", "hour", 10.0, True),
        ("key", "hour", 6.0, True),
        ("general", "single", 30.0, True),
        ("key", "single", 20.0, True),
    }
