"""What must hold whatever happens: two engines, a failing rule, a step that dies, rows for the rules."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import StorageUnavailable
from rules.engine import Engine, EngineSettings
from rules.evaluators.contract import EVALUATORS
from rules.pack import RuleSet, load_packs
from rules.service import RulesService
from storage import findings, rule_state
from storage.database import Database
from tests.integration.rules.world import City, at, engine, only, step

ULE, LEGAL = "ule.hourly", "legal.hourly"
BOTH = (ULE, LEGAL)


def plant(city: City, hours: int = 48) -> dict[str, int]:
    """A stack with the shipped limit and a permit's."""
    points = city.stack(city.enterprise("tianhe", since="2026-11-02"), "S1")
    city.limit(35.0, work=False)
    for point in points.values():
        city.hours(point, at("2026-11-02 00:00"), hours, 8)
    return points


class Breakdown:
    """Breaks an evaluator for limits of one kind, as a mistake in its code would."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind, self.broken = name, kind, True
        self.original = EVALUATORS[name]

    def judge(self, window: Any, params: Any) -> Any:
        if self.broken and window.limits[0].kind == self.kind:
            raise ZeroDivisionError("a mistake")
        return self.original.judge(window, params)


@pytest.fixture
def breakdown() -> Iterator[Breakdown]:
    breakdown = Breakdown("hourly_limit", "ule")
    EVALUATORS["hourly_limit"] = replace(breakdown.original, judge=breakdown.judge)
    yield breakdown
    EVALUATORS["hourly_limit"] = breakdown.original


async def test_a_failing_rule_stops_no_other(city: City, database: Database, breakdown: Breakdown) -> None:
    plant(city)
    judging = engine(database, *BOTH)
    report = await step(judging, "2026-11-04 00:10")
    assert report.failed == {ULE: "ZeroDivisionError: a mistake"}
    assert (city.current(ULE), len(city.current(LEGAL))) == ([], 48)
    assert city.brief("platform.rule_failed") == [("11-04 00", "undetermined", "rule_error")]
    assert city.run("select health, last_error, last_evaluated_at from rule where rule_id = %s", ULE) == [
        {"health": "error", "last_error": "ZeroDivisionError: a mistake", "last_evaluated_at": None}
    ]
    assert (await step(judging, "2026-11-04 00:20")).written == 0  # said once

    breakdown.broken = False
    report = await step(judging, "2026-11-04 01:20")
    assert (report.failed, len(city.current(ULE))) == ({}, 49)
    assert [row[1:] for row in city.brief("platform.rule_failed")] == [
        ("undetermined", "rule_error"),
        ("compliant", "rule_ok"),
    ]
    assert city.one("select health from rule where rule_id = %s", ULE) == "ok"


async def test_work_of_a_failing_rule_is_not_lost(city: City, database: Database, breakdown: Breakdown) -> None:
    points = plant(city)
    breakdown.broken = False
    judging = engine(database, *BOTH)
    await step(judging, "2026-11-04 00:10")
    breakdown.broken = True
    city.hours(points["so2"], at("2026-11-02 05:00"), 1, 50, work=True)
    report = await step(judging, "2026-11-04 00:20")
    assert (set(report.failed), city.count("rule_work")) == ({ULE}, 0)
    assert {row["verdict"] for row in city.current(ULE)} == {"compliant"}
    breakdown.broken = False
    report = await step(judging, "2026-11-04 00:30")
    assert city.brief(ULE)[5] == ("11-02 05", "violation", "over_limit")
    assert report.superseded == 2  # the hour, and the rule's failure within the same hour


async def test_two_engines_do_the_work_once(city: City, database: Database) -> None:
    points = plant(city)
    first, second = engine(database, *BOTH, batch_rows=10), engine(database, *BOTH, batch_rows=10)
    for now, late in (("2026-11-03 00:10", 1), ("2026-11-03 12:10", 2), ("2026-11-04 00:10", 3)):
        await asyncio.gather(step(first, now), step(second, now))
        city.hours(points["so2"], at("2026-11-02 00:00"), late, 50, work=True)
    await asyncio.gather(step(first, "2026-11-04 00:20"), step(second, "2026-11-04 00:20"))
    assert (len(city.current(ULE)), len(city.current(LEGAL))) == (48, 48)
    assert [row[1] for row in city.brief(ULE)[:4]] == ["violation"] * 3 + ["compliant"]
    assert city.count("finding") == 96 + 2 * 3
    assert city.count("rule_work") == 0


async def test_a_rule_that_somebody_else_judges_is_skipped(city: City, database: Database) -> None:
    plant(city)
    judging = engine(database, *BOTH)
    await judging.sync(at("2026-11-02"))
    async with database.transaction() as connection:
        assert await rule_state.try_lock_rule(connection, ULE)
        report = await step(judging, "2026-11-04 00:10")
    assert ULE in report.skipped
    assert ULE not in report.evaluated
    assert LEGAL in report.evaluated
    assert city.current(ULE) == []
    await step(judging, "2026-11-04 00:10")
    assert len(city.current(ULE)) == 48


async def test_a_step_that_dies_leaves_nothing_half_done(
    city: City, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = plant(city)
    judging = engine(database, ULE)
    await step(judging, "2026-11-03 00:10")
    city.hours(points["so2"], at("2026-11-02 05:00"), 1, 50, work=True)
    original = findings.record

    async def dies(*args: Any, **named: Any) -> Any:
        await original(*args, **named)
        raise StorageUnavailable("the server went away")

    with monkeypatch.context() as patched:
        patched.setattr(findings, "record", dies)
        with pytest.raises(StorageUnavailable):
            await step(judging, "2026-11-04 00:10")
    assert (city.count("rule_work"), city.count("finding"), city.count("alert_work")) == (1, 24, 24)
    await step(judging, "2026-11-04 00:10")
    assert (city.count("rule_work"), len(city.current(ULE)), city.count("finding")) == (0, 48, 49)


async def test_rules_become_rows(city: City, database: Database) -> None:
    service = RulesService(database=database, rules=load_packs(), clock=lambda: at("2026-11-02"))
    await service.start()
    rows = {row["rule_id"]: row for row in city.run("select rule_id, enabled, status, definition from rule")}
    assert len(rows) == len(load_packs().variants)
    assert rows[ULE]["enabled"]
    assert rows[ULE]["definition"]["alert"]["severity"] == "warning"
    assert rows[LEGAL]["definition"]["alert"]["severity"] == "critical"
    assert rows[LEGAL]["definition"]["params"]["min_valid_minutes"] == 45
    assert city.one("select quote from target where target_id = 'T033'").startswith("2027年")

    fewer = RulesService(database=database, rules=only("water."), clock=lambda: at("2026-11-02"))
    await fewer.start()
    assert city.one("select enabled from rule where rule_id = %s", ULE) is False


async def test_a_selector_that_matches_nothing_is_said_not_fatal(city: City, database: Database) -> None:
    report = await step(engine(database), "2026-11-02 00:10")
    assert report.failed == {}
    (row,) = city.run("select health, last_error, last_evaluated_at from rule where rule_id = %s", ULE)
    assert row["health"] == "unknown"
    assert row["last_error"] == "applies matches nothing in the register: kind=ule"
    assert row["last_evaluated_at"] == at("2026-11-02 00:10")
    enabled = city.run("select rule_id from rule where enabled and last_evaluated_at is null")
    assert enabled == []


async def test_a_new_version_judges_from_its_first_day_on(city: City, database: Database) -> None:
    points = plant(city, 72)
    city.run("update hourly set valid_minutes = 48 where point_id = %s", points["so2"])
    (old,) = only(ULE).variants[ULE]
    before = old.model_copy(update={"valid_to": at("2026-11-02 12:00").date()})
    after = old.model_copy(
        update={
            "version": 2,
            "valid_from": at("2026-11-03 12:00").date(),
            "params": {**old.params, "min_valid_minutes": 50},
        }
    )
    for variant in (before, after):  # what was computed for the original does not hold for the copies
        variant.__dict__.pop("typed_params", None)
    rules = RuleSet({ULE: [before, after]}, {ULE: "emission"}, only(ULE).limits)
    judging = Engine(database, rules, EngineSettings())
    await judging.step(at("2026-11-03 01:10"))
    await judging.step(at("2026-11-04 00:10"))
    found = city.run("select rule_version, verdict, count(*) from finding group by 1, 2 order by 1")
    assert found == [
        {"rule_version": 1, "verdict": "compliant", "count": 24},
        {"rule_version": 2, "verdict": "undetermined", "count": 24},
    ]
    row = city.run("select version, definition from rule")[0]
    assert (row["version"], len(row["definition"]["variants"])) == (2, 2)


async def test_a_rule_that_has_run_out_is_not_in_force(city: City, database: Database) -> None:
    (rule,) = only(ULE).variants[ULE]
    until = rule.model_copy(update={"valid_to": at("2026-11-02 12:00").date()})
    judging = Engine(database, RuleSet({ULE: [until]}, {ULE: "emission"}, only(ULE).limits), EngineSettings())
    states = []
    for now in ("2026-11-02 23:59", "2026-11-03 00:00"):
        await judging.sync(at(now))
        states.append(city.one("select enabled from rule where rule_id = %s", ULE))
    assert states == [True, False]


async def test_the_service_judges_on_a_hint(city: City, database: Database) -> None:
    points = plant(city, 24)
    now = [datetime(2026, 11, 2, 16, 10, tzinfo=UTC)]
    service = RulesService(database=database, rules=only(ULE), clock=lambda: now[0])
    running = asyncio.create_task(service.run())
    try:
        await _until(city, "select count(*) = 24 from finding")
        city.hours(points["so2"], at("2026-11-02 00:00"), 1, 99, work=True)
        city.run("select pg_notify('plantwatch_rules', '')")
        await _until(city, "select count(*) = 25 from finding")
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def _until(city: City, condition: str) -> None:
    for _ in range(1500):
        if city.one(condition):
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"never: {condition}")
