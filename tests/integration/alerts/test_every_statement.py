"""A worker dies at every statement of a step, before its commit and right after it: in the end nothing is different."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from alerts.messages import Message
from domain.errors import ChannelFailed, StorageUnavailable
from storage.database import Database
from tests.conftest import TestServer
from tests.integration.alerts.sending import NOW, Quick, Wall, outbox, tell
from tests.integration.alerts.world import World

HOOK = ChannelInfo("webhook", "webhook", True)


class Death:
    """Comes at the n-th statement or commit from now on. Every few times it ends the server's side of the connection;
    otherwise the statement is not carried out, which is as much, and saves a new connection."""

    def __init__(self, url: str, patch: pytest.MonkeyPatch) -> None:
        self._url = url
        self._left = 0
        self._is_real = False
        self.has_come = False
        execute, commit = psycopg.AsyncCursor.execute, psycopg.AsyncConnection.commit

        async def dying_execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            self._pass(cursor.connection)
            return await execute(cursor, *args, **kwargs)

        async def dying_commit(connection: Any) -> None:
            if connection.autocommit:  # nothing is committed, it is closed
                return await commit(connection)
            self._pass(connection)
            await commit(connection)
            self._pass(connection)
            return None

        patch.setattr(psycopg.AsyncCursor, "execute", dying_execute)
        patch.setattr(psycopg.AsyncConnection, "commit", dying_commit)

    def arm(self, number: int) -> None:
        """0: nobody dies."""
        self._left, self._is_real, self.has_come = number, number % 12 == 1, False

    def _pass(self, connection: Any) -> None:
        self._left -= 1
        if self._left:
            return
        self.has_come = True
        if self._is_real:
            with psycopg.connect(self._url, autocommit=True) as other:
                other.execute("select pg_terminate_backend(%s, 10000)", (connection.info.backend_pid,))
        raise psycopg.OperationalError("the end has come")

    async def at_every_boundary(self, step: Callable[[], Awaitable[object]]) -> int:
        """Carry a step out, dying one boundary later each time, until it lives; how often it died."""
        number = 0
        while True:
            number += 1
            self.arm(number)
            try:
                await step()
            except StorageUnavailable:
                assert self.has_come
                continue
            if not self.has_come:
                return number - 1


def _state(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """All that a step writes; alerts by rank, since numbers given to who died are not given again."""
    ranked = "(select count(*) from alert o where o.alert_id <= {}.alert_id)"
    rank = ranked.format
    return {
        "alerts": world.rows(
            "select rule_id, subject, state, resolution, occurred_at, resolved_at, notified_at from alert"
            " order by 1, 2, 5"
        ),
        "events": world.rows(f"select {rank('e')}, kind, comment, at from alert_event e order by 1, event_id"),
        "news": world.rows(f"select {rank('n')}, kind from alert_news n order by news_id"),
        "work": world.rows("select finding_id from alert_work"),
        "messages": world.rows(
            f"select {rank('n')}, event, team, channel, receiver, body ->> 'reason' from notification n order by 1, 2"
        ),
        "contents": world.rows(f"select {rank('a')}, event from notification_alert a order by 1, 2"),
        "decisions": world.rows(
            f"select {rank('d')}, event, decision, reason from notification_decision d order by 1, 2"
        ),
        "standing": world.rows(
            f"select {rank('d')}, state, reason, next_at, progress from alert_dispatch d order by 1"
        ),
        "keys": world.rows("select count(*) - count(distinct idempotency_key) from notification"),
    }


def _first(world: World) -> None:
    world.so2("08", 46.2)
    for hour, value in (("08", 40.0), ("09", 20.0)):
        world.so2(hour, value, "beishan/S1")


def _then(world: World) -> None:
    world.so2("09", 12.0)  # over
    world.so2("08", 12.0, "beishan/S1")  # and corrected: it never was
    world.so2("10", 99.0, rule_id="ule.hourly")


async def test_of_engines_and_dispatchers_that_die(
    server: TestServer, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = server.create(template=server.migrated())
    other = World(server.database_url(name))
    async with Database(other.url) as undisturbed:
        for act in (_first, _then):
            act(other)
            await tell(undisturbed, HOOK)
    expected = _state(other)
    server.drop(name)
    assert len(expected["alerts"]) == 3
    _first(world)
    await tell(database, HOOK)
    _then(world)
    death = Death(database.url, monkeypatch)
    died = await death.at_every_boundary(lambda: AlertEngine(database, EngineSettings()).step(NOW))
    died += await death.at_every_boundary(lambda: Dispatcher(database, [HOOK], DispatchSettings()).step(NOW))
    death.arm(0)
    assert died > 25
    assert _state(world) == expected


class Choosy(Quick):
    """Refuses one receiver for good."""

    async def send(self, message: Message, address: str | None) -> str:
        await super().send(message, address)
        if message.receiver == "team:gone":
            raise ChannelFailed("no such robot", retryable=False)
        return "kept"


async def test_of_outboxes_that_die(
    world: World, database: Database, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may come twice is what was sent and not noted, and then it has the same key and says so."""
    world.so2("08", 46.2)
    world.so2("08", 40.0, "beishan/S1")
    await tell(database, HOOK)
    world.execute(
        "insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, state,"
        " queued_at, next_attempt_at) select alert_id, event, team, channel, 'team:gone', 'gone', group_key, body,"
        " state, queued_at, next_attempt_at from notification limit 1"
    )
    death, number, twice = Death(database.url, monkeypatch), 0, 0
    own = psycopg.connect(database.url, autocommit=True)
    while True:
        number += 1
        channel = Choosy(rate_per_min=100)
        death.arm(number)
        try:
            await outbox(database, wall, channel).deliver()
        except* StorageUnavailable:
            assert death.has_come
        has_died = death.has_come
        death.arm(0)
        before = len(channel.taken)
        async with asyncio.timeout(30):  # the server hears a moment later that a connection is gone, with its locks
            while own.execute("select from notification where state = 'queued'").fetchone() is not None:
                await outbox(database, wall, channel).deliver()
        counted = own.execute(
            "select count(*) filter (where state = 'sent'), count(*) filter (where state = 'failed'),"
            " count(*) filter (where in_hand), (select count(*) from alert_event where kind = 'notify_failed')"
            " from notification"
        )
        assert counted.fetchone() == (2, 1, 0, 1), number
        times = Counter(message.idempotency_key for message in channel.taken)
        assert len(times) == 3
        assert max(times.values()) <= 2
        repeated = [message for message in channel.taken[before:] if times[message.idempotency_key] == 2]
        assert all(message.may_repeat for message in repeated)
        twice += len(repeated)
        if not has_died:
            break
        own.execute("delete from alert_event where kind = 'notify_failed'")
        own.execute(
            "update notification set state = 'queued', attempts = 0, started_at = null, in_doubt = false,"
            " sent_at = null, failed_at = null"
        )
    own.close()
    assert number > 15
    assert twice > 0, "or nobody died between sending and noting"
