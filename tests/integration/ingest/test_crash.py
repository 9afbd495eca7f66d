"""The accounting law after a crash: what was acknowledged is there, what is sent again is told from what is new."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from ingest.delivery import Outcome, SinkUnavailable
from runtime.embedded import postgres
from storage.database import Database
from storage.migrate import migrate
from tests.integration.ingest.plant import (
    NOW,
    account,
    delivery,
    make_site,
    readings,
    rolled_up,
    rows,
    running_writer,
    sample,
    send,
)

ROOT = Path(__file__).parents[3]


def payload(number: int) -> bytes:
    at = NOW - timedelta(seconds=number)
    return json.dumps(sample(at, {"SO2": number % 400, "O2": 9, "W-01": number % 7})).encode()


@pytest.mark.parametrize("acknowledged", [1, 150])
def run_and_kill(url: str, payloads: list[bytes], acknowledged: int, kind: str = "readings") -> set[int]:
    """Numbers of the payloads that a writer acknowledged before it was killed, some time after so many of them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.ingest.crashing_writer", url, kind],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout, process.stdin:
        process.stdin.write(b"\n".join(payloads))
        process.stdin.close()
        promised = {int(process.stdout.readline()) for _ in range(acknowledged)}
        process.kill()
        promised |= {int(line) for line in process.stdout.read().splitlines()}
        process.wait()
    assert len(promised) < len(payloads), "the process was to be killed in the middle"
    return promised


@pytest.mark.parametrize("acknowledged", [1, 150])
async def test_killed_in_the_middle_then_everything_is_sent_again(plant: Database, acknowledged: int) -> None:
    payloads = [payload(number) for number in range(600)]
    promised = run_and_kill(plant.url, payloads, acknowledged)

    stored = {round(ago * 60) for ago, *_ in await readings(plant)}
    assert stored >= promised, "an acknowledged reading is lost"
    books = await account(plant)
    assert books["received"] == books["stored"] == 3 * len(stored)

    async with running_writer(plant) as writer:
        await send(writer, *(delivery(each) for each in payloads))
    assert [len(await readings(plant, code)) for code in ("SO2", "O2", "W-01")] == [600] * 3
    books = await account(plant)
    assert books["stored"] == 3 * 600
    assert books["duplicates"] == 3 * len(stored)
    assert books["received"] == books["stored"] + books["duplicates"]
    await rolled_up(plant)
    (found,) = await rows(plant, "select sum(reading_count)::int as readings from hourly")
    assert found == {"readings": 3 * 600}


def leak_records(number: int) -> bytes:
    """A leak that is found, repaired and retested, an hour of its own for each number."""
    hours = [(NOW - timedelta(hours=2 * (number + 1)) + timedelta(minutes=m)).isoformat() for m in (0, 20, 40)]
    found = {"component": "P-101", "tested_at": hours[0], "net_umol_mol": 9000}
    repair = {"record": "repair", "component": "P-101", "repaired_at": hours[1], "measure": "紧固"}
    retest = {"component": "P-101", "tested_at": hours[2], "net_umol_mol": number, "purpose": "retest"}
    return json.dumps([retest, repair, found], ensure_ascii=False).encode()


async def test_records_of_leaks_survive_a_kill_and_come_again(plant: Database) -> None:
    payloads = [leak_records(number) for number in range(60)]
    promised = run_and_kill(plant.url, payloads, 1, "leak-tests")
    (stored,) = await rows(plant, "select count(*)::int as n from repair")
    assert stored["n"] >= len(promised), "an acknowledged record is lost"
    books = await account(plant)
    assert books["received"] == books["stored"] == 3 * stored["n"]

    async with running_writer(plant) as writer:
        receipts = await send(writer, *(delivery(each, kind="leak-tests") for each in payloads))
    assert {one.outcome for one in receipts} == {Outcome.STORED}
    books = await account(plant)
    assert (books["stored"], books["duplicates"], books["refused"]) == (180, 3 * stored["n"], 0)
    leaks = await rows(plant, "select state, count(*)::int as n from leak group by 1")
    assert leaks == [{"state": "closed", "n": 60}]


@pytest.fixture
def folder_for_nobody() -> Iterator[Path]:
    """A folder that everybody may enter: started by root, the server runs as nobody."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


async def test_while_the_database_restarts_nothing_is_acknowledged_and_nothing_is_lost(folder_for_nobody: Path) -> None:
    data = folder_for_nobody / "data"
    with postgres(data) as server:
        url_while_away = server.url
        migrate(server.url, now=lambda: NOW)
        make_site(server.url)
        async with Database(server.url) as database, running_writer(database) as writer:
            await send(writer, delivery(payload(0)))
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                    " and application_name = 'plantwatch'"
                )
            # a lost connection is replaced, whoever notices first
            results = await asyncio.gather(
                *(writer.submit(delivery(payload(n))) for n in range(1, 5)), return_exceptions=True
            )
            assert all(
                isinstance(each, SinkUnavailable) or each.outcome is Outcome.STORED  # type: ignore[union-attr]
                for each in results
            )
            await send(writer, *(delivery(payload(n)) for n in range(5)))
    async with Database(url_while_away) as database, running_writer(database) as writer:
        with pytest.raises(SinkUnavailable):
            await writer.submit(delivery(payload(9)))
    with postgres(data) as server:
        async with Database(server.url) as database:
            async with running_writer(database) as writer:
                await send(writer, *(delivery(payload(n)) for n in range(10)))
            assert len(await readings(database)) == 10
            books = await account(database)
            assert books["stored"] == 30
            assert books["received"] == books["stored"] + books["duplicates"]


async def test_a_lost_connection_is_not_an_acknowledgement(plant: Database) -> None:
    with psycopg.connect(plant.url) as connection:
        connection.execute(
            """create function cut() returns trigger language plpgsql as $$
               begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return null; end $$;
               create trigger cut before insert on accounting for each statement execute function cut()"""
        )
    async with running_writer(plant) as writer:
        with pytest.raises(SinkUnavailable):
            await writer.submit(delivery(payload(1)))
        with psycopg.connect(plant.url) as connection:
            connection.execute("drop trigger cut on accounting")
        assert await readings(plant) == []
        await writer.submit(delivery(payload(1)))
    assert await readings(plant) == [(round(1 / 60, 4), 1.0, "N", 1)]
    assert (await account(plant))["received"] == 3
