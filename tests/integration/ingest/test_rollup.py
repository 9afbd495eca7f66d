"""The roll-up on a real database, against the same hours computed by hand."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from storage.database import Database
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
from tests.unit.domain.by_hand import Hour, Reading

HOUR = timedelta(hours=1)
START = NOW - 6 * HOUR
TRAITS: dict[str, dict[str, Any]] = {
    "SO2": {"interval_s": 60},
    "O2": {"interval_s": 60},
    "W-01": {"interval_s": 600, "rollover": 1000.0, "max_rate": 400.0},
}


async def hourly(database: Database, code: str, enterprise: str = "coke-1") -> dict[datetime, Hour]:
    found = await rows(
        database,
        """select h.* from hourly h join point p using (point_id) join enterprise e using (enterprise_id)
           where p.code = %(code)s and e.code = %(enterprise)s order by hour_at""",
        code=code,
        enterprise=enterprise,
    )
    names = Hour.__dataclass_fields__
    return {row["hour_at"]: Hour(**{name: row[name] for name in names}) for row in found}


async def work(database: Database) -> list[tuple[str, datetime]]:
    """Rule work of hours, taken off."""
    found = await rows(
        database,
        """with w as (delete from rule_work where kind = 'hour' returning key, at)
           select code, at from w join point on point_id = key order by code, at""",
    )
    return [(row["code"], row["at"]) for row in found]


async def store(database: Database, code: str, readings: list[Reading]) -> None:
    async with running_writer(database) as writer:
        for reading in readings:  # one after the other, so that each is a batch of its own
            await send(writer, delivery(sample(reading.at, {code: reading.value}, **{code: reading.flag})))


def equal(found: Hour, expected: Hour) -> None:
    got, wanted = asdict(found), asdict(expected)
    for name in ("mean", "increment", "deviation"):
        assert got.pop(name) == pytest.approx(wanted.pop(name)), (found, expected)
    assert got == wanted


@pytest.mark.parametrize("valid", [44, 45])
async def test_hour_with_44_or_45_valid_minutes(plant: Database, valid: int) -> None:
    async with running_writer(plant) as writer:
        samples = [sample(START + minutes(m), {"SO2": 30}, SO2="N" if m < valid else "C") for m in range(60)]
        await send(writer, delivery(samples))
    await rolled_up(plant)
    row = (await hourly(plant, "SO2"))[START]
    assert (row.valid_minutes, row.mean, row.reading_count, row.valid_count) == (valid, 30.0, 60, valid)
    assert row.flag_counts == {"N": valid, "C": 60 - valid}
    assert await work(plant) == [("SO2", START)]
    assert await rows(plant, "select 1 from dirty_hour") == []


async def test_a_reading_on_the_hour_opens_the_hour_of_a_mean_and_closes_that_of_a_counter(plant: Database) -> None:
    async with running_writer(plant) as writer:
        samples = [sample(START + h * HOUR, {"SO2": 10 + h, "W-01": 100 + 5 * h}) for h in range(3)]
        await send(writer, delivery(samples))
    await rolled_up(plant)
    means = await hourly(plant, "SO2")
    assert {at: row.mean for at, row in means.items()} == {START + h * HOUR: 10.0 + h for h in range(3)}
    increments = await hourly(plant, "W-01")
    assert {at: row.increment for at, row in increments.items()} == {
        START - HOUR: None,
        START: 5.0,
        START + HOUR: 5.0,
    }
    assert increments[START].last_value == 105.0


async def test_a_second_pass_over_the_same_readings_tells_nobody(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(START, {"SO2": 10, "W-01": 3})))
    await rolled_up(plant)
    before = await rows(plant, "select * from hourly order by point_id")
    assert len(await work(plant)) == 2
    await rows(plant, "insert into dirty_hour (point_id, hour_at) select point_id, hour_at from hourly returning 1")
    await rolled_up(plant, NOW + HOUR)
    assert await rows(plant, "select * from hourly order by point_id") == before, "computed_at stays too"
    assert await work(plant) == []


async def test_late_and_corrected_readings_rewrite_the_hour(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery([sample(START + minutes(m), {"SO2": 10}) for m in range(0, 60, 2)]))
        await rolled_up(plant)
        await work(plant)
        await send(writer, delivery(sample(START + minutes(1), {"SO2": 41})))
        await rolled_up(plant)
        assert (await hourly(plant, "SO2"))[START].mean == pytest.approx((30 * 10 + 41) / 31)
        assert await work(plant) == [("SO2", START)]
        await send(writer, delivery(sample(START + minutes(1), {"SO2": 10})))
        await rolled_up(plant)
        row = (await hourly(plant, "SO2"))[START]
    assert (row.mean, row.marks, row.maximum) == (10.0, ["corrected"], 10.0)
    assert await work(plant) == [("SO2", START)]


async def test_the_newest_correction_counts_and_may_take_validity_away(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery([sample(START + minutes(m), {"SO2": 10}) for m in (0, 1)]))
        for value, flag in ((20, "N"), (30, "N"), (30, "D")):
            await send(writer, delivery(sample(START, {"SO2": value}, SO2=flag)))
            await rolled_up(plant)
    row = (await hourly(plant, "SO2"))[START]
    assert (row.mean, row.valid_minutes, row.flag_counts) == (10.0, 1, {"N": 1, "D": 1})


async def test_a_late_counter_reading_recomputes_the_hours_of_the_next_two(plant: Database) -> None:
    h = [START + n * HOUR + minutes(30) for n in range(6)]
    # with a jump at h[2], h[3] counts from h[1] as long as h[2] is there
    await store(plant, "W-01", [Reading(h[0], 0), Reading(h[3], 90), Reading(h[4], 95), Reading(h[5], 99)])
    await rolled_up(plant)
    await work(plant)
    await store(plant, "W-01", [Reading(h[1], 10)])
    await rolled_up(plant)
    assert await work(plant) == [("W-01", START + HOUR), ("W-01", START + 3 * HOUR)]
    await store(plant, "W-01", [Reading(h[2], 850)])
    await rolled_up(plant)
    found = await hourly(plant, "W-01")
    assert [found[START + n * HOUR].increment for n in range(6)] == [None, 10, None, 80, 5, 4]
    assert found[START + 2 * HOUR].marks == ["jump"]
    assert found[START + 3 * HOUR].marks == ["spike", "gap"]
    assert found[START + 3 * HOUR].gap_from == h[1]


async def test_a_reading_corrected_to_faulty_is_passed_over_by_those_after_it(plant: Database) -> None:
    h = [START + n * HOUR + minutes(30) for n in range(3)]
    await store(plant, "W-01", [Reading(h[0], 0), Reading(h[1], 10), Reading(h[2], 30)])
    await rolled_up(plant)
    await store(plant, "W-01", [Reading(h[1], 10, "D")])
    await rolled_up(plant)
    found = await hourly(plant, "W-01")
    assert [found[START + n * HOUR].increment for n in range(3)] == [None, None, 30]
    assert found[START + 2 * HOUR].gap_from == h[0]


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_arrival_gives_the_hours_computed_by_hand(plant: Database, seed: int) -> None:
    chance = random.Random(seed)
    truth: dict[str, dict[datetime, list[Reading]]] = {code: {} for code in TRAITS}
    messages = []
    for code in TRAITS:
        register = 900.0
        for at in sorted(chance.sample(range(6 * 60 * 4), 120)):
            register = (register + chance.choice([0, 1, 5, 5, 5, 300])) % 1000
            value = register if code == "W-01" else chance.uniform(-5, 520)
            messages.append((code, Reading(START + timedelta(seconds=15 * at), value, chance.choice("NNNNNNNMTD"))))
    messages += chance.sample(messages, 20)  # redelivered
    messages += [  # corrected, some of them twice
        (code, Reading(r.at, float(chance.randrange(1000)), chance.choice("NNND")))
        for code, r in chance.choices(messages, k=40)
    ]
    chance.shuffle(messages)
    async with running_writer(plant) as writer:
        for position, (code, reading) in enumerate(messages):
            await send(writer, delivery(sample(reading.at, {code: reading.value}, **{code: reading.flag})))
            known = truth[code].setdefault(reading.at, [])
            if all((reading.value, reading.flag) != (r.value, r.flag) for r in known):
                known.append(reading)
            if position % 37 == 0:
                await roll_up(plant, entries_at_once=chance.choice([1, 10, 1000])).step(NOW)
    await rolled_up(plant)
    for code, traits in TRAITS.items():
        ordered = sorted((_effective(code, known) for known in truth[code].values()), key=lambda r: r.at)
        found = await hourly(plant, code)
        expected = {start: by_hand.hour(ordered, start, **traits) for start in (START + n * HOUR for n in range(-1, 7))}
        assert set(found) == {start for start, row in expected.items() if row.reading_count}
        for start, row in found.items():
            equal(row, expected[start])


def _effective(code: str, known: list[Reading]) -> Reading:
    """What counts of the values that came for one instant, in the order in which they came."""
    last = known[-1]
    bounds = {"SO2": (0, 500), "O2": (0, 25)}.get(code)
    suspect = bounds is not None and not bounds[0] <= last.value <= bounds[1]
    return Reading(last.at, last.value, last.flag, 3 if suspect else 1, len(known) > 1, late=NOW - last.at > HOUR)


async def test_one_works_at_a_time_and_a_failing_step_puts_the_work_back(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(START, {"SO2": 10})))
    with psycopg.connect(plant.url) as other:
        other.execute("select pg_advisory_xact_lock(%s)", (0x726F6C6C7570,))
        assert await roll_up(plant).step(NOW) == 0
    with psycopg.connect(plant.url) as connection:
        connection.execute("alter table hourly add constraint never check (reading_count < 0) not valid")
    with pytest.raises(psycopg.errors.CheckViolation):
        await roll_up(plant).step(NOW)
    with psycopg.connect(plant.url) as connection:
        connection.execute("alter table hourly drop constraint never")
    assert await roll_up(plant).step(NOW) == 1
    assert (await hourly(plant, "SO2"))[START].mean == 10.0


async def test_readings_past_their_retention_leave_their_hours_as_they_were(plant: Database) -> None:
    old = START - timedelta(days=400)
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(old, {"SO2": 10})))
        await send(writer, delivery(sample(old, {"SO2": 11})))
    await rolled_up(plant)
    before = await hourly(plant, "SO2")
    await rows(plant, "insert into dirty_hour (point_id, hour_at) select point_id, hour_at from hourly returning 1")
    async with plant.transaction() as connection:
        await connection.execute("select maintain_v1(%s, interval '100 days')", (NOW,))
    await rolled_up(plant)
    assert await hourly(plant, "SO2") == before
    assert await rows(plant, "select 1 from dirty_hour") == []


async def test_a_point_that_is_no_longer_registered_has_no_hours(plant: Database) -> None:
    await rows(plant, "insert into dirty_hour (point_id, hour_at) values (999, %(at)s) returning 1", at=START)
    assert await roll_up(plant).step(NOW) == 1
    assert await rows(plant, "select 1 from hourly") == []


async def test_series_that_stand_still_or_leap_are_marked_and_late_data_mark_them_again(plant: Database) -> None:
    await rows(
        plant,
        """update point set stuck_minutes = 30, max_step = 5 where code = 'SO2'
           and enterprise_id = (select enterprise_id from enterprise where code = 'coke-1') returning 1""",
    )
    traits: dict[str, Any] = {"interval_s": 60, "stuck_minutes": 30, "max_step": 5.0}
    still = [Reading(START + minutes(m), 7.0, late=True) for m in range(60) if m != 25]
    async with running_writer(plant) as writer:
        await send(writer, delivery([sample(r.at, {"SO2": r.value, "O2": r.value}) for r in still]))
        await rolled_up(plant)
        row = (await hourly(plant, "SO2"))[START]
        equal(row, by_hand.hour(still, START, **traits))
        assert (row.marks, row.mean, row.valid_minutes) == (["stuck"], 7.0, 59)
        assert (await hourly(plant, "O2"))[START].marks == []
        # a late value within the step interrupts the standstill, 34 minutes of it remain
        late = sorted([*still, Reading(START + minutes(25), 12.0, late=True)], key=lambda r: r.at)
        await send(writer, delivery(sample(START + minutes(25), {"SO2": 12.0})))
        await rolled_up(plant)
        equal((await hourly(plant, "SO2"))[START], by_hand.hour(late, START, **traits))
        # a correction is what counts: two more values that differ, one of them beyond the step
        corrected = {START + minutes(25): 12.5, START + minutes(45): 8.0}
        await send(writer, delivery([sample(at, {"SO2": value}) for at, value in corrected.items()]))
        await rolled_up(plant)
    found = (await hourly(plant, "SO2"))[START]
    now = [replace(r, value=corrected.get(r.at, r.value), corrected=r.at in corrected) for r in late]
    equal(found, by_hand.hour(now, START, **traits))
    assert found.marks == ["corrected", "step"]
    assert found.valid_minutes == 60
