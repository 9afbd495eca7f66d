"""Which gateway sends which point, as the writer learns it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ingest import gateways
from ingest.messages import read_message
from ingest.sparkplug import Sequences
from storage.database import Database
from storage.gateways import points_of_gateways
from tests.integration.ingest.plant import NOW, delivery, minutes, rows, running_writer, sample, send

TOPIC = "plantwatch/v1/coke-1/{}/readings"


async def pairs(database: Database) -> list[tuple[Any, ...]]:
    """(gateway, point, minutes before NOW of the first and of the last reading known)."""
    found = await rows(
        database,
        "select gateway, code, first_at, last_at from gateway_point join point using (point_id) order by 1, 2",
    )
    return [
        (r["gateway"], r["code"], (NOW - r["first_at"]) / minutes(1), (NOW - r["last_at"]) / minutes(1)) for r in found
    ]


async def test_a_pair_is_known_from_its_first_reading(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW - minutes(30), {"SO2": 1, "O2": 2})))
        await send(writer, delivery(sample(NOW - minutes(20), {"SO2": 1, "O2": 2})))
    assert await pairs(plant) == [("gw1", "O2", 30, 30), ("gw1", "SO2", 30, 30)]


async def test_gateways_that_share_points_are_both_known(plant: Database) -> None:
    async with running_writer(plant) as writer:
        for number in range(4):
            name = f"gw{number % 2}"
            await send(writer, delivery(sample(NOW - minutes(30 - number), {"SO2": 1}), topic=TOPIC.format(name)))
    assert await pairs(plant) == [("gw0", "SO2", 30, 30), ("gw1", "SO2", 29, 29)]


async def test_late_data_and_a_new_day_widen_what_is_known(plant: Database) -> None:
    day = timedelta(days=1)
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW - 3 * day, {"SO2": 1})))
        await send(writer, delivery(sample(NOW - 3 * day + timedelta(hours=23), {"SO2": 1})))  # within the day
        assert await pairs(plant) == [("gw1", "SO2", 4320, 4320)]
        await send(writer, delivery(sample(NOW - 2 * day, {"SO2": 1})))
        await send(writer, delivery(sample(NOW - 4 * day, {"SO2": 1})))
    assert await pairs(plant) == [("gw1", "SO2", 5760, 2880)]


async def test_another_process_finds_what_is_known(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW - minutes(30), {"SO2": 1})))
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW - minutes(20), {"SO2": 1, "O2": 1})))
        await send(writer, delivery(sample(NOW - minutes(40), {"SO2": 1})))
    assert await pairs(plant) == [("gw1", "O2", 20, 20), ("gw1", "SO2", 40, 30)]


async def test_what_is_refused_or_taken_from_a_file_teaches_nothing(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW - minutes(5), {"NONE": 1})))
        message = read_message(delivery(sample(NOW - minutes(5), {"SO2": 1})), Sequences())
        message.is_history = True
        await writer.push(message)
    assert await pairs(plant) == []


async def test_names_without_end_are_not_all_learnt(plant: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "MOST_GATEWAYS", 3)
    async with running_writer(plant) as writer:
        for number in range(5):
            topic = TOPIC.format(f"gw{number}")
            await send(writer, delivery(sample(NOW - minutes(9 - number), {"SO2": 1}), topic=topic))
    assert [gateway for gateway, *_ in await pairs(plant)] == ["gw0", "gw1", "gw2"]
    assert len(await rows(plant, "select from reading")) == 5


async def test_a_name_that_no_eye_can_read_is_written_out(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW, {"SO2": 1}), topic=TOPIC.format("a\nb")))
    ((gateway, *_),) = await pairs(plant)
    assert gateway.isprintable()


async def test_a_point_is_another_gateways_after_a_week(plant: Database) -> None:
    day = timedelta(days=1)
    async with running_writer(plant) as writer:
        await send(writer, delivery(sample(NOW - 20 * day, {"SO2": 1, "O2": 1}), topic=TOPIC.format("old")))
        await send(writer, delivery(sample(NOW - 12 * day, {"SO2": 1}), topic=TOPIC.format("new")))
    async with plant.transaction() as connection:
        found = await points_of_gateways(connection, timedelta(days=7))
    ends = {(one.gateway, one.point): one.ends_at for one in found}
    assert ends == {("new", "SO2"): None, ("old", "O2"): None, ("old", "SO2"): NOW - 13 * day}
