"""Tests, calibrations and events of sealing points: idempotent, corrected by what comes later, told to the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.calibrations import Calibration, store_calibrations
from storage.database import Database, fetch_all
from storage.leak_events import LeakEvent, store_events
from storage.leak_tests import LeakTest, store_leak_tests
from storage.revisions import Fate

AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
STORED, DUPLICATE, CORRECTION = Fate.STORED, Fate.DUPLICATE, Fate.CORRECTION
TEST = LeakTest(1, AT, 120.0, 2.0, "FID-7", "张工", LATER)
SPAN = Calibration(1, AT, "span", 5000.0, 4980.0, "coke-1:gw1", "mqtt", LATER)
RESTART = LeakEvent(1, "restart", 1, None, AT, None, "coke-1:gw1", "mqtt", LATER)
WHOLE = replace(RESTART, component_id=None, installation_id=1)


@pytest.fixture
async def plant(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into district values ('hainan', '海南区');
            insert into enterprise (code, name, district, industry, is_industrial, registered_from)
                values ('coke-1', '甲焦化', 'hainan', 'coking', true, '2026-01-01');
            insert into installation (enterprise_id, code, name, in_service_from)
                values (1, 'A', '苯加氢', '2026-01-01'), (1, 'B', '脱硫', '2026-01-01');
            insert into process_unit (installation_id, code, name) values (1, 'A1', '加氢'), (2, 'B1', '脱硫');
            insert into component (enterprise_id, code, name, unit_name, unit_id, kind, medium, in_service_from)
                values (1, 'P-1', '泵', '加氢', 1, 'pump', 'light_liquid', '2026-01-01'),
                       (1, 'P-2', '泵', '加氢', 1, 'pump', 'light_liquid', '2026-01-01'),
                       (1, 'P-3', '泵', '脱硫', 2, 'pump', 'light_liquid', '2026-01-01'),
                       (1, 'P-4', '泵', '别处', null, 'pump', 'light_liquid', '2026-01-01');
            insert into instrument (enterprise_id, serial, in_use_from) values (1, 'FID-7', '2026-01-01');
            delete from rule_work
            """
        )
    return database


async def rows(database: Database, query: str) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await fetch_all(connection, query)


async def work(database: Database) -> list[tuple[object, ...]]:
    """What was told to the rules since the last time."""
    async with database.transaction() as connection:
        found = await fetch_all(connection, "select distinct kind, key, at from rule_work order by kind, key, at")
        await connection.execute("delete from rule_work")
    return [tuple(one.values()) for one in found]


async def keep(database: Database, *records: Any, back: bool = False) -> list[Fate]:
    store: Any = {LeakTest: store_leak_tests, Calibration: store_calibrations, LeakEvent: store_events}[
        type(records[0])
    ]
    async with database.transaction() as connection:
        fates: list[Fate] = await store(connection, records, back=back)
        return fates


async def test_every_column_of_a_test_is_kept_and_makes_a_correction(plant: Database) -> None:
    whole = replace(
        TEST,
        purpose="recheck",
        reading_umol_mol=122.0,
        response_factor=1.2,
        dwell_s=12.0,
        campaign="2026-2",
        video="v1",
    )
    changes: list[dict[str, Any]] = [
        {"net_umol_mol": 1.0}, {"background_umol_mol": None}, {"instrument": "x"}, {"tester": None},
        {"purpose": "routine"}, {"reading_umol_mol": None}, {"response_factor": None}, {"dwell_s": 11.0},
        {"visible": True}, {"has_time": False}, {"campaign": None}, {"video": None},
        {"method": "ogi", "net_umol_mol": None},
    ]  # fmt: skip
    assert await keep(plant, whole) == [STORED]
    (found,) = await rows(plant, "select * from current_leak_test")
    assert {name: found[name] for name in LeakTest.__slots__} == {
        name: getattr(whole, name) for name in found if name != "revision"
    }
    for change in changes:
        assert await keep(plant, replace(whole, **change)) == [CORRECTION], change
    (newest,) = await rows(plant, "select net_umol_mol, method, revision from current_leak_test")
    assert tuple(newest.values()) == (None, "ogi", len(changes))


async def test_only_a_person_takes_a_correction_back(plant: Database) -> None:
    other = replace(TEST, net_umol_mol=90.0)
    assert await keep(plant, TEST, other, TEST) == [STORED, CORRECTION, DUPLICATE]
    assert await keep(plant, other, back=True) == [DUPLICATE]
    assert await keep(plant, TEST, back=True) == [CORRECTION]
    assert await rows(plant, "select net_umol_mol, revision from current_leak_test") == [
        {"net_umol_mol": 120.0, "revision": 2}
    ]


async def test_tests_tell_the_rules_once_and_duplicates_tell_nothing(plant: Database) -> None:
    await keep(plant, TEST, replace(TEST, net_umol_mol=1.0), replace(TEST, component_id=2))
    assert await work(plant) == [("leak_test", 1, AT), ("leak_test", 2, AT)]
    await keep(plant, TEST)
    assert await work(plant) == []


async def test_calibrations_are_recognised_and_corrected(plant: Database) -> None:
    zero = replace(SPAN, kind="zero", expected=0.0, shown=0.4)
    flow = replace(SPAN, kind="flow", expected=None, shown=1.1)
    assert await keep(plant, SPAN, zero, flow) == [STORED] * 3
    assert await work(plant) == [("ldar", 1, AT)]
    assert await keep(plant, SPAN, zero, flow) == [DUPLICATE] * 3
    assert await work(plant) == []
    fates = await keep(plant, replace(flow, shown=1.2), replace(flow, shown=1.3), SPAN, replace(SPAN, expected=2000.0))
    assert fates == [CORRECTION, CORRECTION, DUPLICATE, STORED]
    assert await keep(plant, flow) == [DUPLICATE], "an old message that comes again"
    assert await keep(plant, flow, back=True) == [CORRECTION]
    found = await rows(plant, "select shown, superseded_at is null as current from instrument_calibration where"
                              " kind = 'flow' order by calibration_id")  # fmt: skip
    assert [tuple(one.values()) for one in found] == [(1.1, False), (1.2, False), (1.3, False), (1.1, True)]


async def test_an_event_tells_of_every_component_concerned(plant: Database) -> None:
    assert await keep(plant, RESTART) == [STORED]
    assert await work(plant) == [("leak_test", 1, AT)]
    assert await keep(plant, WHOLE, RESTART) == [STORED, DUPLICATE]
    assert await work(plant) == [("leak_test", 1, AT), ("leak_test", 2, AT)]
    assert await keep(plant, replace(WHOLE, note="大修"), replace(WHOLE, note="年度大修")) == [CORRECTION] * 2
    found = await rows(plant, "select note, superseded_at is null as current from component_event where"
                              " installation_id = 1 order by event_id")  # fmt: skip
    assert [tuple(one.values()) for one in found] == [(None, False), ("大修", False), ("年度大修", True)]
