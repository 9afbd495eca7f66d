"""Fixtures of the alert stage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from storage.database import Database
from tests.integration.alerts.receiver import Receiver, receiver
from tests.integration.alerts.sending import Wall, tell
from tests.integration.alerts.world import World


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
def engine(database: Database) -> AlertEngine:
    return AlertEngine(database, EngineSettings(public_url="https://pw.example"))


@pytest.fixture
def dispatcher(database: Database) -> Dispatcher:
    return Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings(public_url="https://pw.example"))


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def queued(world: World, database: Database) -> World:
    """A world with one firing message for the webhook in the outbox."""
    world.so2("08", 46.2)
    await tell(database, ChannelInfo("webhook", "webhook"))
    assert world.messages() == [(1, "firing", "queued")]
    return world
