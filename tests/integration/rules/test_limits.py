"""Limits as rows: shipped ones get into the table, changes judge again what they touch, and findings go with them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from rules.engine import Engine
from rules.pack import RuleSet
from storage.database import Database
from tests.integration.rules.world import City, at, engine, only, step

LEGAL, ULE, MONTH = "legal.hourly", "ule.hourly", "ule.monthly"
SO2 = "pollutant:tianhe/S1/so2"


def plant(city: City, *, so2: float = 36, hours: int = 4, process: str = "coke_oven_stack") -> dict[str, int]:
    enterprise = city.enterprise("tianhe", since="2026-11-02")
    outlet = city.outlet(enterprise, process=process)
    points = {q: city.point(enterprise, f"S1-{q.upper()}", q, outlet=outlet) for q in ("so2", "o2")}
    city.hours(points["so2"], at("2026-11-02"), hours, so2)
    city.hours(points["o2"], at("2026-11-02"), hours, 8)
    return points


def with_preset(key: str, **update: Any) -> RuleSet:
    """The shipped rules with one limit changed, or without it."""
    rules = only("")
    limits = [one for one in rules.limits if one.key != key or update]
    return replace(
        rules, limits=[one.model_copy(update=update) if one.key == key and update else one for one in limits]
    )


async def test_shipped_limits_become_rows_once(city: City, database: Database) -> None:
    engines = [engine(database), engine(database)]
    await asyncio.gather(*(judging.sync(at("2026-11-02")) for judging in engines))
    shipped = only("").limits
    rows = city.run("select preset, origin, author, enabled, confidence, superseded_at from emission_limit")
    assert len(rows) == len(shipped)
    assert {(row["origin"], row["author"], row["superseded_at"]) for row in rows} == {("preset", "pack", None)}
    assert {row["preset"] for row in rows if row["enabled"]} == {one.key for one in shipped if one.enabled}
    assert {row["confidence"] for row in rows if row["enabled"]} == {"V", "V2"}
    await engine(database).sync(at("2026-11-05"))
    assert city.count("emission_limit") == len(shipped)


async def test_a_corrected_shipped_limit_supersedes_and_judges_again(city: City, database: Database) -> None:
    plant(city)
    key = "ule_coking.coke_oven_stack.so2"
    await step(engine(database, ULE), "2026-11-02 04:10")
    assert [row[1] for row in city.brief(ULE)] == ["violation"] * 4
    old = city.preset(key)

    newer = Engine(database, with_preset(key, value=40.0))
    await newer.step(at("2026-11-02 04:20"))
    assert [row[1] for row in city.brief(ULE)] == ["compliant"] * 4
    assert {row["evidence"]["limit_id"] for row in city.current(ULE)} == {city.preset(key)} != {old}
    assert city.one("select superseded_at from emission_limit where limit_id = %s", old) == at("2026-11-02 04:20")

    without = Engine(database, with_preset(key))
    await without.step(at("2026-11-02 04:30"))
    assert city.current(ULE) == []
    assert city.count("finding") == 8


async def test_a_permit_takes_the_place_of_the_shipped_limit_from_its_day_on(city: City, database: Database) -> None:
    plant(city, hours=48)
    judging = engine(database, ULE)
    await step(judging, "2026-11-04 00:10")
    assert {row[1] for row in city.brief(ULE)} == {"violation"}
    own = city.limit(50.0, kind="ule", since="2026-11-03", reference_o2_pct=8.0)
    report = await step(judging, "2026-11-04 00:11")
    assert (report.written, report.superseded) == (24, 24)
    assert [row[1] for row in city.brief(ULE)] == ["violation"] * 24 + ["compliant"] * 24
    assert city.current(ULE)[-1]["evidence"]["limit_id"] == own
    assert (await step(judging, "2026-11-04 00:12")).is_idle


async def test_a_limit_of_the_past_judges_the_past(city: City, database: Database) -> None:
    plant(city, hours=48)
    judging = engine(database, LEGAL)
    await step(judging, "2026-11-04 00:10")
    assert city.current(LEGAL) == []
    city.limit(30.0, since="2026-11-03")
    await step(judging, "2026-11-04 00:11")
    assert len(city.current(LEGAL)) == 24
    city.limit(40.0, since="2026-11-01", valid_to="2026-11-02")
    await step(judging, "2026-11-04 00:12")
    assert [row[1] for row in city.brief(LEGAL)] == ["compliant"] * 24 + ["violation"] * 24


async def test_what_a_limit_said_goes_with_it(city: City, database: Database) -> None:
    plant(city, hours=48)
    judging = engine(database, LEGAL)
    limit = city.limit(30.0)
    await step(judging, "2026-11-04 00:10")
    assert len(city.current(LEGAL)) == 48
    city.run("delete from alert_work")

    city.end_limit(limit, "2026-11-04 00:11")
    ended = city.limit(30.0, valid_to="2026-11-02")
    await step(judging, "2026-11-04 00:12")
    assert {row["evidence"]["limit_id"] for row in city.current(LEGAL)} == {ended}
    assert len(city.current(LEGAL)) == 24

    city.end_limit(ended, "2026-11-04 00:13")
    await step(judging, "2026-11-04 00:14")
    assert city.current(LEGAL) == []
    gone = city.run("select finding_id from finding where superseded_at = %s", at("2026-11-04 00:14"))
    told = {row["finding_id"] for row in city.run("select finding_id from alert_work")}
    assert len(gone) == 24
    assert {row["finding_id"] for row in gone} <= told  # the alerts hear of it
    await step(judging, "2026-11-04 12:10")
    assert city.current(LEGAL) == []


async def test_a_disabled_row_of_a_person_means_no_limit(city: City, database: Database) -> None:
    plant(city)
    judging = engine(database, ULE)
    await step(judging, "2026-11-02 04:10")
    city.limit(30.0, kind="ule", outlet=None, process="coke_oven_stack", enabled=False)
    await step(judging, "2026-11-02 04:11")
    assert city.current(ULE) == []


async def test_legal_and_ultra_low_stand_side_by_side(city: City, database: Database) -> None:
    plant(city, so2=33)
    city.limit(35.0, work=False)
    await step(engine(database, LEGAL, ULE), "2026-11-02 04:10")
    assert {row[1] for row in city.brief(LEGAL, SO2)} == {"compliant"}
    assert {row[1] for row in city.brief(ULE, SO2)} == {"violation"}
    assert [(row["value"], row["evidence"]["limit"]) for row in city.current(LEGAL)[:1]] == [(33.0, 35.0)]


async def test_a_rate_stands_beside_a_concentration(city: City, database: Database) -> None:
    plant(city)
    city.limit(30.0, work=False)
    city.limit(4.9, unit="kg/h", decimals=1, work=False)  # the same scope and day: neither shadows the other
    await step(engine(database, LEGAL), "2026-11-02 04:10")
    assert [row["evidence"]["limit"] for row in city.current(LEGAL)] == [30.0] * 4


async def test_what_a_logger_states_is_no_measurement(city: City, database: Database) -> None:
    points = plant(city, hours=2)
    city.limit(30.0, work=False)
    enterprise, outlet = city.one("select enterprise_id from enterprise"), city.one("select outlet_id from outlet")
    stated = city.point(enterprise, "S1-SO2-H", "so2", outlet=outlet, of=points["so2"], statistic="hour_mean")
    city.hours(stated, at("2026-11-02"), 3, 900, minutes=60)
    await step(engine(database, LEGAL), "2026-11-02 03:10")
    assert [(row["verdict"], row["value"]) for row in city.current(LEGAL)] == [
        ("violation", 36.0),
        ("violation", 36.0),
        ("undetermined", None),
    ]


async def test_a_month_follows_its_limit(city: City, database: Database) -> None:
    points = plant(city, hours=0)
    city.hours(points["so2"], at("2026-11-02"), 696, 33)
    city.hours(points["o2"], at("2026-11-02"), 696, 8)
    judging = engine(database, "ule.")
    await step(judging, "2026-12-01 00:10")
    assert [row[1:] for row in city.brief(MONTH)] == [("violation", "share_not_met")]
    city.limit(35.0, kind="ule", since="2026-11-01", reference_o2_pct=8.0)
    await step(judging, "2026-12-01 00:11")
    assert [row[1:] for row in city.brief(MONTH)] == [("compliant", "share_met")]
    city.run("update emission_limit set superseded_at = %s where origin = 'operator'", at("2026-12-01 00:12"))
    city.limit(35.0, kind="ule", since="2026-11-01", enabled=False)
    await step(judging, "2026-12-01 00:13")
    assert (city.current(MONTH), city.current(ULE)) == ([], [])
