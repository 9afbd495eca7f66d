"""Terms of leaks and spot checks over their whole life, and what late or corrected facts do to them."""

from __future__ import annotations

from typing import Any

import pytest

from storage.database import Database
from tests.integration.rules.leak_world import Leaks
from tests.integration.rules.world import City, at, engine, step

ATTEMPT, REPAIR, PETRO, SPOT = "ldar.first_attempt", "ldar.repair", "ldar.gb31571_repair", "ldar.spot_check"
V1, TIANHE = "component:tianhe/V-1", "enterprise:tianhe"
FOUND = "2026-11-02 10:00"


@pytest.fixture
def world(city: City, database: Database) -> Leaks:
    return Leaks(city, database)


def brief(world: Leaks, rule_id: str, subject: str = V1) -> list[tuple[str, str]]:
    return [(verdict, reason) for _, verdict, reason in world.city.brief(rule_id, subject)]


def evidence(world: Leaks, rule_id: str) -> dict[str, Any]:
    (finding,) = world.city.current(rule_id, V1)
    found: dict[str, Any] = finding["evidence"]
    return found


async def test_the_life_of_a_leak(world: Leaks, database: Database) -> None:
    judging = engine(database, ATTEMPT, REPAIR, PETRO)
    await step(judging, "2026-11-02 00:10")
    await world.probe(FOUND, 6000)
    await step(judging, "2026-11-02 10:00:05")
    assert brief(world, ATTEMPT) == brief(world, REPAIR) == [("compliant", "scheduled")]
    assert brief(world, PETRO) == []
    (finding,) = world.city.current(REPAIR, V1)
    assert (finding["period_start"], finding["period_end"]) == (at(FOUND), at("2026-11-18"))
    await step(judging, "2026-11-06 00:10")
    assert (brief(world, ATTEMPT), brief(world, REPAIR)) == ([("compliant", "due_soon")], [("compliant", "scheduled")])
    await step(judging, "2026-11-08 00:10")
    assert brief(world, ATTEMPT) == [("compliant", "due_soon")]
    await step(judging, "2026-11-09 00:10")
    assert brief(world, ATTEMPT) == [("violation", "overdue")]
    await world.repair("2026-11-10 09:00")
    await step(judging, "2026-11-10 09:00:05")
    assert (brief(world, ATTEMPT), brief(world, REPAIR)) == (
        [("violation", "attempted_late")],
        [("compliant", "scheduled")],
    )
    assert evidence(world, ATTEMPT)["met_at"] == "2026-11-09T16:00:00Z"
    await world.probe("2026-11-10 10:00", 5500, "retest")
    await step(judging, "2026-11-19 00:10")
    assert brief(world, REPAIR) == [("violation", "overdue")]
    assert evidence(world, REPAIR)["still_leaking_at"] == "2026-11-10T02:00:00Z"
    await world.repair("2026-11-20 09:00")
    await world.probe("2026-11-20 10:00", 30, "retest")
    await step(judging, "2026-11-20 12:00")
    assert brief(world, REPAIR) == [("violation", "repaired_late")]
    assert evidence(world, REPAIR)["met_at"] == "2026-11-19T16:00:00Z"
    assert (await step(judging, "2026-11-25 00:10")).written == 0


async def test_evidence_says_what_both_definitions_say(world: Leaks, database: Database) -> None:
    judging = engine(database, REPAIR)
    await world.probe(FOUND, 3000)
    await step(judging, "2026-11-03 00:10")
    assert (brief(world, REPAIR), world.states) == ([], ["found"])  # the ledger knows it; the standard asks nothing
    world.city.run("update city set key_region_from = '2026-11-02'")
    world.city.work("register", world.enterprise, at("2026-11-02"))
    await step(judging, "2026-11-03 12:00")
    assert brief(world, REPAIR) == [("compliant", "scheduled")]
    found = evidence(world, REPAIR)
    assert (found["key_region"], found["definition_umol_mol"], found["net_umol_mol"]) == (True, 2000.0, 3000.0)
    assert found["definitions"] == {"other": 5000.0, "key_region": 2000.0}
    assert found["is_leak"] == {"other": False, "key_region": True}
    world.city.run("update city set key_region_from = null")
    world.city.work("register", world.enterprise, at("2026-11-02"))
    await step(judging, "2026-11-03 13:00")
    assert brief(world, REPAIR) == []


async def test_late_facts_judge_again(world: Leaks, database: Database) -> None:
    judging = engine(database, ATTEMPT, REPAIR)
    await world.probe(FOUND, 6000)
    await step(judging, "2026-11-25 00:10")
    assert brief(world, ATTEMPT) == brief(world, REPAIR) == [("violation", "overdue")]
    await world.repair("2026-11-07 18:00")  # a record found in a drawer
    await step(judging, "2026-11-25 01:00")
    assert (brief(world, ATTEMPT), brief(world, REPAIR)) == (
        [("compliant", "attempted_in_time")],
        [("undetermined", "retest_missing")],
    )
    await world.probe("2026-11-07 19:00", 12, "retest")
    await step(judging, "2026-11-25 02:00")
    assert brief(world, REPAIR) == [("compliant", "repaired_in_time")]
    await world.probe("2026-10-20 10:00", 7000)  # it was known before: both terms were long over
    await step(judging, "2026-11-25 03:00")
    assert (brief(world, ATTEMPT), brief(world, REPAIR)) == (
        [("violation", "attempted_late")],
        [("violation", "repaired_late")],
    )
    assert world.city.current(REPAIR, V1)[0]["period_start"] == at("2026-10-20 10:00")


async def test_filings(world: Leaks, database: Database) -> None:
    judging = engine(database, REPAIR)
    await world.probe(FOUND, 6000)
    await world.delay("2026-11-10 09:00", FOUND, "2026-12-20")
    await step(judging, "2026-11-30 00:10")
    assert brief(world, REPAIR) == [("compliant", "delayed")]
    assert world.city.current(REPAIR, V1)[0]["period_end"] == at("2026-12-21")
    await step(judging, "2026-12-22 00:10")
    assert brief(world, REPAIR) == [("violation", "overdue")]
    await world.delay("2026-12-25 09:00", FOUND, "2027-03-31")
    await step(judging, "2026-12-26 00:10")
    assert brief(world, REPAIR) == [("violation", "delayed_late")]
    assert evidence(world, REPAIR)["met_at"] == "2026-12-24T16:00:00Z"
    assert [one["repair_by"] for one in evidence(world, REPAIR)["filings"]] == ["2026-12-20", "2027-03-31"]


async def test_a_correction_that_lowers_the_reading(world: Leaks, database: Database) -> None:
    judging = engine(database, ATTEMPT, REPAIR)
    await world.probe(FOUND, 6000)
    await step(judging, "2026-11-25 00:10")
    assert brief(world, REPAIR) == [("violation", "overdue")]
    await world.probe(FOUND, 4000, revision=1)  # below the definition of GB 37822, above the lowest
    await step(judging, "2026-11-25 01:00")
    assert (brief(world, ATTEMPT), brief(world, REPAIR), world.states) == ([], [], ["found"])
    await world.probe(FOUND, 40, revision=2)
    await step(judging, "2026-11-25 02:00")
    assert (brief(world, REPAIR), world.states) == ([], [])


async def test_out_of_service(world: Leaks, database: Database) -> None:
    judging = engine(database, ATTEMPT, REPAIR)
    await world.probe(FOUND, 6000)
    await step(judging, "2026-11-10 00:10")
    assert (brief(world, ATTEMPT), brief(world, REPAIR)) == ([("violation", "overdue")], [("compliant", "scheduled")])
    await world.out_of_service("2026-11-12", "2026-11-10 08:00")  # planned, not yet so
    await step(judging, "2026-11-10 08:10")
    assert (brief(world, REPAIR), world.states) == ([("compliant", "scheduled")], ["found"])
    await step(judging, "2026-11-13 00:10")
    assert (brief(world, ATTEMPT), brief(world, REPAIR), world.states) == (
        [("violation", "removed_late")],
        [("compliant", "removed")],
        ["removed"],
    )
    await world.out_of_service("2026-11-30", "2026-11-13 09:00")  # no, later
    await step(judging, "2026-11-19 00:10")
    assert (brief(world, REPAIR), world.states) == ([("violation", "overdue")], ["found"])


async def test_an_exempt_component_that_leaks(world: Leaks, database: Database) -> None:
    """It has no schedule, but a leak is a leak."""
    exempt = world.city.one("select component_id from component where code = 'X-7'")
    await world.probe(FOUND, 6000, component=exempt)
    await step(engine(database, "ldar."), "2026-11-25 00:10")
    assert brief(world, REPAIR, "component:tianhe/X-7") == [("violation", "overdue")]
    assert brief(world, "ldar.gb37822", "component:tianhe/X-7") == []


async def test_below_the_threshold_on_the_day_of_discovery(city: City, database: Database) -> None:
    world = Leaks(city, database, others=1998)
    await world.probe(FOUND, 6000)
    judging = engine(database, REPAIR)
    await step(judging, "2026-11-25 00:10")
    assert brief(world, REPAIR) == []
    city.component(world.enterprise, "V-2", since="2026-11-03")  # 2000 from the next day on
    city.work("register", world.enterprise, at("2026-11-25"))
    await step(judging, "2026-11-25 01:00")
    assert brief(world, REPAIR) == []
    city.run("update component set in_service_from = '2026-11-02' where code = 'V-2'")
    city.work("register", world.enterprise, at("2026-11-25"))
    await step(judging, "2026-11-25 02:00")
    assert brief(world, REPAIR) == [("violation", "overdue")]


async def test_installations_of_gb31571(world: Leaks, database: Database) -> None:
    world.installation()
    await world.probe(FOUND, 2100)
    judging = engine(database, "ldar.")
    await step(judging, "2026-11-25 00:10")
    assert (brief(world, REPAIR), brief(world, PETRO)) == ([], [("violation", "overdue")])
    world.city.run("update installation set standard = 'GB37822'")
    world.city.work("register", world.enterprise, at("2026-11-25"))
    await step(judging, "2026-11-25 01:00")
    assert brief(world, PETRO) == []


async def test_history_is_judged_when_the_rule_is_new(world: Leaks, database: Database) -> None:
    """Closed leaks too; a new test of a component that never leaked costs nothing."""
    await world.probe(FOUND, 6000)
    await world.repair("2026-11-03 09:00")
    await world.probe("2026-11-03 10:00", 12, "retest")
    judging = engine(database, REPAIR)
    report = await step(judging, "2026-12-01 00:10")
    assert brief(world, REPAIR) == [("compliant", "repaired_in_time")]
    flange = world.city.component(world.enterprise, "F-1", kind="flange")
    await world.probe("2026-12-01 09:00", 400, component=flange)
    report = await step(judging, "2026-12-01 10:00")
    assert (report.work, report.by_rule[REPAIR].judged) == (1, 0)
    report = await step(judging, "2026-12-02 00:10")
    assert report.by_rule[REPAIR].judged == 0  # nothing is open


async def test_a_failing_rule_catches_up(world: Leaks, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    judging = engine(database, REPAIR)
    await world.probe(FOUND, 6000)
    await step(judging, "2026-11-03 00:10")
    with monkeypatch.context() as patched:
        patched.setattr("rules.families.leaks.component_of", lambda *_: 1 / 0)
        await world.repair("2026-11-04 09:00")
        await world.probe("2026-11-04 10:00", 12, "retest")
        report = await step(judging, "2026-11-04 12:00")
        assert list(report.failed) == [REPAIR]
    await step(judging, "2026-11-04 12:01")
    assert brief(world, REPAIR) == [("compliant", "repaired_in_time")]


async def test_spot_checks(world: Leaks, database: Database) -> None:
    judging = engine(database, SPOT)
    ids = [row["component_id"] for row in world.city.run("select component_id from component order by code limit 6")]
    for component, net in zip(ids, (6000, 5100, 9000, 10, 10, 10), strict=True):
        await world.probe("2026-11-02 10:00", net, "spot_check", component=component)
    await step(judging, "2026-11-02 12:00")
    assert world.city.current(SPOT) == []
    await step(judging, "2026-11-03 00:10")
    (finding,) = world.city.current(SPOT, TIANHE)
    assert (finding["verdict"], finding["reason"], finding["value"]) == ("violation", "too_many_leaks", 3.0)
    assert (finding["period_start"], finding["period_end"]) == (at("2026-11-02"), at("2026-11-03"))
    assert (finding["evidence"]["points"], len(finding["evidence"]["leaking"])) == (6, 3)
    assert finding["evidence"]["leaks_by_region"] == {"other": 3, "key_region": 3}
    # a late record says that somebody was at work on one of them
    await world.probe("2026-10-30 10:00", 6000, component=ids[0])
    world.valve = ids[0]
    await world.repair("2026-10-31 10:00")
    await step(judging, "2026-11-03 09:00")
    (finding,) = world.city.current(SPOT, TIANHE)
    assert (finding["verdict"], finding["value"], finding["evidence"]["in_repair_count"]) == ("compliant", 2.0, 1)
    # corrections: none of them was the bureau's
    for component in ids:
        await world.probe("2026-11-02 10:00", 10, "routine", component=component, revision=1)
    await step(judging, "2026-11-03 10:00")
    assert world.city.current(SPOT) == []


async def test_spot_checks_that_arrive_late(world: Leaks, database: Database) -> None:
    judging = engine(database, SPOT)
    await step(judging, "2026-11-10 00:10")
    await world.probe("2026-11-02 10:00", 10, "spot_check")
    await step(judging, "2026-11-10 09:00")
    assert brief(world, SPOT, TIANHE) == [("compliant", "within")]
