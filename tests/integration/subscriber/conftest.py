"""A broker, a cable, and workers that are stopped at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ingest.subscriber import Subscriber, SubscriberMetrics, SubscriberOptions
from storage.database import Database
from tests.integration.subscriber.support import (
    NOW,
    PATIENCE_S,
    Cable,
    Enterprises,
    Mosquitto,
    Sink,
    Strays,
    executable,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if executable() is None:
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="mosquitto is not installed; on Debian: apt install mosquitto"))


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def enterprises() -> Enterprises:
    return Enterprises()


@pytest.fixture
def strays() -> Strays:
    return Strays()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    await broker.start()
    yield broker
    await broker.stop(kill=True)


@pytest.fixture
async def cable(broker: Mosquitto) -> AsyncIterator[Cable]:
    cable = Cable(broker)
    yield cable
    await cable.close()


class Worker:
    """One subscriber that runs."""

    def __init__(self, subscriber: Subscriber, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.task = asyncio.create_task(subscriber.run())

    def sample(self, name: str, **labels: str) -> float:
        """The present value of one of its metrics; 0 for one never counted."""
        return self._registry.get_sample_value(f"plantwatch_subscriber_{name}", labels) or 0.0

    async def until(self, condition: Callable[[], bool]) -> None:
        """For what only metrics show."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - a gauge tells nobody that it changed
                await asyncio.sleep(0.01)

    async def subscribed(self, connections: int = 1) -> None:
        await self.until(lambda: self.sample("connections") >= connections)

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


class Workers:
    """Starts workers; options that are not given make a test quick."""

    def __init__(self, database: Database, port: int, sink: Any, enterprises: Enterprises, strays: Strays) -> None:
        self.port = port
        self._database = database
        self._defaults: dict[str, Any] = {"sink": sink, "enterprises": enterprises, "strays": strays}
        self.all: list[Worker] = []

    async def start(self, *, subscribed: int = 1, sink: Any = None, **options: Any) -> Worker:
        registry = CollectorRegistry()
        quick: dict[str, Any] = {
            "backoff_first_s": 0.01,
            "backoff_cap_s": 0.2,
            "lease_poll_s": 0.05,
            "adopt_after_s": 0.3,
        }
        if options.get("slots", 1) > 1:
            quick["group"] = "plantwatch"
        given = SubscriberOptions(**{"host": "127.0.0.1", "port": self.port, **quick, **options})
        parts = self._defaults | ({"sink": sink} if sink is not None else {})
        worker = Worker(
            Subscriber(self._database, clock=lambda: NOW, options=given, metrics=SubscriberMetrics(registry), **parts),
            registry,
        )
        self.all.append(worker)
        if subscribed:
            await worker.subscribed(subscribed)
        return worker


@pytest.fixture
async def workers(
    database: Database, broker: Mosquitto, sink: Sink, enterprises: Enterprises, strays: Strays
) -> AsyncIterator[Workers]:
    """A failure that only the event loop sees, in some callback, fails the test."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    async with AsyncExitStack() as stack:
        workers = Workers(database, broker.port, sink, enterprises, strays)
        yield workers
        sink.held = False
        sink.release()
        for worker in workers.all:
            stack.push_async_callback(worker.stop)
    assert unhandled == []


@pytest.fixture
async def cabled(cable: Cable, workers: Workers) -> Workers:
    """Workers that reach the broker by the cable."""
    workers.port = await cable.open()
    return workers
