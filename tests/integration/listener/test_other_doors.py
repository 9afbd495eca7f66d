"""Sparkplug nodes and ThingsBoard clients at this door: what they subscribe to, what they are told, what passes."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from functools import partial

import mqtt5
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.delivery import Outcome, Receipt
from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open
from tests.integration.listener.support import NOW, PATIENCE_S, Raw, RecordingSink, publish5

Sample = Callable[..., float]

NCMD = "spBv1.0/ent/NCMD/node1"
DCMD = "spBv1.0/ent/DCMD/node1"
NDATA = "spBv1.0/ent/NDATA/node1"
HOST = "spBv1.0/STATE/plantwatch"
REBIRTH = Receipt(Outcome.STORED, None, None, ((NCMD, b"rebirth"),))


async def subscribed(client: Raw, *patterns: str, qos: int = 1) -> bytes:
    """Subscribe a raw 3.1.1 client; returns the answers, one byte a filter."""
    client.send(wire311.subscribe(1, *((pattern, qos) for pattern in patterns)))
    answer = await client.packet()
    assert answer[0] == 0x90
    return answer[4:]


@pytest.mark.parametrize("pattern", [NCMD, f"{NCMD}/#"])
async def test_a_node_gets_the_command_that_its_message_brought_about(
    listener: Listener, connect311: Open, sink: RecordingSink, pattern: str
) -> None:
    sink.outcomes[b"gap"] = REBIRTH
    node, other_node = await connect311(listener, "node1"), await connect311(listener, "node2")
    stranger = await connect311(listener, "node1", username="other")
    assert await subscribed(node, pattern) == b"\x01"
    assert await subscribed(other_node, "spBv1.0/ent/NCMD/node2/#", NCMD + "0") == b"\x01\x01"
    assert await subscribed(stranger, "spBv1.0/other/NCMD/node1", NCMD) == b"\x01\x80"
    node.send(wire311.publish(NDATA, b"fine"), wire311.publish(NDATA, b"gap"))
    assert await node.packet() == wire311.publish(NCMD, b"rebirth"), "at QoS 0, whatever was granted"
    for client in (node, other_node, stranger):
        await client.silent()


async def test_commands_to_devices_reach_those_who_asked_in_any_way(
    listener: Listener, connect5: Open, sink: RecordingSink
) -> None:
    sink.outcomes[b"x"] = Receipt(Outcome.STORED, None, None, ((f"{DCMD}/pump", b"1"), (NCMD, b"2")))
    clients = [await connect5(listener, f"c{n}") for n in range(4)]
    for client, pattern in zip(clients, (f"{DCMD}/#", f"{DCMD}/+", f"{DCMD}/pump", f"{DCMD}/valve"), strict=True):
        client.send(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(pattern)]).write())
        answer = await client.packet5()
        assert isinstance(answer, mqtt5.SubAckPacket)
        assert answer.reason_codes == [1]
    clients[0].send(publish5(b"x", topic=NDATA))
    for client in clients[:3]:
        told = await client.packet5()
        assert isinstance(told, mqtt5.PublishPacket)
        assert (told.topic, told.payload, told.qos) == (f"{DCMD}/pump", b"1", 0)
    for client in clients:
        await client.silent()


async def test_a_command_to_another_enterprise_is_a_defect_and_goes_nowhere(
    listener: Listener, connect311: Open, sink: RecordingSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink.outcomes[b"x"] = Receipt(Outcome.STORED, None, None, (("spBv1.0/other/NCMD/node1", b"!"),))
    victim = await connect311(listener, "node1", username="other")
    assert await subscribed(victim, "spBv1.0/other/NCMD/node1") == b"\x01"
    sender = await connect311(listener)
    with caplog.at_level(logging.ERROR):
        sender.send(wire311.publish(NDATA, b"x", qos=1, packet_id=1))
        assert await sender.packet() == wire311.acknowledge(0x40, 1)
    await victim.silent()
    assert [record.getMessage() for record in caplog.records] == ["a command to nobody"]


@pytest.mark.parametrize("pattern", [HOST, "spBv1.0/STATE/+", "spBv1.0/STATE/#"])
async def test_a_node_sees_that_its_host_is_there(listener: Listener, connect311: Open, pattern: str) -> None:
    node = await connect311(listener)
    assert await subscribed(node, pattern) == b"\x01"
    state = json.dumps({"online": True, "timestamp": int(NOW.timestamp() * 1000)}, separators=(",", ":")).encode()
    assert await node.packet() == wire311.publish(HOST, state, qos=1, packet_id=1, retain=True)
    node.send(wire311.acknowledge(0x40, 1))
    assert await subscribed(node, "spBv1.0/STATE/another-host") == b"\x01"
    await node.silent()


async def test_the_death_of_a_node_is_a_delivery(
    listener: Listener, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    death = "spBv1.0/ent/NDEATH/node1"
    node = await connect311(listener, will=(death, b"\x08\x01bdSeq", 1, False))
    node.drop()
    await sink.received(1)
    (delivery,) = sink.deliveries
    assert (delivery.enterprise, delivery.topic, delivery.payload) == ("ent", death, b"\x08\x01bdSeq")
    assert sample("wills_total") == 1
    assert sink.statuses == []


async def test_a_will_may_bring_about_a_command_too(listener: Listener, connect311: Open, sink: RecordingSink) -> None:
    sink.outcomes[b"gone"] = REBIRTH
    node = await connect311(listener, "node", will=("spBv1.0/ent/NDEATH/node1", b"gone", 1, False))
    heir = await connect311(listener, "heir")
    assert await subscribed(heir, NCMD) == b"\x01"
    node.drop()
    assert await heir.packet() == wire311.publish(NCMD, b"rebirth")


DEVICE = (
    "v1/devices/me/attributes",
    "v1/devices/me/attributes/response/+",
    "v1/devices/me/rpc/request/+",
    "v1/devices/me/rpc/response/+",
)
GATEWAY = ("v1/gateway/attributes", "v1/gateway/attributes/response", "v1/gateway/rpc")


async def test_thingsboard_clients_start_up_and_publish_unchanged(listener: Listener, sink: RecordingSink) -> None:
    """What ThingsBoard's own Python clients do upon CONNACK, here with the library below them."""
    published = (
        ("v1/devices/me/telemetry", b'{"temperature":42}'),
        ("v1/gateway/connect", b'{"device":"A"}'),
        ("v1/gateway/telemetry", b'{"A":[{"ts":1795219200000,"values":{"t":1}}]}'),
    )
    granted: list[int] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="tb")
    client.username_pw_set("ent", "right")

    def on_connect(client: paho.Client, *_: object) -> None:
        client.subscribe([(topic, 1) for topic in DEVICE + GATEWAY])

    def on_subscribe(_client: object, _data: object, _mid: int, codes: list[ReasonCode], *_: object) -> None:
        granted.extend(code.value for code in codes)
        ready.set()

    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.connect("127.0.0.1", listener.port)
    client.loop_start()
    assert await asyncio.to_thread(partial(ready.wait, PATIENCE_S))
    for topic, payload in published:
        await asyncio.to_thread(client.publish(topic, payload, qos=1).wait_for_publish, PATIENCE_S)
    client.disconnect()
    await asyncio.to_thread(client.loop_stop)
    assert granted == [1] * len(DEVICE + GATEWAY)
    assert [(delivery.topic, delivery.payload) for delivery in sink.deliveries] == list(published)
    assert {delivery.enterprise for delivery in sink.deliveries} == {"ent"}
