"""A listener on a free port of this machine, its sink, and raw clients that are closed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import mqtt5
import pytest
from prometheus_client import CollectorRegistry

from ingest.listener import Limits, Listener, ListenerMetrics
from tests.integration.listener import wire311
from tests.integration.listener.support import NOW, OnePassword, Raw, RecordingSink

Start = Callable[..., Awaitable[Listener]]
Open = Callable[..., Awaitable[Raw]]


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def authenticator() -> OnePassword:
    return OnePassword()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def sample(registry: CollectorRegistry) -> Callable[..., float]:
    """The present value of one of the listener's metrics; 0 for one never counted."""

    def read(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"plantwatch_listener_{name}", labels) or 0.0

    return read


@pytest.fixture
async def start(sink: RecordingSink, authenticator: OnePassword, registry: CollectorRegistry) -> AsyncIterator[Start]:
    """Start a listener with these limits; the first argument holds other options of `Listener`.

    A failure that only the event loop sees, in some callback, fails the test.
    """
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    async with AsyncExitStack() as stack:

        async def begin(options: dict[str, Any] | None = None, **limits: Any) -> Listener:
            bounds = {"linger_timeout_s": 5.0, "drain_timeout_s": 5.0} | limits
            wanted = {"now": lambda: NOW, "metrics": ListenerMetrics(registry)} | (options or {})
            listener = Listener("127.0.0.1", 0, sink, authenticator, limits=Limits(**bounds), **wanted)
            return await stack.enter_async_context(listener)

        yield begin
        sink.release()
    assert unhandled == []


@pytest.fixture
async def listener(start: Start) -> Listener:
    return await start()


@pytest.fixture
async def raw() -> AsyncIterator[Open]:
    """Open raw connections that are closed when the test ends."""
    opened: list[Raw] = []

    async def begin(listener: Listener) -> Raw:
        client = await Raw.open(listener.port)
        opened.append(client)
        return client

    yield begin
    for client in opened:
        await client.close()


@pytest.fixture
def connect311(raw: Open) -> Open:
    """A connected MQTT 3.1.1 client."""

    async def begin(listener: Listener, client_id: str = "c1", **options: Any) -> Raw:
        client = await raw(listener)
        client.send(wire311.connect(client_id, **options))
        assert await client.packet() == wire311.CONNACK_OK
        return client

    return begin


@pytest.fixture
def connect5(raw: Open) -> Open:
    """A connected MQTT 5 client."""

    async def begin(listener: Listener, client_id: str = "c1", **options: Any) -> Raw:
        options = {"username": "ent", "password": b"right", "clean_start": True} | options
        client = await raw(listener)
        client.send(mqtt5.ConnectPacket(client_id, **options).write())
        answer = await client.packet5()
        assert isinstance(answer, mqtt5.ConnAckPacket)
        assert answer.reason_code is mqtt5.ConnAckReasonCode.SUCCESS
        return client

    return begin
