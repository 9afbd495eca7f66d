"""Repairs, filings and the table of leaks that is made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from domain.leakstates import Fact, Filed, Measured, Repaired
from storage.database import Database
from storage.leak_tests import Fate
from storage.leaks import DelayRecord, RepairRecord, derive, histories, illegal, retire, store_delays, store_repairs
from tests.integration.rules.world import City, at

FOUND, NOW = "2026-11-02 10:00", at("2026-12-01 08:00")


@pytest.fixture
def city(database_url: str) -> Iterator[City]:
    city = City(database_url)
    yield city
    city.connection.close()


@pytest.fixture
def valve(city: City) -> int:
    return city.component(city.enterprise("tianhe"), "V-1")


def reading(city: City, component: int, when: str, net: float | None, purpose: str = "routine", **more: Any) -> None:
    fields = {"net_umol_mol": net, "purpose": purpose, "received_at": at(when), "revision": 0} | more
    names = ", ".join(fields)
    marks = ", ".join(["%s"] * len(fields))
    city.run(
        f"insert into leak_test (component_id, tested_at, {names}) values (%s, %s, {marks})",
        component,
        at(when),
        *fields.values(),
    )


def repair(component: int, when: str, measure: str = "紧固压盖", received: str = "2026-12-01 08:00") -> RepairRecord:
    return RepairRecord(component, at(when), measure, "王工", "wang", "api", at(received))


def delay(component: int, when: str, until: date = date(2026, 12, 31), document: str = "乌环备7号") -> DelayRecord:
    return DelayRecord(component, at(FOUND), at(when), "shutdown", until, document, "wang", "api", NOW)


async def make(database: Database, *components: int, at: datetime = NOW) -> None:
    async with database.transaction() as connection:
        await derive(connection, components, at)


async def keep(database: Database, *records: RepairRecord | DelayRecord, back: bool = False) -> list[Fate]:
    async with database.transaction() as connection:
        repairs = [record for record in records if isinstance(record, RepairRecord)]
        delays = [record for record in records if isinstance(record, DelayRecord)]
        fates = await store_repairs(connection, repairs, back=back) + await store_delays(connection, delays, back=back)
        await derive(connection, {record.component_id for record in records}, NOW)
    return fates


async def refused(database: Database, component: int, *facts: Fact) -> list[str | None]:
    async with database.transaction() as connection:
        found = await illegal(connection, [(component, fact) for fact in facts])
    return [fault and fault.code for fault in found]


def states(city: City) -> list[tuple[str, str, int]]:
    rows = city.run("select found_at, state, attempts from leak order by component_id, found_at")
    return [(f"{row['found_at']:%m-%d}", row["state"], row["attempts"]) for row in rows]


async def test_a_leak_in_the_table(city: City, database: Database, valve: int) -> None:
    reading(city, valve, "2026-10-01 10:00", 500.0)
    reading(city, valve, FOUND, 6000.0)
    await make(database, valve)
    assert states(city) == [("11-02", "found", 0)]
    assert await keep(database, repair(valve, "2026-11-03 09:00")) == [Fate.STORED]
    assert states(city) == [("11-02", "attempted", 1)]
    reading(city, valve, "2026-11-03 10:00", 3000.0, "retest")
    await make(database, valve)
    assert states(city) == [("11-02", "still_leaking", 1)]
    assert await keep(database, delay(valve, "2026-11-05 09:00")) == [Fate.STORED]
    (row,) = city.run("select * from leak")
    assert (row["state"], row["delay_ground"], row["delay_until"]) == ("delayed", "shutdown", date(2026, 12, 31))
    assert await keep(database, repair(valve, "2026-11-20 09:00")) == [Fate.STORED]
    reading(city, valve, "2026-11-20 12:00", 30.0, "retest")
    await make(database, valve)
    (row,) = city.run("select * from leak")
    assert (row["state"], row["closed_at"], row["closed_net_umol_mol"]) == ("closed", at("2026-11-20 12:00"), 30.0)
    assert (row["first_attempt_at"], row["last_repair_at"]) == (at("2026-11-03 09:00"), at("2026-11-20 09:00"))
    work = city.run("select key, at from rule_work where kind = 'leak_test' order by at")
    assert [(row["key"], row["at"]) for row in work] == [
        (valve, at("2026-11-03 09:00")),
        (valve, at("2026-11-05 09:00")),
        (valve, at("2026-11-20 09:00")),
    ]


async def test_copies_corrections_and_what_was_said_before(city: City, database: Database, valve: int) -> None:
    reading(city, valve, FOUND, 6000.0)
    first, other = repair(valve, "2026-11-03 09:00"), repair(valve, "2026-11-03 09:00", "更换垫片")
    assert await keep(database, first, first) == [Fate.STORED, Fate.DUPLICATE]
    assert await keep(database, other) == [Fate.CORRECTION]
    assert await keep(database, first) == [Fate.DUPLICATE]  # a gateway that sends again
    assert city.one("select measure from repair where superseded_at is null") == "更换垫片"
    assert await keep(database, first, back=True) == [Fate.CORRECTION]  # a person who means it
    assert city.one("select measure from repair where superseded_at is null") == "紧固压盖"
    assert city.count("repair") == 3
    third, fourth = (repair(valve, "2026-11-04 09:00", measure) for measure in ("紧固", "换填料"))
    assert await keep(database, third, fourth, delay(valve, "2026-11-05 09:00")) == [
        Fate.STORED,
        Fate.CORRECTION,
        Fate.STORED,
    ]
    later = delay(valve, "2026-11-05 09:00", date(2027, 3, 31))
    assert await keep(database, later, later) == [Fate.CORRECTION, Fate.DUPLICATE]
    assert city.one("select delay_until from leak") == date(2027, 3, 31)
    assert states(city) == [("11-02", "delayed", 2)]


async def test_a_correction_takes_a_leak_away(city: City, database: Database, valve: int) -> None:
    reading(city, valve, FOUND, 6000.0)
    await keep(database, repair(valve, "2026-11-03 09:00"))
    reading(city, valve, FOUND, 600.0, revision=1)
    await make(database, valve)
    assert states(city) == []
    assert city.count("repair") == 1  # what was said stays


async def test_a_late_test_moves_a_leaks_beginning(city: City, database: Database, valve: int) -> None:
    reading(city, valve, FOUND, 6000.0)
    await keep(database, repair(valve, "2026-11-03 09:00"), delay(valve, "2026-11-04 09:00"))
    reading(city, valve, "2026-10-30 10:00", 2500.0)
    await make(database, valve)
    assert states(city) == [("10-30", "delayed", 1)]


async def test_a_medium_and_an_end_of_service(city: City, database: Database, valve: int) -> None:
    reading(city, valve, FOUND, 1000.0)
    await make(database, valve)
    assert states(city) == []
    city.run("update component set medium = 'heavy_liquid'")
    await make(database, valve)
    assert states(city) == [("11-02", "found", 0)]
    city.run("update component set in_service_to = '2026-12-02'")
    await make(database, valve, at=at("2026-12-01 23:59"))
    assert states(city) == [("11-02", "found", 0)]  # it still serves
    async with database.transaction() as connection:
        await retire(connection, date(2026, 12, 1))
    assert states(city) == [("11-02", "found", 0)]
    async with database.transaction() as connection:
        await retire(connection, date(2026, 12, 2))
    assert states(city) == [("11-02", "removed", 0)]
    city.run("update component set in_service_to = null")
    await make(database, valve)
    assert states(city) == [("11-02", "found", 0)]


async def test_steps_are_judged_with_what_is_stored(city: City, database: Database, valve: int) -> None:
    repaired, retest = Repaired(at("2026-11-03 09:00")), Measured(at("2026-11-03 10:00"), 30.0, purpose="retest")
    filed = Filed(at("2026-11-03 09:30"), at(FOUND), "shutdown", date(2026, 12, 31), "乌环备7号")
    assert await refused(database, valve, repaired, filed, retest) == ["no_open_leak"] * 3
    finding = Measured(at(FOUND), 6000.0)
    assert await refused(database, valve, retest, filed, repaired, finding) == [None] * 4
    reading(city, valve, FOUND, 6000.0)
    assert await refused(database, valve, retest) == ["no_repair"]
    assert await refused(database, valve, repaired, retest) == [None, None]
    city.run("update component set in_service_to = '2026-11-03'")
    assert await refused(database, valve, repaired) == ["removed"]


async def test_histories_say_what_a_component_belongs_to(city: City, database: Database, valve: int) -> None:
    enterprise = city.one("select enterprise_id from enterprise")
    installation = city.one(
        "insert into installation (enterprise_id, code, name, standard, in_service_from)"
        " values (%s, 'BDO', 'BDO装置', 'GB31571', '2020-01-01') returning installation_id",
        enterprise,
    )
    unit = city.one(
        "insert into process_unit (installation_id, code, name) values (%s, 'U1', '炔化') returning unit_id",
        installation,
    )
    city.run("update component set unit_id = %s", unit)
    reading(city, valve, FOUND, None, visible=True, method="visual")
    async with database.transaction() as connection:
        history = (await histories(connection, [valve, 999]))[valve]
    assert (history.enterprise, history.code, history.standard) == ("tianhe", "V-1", "GB31571")
    assert history.facts == [Measured(at(FOUND), None, visible=True)]


async def test_a_register_that_changes_meanwhile(city: City, database: Database, valve: int) -> None:
    """Whoever writes last sees what the other wrote: a reading of 1000 is a leak of the new medium only."""

    async def record() -> None:
        async with database.transaction() as connection:
            await connection.execute(
                "insert into leak_test (component_id, tested_at, net_umol_mol, received_at) values (%s, %s, 1000, %s)",
                (valve, at(FOUND), NOW),
            )
            await derive(connection, [valve], NOW)

    async with database.transaction() as register:
        await register.execute("update component set medium = 'heavy_liquid'")
        await derive(register, [valve], NOW)
        writing = asyncio.create_task(record())
        waiting = 0
        while not waiting:  # each look gives the writer its turn
            async with database.transaction() as watcher:
                cursor = await watcher.execute("select count(*) from pg_locks where not granted")
                waiting = (await cursor.fetchone() or (0,))[0]
    await writing
    assert states(city) == [("11-02", "found", 0)]
