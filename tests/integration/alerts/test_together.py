"""Several engines, dispatchers and outboxes at once give what one of each gives, and nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from storage.database import Database
from tests.conftest import TestServer
from tests.integration.alerts.sending import Quick, Wall, outbox
from tests.integration.alerts.world import World, instant

START = instant("2026-11-02 00:10")
OUTLETS = [f"{plant}/S{number}" for plant in ("tianhe", "beishan") for number in range(4)]
SITE = """
insert into team (code, name, channels, policy) values ('city', '市局', '{webhook}',
    '{"group_interval_min": 0, "flood_count": 1000, "flap_changes": 1000}');
insert into alert_route (code, position, team_id) select 'r', 1, team_id from team;
"""


class Report(Protocol):
    @property
    def is_idle(self) -> bool: ...


async def _drain(step: Callable[[], Awaitable[Report]]) -> None:
    while not (await step()).is_idle:
        pass


async def _round(database: Database, channel: Quick, now: datetime, workers: int) -> None:
    wall = Wall()
    works: list[Callable[[], Awaitable[Report]]] = []
    for _ in range(workers):
        engine = AlertEngine(database, EngineSettings(batch=2))
        dispatcher = Dispatcher(database, [ChannelInfo("webhook", "webhook", True)], DispatchSettings())
        sender = outbox(database, wall, channel)
        works += [lambda e=engine: e.step(now), lambda d=dispatcher: d.step(now), sender.deliver]  # type: ignore[misc]
    await asyncio.gather(*(_drain(work) for work in works))
    for work in works[:3]:  # what the last engine left is for a dispatcher, and what that left for an outbox
        await _drain(work)


def _told(world: World) -> Counter[Any]:
    return Counter(
        world.rows(
            "select a.rule_id, a.subject, a.occurred_at, n.receiver, c.event from notification n"
            " join notification_alert c using (notification_id) join alert a on a.alert_id = c.alert_id"
        )
    )


@pytest.mark.parametrize("seed", [7])
async def test_many_are_as_one(seed: int, server: TestServer, world: World, database: Database) -> None:
    name = server.create(template=server.migrated())
    alone = World(server.database_url(name))
    random = Random(seed)
    channels = {id(place): Quick() for place in (alone, world)}
    async with Database(alone.url) as other:
        for place in (alone, world):
            place.execute(SITE)
        for hour in range(3):
            for outlet in random.sample(OUTLETS, 5):
                at = hour if random.random() < 0.8 else random.randrange(hour + 1)  # late, or a correction
                value = random.choice((46.2, 46.2, 12.0, None))
                for place in (alone, world):
                    place.so2(f"{at:02d}", value, outlet)
            now = START + timedelta(hours=hour + 1)
            await _round(other, channels[id(alone)], now, 1)
            await _round(database, channels[id(world)], now, 3)
    expected = _told(alone)
    assert sum(expected.values()) > 5
    assert _told(world) == expected
    assert max(_told(world).values()) == 1
    sent = Counter(message.idempotency_key for message in channels[id(world)].taken)
    assert max(sent.values()) == 1
    assert world.rows("select count(*) from notification where state <> 'sent'") == [(0,)]
    columns = "rule_id, subject, state, resolution, occurred_at, resolved_at, notified_at is null"
    states = f"select {columns} from alert order by {columns}"
    assert world.rows(states) == alone.rows(states)
    server.drop(name)
