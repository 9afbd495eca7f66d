"""Leak emissions by month: what closes, what late records and the register change, and what stays as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rules.policy.leak_factors import shipped_leak_factors
from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

RULE = "ldar.voc_emission"
PLANT = "enterprise:tianhe"
AVERAGE, ZERO = 0.00597, 6.6e-7  # SOCMI valve in gas


def correlated(net: float) -> float:
    return 1.87e-6 * net**0.873


def plant(city: City, *, since: str = "2026-09-10") -> tuple[int, int]:
    enterprise = city.enterprise("tianhe", since=since)
    return enterprise, city.component(enterprise, "V-1")


def measured(city: City, component: int, when: str, net: float | None, *, revision: int = 0) -> None:
    city.run(
        "insert into leak_test (component_id, tested_at, revision, net_umol_mol, method, received_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        component,
        at(when),
        revision,
        net,
        "visual" if net is None else "instrument",
        at(when),
    )
    city.run("insert into rule_work (kind, key, at) values ('leak_test', %s, %s)", component, at(when))


def closed(city: City, component: int, found: str, net: float, when: str, after: float) -> None:
    city.run(
        "insert into leak (component_id, found_at, net_umol_mol, visible, state, attempts, closed_at,"
        " closed_net_umol_mol) values (%s, %s, %s, false, 'closed', 1, %s, %s)",
        component,
        at(found),
        net,
        at(when),
        after,
    )
    city.run("insert into rule_work (kind, key, at) values ('leak_test', %s, %s)", component, at(when))


def values(city: City) -> list[float]:
    return [row["value"] for row in city.current(RULE, PLANT)]


def kept(city: City) -> list[tuple[Any, ...]]:
    rows = city.run(
        "select month, unit_name, kind, method, components, kg, avoided_kg from leak_emission order by 1, 2, 3, 4"
    )
    return [tuple(row.values()) for row in rows]


async def test_months_are_judged_when_they_close(city: City, database: Database) -> None:
    _, valve = plant(city)
    measured(city, valve, "2026-10-11 00:00", 1000.0)
    judging = engine(database, RULE)
    await step(judging, "2026-10-31 12:00")
    assert values(city) == pytest.approx([30 * 24 * AVERAGE])  # the whole of September, in which it registered
    await step(judging, "2026-11-01 00:10")
    assert city.brief(RULE, PLANT) == [
        ("09-01 00", "undetermined", "no_limit"),
        ("10-01 00", "undetermined", "no_limit"),
    ]
    assert values(city)[1] == pytest.approx(24 * (10 * AVERAGE + 21 * correlated(1000.0)))
    evidence = city.current(RULE, PLANT)[1]["evidence"]
    assert evidence["factors"]["status"] == "unconfirmed"
    assert evidence["by_method"]["average_factor"]["components"] == 0
    assert evidence["by_method"]["correlation"]["components"] == 1
    assert evidence["by_unit"] == [{"unit": "粗苯工段", "kg": values(city)[1]}]
    assert [row[2:5] for row in kept(city)] == [
        ("valve", "average_factor", 1),
        ("valve", "average_factor", 0),
        ("valve", "correlation", 1),
    ]
    assert (await step(judging, "2026-11-02 00:10")).written == 0
    assert city.one("select count(*) from leak_factor") == len(shipped_leak_factors())


async def test_a_late_record_changes_the_months_that_it_is_about(city: City, database: Database) -> None:
    enterprise, valve = plant(city)
    other = city.component(enterprise, "P-1", kind="pump")
    measured(city, other, "2026-09-01 08:00", 10.0)
    judging = engine(database, RULE)
    await step(judging, "2026-12-01 00:10")
    before = values(city)
    untouched = [row for row in kept(city) if row[2] == "pump"]
    measured(city, valve, "2026-10-11 00:00", 0.0)
    report = await step(judging, "2026-12-02 08:00")
    assert (report.written, report.superseded) == (2, 2)
    assert values(city)[0] == before[0]
    assert before[1] - values(city)[1] == pytest.approx(21 * 24 * (AVERAGE - ZERO))
    assert before[2] - values(city)[2] == pytest.approx(30 * 24 * (AVERAGE - ZERO))
    assert [row for row in kept(city) if row[2] == "pump"] == untouched
    measured(city, valve, "2026-10-11 00:00", 1000.0, revision=1)  # put right: the newest counts
    await step(judging, "2026-12-02 09:00")
    assert before[2] - values(city)[2] == pytest.approx(30 * 24 * (AVERAGE - correlated(1000.0)))
    measured(city, valve, "2026-10-11 00:00", None, revision=2)  # nobody had measured anything
    await step(judging, "2026-12-02 10:00")
    assert values(city) == before


async def test_a_test_of_the_running_month_waits(city: City, database: Database) -> None:
    _, valve = plant(city)
    judging = engine(database, RULE)
    await step(judging, "2026-11-01 00:10")
    measured(city, valve, "2026-11-05 09:00", 10.0)
    assert (await step(judging, "2026-11-05 09:01")).written == 0


async def test_a_repair_is_seen_for_a_year_or_until_it_leaks_again(city: City, database: Database) -> None:
    _, valve = plant(city)
    measured(city, valve, "2026-10-01 00:00", 20_000.0)
    measured(city, valve, "2026-10-11 00:00", 100.0)
    closed(city, valve, "2026-10-01 00:00", 20_000.0, "2026-10-11 00:00", 100.0)
    judging = engine(database, RULE)
    await step(judging, "2027-12-01 00:10")
    less = correlated(20_000.0) - correlated(100.0)
    avoided = city.run("select month::text, sum(avoided_kg) as kg from leak_emission group by 1 order by 1")
    by_month = {row["month"]: row["kg"] for row in avoided}
    assert by_month["2026-10-01"] == pytest.approx(21 * 24 * less)
    assert by_month["2026-11-01"] == pytest.approx(30 * 24 * less)
    assert by_month["2027-10-01"] == pytest.approx(10 * 24 * less)
    assert by_month["2027-11-01"] == 0.0
    measured(city, valve, "2026-12-11 00:00", 30_000.0)
    city.run(
        "insert into leak (component_id, found_at, net_umol_mol, visible, state)"
        " values (%s, %s, 30000, false, 'found')",
        valve,
        at("2026-12-11 00:00"),
    )
    await step(judging, "2027-12-01 01:10")
    (december,) = city.run("select sum(avoided_kg) as kg from leak_emission where month = '2026-12-01'")
    assert december["kg"] == pytest.approx(10 * 24 * less)
    assert city.one("select coalesce(sum(avoided_kg), 0) from leak_emission where month >= '2027-01-01'") == 0.0


async def test_the_register_changes_all_of_it(city: City, database: Database) -> None:
    enterprise, _ = plant(city)
    judging = engine(database, RULE)
    await step(judging, "2026-11-01 00:10")
    unit = city.one(
        "with made as (insert into installation (enterprise_id, code, name, family, started_on, hours_per_year,"
        " in_service_from) values (%s, 'I', '制苯装置', 'petroleum', '2026-10-11', 4380, '2020-01-01')"
        " returning installation_id) insert into process_unit (installation_id, code, name)"
        " select installation_id, 'U', '精馏' from made returning unit_id",
        enterprise,
    )
    city.run("update component set unit_id = %s, unit_name = '精馏', voc_share = 0.5", unit)
    city.run("insert into rule_work (kind, key, at) values ('register', %s, %s)", enterprise, at("2026-11-01 08:00"))
    await step(judging, "2026-11-01 08:01")
    assert city.brief(RULE, PLANT) == [("10-01 00", "undetermined", "no_limit")]  # it did not run in September
    assert values(city) == pytest.approx([21 * 24 * 0.0268 * 0.5 * 4380 / 8760])
    assert [row[1] for row in kept(city)] == ["精馏"]


async def test_what_is_done_in_pieces_is_done(city: City, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    enterprise, valve = plant(city, since="2025-01-01")
    measured(city, valve, "2026-03-01 08:00", 10.0)
    second = city.enterprise("dihe", since="2026-01-01")
    city.component(second, "V-1")
    monkeypatch.setattr("rules.families.leakemissions._AT_ONCE", 3)
    await step(engine(database, RULE), "2027-01-01 00:10")
    assert len(values(city)) == 24
    assert len(city.current(RULE, "enterprise:dihe")) == 12
    in_pieces = [(row[0], row[3], row[5]) for row in kept(city)]
    monkeypatch.undo()
    city.run("delete from rule_watermark")
    report = await step(engine(database, RULE), "2027-01-01 00:20")
    assert (report.judged, report.written) == (36, 0)  # the same to the last bit
    assert [(row[0], row[3], row[5]) for row in kept(city)] == in_pieces
    assert enterprise != second
    assert isinstance(city.one("select min(computed_at) from finding"), datetime)


def campaign(city: City, enterprise: int, *, begins: str = "2026-11-01", ends: str = "2026-11-30") -> None:
    city.run(
        "insert into campaign (enterprise_id, code, name, from_day, to_day) values (%s, 'C', '轮次', %s, %s)",
        enterprise,
        begins,
        ends,
    )
    city.run("insert into rule_work (kind, key, at) values ('ldar', %s, %s)", enterprise, at(begins))


async def test_a_campaign_is_summed_up_as_it_goes(city: City, database: Database) -> None:
    enterprise, valve = plant(city)
    other = city.component(enterprise, "V-2")
    city.components(enterprise, 3)  # exempt ones are not to be tested
    judging = engine(database, RULE)
    await step(judging, "2026-11-01 00:10")

    async def totals(when: str) -> tuple[Any, ...]:
        await step(judging, when)
        (row,) = city.run(
            "select components, tested, leaking, closed, found_kg_h, after_kg_h, untested_kg_h"
            " from campaign_unit where unit_name = '粗苯工段'"
        )
        return tuple(row.values())

    campaign(city, enterprise)
    assert await totals("2026-11-01 08:00") == (2, 0, 0, 0, 0, 0, pytest.approx(2 * AVERAGE))
    measured(city, valve, "2026-11-05 09:00", 20_000.0)
    city.run(
        "insert into leak (component_id, found_at, net_umol_mol, visible, state)"
        " values (%s, %s, 20000, false, 'found')",
        valve,
        at("2026-11-05 09:00"),
    )
    rate = pytest.approx(correlated(20_000.0))
    assert await totals("2026-11-05 10:00") == (2, 1, 1, 0, rate, rate, pytest.approx(AVERAGE))
    measured(city, other, "2026-11-06 09:00", 0.0)
    both = pytest.approx(correlated(20_000.0) + ZERO)
    assert await totals("2026-11-06 10:00") == (2, 2, 1, 0, both, both, 0)
    measured(city, other, "2026-12-06 09:00", 9000.0)  # after its last day: of the next one
    city.run(
        "update leak set state = 'closed', closed_at = %s, closed_net_umol_mol = 10 where component_id = %s",
        at("2026-12-08 09:00"),
        valve,
    )
    city.run("insert into rule_work (kind, key, at) values ('leak_test', %s, %s)", valve, at("2026-12-08 09:00"))
    after = pytest.approx(correlated(10.0) + ZERO)
    assert await totals("2026-12-08 10:00") == (2, 2, 1, 1, both, after, 0)
    city.run("update component set in_service_to = '2026-11-20' where component_id = %s", other)
    city.run("insert into rule_work (kind, key, at) values ('register', %s, %s)", enterprise, at("2026-12-09 09:00"))
    assert (await totals("2026-12-09 10:00"))[:2] == (1, 1)


async def test_a_campaign_that_nobody_has_summed_up_is_at_the_month(city: City, database: Database) -> None:
    enterprise, valve = plant(city)
    campaign(city, enterprise, begins="2026-10-01", ends="2026-10-20")
    city.run("delete from rule_work")
    measured(city, valve, "2026-10-05 09:00", 10.0)
    city.run("delete from rule_work")
    await step(engine(database, RULE), "2026-11-01 00:10")
    assert city.one("select tested from campaign_unit") == 1
