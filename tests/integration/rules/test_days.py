"""Metering rates: enterprises, districts and the city, day by day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

INSTALLED = "water.meter_installation_rate"
ONLINE = "water.intake_online_rate.green_park_plan"


def verdicts(city: City, rule_id: str) -> dict[str, tuple[str, str, float | None]]:
    """The last current finding of each subject."""
    return {row["subject"]: (row["verdict"], row["reason"], row["value"]) for row in city.current(rule_id)}


async def test_installation_of_enterprises_district_and_city(city: City, database: Database) -> None:
    full, half, none = (city.enterprise(code, since="2026-11-02") for code in ("full", "half", "none"))
    city.enterprise("farm", since="2026-11-02", industrial=False)
    city.enterprise("later", since="2026-11-09")
    city.metered(full, "A")
    city.metered(half, "A")
    city.metered(half, "B", verified="2025-10-31", months=12)  # held until 2026-10-31
    assert none
    report = await step(engine(database, INSTALLED), "2026-11-03 00:10")
    assert verdicts(city, INSTALLED) == {
        "enterprise:full": ("compliant", "target_met", 100.0),
        "enterprise:half": ("violation", "target_not_met", 50.0),
        "enterprise:none": ("undetermined", "no_metering_place", None),
        "district:haibowan": ("violation", "target_not_met", 100 / 3),
        "district:wuda": ("undetermined", "no_enterprise", None),
        "city:wuhai": ("violation", "target_not_met", 100 / 3),
    }
    assert report.written == 6
    evidence = city.current(INSTALLED, "city:wuhai")[0]["evidence"]
    by_place, by_enterprise = evidence["by_place"], evidence["by_enterprise"]
    assert (by_place["required"], by_place["fitted"], by_place["pct"]) == (3, 2, 200 / 3)
    assert (evidence["method"], by_enterprise["method"], by_place["method"]) == (
        "by_enterprise",
        "by_enterprise",
        "by_place",
    )
    assert by_enterprise["document_status"] == "送审稿"
    assert by_place["document"].startswith("GB/T 24789-2022")
    assert evidence["target"]["target_id"] == "T030"
    (lacking,) = [p for p in city.current(INSTALLED, "enterprise:half")[0]["evidence"]["places"] if not p["fitted"]]
    assert (lacking["why"], lacking["meters"][0]["verification_due"]) == ("verification_expired", "2026-10-31")
    assert city.current(INSTALLED, "city:wuhai")[0]["enterprise_id"] is None


async def test_a_day_is_a_local_day_and_years_without_target_are_not_judged(city: City, database: Database) -> None:
    city.metered(city.enterprise("full", since="2027-12-30"), "A", verified="2027-01-01")
    judging = engine(database, INSTALLED)
    assert (await step(judging, "2027-12-31 00:09")).written == 0
    assert (await step(judging, "2027-12-31 00:10")).written == 4
    await step(judging, "2028-02-01 00:10")
    starts = {row["period_start"] for row in city.current(INSTALLED)}
    assert starts == {at("2027-12-30"), at("2027-12-31")}


async def test_a_register_change_is_judged_from_its_date_on(city: City, database: Database) -> None:
    enterprise = city.enterprise("half", since="2026-11-02")
    city.metered(enterprise, "A")
    place = city.metered(enterprise, "B", meter=False)
    assert place is None
    judging = engine(database, INSTALLED)
    await step(judging, "2026-11-06 01:00")
    city.run(
        "insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on)"
        " select enterprise_id, place_id, 'NEW', '2026-11-04', 24, '2026-11-04' from metering_place where code = 'B'"
    )
    assert (await step(judging, "2026-11-06 02:00")).written == 0
    city.work("register", enterprise, at("2026-11-04 00:00"))
    report = await step(judging, "2026-11-06 03:00")
    days = [(row["period_start"], row["verdict"]) for row in city.current(INSTALLED, "enterprise:half")]
    assert [verdict for _, verdict in days] == ["violation", "violation", "compliant", "compliant"]
    assert (report.written, report.superseded) == (6, 6)  # two days, for the enterprise, its district and the city


async def test_an_enterprise_that_is_registered_late_counts_for_its_groups_since_its_registration(
    city: City, database: Database
) -> None:
    city.metered(city.enterprise("first", since="2026-11-04"), "A")
    judging = engine(database, INSTALLED)
    await step(judging, "2026-11-06 01:00")
    second = city.enterprise("second", since="2026-11-02")
    city.work("register", second, at("2026-11-06 02:00"))  # as the register's door writes them
    city.work("metering", second, at("2026-11-02"))
    await step(judging, "2026-11-06 03:00")
    days = [row["period_start"] for row in city.current(INSTALLED, "city:wuhai")]
    assert days == [at(f"2026-11-0{day}") for day in (2, 3, 4, 5)]


def intakes(city: City) -> dict[str, Any]:
    """The fact sheet's example: 600,000 and 80,000 of 710,000 m3 online, all of one enterprise."""
    enterprise = city.enterprise("tianhe", since="2026-11-01")
    return {
        "enterprise": enterprise,
        "big": city.metered(enterprise, "A", permitted=600_000),
        "well": city.metered(enterprise, "B", permitted=80_000, source="ground"),
        "small": city.metered(enterprise, "C", permitted=30_000, source="ground"),
        "farm": city.metered(enterprise, "D", permitted=900_000, agricultural=True),
    }


async def test_online_rate_by_volume_and_by_count(city: City, database: Database) -> None:
    points = intakes(city)
    for name in ("big", "well"):
        city.hours(points[name], at("2026-11-01"), 48, readings=60)
    city.hours(points["small"], at("2026-11-01"), 42)  # 42 of 48 h: 87.5 %
    await step(engine(database, ONLINE), "2026-11-03 00:10")
    found = city.current(ONLINE, "enterprise:tianhe")
    assert [(row["verdict"], row["value"]) for row in found] == [
        ("compliant", 100.0),
        ("compliant", 100 * 680_000 / 710_000),
    ]
    evidence = found[1]["evidence"]
    by_count = evidence["by_count"]
    assert (by_count["required"], by_count["required_online"], by_count["pct"]) == (2, 2, 100.0)
    assert (evidence["method"], by_count["method"]) == ("by_volume", "by_count")
    assert by_count["document"].startswith("水利部")
    (small,) = [one for one in evidence["intakes"] if one["intake"] == "Q-C"]
    assert (small["places"][0]["arrived_hours"], small["places"][0]["elapsed_hours"]) == (42, 48)
    assert small["places"][0]["why"] == "too_few_arrivals"
    assert verdicts(city, ONLINE)["district:wuda"] == ("undetermined", "no_intake", None)
    assert verdicts(city, ONLINE)["city:wuhai"][1] == "target_met"


async def test_an_unsettled_hour_holds_the_days_of_its_month_back(city: City, database: Database) -> None:
    points = intakes(city)
    judging = engine(database, ONLINE)
    city.dirty(points["big"], at("2026-11-02 05:00"))
    report = await step(judging, "2026-11-05 00:10")
    assert report.deferred == [ONLINE]
    assert {row["period_start"] for row in city.current(ONLINE, "enterprise:tianhe")} == {at("2026-11-01")}
    assert len(city.current(ONLINE, "district:wuda")) == 4
    city.clean()
    report = await step(judging, "2026-11-05 00:11")
    assert (report.deferred, len(city.current(ONLINE, "city:wuhai"))) == ([], 4)


async def test_late_readings_change_the_days_of_their_month(city: City, database: Database) -> None:
    points = intakes(city)
    for name in ("big", "well", "small"):
        city.hours(points[name], at("2026-11-01"), 24)
    judging = engine(database, ONLINE)
    await step(judging, "2026-11-04 00:10")
    assert [row[1] for row in city.brief(ONLINE, "enterprise:tianhe")] == ["compliant", "violation", "violation"]
    for name in ("big", "well", "small"):
        city.hours(points[name], at("2026-11-02"), 24, work=True)
    await step(judging, "2026-11-04 00:11")
    assert [row[1] for row in city.brief(ONLINE, "enterprise:tianhe")] == ["compliant", "compliant", "violation"]


async def test_a_park_is_judged_with_its_enterprises_and_again_when_one_leaves_it(
    city: City, database: Database
) -> None:
    points = intakes(city)
    city.run("insert into park (code, name, district) values ('p', '甲园区', 'haibowan'), ('q', '乙园区', 'wuda')")
    city.run("update enterprise set park = 'p' where code = 'tianhe'")
    judging = engine(database, ONLINE)
    await step(judging, "2026-11-03 00:10")
    assert [row[1:] for row in city.brief(ONLINE, "park:p")] == [("violation", "target_not_met")] * 2
    assert [row[1:] for row in city.brief(ONLINE, "park:q")] == [("undetermined", "no_intake")] * 2
    for name in ("big", "well", "small"):
        city.hours(points[name], at("2026-11-01"), 24, work=True)
    await step(judging, "2026-11-03 00:11")
    assert [row[1] for row in city.brief(ONLINE, "park:p")] == ["compliant", "violation"]
    city.run("update enterprise set park = 'q' where code = 'tianhe'")
    city.work("register", points["enterprise"], at("2026-11-02"))
    await step(judging, "2026-11-03 00:12")
    assert [row[1] for row in city.brief(ONLINE, "park:p")] == ["compliant", "undetermined"]
    assert [row[1] for row in city.brief(ONLINE, "park:q")] == ["undetermined", "violation"]


async def test_arrival_is_judged_when_the_month_closes_and_again_when_late_hours_come(
    city: City, database: Database
) -> None:
    points = intakes(city)
    for name in ("big", "well", "small"):
        city.hours(points[name], at("2026-11-01"), 700)
    judging = engine(database, "data.arrival_rate")
    await step(judging, "2026-12-01 00:10")
    (found,) = city.current("data.arrival_rate", "enterprise:tianhe")
    assert (found["verdict"], found["value"]) == ("violation", 100 * 2100 / 2880)  # the farm's meter said nothing
    assert [(one["place"], one["hours"]) for one in found["evidence"]["below"]] == [("D", 0)]
    city.hours(points["farm"], at("2026-11-01"), 700, work=True)
    await step(judging, "2026-12-02 00:10")
    assert [row[1:] for row in city.brief("data.arrival_rate", "enterprise:tianhe")] == [("compliant", "target_met")]
    (district,) = city.current("data.arrival_rate", "district:haibowan")
    assert district["evidence"]["enterprises"] == [
        {
            "enterprise": "tianhe",
            "hours": 2800,
            "expected_hours": 2880,
            "places": 4,
            "below": 0,
            "unconnected": 0,
            "complete": True,
        }
    ]
    assert verdicts(city, "data.arrival_rate")["district:wuda"] == ("undetermined", "not_metered", None)


async def test_the_counted_hours_begin_with_the_meter(city: City, database: Database) -> None:
    points = intakes(city)
    city.run("update meter set installed_on = '2026-11-03' where point_id = %s", points["big"])
    city.run("delete from meter where point_id <> %s", points["big"])
    city.run("delete from intake where code <> 'Q-A' and intake_id not in (select intake_id from metering_place)")
    city.hours(points["big"], at("2026-11-03"), 22)
    await step(engine(database, ONLINE), "2026-11-04 00:10")
    evidence = city.current(ONLINE, "enterprise:tianhe")[-1]["evidence"]
    (big,) = [one for one in evidence["intakes"] if one["intake"] == "Q-A"]
    assert (big["online"], big["places"][0]["counted_from"]) == (True, "2026-11-03")
    assert big["places"][0]["elapsed_hours"] == 24


async def test_thousands_of_days_are_caught_up_in_bounded_batches(city: City, database: Database) -> None:
    city.metered(city.enterprise("full", since="2026-01-01"), "A", months=48)
    report = await step(engine(database, INSTALLED, batch_rows=50), "2026-11-01 00:10")
    days = (at("2026-11-01") - at("2026-01-01")) // timedelta(days=1)
    assert (report.written, len(city.current(INSTALLED, "city:wuhai"))) == (4 * days, days)
