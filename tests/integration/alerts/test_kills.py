"""Sending processes that are killed at every point: nothing is lost, and a repeat has the same key and says so."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from alerts.dispatch.dispatcher import ChannelInfo
from storage.database import Database
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.sending import tell
from tests.integration.alerts.world import World

QUEUED = "select count(*) from notification where state <> 'sent'"


@asynccontextmanager
async def sender(url: str, hook: Receiver, where: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that sends; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.alerts.sender", url, hook.url, where, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().strip()


async def until_sent(world: World, process: asyncio.subprocess.Process) -> None:
    """Wait for rounds without work until nothing is left."""
    while world.rows(QUEUED) != [(0,)]:
        await line(process)


async def _kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


async def test_killed_after_it_began_and_before_it_sent(queued: World, database_url: str, hook: Receiver) -> None:
    async with sender(database_url, hook, "before") as first:
        assert await line(first) == "before"
        async with sender(database_url, hook) as second:
            assert await line(second) == "idle", "while the first lives, its message is nobody else's"
            assert await line(second) == "idle"
            assert hook.received == []
            await _kill(first)
            await until_sent(queued, second)
    assert len(hook.received) == 1
    assert queued.rows("select attempts, in_doubt, in_hand from notification") == [(2, True, False)]


async def test_killed_after_it_sent_and_before_it_noted(queued: World, database_url: str, hook: Receiver) -> None:
    async with sender(database_url, hook, "after") as first:
        assert await line(first) == "after"
        await _kill(first)
    assert queued.rows("select state, in_hand from notification") == [("queued", True)]
    async with sender(database_url, hook) as second:
        await until_sent(queued, second)
    first_got, again = hook.received
    assert first_got.key == again.key, "so that the receiver drops the repeat"
    assert queued.rows("select attempts, in_doubt from notification") == [(2, True)]


async def test_killed_while_it_waits_for_the_answer(queued: World, database_url: str, hook: Receiver) -> None:
    hook.answers = [0]
    async with sender(database_url, hook) as first:
        assert await asyncio.to_thread(hook.arrived.wait, 30)
        await _kill(first)
    hook.release.set()
    async with sender(database_url, hook) as second:
        await until_sent(queued, second)
    assert len({got.key for got in hook.received}) == 1
    assert len(hook.received) == 2


async def test_killed_between_its_claim_and_its_note(queued: World, database_url: str, hook: Receiver) -> None:
    """Whoever writes the row makes the first wait there, with the message already its own."""
    waiting = (
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        " and position('in_hand = true' in query) > 0"
    )
    with psycopg.connect(database_url) as other:
        other.execute("select from notification for update")
        async with sender(database_url, hook) as first:
            async with asyncio.timeout(30):
                while queued.rows(waiting) != [(1,)]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await _kill(first)
    async with sender(database_url, hook) as second:
        await until_sent(queued, second)
    assert len(hook.received) == 1
    assert queued.rows("select attempts, in_doubt from notification") == [(1, False)]


async def test_several_senders_one_of_them_killed_again_and_again(
    queued: World, database_url: str, hook: Receiver
) -> None:
    """30 messages: each arrives, and none twice but what the killed ones had in hand."""
    queued.execute(
        "insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, state,"
        " queued_at, next_attempt_at) select alert_id, event, team, channel, 'team:' || g, 'key' || g, group_key, body,"
        " state, queued_at, next_attempt_at from notification, generate_series(2, 30) g"
    )
    killed = 0
    async with sender(database_url, hook) as steady:
        while queued.rows(QUEUED) != [(0,)] and killed < 4:
            async with sender(database_url, hook, "after") as doomed:
                await line(doomed)
            killed += 1
        await until_sent(queued, steady)
    times = Counter(got.key for got in hook.received)
    assert len(times) == 30
    doubtful = {key for (key,) in queued.rows("select idempotency_key from notification where in_doubt")}
    assert {key for key, number in times.items() if number > 1} <= doubtful


async def test_nobody_died_nothing_came_twice(
    world: World, database: Database, database_url: str, hook: Receiver
) -> None:
    for outlet in ("tianhe/S1", "beishan/S1"):
        for hour in ("08", "10"):  # told one after the other: of one step they would be one message
            for at, value in ((hour, 46.2), (f"{int(hour) + 1:02d}", 20.0)):
                world.so2(at, value, outlet)
                await tell(database, ChannelInfo("webhook", "webhook"))
    async with (
        sender(database_url, hook) as first,
        sender(database_url, hook) as second,
        sender(database_url, hook) as third,
    ):
        await asyncio.gather(*(until_sent(world, one) for one in (first, second, third)))
    times = Counter(got.key for got in hook.received)
    assert set(times.values()) == {1}
    assert len(times) == 8
    orders: dict[int, list[str]] = {}
    for got in hook.received:
        orders.setdefault(got.body["alert"]["id"], []).append(got.body["event"])
    assert set(map(tuple, orders.values())) == {("firing", "resolved")}
    assert world.rows("select count(*) from notification where in_doubt or in_hand") == [(0,)]
