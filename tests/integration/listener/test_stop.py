"""Stopping: what is at the sink is answered, nobody comes in, and a stuck sink cannot hold us for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import mqtt5
import pytest

from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import (
    NOW,
    READINGS,
    STATUS,
    OnePassword,
    Raw,
    RecordingSink,
    publish5,
)

Sample = Callable[..., float]


async def test_what_is_at_the_sink_is_answered_before_the_goodbye(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink
) -> None:
    sink.held = True
    five, three = await connect5(listener, "five"), await connect311(listener, "three")
    five.send(publish5(b"x", qos=1, packet_id=1))
    three.send(wire311.publish(READINGS, b"x", qos=1, packet_id=2))
    await sink.received(2)
    port = listener.port
    stopping = asyncio.create_task(listener.stop())
    await asyncio.sleep(0)  # the task begins
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await Raw.open(port)
    assert not stopping.done()
    sink.release()
    assert await five.packet() == wire311.acknowledge(0x40, 1)
    goodbye = await five.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is mqtt5.DisconnectReasonCode.SERVER_SHUTTING_DOWN
    assert await three.packet() == wire311.acknowledge(0x40, 2)
    for client in (five, three):
        await client.ended()
        await client.close()
    await stopping


async def test_what_is_not_at_the_sink_yet_is_left_to_be_sent_again(
    start: Start, connect311: Open, sink: RecordingSink
) -> None:
    listener = await start(max_inflight=1)
    sink.held = True
    client = await connect311(listener)
    client.send(*(wire311.publish(READINGS, b"x", qos=1, packet_id=n) for n in (1, 2)))
    await sink.received(1)
    stopping = asyncio.create_task(listener.stop())
    await asyncio.sleep(0)  # the task begins
    sink.release()
    assert await client.packet() == wire311.acknowledge(0x40, 1)
    await client.ended()
    await client.close()
    await stopping
    assert len(sink.deliveries) == 1


async def test_a_stuck_sink_does_not_hold_the_stop(
    start: Start, connect5: Open, sink: RecordingSink, sample: Sample
) -> None:
    listener = await start(drain_timeout_s=0.05)
    sink.held = True
    client = await connect5(listener)
    client.send(publish5(b"x", qos=1, packet_id=1))
    await sink.received(1)
    await listener.stop()
    goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket), "above all no PUBACK"
    await client.ended()
    assert sample("connections") == 0


async def test_stopping_does_not_say_in_their_name_that_gateways_are_gone(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    client = await connect311(listener, will=(STATUS, b"offline", 1, True))
    stopping = asyncio.create_task(listener.stop())
    await client.ended()
    await client.close()
    await stopping
    assert sink.statuses == []


async def test_who_has_not_connected_yet_is_closed(listener: Listener, raw: Open, authenticator: OnePassword) -> None:
    authenticator.gate = asyncio.Event()
    silent, waiting = await raw(listener), await raw(listener)
    waiting.send(wire311.connect("c"))
    stopping = asyncio.create_task(listener.stop())
    for client in (silent, waiting):
        await client.ended()
        await client.close()
    await stopping


async def test_stopping_twice_or_before_the_start_does_nothing(listener: Listener) -> None:
    await listener.stop()
    await listener.stop()
    with pytest.raises(RuntimeError, match="not started"):
        _ = listener.port


async def test_several_processes_may_share_a_port(sink: RecordingSink) -> None:
    def another(port: int, reuse_port: bool) -> Listener:
        return Listener("127.0.0.1", port, sink, OnePassword(), lambda: NOW, reuse_port=reuse_port)

    async with another(0, True) as first, another(first.port, True) as second:
        assert first.port == second.port
        with pytest.raises(OSError, match="in use"):
            await another(first.port, False).start()
