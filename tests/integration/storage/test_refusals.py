"""How much of refused messages is kept, and how long."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from domain.refusals import Reason
from runtime.housekeeping import KeepingTimes, tidy
from storage import refusals
from storage.database import Database
from storage.quirks import Quirk, add_quirks
from storage.refusals import KEPT_HEAD_BYTES, Refusal, RefusedMessage, insert_refused_messages
from storage.strays import Stray, add_stray
from tests.integration.ingest.plant import make_site, rows

#: 23:00 in Wuhai.
EVENING = datetime(2026, 11, 2, 15, tzinfo=UTC)
MIDNIGHT = EVENING + timedelta(hours=1)
TIMES = KeepingTimes(readings_days=1827, refusals_days=90)


@pytest.fixture
async def enterprises(database: Database) -> tuple[int, int]:
    make_site(database.url)
    found = await rows(database, "select enterprise_id from enterprise order by 1")
    return found[0]["enterprise_id"], found[1]["enterprise_id"]


def refused(enterprise_id: int, payload: bytes, at: datetime = EVENING, size: int | None = None) -> RefusedMessage:
    why = [Refusal(Reason.BAD_PAYLOAD, 1, "$", "JSON"), Refusal(Reason.BAD_FLAG, 2, "$", "a flag")]
    return RefusedMessage(enterprise_id, "gw1", "c", "t", at, payload, len(payload) if size is None else size, why)


async def insert(database: Database, *messages: RefusedMessage) -> None:
    async with database.transaction() as connection:
        await insert_refused_messages(connection, messages)


async def kept(database: Database) -> list[tuple[int, int]]:
    """(bytes kept, true size) of each refused message in order."""
    found = await rows(
        database, "select octet_length(payload) as kept, payload_size from refused_message order by message_id"
    )
    return [(row["kept"], row["payload_size"]) for row in found]


async def test_beyond_the_bound_of_a_day_only_the_head_is_kept(
    database: Database, enterprises: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "KEPT_WHOLE_BYTES", 10_000)
    one, other = enterprises
    big = b"x" * 4_000
    await insert(database, refused(one, big), refused(one, big), refused(other, big))
    await insert(
        database, refused(one, b"y" * 2_000), refused(one, b"z"), refused(one, big), refused(one, b"", size=300_000)
    )
    # the first 10,000 bytes end exactly with the third message; another enterprise and the next day have their own
    await insert(database, refused(other, big), refused(one, big, MIDNIGHT))
    whole, head = (4_000, 4_000), (KEPT_HEAD_BYTES, 4_000)
    assert await kept(database) == [
        *(whole, whole, whole),
        *((2_000, 2_000), (1, 1), head, (0, 300_000)),
        *(whole, whole),
    ]
    assert await rows(database, "select count(*) from refusal") == [{"count": 18}]


async def test_the_bound_holds_for_writers_at_once(
    database: Database, enterprises: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "KEPT_WHOLE_BYTES", 20_000)
    await asyncio.gather(*(insert(database, refused(enterprises[0], b"x" * 2_000)) for _ in range(30)))
    sizes = [size for size, _ in await kept(database)]
    assert sorted(sizes) == [KEPT_HEAD_BYTES] * 20 + [2_000] * 10


async def test_a_transaction_that_fails_counts_nothing(database: Database, enterprises: tuple[int, int]) -> None:
    twice = refused(enterprises[0], b"x")
    twice = replace(twice, refusals=[*twice.refusals, *twice.refusals])
    with pytest.raises(psycopg.errors.UniqueViolation):
        await insert(database, twice)
    assert await rows(database, "select 1 from refused_volume") == []


async def test_what_is_past_its_keeping_time_is_dropped_in_portions(
    database: Database, enterprises: tuple[int, int]
) -> None:
    now = datetime(2027, 6, 1, tzinfo=UTC)
    edge = now - timedelta(days=90)
    messages = [refused(enterprises[0], b"old", edge - timedelta(seconds=n + 1)) for n in range(25)]
    await insert(database, *messages, refused(enterprises[0], b"kept", edge), refused(enterprises[0], b"kept", now))
    async with database.transaction() as connection:
        for at in (edge - timedelta(seconds=1), edge, now):
            await add_stray(connection, Stray("hj212", "nobody", "", at, b"", 0, "unknown_station"))
        days = (now.date() - timedelta(days=age) for age in (2 * 365 + 1, 2 * 365, 1))
        await add_quirks(connection, [Quirk(enterprises[0], "MN", day, "crc", 1) for day in days])
    dropped: dict[str, Any] = await tidy(database, now, TIMES, portion=10)
    assert dropped == {"partitions": 0, "refused_messages": 25, "stray_messages": 1, "quirks": 1, "refused_volumes": 1}
    assert await rows(database, "select convert_from(payload, 'UTF8') as p from refused_message") == [{"p": "kept"}] * 2
    assert await rows(database, "select count(*) from refusal") == [{"count": 4}]
    assert await rows(database, "select count(*) from stray_message") == [{"count": 2}]
    assert await rows(database, "select count(*) from tolerated_quirk") == [{"count": 2}]
    assert await tidy(database, now, TIMES) == dict.fromkeys(dropped, 0)


async def test_two_at_once_tidy_up_together(database: Database, enterprises: tuple[int, int]) -> None:
    await insert(database, *(refused(enterprises[0], b"old", EVENING) for _ in range(200)))
    now = EVENING + timedelta(days=91)
    both = await asyncio.gather(*(tidy(database, now, TIMES, portion=7) for _ in range(2)))
    assert sum(each["refused_messages"] for each in both) <= 200
    await tidy(database, now, TIMES)
    assert await rows(database, "select 1 from refused_message") == []
