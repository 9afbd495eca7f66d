"""Decisions on rules while engines run: what they change is judged again, at once and by every engine."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from domain.errors import BadInput
from rules.engine import Engine
from runtime.decide import Request, decide
from storage.database import Database
from storage.decisions import decisions
from tests.integration.rules.world import City, at, engine, step

DAY, LEGAL, WATER = "legal.daily", "legal.hourly", "water.meter_installation_rate"


def plant(city: City, hours: int = 72) -> dict[str, int]:
    points = city.stack(city.enterprise("tianhe", since="2026-11-02"), "S1")
    for averaging in ("hour", "day"):
        city.limit(80.0, averaging=averaging, work=False)
    city.hours(points["so2"], at("2026-11-02"), hours, 90)
    city.hours(points["so2"], at("2026-11-03"), 5, None, minutes=0)  # 19 valid hours
    return points


async def say(database: Database, rule_id: str, day: str, enabled: bool, now: str, params: str = "{}") -> str:
    request = Request(rule_id, day, enabled, params, "张三", "专题会决定", "会议纪要〔2026〕3号")
    return await decide(database, request, lambda: at(now))


async def test_parameters_are_edited_and_the_past_is_judged_by_them(city: City, database: Database) -> None:
    plant(city)
    judging = engine(database, "legal.")
    await step(judging, "2026-11-05 00:10")
    assert [row[2] for row in city.brief(DAY)] == ["over_limit", "too_few_valid_hours", "over_limit"]

    said = await say(database, DAY, "2026-11-03", True, "2026-11-05 00:15", '{"min_valid_hours": 18}')
    assert said == "decision 1: legal.daily enabled from 2026-11-03 min_valid_hours=18, version 1001"
    await step(judging, "2026-11-05 00:20")
    assert [row[2] for row in city.brief(DAY)] == ["over_limit"] * 3
    versions = city.run("select rule_version from finding where rule_id = %s and superseded_at is null", DAY)
    assert sorted(row["rule_version"] for row in versions) == [1, 1001, 1001]
    (row,) = city.run("select version, enabled, definition from rule where rule_id = %s", DAY)
    assert (row["version"], row["enabled"]) == (1001, True)
    assert row["definition"]["params"]["min_valid_hours"] == 18
    assert row["definition"]["decision"]["author"] == "张三"
    assert [one["version"] for one in row["definition"]["variants"]] == [1, 1001]
    assert (await step(judging, "2026-11-05 00:21")).is_idle


async def test_a_rule_goes_and_comes_back(city: City, database: Database) -> None:
    plant(city)
    judging = engine(database, "legal.", "water.")
    await step(judging, "2026-11-05 00:10")
    city.run("delete from alert_work")
    for rule_id in (LEGAL, WATER):  # the second belongs to a family of its own
        assert len({row[0] for row in city.brief(rule_id)}) == {LEGAL: 72, WATER: 3}[rule_id]
        await say(database, rule_id, "2026-11-04", False, "2026-11-05 00:15")
    await step(judging, "2026-11-05 00:20")
    for rule_id in (LEGAL, WATER):
        assert max(row["period_start"] for row in city.current(rule_id)) < at("2026-11-04")
        assert city.one("select enabled from rule where rule_id = %s", rule_id) is False
    gone = {row["finding_id"] for row in city.run("select finding_id from finding where superseded_at is not null")}
    assert gone == {row["finding_id"] for row in city.run("select finding_id from alert_work")}

    await step(judging, "2026-11-06 00:10")
    assert max(row["period_start"] for row in city.current(LEGAL)) < at("2026-11-04")
    await say(database, LEGAL, "2026-11-04", True, "2026-11-06 00:15")
    await step(judging, "2026-11-06 00:20")
    assert len(city.current(LEGAL)) == 96


async def test_a_rule_that_was_never_in_force_is_forgotten(city: City, database: Database) -> None:
    plant(city)
    judging = engine(database, "legal.")
    await step(judging, "2026-11-05 00:10")
    await say(database, LEGAL, "2010-01-01", False, "2026-11-05 00:15")
    await step(judging, "2026-11-05 00:20")
    assert city.current(LEGAL) == []
    assert len(city.current(DAY)) == 3


async def test_an_engine_that_has_not_heard_of_a_decision_does_not_use_up_its_work(
    city: City, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(city)
    judging = engine(database, "legal.")
    await step(judging, "2026-11-05 00:10")
    original = Engine.sync

    async def overtaken(self: Engine, now: Any) -> None:
        await original(self, now)
        monkeypatch.setattr(Engine, "sync", original)  # once: between the engine's look and its work
        await say(database, LEGAL, "2026-11-04", False, "2026-11-05 00:15")

    monkeypatch.setattr(Engine, "sync", overtaken)
    await step(judging, "2026-11-05 00:20")
    assert max(row["period_start"] for row in city.current(LEGAL)) < at("2026-11-04")


async def test_two_engines_follow_one_decision(city: City, database: Database) -> None:
    plant(city)
    first, second = engine(database, "legal."), engine(database, "legal.")
    await asyncio.gather(step(first, "2026-11-05 00:10"), step(second, "2026-11-05 00:10"))
    await say(database, DAY, "2026-11-03", True, "2026-11-05 00:15", '{"min_valid_hours": 18}')
    await asyncio.gather(step(first, "2026-11-05 00:20"), step(second, "2026-11-05 00:20"))
    assert [row[2] for row in city.brief(DAY)] == ["over_limit"] * 3
    assert city.count("finding") == 72 + 3 + 2


@pytest.mark.parametrize(
    ("rule_id", "day", "params", "message"),
    [
        ("legal.weekly", "2026-11-01", "{}", "rule: 没有规则 'legal.weekly'"),
        (DAY, "next week", "{}", "--from: 'next week': expected a day such as 2026-11-01"),
        (DAY, "2026-11-01", "{", "--params: Expecting property name"),
        (DAY, "2026-11-01", "[]", "--params: expected an object"),
        (DAY, "2026-11-01", '{"min_valid_hours": 0}', "params.min_valid_hours: Input should be greater than"),
    ],
)
async def test_nonsense_is_refused_and_nothing_written(
    city: City, database: Database, rule_id: str, day: str, params: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        await say(database, rule_id, day, True, "2026-11-05", params)
    assert (city.count("rule_decision"), city.count("rule_work")) == (0, 0)


async def test_decisions_stay_in_their_order(city: City, database: Database) -> None:
    city.enterprise("tianhe")
    await say(database, DAY, "2026-11-03", True, "2026-11-05")
    await say(database, DAY, "2026-11-01", False, "2026-11-06")
    async with database.transaction() as connection:
        found = await decisions(connection)
    assert [(one.decision_id, one.effective_from, one.enabled, one.author) for one in found] == [
        (1, date(2026, 11, 3), True, "张三"),
        (2, date(2026, 11, 1), False, "张三"),
    ]
    assert [row["at"] for row in city.run("select at from rule_work order by seq")] == [
        at("2026-11-03"),
        at("2026-11-01"),
    ]
