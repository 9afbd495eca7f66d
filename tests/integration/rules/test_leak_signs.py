"""Signs in records of leak tests on a database: what is fetched, when a day or a campaign is judged, and what late
records, corrections and changed declarations do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.findings import BUREAU_ONLY
from domain.periods import day_start
from rules.families.contract import judge
from rules.families.leakcampaigns import CAMPAIGN_SIGNS
from rules.families.leakdays import DAY_SIGNS
from rules.pack import load_packs
from runtime.bench.leakwindows import campaign_of, days_of
from simulators.leak_campaign import dishonest, honest, works
from simulators.leak_shapes import Campaign
from storage import leaks
from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

RULES = load_packs()
SPOTS = works(160)
SIGN = "ldar.sign_"
KEPT = "2026-03-01"


def write(city: City, made: Campaign, *, since: str = KEPT, campaign: bool = True) -> int:
    """A campaign with everything that was declared, as ledger, register and doors would write it."""
    plant = city.enterprise(made.enterprise, since=since)
    own = city.one(
        "insert into installation (enterprise_id, code, name, in_service_from) values (%s, 'I', '装置', '2020-01-01')"
        " returning installation_id",
        plant,
    )
    for number, unit in enumerate(dict.fromkeys(spot.unit for spot in made.spots)):
        spot = next(spot for spot in made.spots if spot.unit == unit)
        unit_id = city.one(
            "insert into process_unit (installation_id, code, name, x_m, y_m) values (%s, %s, %s, %s, %s)"
            " returning unit_id",
            own,
            f"U-{number}",
            unit,
            spot.x_m,
            spot.y_m,
        )
        for one in made.spots:
            if one.unit == unit:
                city.run(
                    "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from,"
                    " unit_id, size_mm, elevation_m, reachable) values (%s, %s, %s, %s, %s, %s, '2020-01-01', %s, %s,"
                    " %s, %s)",
                    *(plant, one.code, one.code, unit, one.kind, one.medium, unit_id),
                    *(one.size_mm, one.elevation_m, one.reachable),
                )
    for instrument in made.instruments:
        declare(city, plant, instrument.serial, instrument.model, instrument.response_time_s)
    for tester in made.testers:
        city.run(
            "insert into leak_tester (enterprise_id, name, in_service_from) values (%s, %s, '2020-01-01')",
            plant,
            tester,
        )
    for check in made.checks:
        calibrate(city, check.instrument, check.done_at, check.kind, check.expected, check.shown)
    for test in made.tests:
        record(city, plant, test.component, test.tested_at, **fields(test))
    for mending in made.mendings:
        city.run(
            "insert into repair (component_id, repaired_at, measure, author, origin, received_at)"
            " values (%s, %s, %s, 'x', 'api', %s)",
            *(component(city, plant, mending.component), mending.repaired_at, mending.measure, mending.repaired_at),
        )
    if campaign:
        city.run(
            "insert into campaign (enterprise_id, code, name, from_day, to_day, declared_components,"
            " declared_unreachable, declared_leaks) values (%s, %s, '轮次', %s, %s, %s, %s, %s)",
            *(plant, made.code, made.from_day, made.to_day),
            *(made.declared_components, made.declared_unreachable, made.declared_leaks),
        )
    return plant


def fields(test: Any) -> dict[str, Any]:
    """A simulated test as columns of a record."""
    names = ("method", "purpose", "visible", "campaign", "instrument", "tester", "video", "has_time", "dwell_s")
    figures = {"net_umol_mol": test.net, "reading_umol_mol": test.reading, "background_umol_mol": test.background}
    return {name: getattr(test, name) for name in names} | figures | {"response_factor": test.response_factor}


def component(city: City, plant: int, code: str) -> int:
    return int(city.one("select component_id from component where enterprise_id = %s and code = %s", plant, code))


def declare(city: City, plant: int, serial: str, model: str | None = None, response_time_s: float = 5.0) -> None:
    city.run(
        "insert into instrument (enterprise_id, serial, model, response_time_s, in_use_from)"
        " values (%s, %s, %s, %s, '2020-01-01')",
        *(plant, serial, model, response_time_s),
    )


def calibrate(
    city: City, serial: str, done_at: datetime, kind: str, expected: float | None = 2000.0, shown: float = 1990.0
) -> None:
    city.run(
        "insert into instrument_calibration (instrument_id, done_at, kind, expected, shown, author,"
        " origin, received_at)"
        " select instrument_id, %s, %s, %s, %s, 'x', 'api', %s from instrument where serial = %s limit 1",
        *(done_at, kind, expected, shown, done_at, serial),
    )


def record(city: City, plant: int, code: str, tested_at: datetime, *, work: bool = False, **said: Any) -> None:
    """A test, or the next revision of it; `said` may leave out what a short record leaves out."""
    component_id = component(city, plant, code)
    columns = {"net_umol_mol": 12.0} | said
    names = ", ".join(columns)
    city.run(
        f"insert into leak_test (component_id, tested_at, received_at, revision, {names}) select %s, %s, %s, count(*),"
        f" {', '.join(['%s'] * len(columns))} from leak_test where component_id = %s and tested_at = %s",
        *(component_id, tested_at, tested_at, *columns.values(), component_id, tested_at),
    )
    if work:
        city.work("leak_test", component_id, tested_at)


def plain(city: City, code: str = "tianhe", components: int = 60, since: str = KEPT) -> int:
    """A works with components and nothing else."""
    plant = city.enterprise(code, since=since)
    for number in range(components):
        city.component(plant, f"V-{number}")
    return plant


def walk(city: City, plant: int, start: str, count: int, *, first: int = 0, work: bool = False, **said: Any) -> None:
    """`count` tests, one a minute and some seconds, by one instrument and one tester."""
    for number in range(count):
        when = at(start) + timedelta(seconds=67 * number)
        known = {"instrument": "FID-0001", "tester": "张工"} | said
        record(city, plant, f"V-{first + number}", when, work=work, **known)


async def derive(database: Database, city: City, when: str) -> None:
    async with database.transaction() as connection:
        ids = [row["component_id"] for row in city.run("select component_id from component")]
        await leaks.derive(connection, ids, at(when))


def said(city: City, sign: str, subject: str | None = None) -> list[tuple[str, str, float | None]]:
    """(verdict, reason, value) of current findings in order."""
    return [(row["verdict"], row["reason"], row["value"]) for row in city.current(f"{SIGN}{sign}", subject)]


def reasons(city: City, sign: str, subject: str | None = None) -> list[str]:
    return [reason for _, reason, _ in said(city, sign, subject)]


CAMPAIGNS = [
    honest(3, SPOTS, crews=1),
    dishonest("F6", 3, SPOTS, crews=1),
    dishonest("F9", 3, SPOTS, crews=1),
    dishonest("F11", 3, SPOTS, crews=1),
    dishonest("F12", 3, SPOTS, crews=1, variant="unreachable"),
    dishonest("F8", 3, SPOTS, crews=1, variant="one_unit"),
]


@pytest.mark.parametrize("made", CAMPAIGNS, ids=["honest", "F6", "F9", "F11", "F12", "F8"])
async def test_a_stored_campaign_is_judged_as_in_memory(city: City, database: Database, made: Campaign) -> None:
    write(city, made)
    end = day_start(made.to_day + timedelta(days=40)) + timedelta(hours=1)
    await derive(database, city, "2026-06-01")
    await engine(database, SIGN).step(end)
    for name in (*DAY_SIGNS, *CAMPAIGN_SIGNS):
        rule = RULES.variants["ldar.sign_" + name.removeprefix("ldar_sign_")][0]
        windows: Sequence[Any] = list(days_of(made)) if name in DAY_SIGNS else [campaign_of(made)]
        expected = [
            (one.period.start, one.verdict.value, one.reason, one.value)
            for window in windows
            for one in judge(rule, window)
        ]
        found = [(row["period_start"], row["verdict"], row["reason"], row["value"]) for row in city.current(rule.id)]
        assert found == expected, rule.id
    assert city.count("finding") == city.one("select count(*) from finding where superseded_at is null")


async def test_days_before_registration_and_the_running_day_are_not_judged(city: City, database: Database) -> None:
    plant = plain(city, since="2026-03-03")
    for day in ("02", "03", "04"):
        walk(city, plant, f"2026-03-{day} 08:30", 25)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-04 18:00")
    assert city.brief("ldar.sign_times") == [("03-03 00", "compliant", "no_sign")]
    await step(judging, "2026-03-05 00:10")
    assert len(city.brief("ldar.sign_times")) == 2
    report = await step(judging, "2026-03-06 00:10")
    assert report.written == 0


async def test_a_late_record_judges_its_own_day_again(city: City, database: Database) -> None:
    plant = plain(city)
    walk(city, plant, "2026-03-02 08:30", 19)
    walk(city, plant, "2026-03-03 08:30", 25)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-04 00:10")
    assert reasons(city, "times") == ["too_few_records", "no_sign"]
    other = [row["finding_id"] for row in city.current("ldar.sign_speed")][1]
    walk(city, plant, "2026-03-02 14:00", 3, first=30, work=True)
    await step(judging, "2026-03-04 01:00")
    assert reasons(city, "times") == ["no_sign", "no_sign"]
    assert [value for _, _, value in said(city, "speed")] == [22.0, 25.0]
    assert [row["finding_id"] for row in city.current("ldar.sign_speed")][1] == other
    report = await step(judging, "2026-03-04 02:00")
    assert report.written == 0


async def test_a_correction_counts_instead_of_what_it_corrects(city: City, database: Database) -> None:
    plant = plain(city)
    walk(city, plant, "2026-03-02 08:30", 60, net_umol_mol=0.0)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-03 00:10")
    assert said(city, "background") == [("violation", "all_zero", 100.0)]
    walk(city, plant, "2026-03-02 08:30", 20, net_umol_mol=4.2, work=True)
    await step(judging, "2026-03-03 01:00")
    assert said(city, "background") == [("compliant", "no_sign", 66.7)]
    assert said(city, "speed") == [("compliant", "no_sign", 60.0)], "a corrected test is one test"


async def test_instruments_and_calibrations_that_arrive_late(city: City, database: Database) -> None:
    plant = plain(city)
    declare(city, plant, "FID-0009")
    walk(city, plant, "2026-03-02 08:30", 25, background_umol_mol=2.0)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-03 00:10")
    assert reasons(city, "undeclared") == ["undeclared_instrument"]
    assert reasons(city, "calibration") == ["none_declared"]
    declare(city, plant, "FID-0001")
    city.work("ldar", plant, at("2026-03-01"))
    await step(judging, "2026-03-03 01:00")
    assert reasons(city, "undeclared") == ["no_sign"]
    assert reasons(city, "calibration") == ["no_calibration"]
    calibrate(city, "FID-0001", at("2026-03-02 08:00"), "span")
    city.work("ldar", plant, at("2026-03-02 08:00"))
    await step(judging, "2026-03-03 02:00")
    assert reasons(city, "calibration") == ["no_drift"]
    calibrate(city, "FID-0001", at("2026-03-03 00:30"), "drift")
    city.work("ldar", plant, at("2026-03-03 00:30"))
    await step(judging, "2026-03-03 03:00")
    assert reasons(city, "calibration") == ["no_sign"], "a check past midnight belongs to the work before it"


async def test_the_bureaus_spot_checks_are_not_the_enterprises_records(city: City, database: Database) -> None:
    plant = plain(city)
    declare(city, plant, "FID-0001")
    walk(city, plant, "2026-03-02 08:30", 25)
    walk(city, plant, "2026-03-02 14:00", 10, first=30, instrument="BUREAU-1", tester="监管人员", purpose="spot_check")
    await step(engine(database, SIGN), "2026-03-03 00:10")
    assert reasons(city, "undeclared") == ["no_sign"]
    assert [value for _, _, value in said(city, "speed")] == [25.0]


async def test_sizes_that_the_ledger_gets_later(city: City, database: Database) -> None:
    plant = plain(city)
    walk(city, plant, "2026-03-02 08:30", 25, dwell_s=12.0)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-03 00:10")
    assert reasons(city, "dwell") == ["size_missing"]
    city.run("update component set size_mm = 50")
    city.work("register", plant, at("2026-03-20 10:00"))
    await step(judging, "2026-03-20 11:00")
    assert reasons(city, "dwell") == ["no_sign"]


async def test_a_record_elsewhere_changes_what_is_said_here(city: City, database: Database) -> None:
    here, there = plain(city), plain(city, "lanxu")
    walk(city, here, "2026-03-02 08:30", 25)
    walk(city, there, "2026-03-02 14:00", 25, instrument="fid-0001 ")
    judging = engine(database, SIGN)
    await step(judging, "2026-03-03 00:10")
    assert reasons(city, "two_places") == ["no_sign", "no_sign"]
    record(city, there, "V-40", at("2026-03-02 08:32"), work=True, instrument="fid-0001 ", tester="李工")
    await step(judging, "2026-03-03 01:00")
    assert reasons(city, "two_places") == ["two_places", "two_places"]
    mine = city.current("ldar.sign_two_places", "enterprise:tianhe")[0]
    assert mine["enterprise_id"] == here
    assert mine["evidence"][BUREAU_ONLY] == {"enterprises": ["lanxu"]}
    assert "lanxu" not in str(mine["evidence"]["seen"])
    record(city, there, "V-40", at("2026-03-02 08:32"), work=True, instrument="FID-0002", tester="李工")
    await step(judging, "2026-03-03 02:00")
    assert reasons(city, "two_places") == ["no_sign", "no_sign"], "what was corrected concerned both"


def campaign(city: City, plant: int, code: str, first: str, last: str, **declared: int) -> None:
    columns = {"enterprise_id": plant, "code": code, "name": code, "from_day": first, "to_day": last} | declared
    city.run(
        f"insert into campaign ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})", *columns.values()
    )


async def test_a_campaign_is_judged_when_its_last_day_closes_and_when_a_late_record_comes(
    city: City, database: Database
) -> None:
    plant = plain(city)
    campaign(city, plant, "C1", "2026-03-02", "2026-03-05", declared_components=60)
    walk(city, plant, "2026-03-02 08:30", 50)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-05 00:10")
    assert said(city, "ledger") == []
    await step(judging, "2026-03-06 00:10")
    assert said(city, "ledger") == [("violation", "fewer_than_declared", -10.0)]
    (found,) = city.current("ldar.sign_ledger")
    assert (found["period_start"], found["period_end"]) == (at("2026-03-02"), at("2026-03-06"))
    walk(city, plant, "2026-03-04 08:30", 10, first=50, work=True)
    await step(judging, "2026-03-06 01:00")
    assert said(city, "ledger") == [("compliant", "no_sign", 0.0)]
    walk(city, plant, "2026-03-09 08:30", 5, campaign="C1", work=True)
    await step(judging, "2026-03-10 00:10")
    assert reasons(city, "period") == ["outside_period"], "a test that names it, whenever it was made"


async def test_a_campaign_whose_days_change(city: City, database: Database) -> None:
    plant = plain(city)
    campaign(city, plant, "C1", "2026-03-02", "2026-03-05", declared_components=60)
    walk(city, plant, "2026-03-02 08:30", 60)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-06 00:10")
    assert city.brief("ldar.sign_ledger") == [("03-02 00", "compliant", "no_sign")]
    city.run("update campaign set from_day = '2026-03-01'")
    city.work("ldar", plant, at("2026-03-01"))
    await step(judging, "2026-03-06 01:00")
    assert city.brief("ldar.sign_ledger") == [("03-01 00", "compliant", "no_sign")]
    city.run("update campaign set to_day = '2026-03-20'")
    city.work("ldar", plant, at("2026-03-01"))
    await step(judging, "2026-03-06 02:00")
    assert city.brief("ldar.sign_ledger") == [], "it has not ended any more"
    await step(judging, "2026-03-21 00:10")
    assert city.brief("ldar.sign_ledger") == [("03-01 00", "compliant", "no_sign")]


async def test_campaigns_that_begin_on_one_day_share_a_finding(city: City, database: Database) -> None:
    plant = plain(city)
    campaign(city, plant, "C1", "2026-03-02", "2026-03-03", declared_components=25)
    campaign(city, plant, "C2", "2026-03-02", "2026-03-05", declared_components=60)
    walk(city, plant, "2026-03-02 08:30", 25, campaign="C1")
    walk(city, plant, "2026-03-03 08:30", 30, first=25, campaign="C2")
    judging = engine(database, SIGN)
    await step(judging, "2026-03-04 00:10")
    assert said(city, "ledger") == [("compliant", "no_sign", 0.0)]
    await step(judging, "2026-03-06 00:10")
    assert said(city, "ledger") == [("violation", "fewer_than_declared", -30.0)]
    (found,) = city.current("ldar.sign_ledger")
    assert [one["campaign"] for one in found["evidence"]["besides"]] == ["C1"]


async def test_leaks_are_looked_at_again_when_their_terms_are_over(city: City, database: Database) -> None:
    plant = plain(city)
    campaign(city, plant, "C1", "2026-03-02", "2026-03-03")
    walk(city, plant, "2026-03-02 08:30", 25)
    record(city, plant, "V-30", at("2026-03-03 10:00"), net_umol_mol=9000.0)
    await derive(database, city, "2026-03-04")
    judging = engine(database, SIGN)
    await step(judging, "2026-03-04 00:10")
    assert reasons(city, "period") == ["no_sign"]
    await step(judging, "2026-03-19 00:10")
    assert reasons(city, "period") == ["no_sign"]
    await step(judging, "2026-03-20 00:10")
    assert reasons(city, "period") == ["not_repaired"]
    city.run(
        "insert into repair (component_id, repaired_at, measure, author, origin, received_at)"
        " values (%s, %s, '紧固', 'x', 'api', %s)",
        *(component(city, plant, "V-30"), at("2026-03-05 10:00"), at("2026-03-20 10:00")),
    )
    await derive(database, city, "2026-03-20")
    city.work("leak_test", component(city, plant, "V-30"), at("2026-03-05 10:00"))
    await step(judging, "2026-03-20 11:00")
    assert reasons(city, "period") == ["no_sign"]


async def test_a_rule_that_failed_judges_what_it_missed(city: City, database: Database) -> None:
    plant = plain(city)
    campaign(city, plant, "C1", "2026-03-02", "2026-03-02")
    walk(city, plant, "2026-03-02 08:30", 25)
    judging = engine(database, SIGN)
    await step(judging, "2026-03-03 00:10")
    walk(city, plant, "2026-03-02 14:00", 5, first=30, work=True)
    city.run("alter table process_unit rename to process_unit_away")
    report = await step(judging, "2026-03-03 01:00")
    assert {"ldar.sign_speed", "ldar.sign_ledger"} <= set(report.failed)
    city.run("alter table process_unit_away rename to process_unit")
    await step(judging, "2026-03-03 02:00")
    assert [value for _, _, value in said(city, "speed")] == [30.0]
    assert [value for _, _, value in said(city, "ledger")] == [30.0]


def test_every_sign_is_in_one_of_the_families() -> None:
    mine = {rules[0].evaluator for rule_id, rules in RULES.variants.items() if rule_id.startswith(SIGN)}
    assert mine == {*DAY_SIGNS, *CAMPAIGN_SIGNS}
