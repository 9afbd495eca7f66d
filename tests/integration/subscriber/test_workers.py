"""Several workers, and what becomes of a slot when its worker, its lease or the broker is gone."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from storage.database import Database
from tests.integration.ingest.plant import NOW as PLANT_NOW
from tests.integration.ingest.plant import account, make_site, readings, running_writer, sample
from tests.integration.subscriber.conftest import Workers
from tests.integration.subscriber.support import PATIENCE_S, Enterprises, Mosquitto, Sink

ROOT = Path(__file__).parents[3]
#: Ends the session that holds the slots, as a restart of PostgreSQL or a cut cable would.
END_LEASES = """
select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
where l.locktype = 'advisory' and l.classid = 1936486260 and d.datname = current_database()"""


def end_leases(url: str) -> int:
    """How many sessions were ended."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(END_LEASES).rowcount


@asynccontextmanager
async def doomed(database: Database, broker: Mosquitto, slots: int, mode: str) -> AsyncIterator[Process]:
    """A worker in a process of its own, once it is subscribed; killed at the latest when the block ends."""
    arguments = [database.url, str(broker.port), str(slots), mode]
    command = [sys.executable, "-m", "tests.integration.subscriber.doomed_worker", *arguments]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    try:
        assert await line_of(process) == b"subscribed"
        yield process
    finally:
        kill(process)
        await process.wait()


def kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def line_of(process: Process) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        return (await process.stdout.readline()).strip()


async def test_two_workers_share_the_messages(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    other = Sink()
    first = await workers.start(slots=2, adopt_after_s=3600.0)
    await workers.start(slots=2, adopt_after_s=3600.0, sink=other)
    payloads = [b"%d" % number for number in range(100)]
    await broker.publish(*payloads)
    await first.until(lambda: len(sink.committed) + len(other.committed) >= 100)
    assert sorted(sink.committed + other.committed) == sorted(payloads), "each exactly once"
    assert sink.committed
    assert other.committed


async def test_births_and_statuses_go_to_slot_0_alone(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    other = Sink()
    await workers.start(slots=2, adopt_after_s=3600.0)
    await workers.start(slots=2, adopt_after_s=3600.0, sink=other)
    births = [b"%d" % number for number in range(20)]
    await broker.publish(*births, topic="spBv1.0/ent/NDATA/node1")
    await broker.publish(b"online", b"offline", topic="plantwatch/v1/ent/gw1/status")
    await sink.has_committed(set(births))
    await sink.until(lambda: len(sink.statuses) == 2)
    assert sink.committed == births, "in the order in which they were published"
    assert other.deliveries == []


async def test_a_killed_worker_is_followed_by_one_with_the_same_id(
    workers: Workers, broker: Mosquitto, database: Database, sink: Sink
) -> None:
    payloads = [b"%d" % number for number in range(20)]
    async with doomed(database, broker, 1, "hold") as process:
        worker = await workers.start(subscribed=0)
        await broker.publish(*payloads)
        assert [await line_of(process) for _ in payloads] == payloads
        assert worker.sample("slots") == 0, "it waits"
        kill(process)
        await worker.subscribed()
    await sink.has_committed(set(payloads))
    assert [delivery.payload for delivery in sink.deliveries] == payloads
    assert all(delivery.duplicate for delivery in sink.deliveries)


async def test_a_slot_that_nobody_serves_is_adopted_and_given_back(
    workers: Workers, broker: Mosquitto, sink: Sink
) -> None:
    only = await workers.start(slots=3)
    await only.subscribed(3)
    assert only.sample("slots") == 3
    other = Sink()
    second = await workers.start(slots=3, sink=other)
    await only.until(lambda: only.sample("connections") == 2)
    assert second.sample("slots") == 1
    payloads = [b"%d" % number for number in range(60)]
    await broker.publish(*payloads)
    await only.until(lambda: len(sink.committed) + len(other.committed) == 60)
    assert sorted(sink.committed + other.committed) == sorted(payloads)
    assert other.committed
    await second.stop()
    await only.subscribed(3)


async def test_a_lost_lease_leaves_the_broker_at_once(
    workers: Workers, broker: Mosquitto, sink: Sink, database: Database
) -> None:
    sink.held = True
    worker = await workers.start(slots=2)
    await worker.subscribed(2)
    await broker.publish(b"1", b"2")
    await sink.received(2)
    assert end_leases(database.url) >= 1
    await worker.until(lambda: worker.sample("disconnects_total", cause="lease_lost") == 2)
    sink.held = False
    sink.release()
    await worker.subscribed(2)
    await sink.received(4)
    await worker.until(lambda: worker.sample("acknowledged_total") == 2)
    assert worker.sample("disconnects_total", cause="taken_over") == 0
    assert worker.sample("redelivered_total") == 2, "what was not acknowledged came again"


@pytest.mark.parametrize("slots", [1, 2])
async def test_the_broker_restarts_and_nothing_is_lost(
    workers: Workers, broker: Mosquitto, sink: Sink, slots: int
) -> None:
    worker = await workers.start(slots=slots)
    await worker.subscribed(slots)
    promised: set[bytes] = set()
    for generation in range(4):
        sink.held = generation < 2
        payloads = [b"%d-%d" % (generation, number) for number in range(100)]
        await broker.publish(*payloads)
        promised |= set(payloads)
        await broker.stop()
        sink.release()
        await broker.start()
        if slots > 1:  # Mosquitto 2.0.11 forgets shared subscriptions, and acknowledges what it then throws away
            await worker.subscribed(slots)
    await sink.has_committed(promised)
    assert worker.sample("sessions_lost_total") == 0


async def test_a_broker_that_forgot_is_subscribed_to_again(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    worker = await workers.start()
    await broker.stop(kill=True)
    await worker.until(lambda: worker.sample("connections") == 0)
    await broker.start()
    await worker.subscribed()
    assert worker.sample("sessions_lost_total") == 1
    await broker.publish(b"after")
    await sink.has_committed({b"after"})


async def test_another_client_with_our_id_is_met_with_patience(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    worker = await workers.start()
    async with broker.client("plantwatch-0"):
        # which of the two causes is up to the broker: Mosquitto 2.0.11 closes without a word
        await worker.until(
            lambda: sum(worker.sample("disconnects_total", cause=cause) for cause in ("taken_over", "lost")) == 1
        )
        await worker.subscribed()
    await broker.publish(b"after")
    await sink.has_committed({b"after"})


async def test_killed_workers_and_the_real_writer_lose_nothing_and_double_nothing(
    workers: Workers, broker: Mosquitto, database: Database, enterprises: Enterprises
) -> None:
    make_site(database.url)
    enterprises.known.add("coke-1")
    count = 400
    async with (
        doomed(database, broker, 2, "store") as first,
        doomed(database, broker, 2, "store") as second,
        broker.client() as publisher,
    ):
        for number in range(count):
            at = PLANT_NOW - timedelta(seconds=number)
            payload = json.dumps(sample(at, {"SO2": number % 400})).encode()
            await publisher.publish("plantwatch/v1/coke-1/gw1/readings", payload, qos=1)
            if number == 100:
                kill(first)
            elif number == 200:
                kill(second)
    async with running_writer(database) as writer:
        worker = await workers.start(slots=2, sink=writer)
        await worker.subscribed(2)
        async with asyncio.timeout(PATIENCE_S):
            while len(await readings(database)) < count:
                pass
        await worker.until(lambda: worker.sample("unacknowledged") == 0)
        await worker.stop()
    books = await account(database)
    assert books["stored"] == count
    assert books["received"] == books["stored"] + books["duplicates"]
    assert worker.sample("sessions_lost_total") == 0
