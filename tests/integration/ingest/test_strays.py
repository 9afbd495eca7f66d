"""Messages of nobody: kept, but never so many that they harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from domain.errors import StorageUnavailable
from ingest.strays import StrayBook
from storage.database import Database
from tests.integration.ingest.plant import NOW, rows

SECOND = timedelta(seconds=1)


@pytest.fixture
def metrics() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def counted(metrics: CollectorRegistry) -> Callable[[str, str], float | None]:
    return lambda door, kept: metrics.get_sample_value("plantwatch_ingest_strays_total", {"door": door, "kept": kept})


async def kept(database: Database) -> int:
    return len(await rows(database, "select stray_id from stray_message"))


async def test_a_stray_is_kept_as_it_came(database: Database, metrics: CollectorRegistry) -> None:
    book = StrayBook(database, metrics)
    await book.note(
        "subscriber", "nobody", "plantwatch/v1/nobody/g/readings", b"\x00\xff", 2, "unknown_enterprise", NOW
    )
    await book.note("hj212", "a\0b\ud800", "10.0.0.1:9", b"x" * 5_000, 9_000, "unknown_mn", NOW + SECOND)
    assert await rows(
        database,
        """select door, sender, topic, received_at, length(payload) as kept, payload_size, reason
           from stray_message order by stray_id""",
    ) == [
        {
            "door": "subscriber",
            "sender": "nobody",
            "topic": "plantwatch/v1/nobody/g/readings",
            "received_at": NOW,
            "kept": 2,
            "payload_size": 2,
            "reason": "unknown_enterprise",
        },
        {
            "door": "hj212",
            "sender": "a\ufffdb\\ud800",
            "topic": "10.0.0.1:9",
            "received_at": NOW + SECOND,
            "kept": 4096,
            "payload_size": 9_000,
            "reason": "unknown_mn",
        },
    ]


async def test_sixty_a_minute_are_kept_and_all_are_counted(
    database: Database, metrics: CollectorRegistry, counted: Callable[[str, str], float | None]
) -> None:
    book = StrayBook(database, metrics)
    for number in range(70):
        await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW + number * SECOND / 2)
    assert (await kept(database), counted("hj212", "yes"), counted("hj212", "no")) == (60, 60, 10)
    assert (counted("subscriber", "yes"), counted("subscriber", "no")) == (0, 0)
    await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW + 59.9 * SECOND)
    assert await kept(database) == 60
    await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW + 60 * SECOND)
    assert await kept(database) == 61, "the first was a minute ago"
    await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW + 60 * SECOND)
    assert await kept(database) == 61, "the second was not"


async def test_a_clock_that_was_set_back_does_not_close_the_book(
    database: Database, metrics: CollectorRegistry
) -> None:
    book = StrayBook(database, metrics)
    for _ in range(61):
        await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW)
    await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW - 3_600 * SECOND)
    assert await kept(database) == 61


async def test_what_could_not_be_kept_takes_no_room(
    database: Database, metrics: CollectorRegistry, counted: Callable[[str, str], float | None]
) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(
            """create function cut() returns trigger language plpgsql as $$
               begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return null; end $$;
               create trigger cut before insert on stray_message for each statement execute function cut()"""
        )
    book = StrayBook(database, metrics)
    with pytest.raises(StorageUnavailable):
        await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW)
    with psycopg.connect(database.url) as connection:
        connection.execute("drop trigger cut on stray_message")
    for _ in range(60):
        await book.note("hj212", "x", "p", b"", 0, "unknown_mn", NOW)
    assert (await kept(database), counted("hj212", "yes"), counted("hj212", "no")) == (60, 60, 0)
