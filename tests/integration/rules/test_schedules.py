"""LDAR schedules as the register and the plant change: restarts, releases, exemptions, several regimes; and that a day
or a record that looks at few components says the same as looking at all of them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import numpy as np

from rules.families.components import DUTIES, regime_of
from storage.database import Database
from storage.dues import city_dues
from storage.schedules import in_service_counts
from tests.integration.rules.world import City, at, engine, only, step

GB = "ldar.gb37822"
PETRO = "ldar.gb31571"
YEARLY = "ldar.wuhai_yearly"
V1 = "component:tianhe/V-1"


def works(city: City, *, others: int = 1999) -> int:
    enterprise = city.enterprise("tianhe", since="2026-01-01")
    city.components(enterprise, others)
    return enterprise


def installation(
    city: City, enterprise: int, *, standard: str = "GB37822", started: str | None = None
) -> tuple[int, int]:
    """(installation, its unit)."""
    own = city.one(
        "insert into installation (enterprise_id, code, name, standard, started_on, in_service_from)"
        " values (%s, %s, '装置', %s, %s, '2020-01-01') returning installation_id",
        enterprise,
        f"I-{standard}",
        standard,
        started,
    )
    unit = city.one(
        "insert into process_unit (installation_id, code, name) values (%s, 'U-1', '单元') returning unit_id", own
    )
    return own, unit


def happened(
    city: City, kind: str, when: str, *, component: int | None = None, installation: int | None = None
) -> None:
    city.run(
        "insert into component_event (enterprise_id, kind, component_id, installation_id, happened_at, author, origin,"
        " received_at) select enterprise_id, %s, %s, %s, %s, '王', 'api', %s from enterprise",
        kind,
        component,
        installation,
        at(when),
        at(when),
    )
    city.run(
        "insert into rule_work (kind, key, at) select 'leak_test', c.component_id, %s from component c"
        " left join process_unit u using (unit_id) where c.component_id = %s or u.installation_id = %s",
        at(when),
        component,
        installation,
    )


def rows(city: City, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in city.run(statement, *values)]


def due(city: City, rule: str = GB, code: str = "V-1") -> Any:
    """(due day, anchor, its day), None for no open duty."""
    found = rows(
        city,
        "select due_on, anchor, anchor_on from component_due join component using (component_id)"
        " where rule_id = %s and code = %s",
        rule,
        code,
    )
    assert len(found) <= 1
    return None if not found else tuple(str(part) for part in found[0])


async def test_a_restart_of_the_installation_asks_for_a_test_sooner(city: City, database: Database) -> None:
    enterprise = works(city)
    plant, unit = installation(city, enterprise)
    flange = city.component(enterprise, "V-1", kind="flange", since="2026-01-01")
    city.run("update component set unit_id = %s where component_id = %s", unit, flange)
    city.test_leak(flange, at("2026-01-10 10:00"))
    judging = engine(database, GB)
    await step(judging, "2026-02-01 00:10")
    assert due(city) == ("2027-01-10", "test", "2026-01-10")
    happened(city, "restart", "2026-03-01 08:00", installation=plant)
    await step(judging, "2026-03-01 09:00")
    assert due(city) == ("2026-05-30", "restart", "2026-03-01")
    finding = city.current(GB, V1)[-1]
    assert (finding["period_start"], finding["period_end"]) == (at("2026-01-10"), at("2026-05-31"))
    assert finding["evidence"]["cycle"] == {"days": 90}
    await step(judging, "2026-06-01 00:10")
    assert city.brief(GB, V1)[-1] == ("01-10 00", "violation", "overdue")


async def test_a_release_asks_for_a_test_within_working_days(city: City, database: Database) -> None:
    valve = city.component(works(city), "V-1", kind="relief", since="2026-01-01")
    city.test_leak(valve, at("2026-01-10 10:00"))
    judging = engine(database, GB)
    await step(judging, "2026-02-10 00:10")
    happened(city, "release", "2026-02-10 08:00", component=valve)
    await step(judging, "2026-02-10 09:00")
    # the spring festival of 2026 lasts from 15 to 23 February, and Saturday the 14th is worked
    assert due(city) == ("2026-02-24", "release", "2026-02-10")
    assert city.current(GB, V1)[-1]["evidence"]["holidays_published"] is True
    city.test_leak(valve, at("2026-02-24 10:00"))
    await step(judging, "2026-02-25 00:10")
    assert city.brief(GB, V1)[1:] == [
        ("01-10 00", "compliant", "tested_in_time"),
        ("02-24 00", "compliant", "scheduled"),
    ]
    assert due(city) == ("2026-08-24", "test", "2026-02-24")


async def test_an_exemption_ends_a_broken_duty_and_its_end_begins_another(city: City, database: Database) -> None:
    valve = city.component(works(city), "V-1", since="2026-01-01")
    judging = engine(database, GB)
    await step(judging, "2026-05-01 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "violation", "overdue")]
    city.run(
        "update component set exempt_clause = '8.3.2 b', exempt_from = '2026-05-03', exempt_to = '2026-07-01'"
        " where component_id = %s",
        valve,
    )
    await step(judging, "2026-05-04 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "violation", "overdue"), ("05-03 00", "compliant", "exempt")]
    assert due(city) is None
    await step(judging, "2026-07-01 00:10")
    assert due(city) is None
    await step(judging, "2026-07-02 00:10")
    assert city.brief(GB, V1)[2:] == [("07-01 00", "compliant", "scheduled")]
    assert due(city) == ("2026-09-29", "exemption_end", "2026-07-01")


async def test_every_regime_keeps_its_own_due_day(city: City, database: Database) -> None:
    enterprise = works(city)
    _, unit = installation(city, enterprise, standard="GB31571", started="2026-02-01")
    valve = city.component(enterprise, "V-1", since="2025-06-01")
    city.run("update component set unit_id = %s where component_id = %s", unit, valve)
    other = city.component(enterprise, "V-2", since="2025-06-01")
    judging = engine(database, "ldar.")
    await step(judging, "2026-02-02 00:10")
    assert due(city) == ("2026-05-02", "in_service", "2026-02-01")
    assert due(city, PETRO) == ("2026-03-03", "in_service", "2026-02-01")
    assert due(city, YEARLY) is None or due(city, YEARLY) == ("2027-12-31", "year", "2027-01-01")
    assert due(city, PETRO, "V-2") is None
    city.test_leak(valve, at("2026-03-01 10:00"))
    city.test_leak(other, at("2026-03-01 10:00"))
    await step(judging, "2026-03-02 00:10")
    assert due(city) == ("2026-09-01", "test", "2026-03-01")
    assert due(city, PETRO) == ("2026-06-01", "test", "2026-03-01")
    assert due(city, YEARLY, "V-2") == ("2027-12-31", "year", "2027-01-01")


async def test_a_corrected_purpose_takes_a_test_out_of_the_schedule(city: City, database: Database) -> None:
    valve = city.component(works(city), "V-1", since="2026-01-01")
    city.test_leak(valve, at("2026-02-01 10:00"))
    judging = engine(database, GB)
    await step(judging, "2026-02-02 00:10")
    assert due(city) == ("2026-08-01", "test", "2026-02-01")
    city.run(
        "insert into leak_test (component_id, tested_at, revision, purpose, net_umol_mol, received_at)"
        " values (%s, %s, 1, 'spot_check', 12, %s)",
        valve,
        at("2026-02-01 10:00"),
        at("2026-02-02 08:00"),
    )
    city.run("insert into rule_work (kind, key, at) values ('leak_test', %s, %s)", valve, at("2026-02-01 10:00"))
    await step(judging, "2026-02-02 09:00")
    assert due(city) == ("2026-04-01", "in_service", "2026-01-01")
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "scheduled")]


async def test_a_threshold_that_is_reached_later_judges_all_and_one_that_is_lost_ends_the_duties(
    city: City, database: Database
) -> None:
    enterprise = works(city, others=1998)
    city.component(enterprise, "V-1", since="2026-01-01")
    judging = engine(database, GB)
    await step(judging, "2026-03-01 00:10")
    assert (city.brief(GB, V1), due(city)) == ([], None)
    city.component(enterprise, "V-2", since="2026-03-05")
    await step(judging, "2026-03-06 00:10")
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "due_soon")]
    city.run("update component set in_service_to = '2026-03-10' where code = 'V-2'")
    await step(judging, "2026-03-11 00:10")
    assert due(city) is None
    assert city.brief(GB, V1) == [("01-01 00", "compliant", "due_soon")]  # what was found while it applied stays


async def test_the_number_in_service_follows_the_register(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-01-01")
    draw = random.Random(11)
    for number in range(60):
        city.component(enterprise, f"V-{number}", since=str(date(2026, 1, 1) + timedelta(days=draw.randrange(300))))
    city.run("update component set in_service_to = in_service_from + 30 where component_id %% 3 = 0")
    city.run(
        "update component set in_service_from = '2026-02-01' where component_id %% 7 = 0 and in_service_to is null"
    )
    city.run("update component set in_service_to = null where component_id %% 6 = 0")
    city.run("delete from component where component_id %% 5 = 0")
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 400, 7)]
    async with database.transaction() as connection:
        counted = await in_service_counts(connection, [enterprise] * len(days), days)
    assert counted == [
        city.one(
            "select count(*) from component"
            " where in_service_from <= %s and (in_service_to is null or in_service_to > %s)",
            day,
            day,
        )
        for day in days
    ]


async def test_day_by_day_and_record_by_record_says_the_same_as_all_at_once(city: City, database: Database) -> None:
    enterprise = works(city, others=2000)
    plant, unit = installation(city, enterprise, standard="GB31571", started="2026-02-10")
    draw = random.Random(5)
    first = date(2026, 1, 1)
    components = []
    for number in range(40):
        since = first + timedelta(days=draw.choice([0, 0, 10, 100, 200]))
        own = city.component(
            enterprise, f"C-{number}", kind=draw.choice(["valve", "flange", "relief"]), since=str(since)
        )
        components.append(own)
        if draw.random() < 0.5:
            city.run("update component set unit_id = %s where component_id = %s", unit, own)
        if draw.random() < 0.2:
            city.run("update component set in_service_to = in_service_from + 150 where component_id = %s", own)
        if draw.random() < 0.4:
            begins = since + timedelta(days=draw.randrange(0, 200))
            lasts = draw.choice([None, begins + timedelta(days=draw.randrange(1, 120))])
            city.run(
                "update component set exempt_clause = '8.3.2', exempt_from = %s, exempt_to = %s"
                " where component_id = %s",
                begins,
                lasts,
                own,
            )
    city.component(enterprise, "V-1", since="2026-01-01")  # never tested, and exempt for a while when it is overdue
    city.run(
        "update component set exempt_clause = '8.3.2', exempt_from = '2026-05-01', exempt_to = '2026-08-01'"
        " where code = 'V-1'"
    )
    judging = engine(database, "ldar.")
    day = first
    while day < date(2027, 2, 1):
        day += timedelta(days=draw.choice([1, 1, 2, 9]))
        now = f"{day} 00:10"
        for _ in range(draw.choice([0, 1, 3])):
            own = draw.choice(components)
            when = at(str(day - timedelta(days=draw.choice([0, 1, 40])))) + timedelta(minutes=draw.randrange(9))
            if city.one("select count(*) from leak_test where component_id = %s and tested_at = %s", own, when) == 0:
                city.test_leak(own, when)
        if draw.random() < 0.2:
            happened(city, "release", f"{day} 00:0{draw.randrange(9)}", component=draw.choice(components))
        if draw.random() < 0.05:
            happened(city, "restart", f"{day} 00:00", installation=plant)
        await step(judging, now)
    now = f"{day + timedelta(days=1)} 00:10"
    await step(judging, now)

    def said() -> tuple[Any, ...]:
        return (
            rows(city, "select rule_id, component_id, due_on, anchor, anchor_on from component_due order by 1, 2"),
            rows(
                city,
                "select rule_id, subject, period_start, period_end, verdict, reason from finding"
                " where superseded_at is null and rule_id like 'ldar.%%' order by 1, 2, 3",
            ),
        )

    kept = said()
    assert len(kept[0]) > 30
    assert {row[5] for row in kept[1]} >= {"overdue", "exempt", "removed", "tested_late", "tested", "scheduled"}
    city.run("truncate finding cascade")
    city.run("delete from component_due")
    city.run("delete from rule_watermark")
    await step(engine(database, "ldar."), now)
    assert said() == kept

    async with database.transaction() as connection:
        dues = await city_dues(
            connection,
            day,
            [regime_of(rule) for (rule,) in only("ldar.").variants.values() if rule.evaluator in DUTIES],
        )
    assert set(kept[0]) == {
        (rule_id, component_id, due, *other)
        for rule_id, column in dues.due.items()
        for component_id, due in zip(dues.component_id.tolist(), column.tolist(), strict=True)
        if due is not None
        for other in ((row[3], row[4]) for row in kept[0] if row[:2] == (rule_id, component_id))
    }
    assert [(len(dues.due[rule]) - np.isnat(dues.due[rule]).sum()) for rule in (GB, PETRO, YEARLY)] == [
        sum(row[0] == rule for row in kept[0]) for rule in (GB, PETRO, YEARLY)
    ]
    earliest = {own: min(row[2] for row in kept[0] if row[1] == own) for own in {row[1] for row in kept[0]}}
    strictest = dict(zip(dues.component_id.tolist(), dues.strictest.tolist(), strict=True))
    assert {own: due for own, due in strictest.items() if due is not None} == earliest
    overdue = dict(zip(dues.component_id.tolist(), dues.overdue.tolist(), strict=True))
    assert {own for own, passed in overdue.items() if passed} == {own for own, due in earliest.items() if due < day}
    assert len(dues.component_id) == city.one(
        "select count(*) from component where in_service_from <= %s and (in_service_to is null or in_service_to > %s)",
        day,
        day,
    )


async def test_dues_of_a_city_without_components(database: Database, city: City) -> None:
    async with database.transaction() as connection:
        dues = await city_dues(connection, date(2026, 11, 1), [regime_of(only("ldar.").variants[GB][0])])
    assert (len(dues.component_id), dues.due[GB].tolist(), dues.overdue.tolist()) == (0, [], [])
