"""Monthly totals of counters: what they carry over the month's edge, what they do not know, and when they change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.periods import month_period
from storage import month_totals
from storage.database import Database
from storage.month_totals import PointMonth
from tests.integration.ingest.plant import NOW, delivery, rolled_up, rows, running_writer, sample, send

HOUR = timedelta(hours=1)
EDGE = month_period(2026, 11).start
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
COUNTER = 3


async def stored(database: Database, readings: dict[float, float]) -> None:
    """Readings of a counter of 400 m3/h at most, by hours after the edge; rolled up."""
    async with running_writer(database) as writer:
        await send(writer, delivery([sample(EDGE + h * HOUR, {"W-01": value}) for h, value in readings.items()]))
    await rolled_up(database)


async def closed(database: Database) -> tuple[PointMonth, ...]:
    async with database.transaction() as connection:
        for month in (OCTOBER, NOVEMBER):
            await month_totals.close_month(connection, month, month_period(month.year, month.month))
        return tuple(sorted(await month_totals.totals(connection, OCTOBER, NOVEMBER), key=lambda row: row.month))


async def refreshed(database: Database) -> list[date]:
    async with database.transaction() as connection:
        pairs = [(COUNTER, OCTOBER), (COUNTER, NOVEMBER), (1, OCTOBER), (99, OCTOBER)]
        return await month_totals.refresh(connection, pairs)


async def test_what_passed_over_the_edge_stands_in_the_month_of_the_later_reading(plant: Database) -> None:
    await stored(plant, {-5: 10, -4: 20, 3: 90, 4: 95, 7: 98})
    before, after = await closed(plant)
    assert before == (COUNTER, OCTOBER, 10.0, 0, 0, 2, 0, EDGE - 6 * HOUR, EDGE - 5 * HOUR, None)
    assert after == (COUNTER, NOVEMBER, 78.0, 73.0, 70.0, 3, 0, EDGE + 2 * HOUR, EDGE + 6 * HOUR, EDGE - 4 * HOUR)


async def test_a_reading_at_the_edge_closes_the_month_before_it(plant: Database) -> None:
    await stored(plant, {-1: 10, 0: 20, 1: 25})
    before, after = await closed(plant)
    assert (before.total, before.carried, before.hours) == (10, 0, 2)
    assert (after.total, after.carried, after.bridged, after.first_hour) == (5, 0, 0, EDGE)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        pytest.param({}, (0, 0), id="nothing"),
        pytest.param({-3: "reset"}, (1, 0), id="a reset"),
        pytest.param({1: "jump"}, (0, 1), id="a jump that stays"),
        pytest.param({1: "jump", 2: "spike"}, (0, 0), id="a jump that was a spike"),
        pytest.param({1: "jump,spike"}, (0, 0), id="within an hour"),
        pytest.param({1: "jump", 2: "spike", 3: "reset"}, (0, 1), id="a spike takes no reset off"),
        pytest.param({-1: "jump", 0: "spike"}, (1, 0), id="a spike after the edge: the end of the month is not known"),
        pytest.param({-1: "jump", 0: "spike", 3: "jump"}, (1, 1), id="nor takes it a later jump off"),
        pytest.param({0: "reset,spike", 1: "jump"}, (0, 2), id="nor a reset of its hour"),
        pytest.param({-2: "replaced", 1: "reversed", 2: "rollover", 3: "gap"}, (0, 0), id="known steps"),
    ],
)
async def test_unknown_steps(plant: Database, marks: dict[int, str], expected: tuple[int, int]) -> None:
    for hour in range(-4, 4):
        await rows(
            plant,
            """insert into hourly (point_id, hour_at, increment, valid_minutes, reading_count, valid_count, flag_counts,
                                   marks, computed_at)
               values (3, %(at)s, 1, 60, 1, 1, '{}', string_to_array(%(marks)s, ','), %(at)s) returning 1""",
            at=EDGE + hour * HOUR,
            marks=marks.get(hour, ""),
        )
    assert tuple(row.unknown_steps for row in await closed(plant)) == expected
    await rows(plant, "delete from point_month returning 1")
    assert await refreshed(plant) == [OCTOBER, NOVEMBER]
    async with plant.transaction() as connection:
        again = await month_totals.totals(connection, OCTOBER, NOVEMBER)
    assert tuple(row.unknown_steps for row in sorted(again, key=lambda row: row.month)) == expected


async def test_only_months_that_come_out_otherwise_are_told(plant: Database) -> None:
    await stored(plant, {-5: 10, -4: 20, 3: 90, 4: 95})
    await closed(plant)
    assert await refreshed(plant) == []
    await stored(plant, {3.5: 92})
    assert await refreshed(plant) == [], "within an hour that has a reading already"
    await stored(plant, {1.5: 60})
    assert await refreshed(plant) == [NOVEMBER], "as much in all, less of it carried"
    await stored(plant, {-2: 40})
    assert await refreshed(plant) == [OCTOBER, NOVEMBER], "volume moves from one to the other"
    before, after = await closed(plant)
    assert (before.total, after.total, after.carried) == (30, 55, 20)


async def test_readings_past_their_retention_take_nothing_from_the_totals(plant: Database) -> None:
    await stored(plant, {-5: 10, -4: 20, 3: 90, 4: 95})
    kept = await closed(plant)
    gone: dict[str, datetime] = {"before": NOW}
    await rows(plant, "delete from reading where measured_at < %(before)s returning 1", **gone)
    await rows(plant, "insert into dirty_hour (point_id, hour_at) select point_id, hour_at from hourly returning 1")
    await rolled_up(plant)
    assert await refreshed(plant) == []
    assert await closed(plant) == kept
