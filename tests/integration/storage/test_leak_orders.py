"""A component's records in any order of arrival: what is refused at first is taken once it is sent again, and the leaks
in the end are the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from domain.leakrecords import Record, read_record
from storage.database import Database
from storage.leak_records import Said, keep_records
from storage.revisions import Fate
from tests.integration.rules.world import City, at

NOW = at("2026-12-01 08:00")
FIELDS: list[dict[str, Any]] = [
    {"tested_at": "2026-11-02T10:00:00+08:00", "net_umol_mol": 6000},
    {"record": "repair", "repaired_at": "2026-11-03T10:00:00+08:00", "measure": "紧固"},
    {"tested_at": "2026-11-03T11:00:00+08:00", "net_umol_mol": 4000, "purpose": "retest"},
    {"record": "delay", "found_at": "2026-11-02T10:00:00+08:00", "filed_at": "2026-11-04T10:00:00+08:00",
     "ground": "shutdown", "repair_by": "2026-12-31", "document": "7号"},
    {"record": "repair", "repaired_at": "2026-11-20T10:00:00+08:00", "measure": "更换"},
    {"tested_at": "2026-11-20T11:00:00+08:00", "net_umol_mol": 40, "purpose": "retest"},
    {"tested_at": "2026-11-25T11:00:00+08:00", "net_umol_mol": 2100},
    {"record": "repair", "repaired_at": "2026-11-26T10:00:00+08:00", "measure": "紧固"},
]  # fmt: skip


@pytest.fixture
def city(database_url: str) -> Iterator[City]:
    city = City(database_url)
    yield city
    city.connection.close()


def records(component: str) -> list[Record]:
    read = [read_record(fields | {"component": component}, NOW) for fields in FIELDS]
    assert not any(isinstance(one, list) for one in read), read
    return [one for one in read if not isinstance(one, list)]


async def send(database: Database, enterprise: int, chosen: list[Record]) -> list[Record]:
    """Each in a transaction of its own; those that were refused."""
    refused = []
    for record in chosen:
        async with database.transaction() as connection:
            (kept,) = await keep_records(connection, [Said(enterprise, record, "wang", "api", NOW)])
        if kept.fate is Fate.REFUSED:
            refused.append(record)
    return refused


def leaks(city: City, component: int) -> list[tuple[Any, ...]]:
    rows = city.run("select * from leak where component_id = %s order by found_at", component)
    return [tuple(value for name, value in row.items() if name not in ("leak_id", "component_id")) for row in rows]


async def test_the_order_of_arrival_does_not_matter(city: City, database: Database) -> None:
    enterprise = city.enterprise("tianhe", since="2026-01-01")
    found: list[list[tuple[Any, ...]]] = []
    refusals = 0
    for seed in range(5):
        component = city.component(enterprise, f"V-{seed}", since="2026-01-01")
        left = records(f"V-{seed}")
        if seed:
            Random(seed).shuffle(left)
        while left:
            still = await send(database, enterprise, left)
            assert len(still) < len(left)
            refusals += len(still)
            left = still
        found.append(leaks(city, component))
    assert [row[3] for row in found[0]] == ["closed", "attempted"]
    assert all(one == found[0] for one in found)
    assert refusals > 0, "some came before what they rest on"
