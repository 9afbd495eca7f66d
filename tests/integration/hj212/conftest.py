"""A door on a free port of this machine, its sink, its register, and loggers that are closed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ingest.hj212 import HjLimits, HjMetrics, HjServer
from tests.integration.hj212.support import NOW, Logger, RecordingSink, Stations, Strays, acknowledgement, upload

Start = Callable[..., Awaitable[HjServer]]
Open = Callable[..., Awaitable[Logger]]
Sample = Callable[..., float]


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def stations() -> Stations:
    return Stations()


@pytest.fixture
def strays() -> Strays:
    return Strays()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def sample(registry: CollectorRegistry) -> Sample:
    """The present value of one of the door's metrics; 0 for one never counted."""

    def read(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"plantwatch_hj212_{name}", labels) or 0.0

    return read


@pytest.fixture
async def start(
    sink: RecordingSink, stations: Stations, strays: Strays, registry: CollectorRegistry
) -> AsyncIterator[Start]:
    """Start a door with these limits. A failure that only the event loop sees, in some callback, fails the test."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    async with AsyncExitStack() as stack:

        async def begin(**limits: Any) -> HjServer:
            bounds = {"linger_timeout_s": 5.0, "drain_timeout_s": 5.0, "noise_linger_s": 0.01} | limits
            metrics = HjMetrics(registry)
            server = HjServer("127.0.0.1", 0, sink, stations, strays, lambda: NOW, HjLimits(**bounds), metrics=metrics)
            return await stack.enter_async_context(server)

        yield begin
        sink.release()
    assert unhandled == []


@pytest.fixture
async def host(start: Start) -> HjServer:
    return await start()


@pytest.fixture
async def raw() -> AsyncIterator[Open]:
    """Open connections that are closed when the test ends."""
    opened: list[Logger] = []

    async def begin(host: HjServer) -> Logger:
        logger = await Logger.open(host.port)
        opened.append(logger)
        return logger

    yield begin
    for logger in opened:
        await logger.close()


@pytest.fixture
def known(raw: Open) -> Open:
    """A connection that has said who it is, by a heartbeat."""

    async def begin(host: HjServer, **who: Any) -> Logger:
        logger = await raw(host)
        logger.send(upload(0, cn="9015", cp="", **who))
        assert await logger.answer() == acknowledgement(0, cn="9013", **who)
        return logger

    return begin
