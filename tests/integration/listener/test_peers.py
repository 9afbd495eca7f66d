"""Peers that vanish, that send more than they were told, and a sink that finishes in another order."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import Callable

import pytest

from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import PATIENCE_S, READINGS, STATUS, RecordingSink, publish5

Sample = Callable[..., float]

PINGING_CLIENT = """
import sys
import paho.mqtt.client as paho
client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="paused")
client.username_pw_set("ent", "right")
client.will_set(sys.argv[2], "offline", qos=1, retain=True)
client.connect("127.0.0.1", int(sys.argv[1]), keepalive=1)
client.subscribe(sys.argv[2])
client.on_subscribe = lambda *_: print("here", flush=True)
client.loop_forever()
"""


async def test_a_peer_that_vanishes_without_closing_is_missed(
    listener: Listener, sink: RecordingSink, sample: Sample
) -> None:
    """Half-open: its kernel answers for a process that stands still, and no end of the stream ever comes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PINGING_CLIENT, str(listener.port), STATUS), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            assert await process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGSTOP)
        await sink.until(lambda: sink.statuses == [("ent", "gw1", False)])
        assert sample("disconnects_total", reason="keep_alive_timeout") == 1
        assert process.returncode is None
    finally:
        process.kill()
        await process.wait()


async def test_a_peer_that_pings_stays(listener: Listener, connect311: Open, sample: Sample) -> None:
    """Two clients with the same keep-alive; the one that is silent shows when its time is over."""
    awake = await connect311(listener, "awake", keep_alive_s=2)
    for _ in range(2):
        silent = await connect311(listener, "silent", keep_alive_s=1)
        await silent.ended()
        await awake.silent()
    assert sample("disconnects_total", reason="keep_alive_timeout") == 2


async def test_beyond_receive_maximum_a_client_waits_and_is_not_thrown_out(
    start: Start, connect5: Open, sink: RecordingSink
) -> None:
    """MQTT 5 clause 3.3.4 would let us send DISCONNECT 0x93: what we do not read, we do not hold against anybody."""
    listener = await start(max_inflight=4)
    client, other = await connect5(listener, "a"), await connect5(listener, "b")
    sink.held = True
    client.send(*(publish5(b"%d" % n, qos=1, packet_id=n) for n in range(1, 11)))
    await sink.received(4)
    for _ in range(3):
        await other.silent()
    assert len(sink.deliveries) == 4
    sink.held = False
    sink.release()
    assert [await client.packet() for _ in range(10)] == [wire311.acknowledge(0x40, n) for n in range(1, 11)]
    assert sink.payloads == [b"%d" % n for n in range(1, 11)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("version", ["3.1.1", "5.0"])
async def test_answers_are_in_order_whatever_the_qos_and_however_the_sink_finishes(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink, version: str, seed: int
) -> None:
    """MQTT 5 clause 4.6, over QoS 1 and 2 together."""
    chance = random.Random(seed)
    qos = [chance.choice((0, 1, 2)) for _ in range(24)]
    client = await (connect311 if version == "3.1.1" else connect5)(listener)
    sink.held = True
    for number, level in enumerate(qos, 1):
        payload, packet_id = b"%d" % number, number if level else 0
        client.send(
            wire311.publish(READINGS, payload, qos=level, packet_id=packet_id)
            if version == "3.1.1"
            else publish5(payload, qos=level, packet_id=packet_id or None)
        )
    await sink.received(len(qos))
    order = list(range(len(qos)))
    chance.shuffle(order)
    for number in order:
        sink.release(number)
        await asyncio.sleep(0)
    expected = [wire311.acknowledge({1: 0x40, 2: 0x50}[level], number) for number, level in enumerate(qos, 1) if level]
    assert [await client.packet() for _ in expected] == expected
    await client.silent()
