"""Figures for the ledger over MQTT: the accounting law holds of them as of readings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.database import Database
from tests.integration.ingest.plant import NOW, account, delivery, minutes, rows, running_writer, send


def figure(value: float, **more: Any) -> dict[str, Any]:
    return {"line": "L1", "item": "output", "month": "2026-10", "value": value, "unit": "t", **more}


def bought(value: float) -> dict[str, Any]:
    return {"item": "bought.coke", "month": "2026-10", "value": value, "unit": "t"}


@pytest.fixture
async def lined(plant: Database) -> Database:
    async with plant.transaction() as connection:
        await connection.execute(
            "insert into line (enterprise_id, code, name, product, in_service_from)"
            " select enterprise_id, 'L1', '1号焦炉', 'coke', '2020-01-01' from enterprise"
        )
        await connection.execute("delete from rule_work")
    return plant


async def current(database: Database) -> list[tuple[object, ...]]:
    found = await rows(
        database,
        "select e.code, n.code as line, l.item, l.value, l.author, l.origin from ledger_entry l"
        " join enterprise e using (enterprise_id) left join line n using (line_id)"
        " where l.superseded_at is null order by e.code, l.item",
    )
    return [tuple(row.values()) for row in found]


async def test_figures_are_stored_recognised_and_corrected(lined: Database) -> None:
    async with running_writer(lined) as writer:
        (first,) = await send(writer, delivery([figure(100), bought(7)], kind="production"))
        await send(writer, delivery([figure(100), bought(7)], kind="production", received_at=NOW + minutes(1)))
        await send(writer, delivery([figure(110), bought(7)], kind="production", received_at=NOW + minutes(2)))
    assert first.rejects is None
    assert await current(lined) == [
        ("coke-1", None, "bought.coke", 7.0, "coke-1:gw1", "mqtt"),
        ("coke-1", "L1", "output", 110.0, "coke-1:gw1", "mqtt"),
    ]
    assert await account(lined) == {
        "messages": 3, "received": 6, "stored": 2, "duplicates": 3, "corrections": 1, "refused": 0,
    }  # fmt: skip
    work = await rows(lined, "select distinct kind, at from rule_work")
    assert [tuple(one.values()) for one in work] == [("ledger", datetime(2026, 9, 30, 16, tzinfo=UTC))]


async def test_a_period_given_twice_in_a_message_corrects_itself(lined: Database) -> None:
    async with running_writer(lined) as writer:
        await send(writer, delivery([figure(1), figure(1), figure(2)], kind="production"))
    assert [row[3] for row in await current(lined)] == [2.0]
    assert await account(lined) == {
        "messages": 1, "received": 3, "stored": 1, "duplicates": 1, "corrections": 1, "refused": 0,
    }  # fmt: skip


async def test_bad_figures_are_refused_beside_good_ones(lined: Database) -> None:
    content = [figure(1), figure(2, line="L9"), figure(-3), figure(4, unit="kg"), figure(5, month="2027-01")]
    async with running_writer(lined) as writer:
        (receipt,) = await send(writer, delivery(content, kind="production"))
    refused = {one["reason"]: one for one in json.loads(receipt.rejects or b"")["refused"]}
    assert {reason: one["items"] for reason, one in refused.items()} == {"unknown_line": 1, "bad_production": 3}
    assert refused["unknown_line"]["first_item"] == "$[1].line = L9"
    assert refused["unknown_line"]["chinese"] == "生产线未登记"
    assert await account(lined) == {
        "messages": 1, "received": 5, "stored": 1, "duplicates": 0, "corrections": 0, "refused": 4,
    }  # fmt: skip


async def test_nobody_writes_for_another_enterprise(lined: Database) -> None:
    async with running_writer(lined) as writer:
        await send(
            writer,
            delivery([figure(1)], topic="plantwatch/v1/steel-2/gw1/production"),
            delivery([figure(1, enterprise="steel-2")], kind="production"),
        )
    assert await current(lined) == []
    reasons = await rows(lined, "select reason, items from refusal order by reason")
    assert [tuple(one.values()) for one in reasons] == [("bad_production", 1), ("foreign_tenant", 1)]


async def test_a_line_that_was_registered_a_moment_ago_is_known(lined: Database) -> None:
    async with running_writer(lined) as writer:
        await send(writer, delivery([figure(1)], kind="production"))
        async with lined.transaction() as connection:
            await connection.execute(
                "insert into line (enterprise_id, code, name, product, in_service_from)"
                " select enterprise_id, 'L2', '2号焦炉', 'coke', '2020-01-01' from enterprise where code = 'coke-1'"
            )
        (receipt,) = await send(writer, delivery([figure(2, line="L2")], kind="production"))
    assert receipt.rejects is None


async def test_enterprises_of_one_batch_do_not_mix(lined: Database) -> None:
    async with running_writer(lined) as writer:
        await send(
            writer,
            delivery([figure(1)], kind="production", enterprise="steel-2"),
            delivery([figure(2)], kind="production"),
            delivery([figure(3)], kind="production", enterprise="steel-2"),
        )
    assert [(row[0], row[3]) for row in await current(lined)] == [("coke-1", 2.0), ("steel-2", 3.0)]
