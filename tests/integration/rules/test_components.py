"""LDAR schedules over their whole life, and what a late test does to them."""

from __future__ import annotations

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

GB = "ldar.gb37822"
YEARLY = "ldar.wuhai_yearly"
V1 = "component:tianhe/V-1"


def plant(city: City, *, others: int = 1999, since: str = "2026-01-01", kind: str = "valve") -> int:
    enterprise = city.enterprise("tianhe", since="2026-01-01")
    city.components(enterprise, others)
    return city.component(enterprise, "V-1", kind=kind, since=since)


async def test_the_life_of_a_component(city: City, database: Database) -> None:
    valve = plant(city)
    judging = engine(database, GB)
    await step(judging, "2026-01-02 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "scheduled")]
    (finding,) = city.current(GB, V1)
    assert finding["period_end"] == at("2026-04-02")  # 90 days after 1 January: 1 April is the last day
    await step(judging, "2026-03-02 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "scheduled")]
    await step(judging, "2026-03-03 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "due_soon")]
    await step(judging, "2026-04-02 00:10")  # the due day has closed: still in time
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "due_soon")]
    await step(judging, "2026-04-03 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "violation", "overdue")]

    city.test_leak(valve, at("2026-04-05 10:00"))
    report = await step(judging, "2026-04-05 10:00:05")
    assert city.brief(GB, V1) == [("01-01 00", "violation", "tested_late"), ("04-05 00", "compliant", "scheduled")]
    assert (report.written, report.superseded) == (2, 1)
    assert city.current(GB, V1)[0]["evidence"]["met_at"] == "2026-04-04T16:00:00Z"
    assert city.current(GB, V1)[1]["period_end"] == at("2026-10-06")

    city.test_leak(valve, at("2026-10-05 23:59"))
    await step(judging, "2026-10-06 00:00:30")
    assert city.brief(GB, V1)[1:] == [
        ("04-05 00", "compliant", "tested_in_time"),
        ("10-05 00", "compliant", "scheduled"),
    ]
    assert (await step(judging, "2026-10-07 00:10")).written == 0
    assert city.one("select count(*) from finding where rule_id = %s", GB) == 7


async def test_a_test_that_arrives_late_rewrites_the_schedule(city: City, database: Database) -> None:
    valve = plant(city)
    judging = engine(database, GB)
    city.test_leak(valve, at("2026-06-20 09:00"))
    await step(judging, "2026-07-01 00:10")
    assert [row[1:] for row in city.brief(GB, V1)] == [("violation", "tested_late"), ("compliant", "scheduled")]
    city.test_leak(valve, at("2026-03-01 09:00"))  # a record found in a drawer
    await step(judging, "2026-07-01 12:00")
    assert city.brief(GB, V1) == [
        ("01-01 00", "compliant", "tested_in_time"),
        ("03-01 00", "compliant", "tested_in_time"),
        ("06-20 00", "compliant", "scheduled"),
    ]


async def test_below_the_threshold_there_is_no_duty(city: City, database: Database) -> None:
    plant(city, others=1998)
    report = await step(engine(database, GB), "2026-07-01 00:10")
    assert (report.written, report.judged) == (0, 0)


async def test_exempt_components_count_but_have_no_duty(city: City, database: Database) -> None:
    plant(city)
    await step(engine(database, "ldar."), "2026-07-01 00:10")
    assert {row["subject"] for row in city.current(GB)} == {row["subject"] for row in city.current(YEARLY)} == {V1}


async def test_history_before_the_registration_only_anchors(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-06-01")
    city.components(enterprise, 2000)
    valve = city.component(enterprise, "V-1", since="2019-01-01")
    for when in ("2024-05-05 10:00", "2025-01-20 10:00", "2025-11-10 10:00"):
        city.test_leak(valve, at(when))
    await step(engine(database, GB), "2026-06-02 00:10")
    assert city.brief(GB, V1) == [("11-10 00", "violation", "overdue")]


async def test_taken_out_of_service_when_overdue(city: City, database: Database) -> None:
    valve = plant(city)
    judging = engine(database, GB)
    await step(judging, "2026-05-01 00:10")
    enterprise = city.one("select enterprise_id from enterprise")
    city.run("update component set in_service_to = '2026-05-04' where component_id = %s", valve)
    city.run(
        "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from, exempt_clause)"
        " values (%s, 'Y', 'Y', 'Y', 'pump', 'gas', '2026-01-01', '8.3.2')",
        enterprise,
    )
    await step(judging, "2026-05-06 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "violation", "overdue"), ("05-04 00", "compliant", "removed")]


async def test_a_year_is_met_by_one_test(city: City, database: Database) -> None:
    valve = plant(city, others=0, since="2020-01-01")
    judging = engine(database, YEARLY)
    await step(judging, "2026-06-01 00:10")
    assert city.brief(YEARLY, V1) == [("01-01 00", "compliant", "scheduled")]
    await step(judging, "2026-12-02 00:10")  # as at 1 December: 30 days left
    assert city.brief(YEARLY, V1) == [("01-01 00", "compliant", "due_soon")]
    await step(judging, "2027-01-01 00:10")
    assert city.brief(YEARLY, V1) == [("01-01 00", "violation", "overdue")]
    await step(judging, "2027-01-02 00:10")
    assert city.brief(YEARLY, V1)[1:] == [("01-01 00", "compliant", "scheduled")]
    city.test_leak(valve, at("2026-12-31 23:30"))  # arrives late
    await step(judging, "2027-01-03 09:00")
    assert city.brief(YEARLY, V1) == [("01-01 00", "compliant", "tested"), ("01-01 00", "compliant", "scheduled")]


async def test_a_component_of_this_year_is_due_in_the_next(city: City, database: Database) -> None:
    plant(city, others=0, since="2026-01-02")
    judging = engine(database, YEARLY)
    await step(judging, "2027-01-01 00:10")
    assert city.current(YEARLY) == []
    await step(judging, "2027-01-02 00:10")
    assert city.brief(YEARLY, V1) == [("01-01 00", "compliant", "scheduled")]
