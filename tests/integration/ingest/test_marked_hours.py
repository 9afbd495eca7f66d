"""Equipment marks and the roll-up on a real database: what they take away, and that it comes back."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.marks import NewMark, add_mark, decide_mark
from tests.integration.ingest.plant import (
    NOW,
    delivery,
    minutes,
    roll_up,
    rolled_up,
    rows,
    running_writer,
    sample,
    send,
)
from tests.unit.domain import by_hand
from tests.unit.domain.by_hand import Reading

HOUR = timedelta(hours=1)
START = NOW - 6 * HOUR


@pytest.fixture
async def stack(plant: Database) -> Database:
    """SO2 and O2 of coke-1 at an outlet; W-01 beside them, as if it counted gas."""
    await rows(
        plant,
        """with o as (insert into outlet (enterprise_id, code, name, process, in_service_from)
                      select enterprise_id, 'S1', '1#', 'coke_oven_stack', '2026-01-01' from enterprise
                      where code = 'coke-1' returning outlet_id, enterprise_id)
           update point p set outlet_id = o.outlet_id from o where p.enterprise_id = o.enterprise_id returning 1""",
    )
    return plant


async def mark(database: Database, start: float, end: float, **changes: Any) -> int:
    """A calibration so many minutes after START."""
    new = NewMark(
        "coke-1", "S1", None, "equipment", "calibration", START + minutes(start), START + minutes(end), "manual",
        "王工", "每日校准",
    )  # fmt: skip
    async with database.transaction() as connection:
        return await add_mark(connection, replace(new, **changes), NOW)


async def decide(database: Database, mark_id: int) -> None:
    async with database.transaction() as connection:
        await decide_mark(connection, mark_id, "rejected", "李", "与记录不符", NOW)


async def hour(database: Database, code: str, start: datetime = START) -> dict[str, Any]:
    (row,) = await rows(
        database,
        """select h.*, h.digest is null as undigested from hourly h join point p using (point_id)
           join enterprise e using (enterprise_id)
           where p.code = %(code)s and e.code = 'coke-1' and h.hour_at = %(start)s""",
        code=code,
        start=start,
    )
    return {name: value for name, value in row.items() if name not in {"point_id", "computed_at"}}


async def work(database: Database) -> list[tuple[str, datetime]]:
    found = await rows(
        database,
        """with w as (delete from rule_work where kind = 'hour' returning key, at)
           select code, at from w join point on point_id = key order by code, at""",
    )
    return [(row["code"], row["at"]) for row in found]


async def measure(database: Database, first: int, stop: int, value: float = 20.0) -> None:
    """A value a minute of both analysers and of the counter, so many minutes after START."""
    samples = [sample(START + minutes(m), {"SO2": value + m % 7, "O2": 8.0, "W-01": 5.0}) for m in range(first, stop)]
    async with running_writer(database) as writer:
        await send(writer, delivery(samples))
    await rolled_up(database)


@pytest.mark.parametrize("valid", [44, 45])
async def test_a_mark_cuts_an_hour_and_its_rejection_gives_it_back(stack: Database, valid: int) -> None:
    await measure(stack, 0, 60)
    before = await hour(stack, "SO2")
    await work(stack)
    made = await mark(stack, valid, 60, point="SO2")
    await rolled_up(stack)
    row = await hour(stack, "SO2")
    assert (row["valid_minutes"], row["marked_minutes"], row["mark_ids"]) == (valid, 60 - valid, [made])
    assert (row["reading_count"], row["flag_counts"]) == (60, {"N": 60})
    assert row["mean"] == pytest.approx(sum(20 + m % 7 for m in range(valid)) / valid)
    assert row["digest"] != before["digest"]
    assert await work(stack) == [("SO2", START)]
    await decide(stack, made)
    await rolled_up(stack)
    assert await hour(stack, "SO2") == before
    assert await work(stack) == [("SO2", START)]


async def test_a_mark_on_the_outlet_is_one_on_its_analysers_and_not_on_its_counter(stack: Database) -> None:
    await measure(stack, 0, 120)
    (counted,) = [await hour(stack, "W-01")]
    one = await mark(stack, 30, 90, point="O2", kind="fault")
    await rolled_up(stack)
    assert [(await hour(stack, code))["valid_minutes"] for code in ("SO2", "O2")] == [60, 30]
    whole = await mark(stack, 30, 90, supersedes=one)
    await rolled_up(stack)
    for code in ("SO2", "O2"):
        for start in (START, START + HOUR):
            row = await hour(stack, code, start)
            assert (row["valid_minutes"], row["mark_ids"]) == (30, [whole])
    assert await hour(stack, "W-01") == counted
    narrower = await mark(stack, 59, 60, supersedes=whole)
    await rolled_up(stack)
    first, second = await hour(stack, "SO2"), await hour(stack, "SO2", START + HOUR)
    assert (first["marked_minutes"], first["mark_ids"]) == (1, [narrower])
    assert (second["marked_minutes"], second["mark_ids"]) == (0, [])


async def test_readings_that_come_late_into_a_marked_minute_are_marked_too(stack: Database) -> None:
    made = await mark(stack, 0, 10)
    await rolled_up(stack)
    await measure(stack, 0, 9)
    row = await hour(stack, "SO2")
    assert (row["valid_minutes"], row["marked_minutes"], row["mean"], row["mark_ids"]) == (0, 9, None, [made])
    await measure(stack, 9, 12)
    row = await hour(stack, "SO2")
    assert (row["valid_minutes"], row["marked_minutes"], row["mark_ids"]) == (2, 10, [made])
    assert row["late_count"] == 12


async def test_logged_values_and_states_are_not_marked(stack: Database) -> None:
    await rows(stack, "update point set kind = 'state' where code = 'SO2' returning 1")
    await rows(
        stack,
        """update point p set statistic = 'hour_mean', of_point_id = q.point_id from point q
           where p.code = 'O2' and q.code = 'SO2' and q.enterprise_id = p.enterprise_id returning 1""",
    )
    await measure(stack, 0, 60)
    await mark(stack, 0, 60)
    assert await rows(stack, "select 1 from dirty_hour") == []
    await rows(stack, "insert into dirty_hour (point_id, hour_at) select point_id, hour_at from hourly returning 1")
    await rolled_up(stack)
    assert [(await hour(stack, code))["valid_minutes"] for code in ("SO2", "O2")] == [60, 60]


@pytest.mark.parametrize("seed", range(2))
async def test_any_order_of_readings_and_marks_gives_the_hours_computed_by_hand(stack: Database, seed: int) -> None:
    chance = random.Random(seed)
    instants = [START + timedelta(seconds=15 * n) for n in chance.sample(range(4 * 240), 160)]
    flags = chance.choices("NNNNNMD", k=160)
    values = chance.choices([0.0, 3.5, 3.5, 7.25, 40.0], k=160)
    readings = [Reading(*one, late=NOW - one[0] > HOUR) for one in zip(instants, values, flags, strict=True)]
    spans = [(20, 45, "SO2"), (45, 61, None), (70, 130, "O2"), (150, 151.25, None), (200, 215, "SO2")]
    steps: list[Any] = [*readings, *chance.sample(readings, 30), *spans]  # some are delivered twice
    chance.shuffle(steps)
    marked: dict[int, tuple[float, float, str | None]] = {}
    async with running_writer(stack) as writer:
        for position, step in enumerate(steps):
            if isinstance(step, Reading):
                await send(writer, delivery(sample(step.at, {"SO2": step.value}, SO2=step.flag)))
            else:
                marked[await mark(stack, step[0], step[1], point=step[2])] = step
            if position % 23 == 0:
                await roll_up(stack, entries_at_once=chance.choice([1, 10, 1000])).step(NOW)
    rejected = chance.choice(sorted(marked))
    await decide(stack, rejected)
    await rolled_up(stack)
    effective = {mark_id: span for mark_id, span in marked.items() if mark_id != rejected}
    ordered = [replace(r, mark=_mark_on(r, effective)) for r in sorted(readings, key=lambda r: r.at)]
    for start in (START + n * HOUR for n in range(4)):
        expected, found = by_hand.hour(ordered, start), await hour(stack, "SO2", start)
        for name in by_hand.Hour.__dataclass_fields__:
            wanted = getattr(expected, name)
            assert found[name] == (pytest.approx(wanted) if isinstance(wanted, float) else wanted), (start, name)


def _mark_on(reading: Reading, marks: Mapping[int, tuple[float, float, str | None]]) -> int:
    for mark_id, (start, end, point) in marks.items():
        if point in (None, "SO2") and START + minutes(start) <= reading.at < START + minutes(end):
            return mark_id
    return 0


async def test_a_correction_is_late_by_its_own_arrival(stack: Database) -> None:
    """The first values came in time; what counts now came five hours after it was measured."""
    for arrival, value in ((START + minutes(30), 20.0), (START + minutes(330), 21.0)):
        samples = [sample(START + minutes(m), {"SO2": value}) for m in range(30)]
        async with running_writer(stack) as writer:
            await send(writer, delivery(samples, received_at=arrival))
        await rolled_up(stack)
        row = await hour(stack, "SO2")
        assert (row["mean"], row["late_count"]) == (value, 0 if value == 20.0 else 30)
    assert row["marks"] == ["corrected"]
