"""Recorded replacements through the real writer, the roll-up and the monthly totals."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain.errors import BadInput, Conflict, NotFound
from domain.periods import month_period
from storage import month_totals
from storage.database import Database
from storage.meter_changes import NewChange, add_change, withdraw_change
from storage.site import write_rows
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
from tests.integration.ingest.test_rollup import hourly, work
from tests.unit.domain import by_hand
from tests.unit.domain.by_hand import Change, Reading

HOUR = timedelta(hours=1)
START = NOW - 6 * HOUR


async def stored(database: Database, readings: dict[float, float]) -> None:
    """Readings of W-01 (1000 m3 round, at most 400 m3/h) by hours after START; rolled up."""
    async with running_writer(database) as writer:
        await send(writer, delivery([sample(START + h * HOUR, {"W-01": value}) for h, value in readings.items()]))
    await rolled_up(database)


async def recorded(database: Database, hours: float, old_final: float, new_initial: float, **given: Any) -> int:
    values: dict[str, Any] = {"old_serial": None, "new_serial": None, "author": "王工", "reason": "到期轮换"}
    new = NewChange("coke-1", "W-01", START + hours * HOUR, old_final, new_initial, **(values | given))
    async with database.transaction() as connection:
        return await add_change(connection, new, NOW)


async def seen(database: Database) -> dict[int, tuple[float | None, list[str]]]:
    found = await hourly(database, "W-01")
    return {(at - START) // HOUR: (row.increment, row.marks) for at, row in found.items()}


async def test_a_record_entered_late_gives_the_volume_and_tells_the_rules(plant: Database) -> None:
    await stored(plant, {0.5: 500, 1.5: 520, 3.5: 7, 4.5: 9})
    assert (await seen(plant))[3] == (None, ["reset"])
    await work(plant)
    change = await recorded(plant, 2.25, 530, 2)
    assert await rows(plant, "select hour_at from dirty_hour") == [{"hour_at": START + 2 * HOUR}]
    await rolled_up(plant)
    assert await seen(plant) == {0: (None, []), 1: (20, []), 3: (15, ["gap", "replaced"]), 4: (2, [])}
    assert await work(plant) == [("W-01", START + 3 * HOUR)]
    assert await recorded(plant, 2.25, 530, 2) == change, "the same record again"
    assert await rows(plant, "select hour_at from dirty_hour") == []


async def test_a_corrected_moved_or_withdrawn_record_is_counted_again(plant: Database) -> None:
    await stored(plant, {0.5: 500, 1.5: 520, 3.5: 7, 4.5: 9})
    first = await recorded(plant, 2.25, 530, 2)
    second = await recorded(plant, 2.25, 535, 2)
    await rolled_up(plant)
    assert (await seen(plant))[3] == (20, ["gap", "replaced"])
    third = await recorded(plant, 4.0, 20, 1, supersedes=second)
    await rolled_up(plant)
    assert (await seen(plant))[3] == (None, ["reset"]), "moved behind the reading: nothing explains its fall"
    assert (await seen(plant))[4] == (21, ["replaced"])
    async with plant.transaction() as connection:
        await withdraw_change(connection, third, "李科长", "记录有误", NOW)
    await rolled_up(plant)
    assert await seen(plant) == {0: (None, []), 1: (20, []), 3: (None, ["reset"]), 4: (2, [])}
    kept = await rows(
        plant, "select change_id, withdrawn_by, superseded_at = %(now)s as ended from meter_change", now=NOW
    )
    assert [tuple(row.values()) for row in kept] == [(first, None, True), (second, None, True), (third, "李科长", True)]
    async with plant.transaction() as connection:
        with pytest.raises(Conflict, match="已由 李科长 撤回"):
            await withdraw_change(connection, third, "李科长", "记录有误", NOW)
        with pytest.raises(NotFound):
            await withdraw_change(connection, 99, "李科长", "记录有误", NOW)


@pytest.mark.parametrize(
    ("hours", "old_final", "new_initial", "said"),
    [
        (7, 530, 2, "changed_at: 换表时间在将来"),
        (2.25, 1000, 2, "old_final: 1000 超出表计量程，应小于 1000"),
        (2.25, -1, 2, "old_final: -1 应为不小于 0 的数"),
        (2.25, float("nan"), 2, "old_final: nan 应为"),
        (2.25, 530, 1000, "new_initial: 1000 超出"),
        (2.25, 519, 2, "old_final: 519 小于旧表最后一次上报的读数 520（2026-11-02 04:30）"),
    ],
)
async def test_a_record_that_cannot_be_true_is_told_why(
    plant: Database, hours: float, old_final: float, new_initial: float, said: str
) -> None:
    await stored(plant, {0.5: 500, 1.5: 520, 3.5: 7, 4.5: 9})
    new = NewChange("coke-1", "W-01", START + hours * HOUR, old_final, new_initial, None, None, "王工", "轮换")
    async with plant.transaction() as connection:
        with pytest.raises(BadInput) as refused:
            await add_change(connection, new, NOW)
    assert str(refused.value).startswith(said)
    assert await rows(plant, "select from meter_change") == [] == await rows(plant, "select from dirty_hour")


async def test_two_replacements_between_two_readings_are_recorded_in_their_order(plant: Database) -> None:
    await stored(plant, {0.5: 500, 3.5: 7})
    with pytest.raises(BadInput, match="old_final: 53 小于旧表最后一次上报的读数 500"):
        await recorded(plant, 3.0, 53, 4)
    await recorded(plant, 2.0, 510, 50)
    await rolled_up(plant)
    assert (await seen(plant))[3] == (None, ["reset"]), "so far the record does not fit"
    await recorded(plant, 3.0, 53, 4)
    await rolled_up(plant)
    assert (await seen(plant))[3] == (10 + 3 + 3, ["gap", "replaced"])


async def test_a_record_is_of_a_known_counter(plant: Database) -> None:
    async with plant.transaction() as connection:
        for point, error, said in (
            ("W-99", NotFound, "没有测点 coke-1/W-99"),
            ("SO2", BadInput, "point: SO2 不是累计量测点"),
        ):
            with pytest.raises(error, match=said):
                await add_change(connection, NewChange("coke-1", point, START, 1, 1, None, None, "王工", "轮换"), NOW)


async def test_the_meters_own_register_counts_from_its_replacement_on(plant: Database) -> None:
    await rows(
        plant,
        """with place as (insert into metering_place (enterprise_id, code, name, level, in_service_from)
               values (1, 'P1', '总管', 'unit', '2026-01-01') returning place_id)
           insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, point_id,
                              counter_digits, counter_scale, counter_max_rate_per_h)
           select 1, place_id, s.serial, '2026-01-01', 24, s.day::date, 3, s.digits, s.scale, s.rate
           from place cross join (values ('A', '2026-01-01', null, null, null), ('B', '2026-11-02', 5, 1, 9000))
                as s (serial, day, digits, scale, rate) returning 1""",
    )
    # from midnight here, 16:00 UTC the day before, the register has five digits: what was full is not full any more
    await stored(plant, {0.5: 995, 1.5: 3, 2.5: 2003})
    assert await seen(plant) == {0: (None, []), 1: (None, ["reset"]), 2: (2000, [])}
    change = await recorded(plant, 1.6, 8, 1000)
    await rolled_up(plant)
    assert await seen(plant) == {0: (None, []), 1: (8, ["rollover"]), 2: (1008, ["replaced"])}
    async with plant.transaction() as connection:
        await withdraw_change(connection, change, "李科长", "记录有误", NOW)
    await rolled_up(plant)
    assert await seen(plant) == {0: (None, []), 1: (None, ["reset"]), 2: (2000, [])}
    await recorded(plant, 1.6, 8, 1000)
    with pytest.raises(BadInput, match=r"小于 1000$"):
        await recorded(plant, 1.6, 1200, 1000)
    await recorded(plant, 5.5, 3000, 99_000)


async def test_a_record_of_readings_past_their_retention_changes_nothing(plant: Database) -> None:
    await stored(plant, {0.5: 500, 1.5: 520, 3.5: 7, 4.5: 9})
    before = await seen(plant)
    await rows(plant, "delete from reading where measured_at <= %(at)s returning 1", at=START + 3 * HOUR)
    await recorded(plant, 2.25, 530, 2)
    await rolled_up(plant)
    assert await seen(plant) == before
    await rows(plant, "delete from reading where measured_at <= %(at)s returning 1", at=START + 4 * HOUR)
    await recorded(plant, 3.75, 8, 8)
    await rolled_up(plant)
    assert await seen(plant) == before, "the step after it was counted from a reading that is gone"


async def test_a_meter_registered_late_is_counted_again(plant: Database) -> None:
    await rows(
        plant,
        """insert into metering_place (enterprise_id, code, name, level, in_service_from)
           values (1, 'P1', '总管', 'unit', '2026-01-01') returning 1""",
    )
    await stored(plant, {-30: 10, 0.5: 995, 1.5: 3, 2.5: 403})
    assert (await seen(plant))[1] == (8, ["rollover"])
    meter: dict[str, Any] = {"enterprise": "coke-1", "place": "P1", "serial": "B", "point": "W-01"}
    meter |= {"accuracy_class": None, "verified_on": date(2026, 1, 1), "verification_months": 24}
    meter |= {"installed_on": date(2026, 11, 2), "removed_on": None}
    own = {"counter_digits": 5, "counter_scale": 1.0, "counter_max_rate_per_h": None}
    async with plant.transaction() as connection:
        await write_rows(connection, "meter", [meter | dict.fromkeys(own)], NOW)
    assert await rows(plant, "select from dirty_hour") == []
    async with plant.transaction() as connection:
        await write_rows(connection, "meter", [meter | own], NOW)
    assert [row["hour_at"] for row in await rows(plant, "select hour_at from dirty_hour order by 1")] == [
        START,
        START + HOUR,
        START + 2 * HOUR,
    ]
    await rolled_up(plant)
    assert (await seen(plant))[1] == (None, ["reset"])
    async with plant.transaction() as connection:
        await write_rows(connection, "meter", [meter | dict.fromkeys(own)], NOW)
    await rolled_up(plant)
    assert (await seen(plant))[1] == (8, ["rollover"])


@pytest.mark.parametrize("seed", range(3))
async def test_no_order_of_arrival_creates_or_loses_volume(plant: Database, seed: int) -> None:
    """Two months of a true flow: readings and records late, twice and out of order, the totals of the months exact."""
    chance = random.Random(seed)
    edge = month_period(2026, 11).start  # 00:00 here
    now, register, total = edge - 5 * HOUR, 900, 0
    true: dict[datetime, int] = {now: 0}
    messages: list[Reading | Change] = [Reading(now, float(register))]
    while now < edge + 5 * HOUR:
        step = timedelta(minutes=chance.choice([10, 10, 10, 40, 130]))
        volume = chance.randint(0, 50)
        now, register, total = now + step, (register + volume) % 1000, total + volume
        if chance.random() < 0.1:
            initial = chance.randrange(1000)
            messages.append(Change(now, float(register), float(initial)))
            register = initial
            now += minutes(10)
        true[now] = total
        messages.append(Reading(now, float(register)))
    messages += chance.sample([one for one in messages if isinstance(one, Reading)], 5)
    chance.shuffle(messages)
    async with running_writer(plant) as writer:
        for position, one in enumerate(messages):
            if isinstance(one, Reading):
                await send(writer, delivery(sample(one.at, {"W-01": one.value})))
            else:
                new = NewChange("coke-1", "W-01", one.at, one.old_final, one.new_initial, None, None, "王工", "轮换")
                async with plant.transaction() as connection:
                    await add_change(connection, new, NOW)
            if position % 11 == 0:
                await roll_up(plant, entries_at_once=chance.choice([1, 10, 1000])).step(NOW)
    await rolled_up(plant)
    assert sum(row.increment or 0 for row in (await hourly(plant, "W-01")).values()) == total
    async with plant.transaction() as connection:
        for month in (date(2026, 10, 1), date(2026, 11, 1)):
            await month_totals.close_month(connection, month, month_period(month.year, month.month))
        october, november = await month_totals.totals(connection, date(2026, 10, 1), date(2026, 11, 1))
    before = max(at for at in true if at <= edge)
    assert (october.total, november.total) == (true[before], total - true[before])
    assert october.unknown_steps == november.unknown_steps == 0
    readings = sorted((one for one in messages if isinstance(one, Reading)), key=lambda r: r.at)
    once = [one for position, one in enumerate(readings) if position == 0 or readings[position - 1].at != one.at]
    changes = [one for one in messages if isinstance(one, Change)]
    for at, row in (await hourly(plant, "W-01")).items():
        by = by_hand.hour(once, at, interval_s=600, rollover=1000.0, max_rate=400.0, changes=changes)
        assert (row.increment, row.marks) == (by.increment, by.marks)
