"""Marks on a real database: what has effect as known when, what is refused, and what work each leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest

from domain.errors import BadInput, Conflict, NotFound
from storage.database import Database
from storage.marks import NewMark, add_mark, decide_mark, effective_marks, find_mark
from tests.integration.rules.world import City, at

H = timedelta(hours=1)
NOW = at("2026-11-02 12:00")


class Stack:
    """An outlet with two analysers, a running state, a counter and what a logger says; and another outlet."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.city = City(database.url)
        plant = self.city.enterprise("coke-1")
        self.points = self.city.stack(plant)
        (row,) = self.city.run("select outlet_id from outlet where code = 'S1'")
        self.outlet_id = row["outlet_id"]
        self.city.point(plant, "S1-RUN", "running_state", outlet=self.outlet_id)
        self.city.run("update point set kind = 'state' where code = 'S1-RUN'")
        self.city.point(plant, "S1-ZS", "so2", outlet=self.outlet_id)
        self.city.run(
            "update point set statistic = 'hour_converted', of_point_id = %s where code = 'S1-ZS'", self.points["so2"]
        )
        self.city.stack(plant, "S2")

    def mark(self, start: str, end: str, **changes: object) -> NewMark:
        new = NewMark(
            "coke-1", "S1", None, "equipment", "calibration", at(start), at(end), "manual", "甲焦化 王工", "每日校准"
        )
        return replace(new, **changes)  # type: ignore[arg-type]

    async def add(self, new: NewMark, when: datetime = NOW) -> int:
        async with self.database.transaction() as connection:
            return await add_mark(connection, new, when)

    async def decide(self, mark_id: int, decision: str = "rejected", when: datetime = NOW) -> None:
        async with self.database.transaction() as connection:
            await decide_mark(connection, mark_id, decision, "生态环境局 李", "与事实不符", when)

    async def effective(self, known: datetime | None = None, **options: str) -> list[int]:
        async with self.database.transaction() as connection:
            span = (at("2026-11-02 00:00"), at("2026-11-03 00:00"))
            found = await effective_marks(connection, [self.outlet_id], *span, as_known_at=known, **options)
        return [mark.mark_id for mark in found]

    def dirty(self) -> list[tuple[str, datetime]]:
        rows = self.city.run(
            "with d as (delete from dirty_hour returning *) select code, hour_at from d join point using (point_id)"
            " order by code, hour_at"
        )
        return [(row["code"], row["hour_at"]) for row in rows]

    def work(self) -> list[tuple[str, datetime]]:
        rows = self.city.run(
            "with w as (delete from rule_work where kind = 'hour' returning *)"
            " select code, at from w join point on point_id = key order by code, at"
        )
        return [(row["code"], row["at"]) for row in rows]


@pytest.fixture
def stack(database: Database) -> Iterator[Stack]:
    stack = Stack(database)
    yield stack
    stack.city.connection.close()


async def test_a_mark_has_effect_from_when_it_was_made_until_it_is_decided(stack: Stack) -> None:
    first = await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:00"), NOW)
    second = await stack.add(stack.mark("2026-11-02 09:00", "2026-11-02 10:00"), NOW + H)
    await stack.decide(first, when=NOW + 2 * H)
    second_again = await stack.add(stack.mark("2026-11-02 09:00", "2026-11-02 10:30", supersedes=second), NOW + 3 * H)
    assert await stack.effective() == [second_again]
    known = [await stack.effective(NOW + n * H) for n in range(-1, 4)]
    assert known == [[], [first], [first, second], [second], [second_again]]
    async with stack.database.transaction() as connection:
        mark = await find_mark(connection, first)
    assert (mark.outlet, mark.point, mark.author, mark.created_at) == ("coke-1/S1", None, "甲焦化 王工", NOW)


async def test_effect_is_looked_for_in_a_half_open_span_and_one_dimension(stack: Stack) -> None:
    await stack.add(stack.mark("2026-11-01 23:00", "2026-11-02 00:00", point="S1-SO2"))
    await stack.add(stack.mark("2026-11-03 00:00", "2026-11-03 01:00"))
    long = await stack.add(stack.mark("2026-08-05 00:00", "2026-11-02 00:01", point="S1-O2", kind="fault"))
    running = await stack.add(stack.mark("2026-11-02 23:59", "2026-11-03 05:00", dimension="process", kind="stopped"))
    assert await stack.effective() == [long, running]
    assert await stack.effective(dimension="equipment") == [long]
    assert await stack.effective(dimension="process") == [running]


async def test_equipment_marks_dirty_the_hours_of_analysers_only(stack: Stack) -> None:
    hours = [at("2026-11-02 08:00") + n * H for n in range(2)]
    whole = await stack.add(stack.mark("2026-11-02 08:30", "2026-11-02 10:00"))
    assert stack.dirty() == [(code, hour) for code in ("S1-O2", "S1-SO2") for hour in hours]
    shorter = stack.mark("2026-11-02 08:59", "2026-11-02 09:00", point="S1-SO2", supersedes=whole)
    one = await stack.add(shorter)
    assert {hour for _, hour in stack.dirty()} == set(hours), "what the old one covered is computed again too"
    await stack.decide(one, "withdrawn")
    assert stack.dirty() == [("S1-SO2", hours[0])]
    assert stack.work() == [], "the rules hear of it from the roll-up"


async def test_process_marks_leave_work_for_the_rules_and_none_for_hours_to_come(stack: Stack) -> None:
    new = stack.mark("2026-11-02 11:30", "2026-11-09 00:00", dimension="process", kind="stopped")
    mark = await stack.add(new)
    expected = [(code, at("2026-11-02 11:00") + n * H) for code in ("S1-O2", "S1-RUN", "S1-SO2") for n in range(2)]
    assert stack.work() == expected
    await stack.decide(mark, when=NOW + H)
    assert len(stack.work()) == 3 * 3
    assert stack.dirty() == []


async def test_a_conflict_names_the_other_mark(stack: Stack) -> None:
    mark = await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 10:00", point="S1-SO2"))
    with pytest.raises(Conflict) as refused:
        await stack.add(stack.mark("2026-11-02 09:59", "2026-11-02 11:00", kind="fault"))
    for part in (f"标记 {mark}", "设备标记“校准”", "测点 S1-SO2", "2026-11-02 08:00 至 2026-11-02 10:00"):
        assert part in str(refused.value)
    await stack.add(stack.mark("2026-11-02 09:59", "2026-11-02 11:00", point="S1-O2"))
    await stack.add(stack.mark("2026-11-02 10:00", "2026-11-02 11:00", point="S1-SO2"))
    await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 10:00", dimension="process", kind="start_up"))
    await stack.decide(mark)
    await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:59", kind="fault"))


async def test_only_a_mark_in_effect_of_the_same_kind_of_thing_is_superseded_or_decided(stack: Stack) -> None:
    mark = await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:00"))
    with pytest.raises(Conflict, match="属于排口 coke-1/S1"):
        await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:00", outlet="S2", supersedes=mark))
    process = {"dimension": "process", "kind": "stopped", "supersedes": mark}
    with pytest.raises(Conflict, match="不能由工况标记取代"):
        await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:00", **process))
    newer = await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 08:30", supersedes=mark))
    for refused in (stack.decide(mark), stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 08:10", supersedes=mark))):
        with pytest.raises(Conflict, match=f"已被标记 {newer} 取代"):
            await refused
    await stack.decide(newer, "withdrawn")
    for again in (
        stack.decide(newer),
        stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 08:10", supersedes=newer)),
    ):
        with pytest.raises(Conflict, match="已由 生态环境局 李 撤回"):
            await again
    assert await stack.effective() == [], "what was superseded does not come back"


REFUSED: list[tuple[dict[str, object], type[Exception], str]] = [
    ({"outlet": "S9"}, NotFound, "没有排口 coke-1/S9"),
    ({"enterprise": "coke-9"}, NotFound, "没有排口 coke-9/S1"),
    ({"point": "S2-SO2"}, NotFound, "排口 coke-1/S1 没有测点 S2-SO2"),
    ({"point": "S1-RUN"}, BadInput, "S1-RUN 不是分析仪"),
    ({"point": "S1-ZS"}, BadInput, "S1-ZS 不是分析仪"),
    ({"supersedes": 77}, NotFound, "没有标记 77"),
    ({"dimension": "mood"}, BadInput, "dimension"),
    ({"kind": "stopped"}, BadInput, "校准"),
    ({"end": at("2026-11-02 08:00")}, BadInput, "结束时间"),
    ({"start": at("2026-11-02 09:00")}, BadInput, "结束时间"),
]


async def test_what_cannot_be_a_mark_is_refused(stack: Stack) -> None:
    good = stack.mark("2026-11-02 08:00", "2026-11-02 09:00")
    for changes, error, words in REFUSED:
        with pytest.raises(error, match=words):
            await stack.add(replace(good, **changes))  # type: ignore[arg-type]
    assert stack.city.count("mark") == stack.city.count("dirty_hour") == 0
    await stack.add(good)


async def test_what_cannot_be_decided_is_refused(stack: Stack) -> None:
    with pytest.raises(NotFound, match="没有标记 5"):
        await stack.decide(5)
    mark = await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:00"))
    with pytest.raises(BadInput, match="decision"):
        await stack.decide(mark, "forgotten")


async def test_of_two_marks_made_at_once_that_overlap_one_stays(stack: Stack) -> None:
    made = await asyncio.gather(
        *(stack.add(stack.mark("2026-11-02 08:00", f"2026-11-02 09:0{n}")) for n in range(4)), return_exceptions=True
    )
    assert len([one for one in made if isinstance(one, int)]) == 1
    assert len([one for one in made if isinstance(one, Conflict)]) == 3


async def test_a_mark_is_never_decided_twice(stack: Stack) -> None:
    mark = await stack.add(stack.mark("2026-11-02 08:00", "2026-11-02 09:00"))
    done = await asyncio.gather(
        *(stack.decide(mark, word) for word in ("rejected", "withdrawn")), return_exceptions=True
    )
    assert sorted(type(one) for one in done if one is not None) == [Conflict]
    with psycopg.connect(stack.database.url) as connection:
        assert connection.execute("select count(*) from mark_decision").fetchone() == (1,)
