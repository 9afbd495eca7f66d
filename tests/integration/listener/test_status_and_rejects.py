"""Statuses, last wills, subscriptions to one's own rejects, and refusals of everybody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import mqtt5
import pytest

from ingest.delivery import Outcome, Receipt
from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import NOW, READINGS, REJECTS, STATUS, RecordingSink, publish5

Sample = Callable[..., float]
ANY_REJECTS = "plantwatch/v1/ent/+/rejects"
OFFLINE_WILL = (STATUS, b"offline", 1, True)


async def test_a_status_is_recorded_before_it_is_acknowledged(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    client = await connect311(listener)
    client.send(wire311.publish(STATUS, b"online", qos=1, packet_id=1, retain=True))
    assert await client.packet() == b"\x40\x02\x00\x01"
    client.send(wire311.publish(STATUS, b"offline", qos=2, packet_id=2, retain=True))
    assert await client.packet() == b"\x50\x02\x00\x02"
    assert sink.statuses == [("ent", "gw1", True), ("ent", "gw1", False)]
    assert sink.status_times == [NOW, NOW]
    assert sink.deliveries == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [(STATUS, b"asleep"), (STATUS, b""), ("plantwatch/v1/other/gw1/status", b"online")],
    ids=["unknown word", "empty", "another enterprise"],
)
async def test_what_is_no_status_of_ones_own_is_left_to_the_sink_to_refuse(
    listener: Listener, connect311: Open, sink: RecordingSink, topic: str, payload: bytes
) -> None:
    client = await connect311(listener)
    client.send(wire311.publish(topic, payload, qos=1, packet_id=1))
    assert await client.packet() == b"\x40\x02\x00\x01"
    assert [(d.enterprise, d.topic, d.payload) for d in sink.deliveries] == [("ent", topic, payload)]
    assert sink.statuses == []


async def test_a_status_that_cannot_be_stored_is_not_acknowledged(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    sink.unavailable = True
    client = await connect311(listener)
    client.send(wire311.publish(STATUS, b"online", qos=1, packet_id=1))
    await client.ended()


async def test_a_client_that_vanishes_leaves_its_will(
    listener: Listener, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    client = await connect311(listener, will=OFFLINE_WILL)
    client.drop()
    await sink.until(lambda: sink.statuses == [("ent", "gw1", False)])
    assert sample("wills_total") == 1


async def test_a_protocol_error_is_no_graceful_end(listener: Listener, connect311: Open, sink: RecordingSink) -> None:
    client = await connect311(listener, will=OFFLINE_WILL)
    client.send(b"\x00\x00")
    await client.ended()
    await sink.until(lambda: sink.statuses == [("ent", "gw1", False)])


async def test_who_says_goodbye_takes_its_will_along(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink
) -> None:
    client = await connect311(listener, "a", will=OFFLINE_WILL)
    client.send(wire311.DISCONNECT)
    await client.ended()
    client = await connect5(listener, "b", will=mqtt5.Will(STATUS, payload=b"offline"))
    client.send(mqtt5.DisconnectPacket().write())
    await client.ended()
    await listener.stop()
    assert sink.statuses == []


async def test_version_5_may_say_goodbye_and_leave_its_will(
    listener: Listener, connect5: Open, sink: RecordingSink
) -> None:
    client = await connect5(listener, will=mqtt5.Will(STATUS, payload=b"offline"))
    reason = mqtt5.DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE
    client.send(mqtt5.DisconnectPacket(reason_code=reason).write())
    await client.ended()
    await sink.until(lambda: sink.statuses == [("ent", "gw1", False)])


async def test_a_will_to_another_topic_is_a_delivery(listener: Listener, connect311: Open, sink: RecordingSink) -> None:
    client = await connect311(listener, will=(READINGS, b"last words", 2, True))
    client.drop()
    await sink.received(1)
    (delivery,) = sink.deliveries
    assert (delivery.enterprise, delivery.client_id, delivery.topic) == ("ent", "c1", READINGS)
    assert (delivery.payload, delivery.qos, delivery.retain) == (b"last words", 2, True)


async def test_a_will_for_another_enterprise_is_no_status(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    topic = "plantwatch/v1/other/gw1/status"
    client = await connect311(listener, will=(topic, b"offline", 0, True))
    client.drop()
    await sink.received(1)
    assert (sink.deliveries[0].enterprise, sink.deliveries[0].topic) == ("ent", topic)
    assert sink.statuses == []


async def test_the_will_of_the_old_connection_comes_before_the_word_of_the_new(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    await connect311(listener, "same", will=OFFLINE_WILL)
    client = await connect311(listener, "same", will=OFFLINE_WILL)
    client.send(wire311.publish(STATUS, b"online", qos=1, packet_id=1))
    assert await client.packet() == b"\x40\x02\x00\x01"
    assert sink.statuses == [("ent", "gw1", False), ("ent", "gw1", True)]


async def test_statuses_are_recorded_one_after_the_other(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    gate = sink.status_gate = asyncio.Event()
    client = await connect311(listener)
    client.send(wire311.publish(STATUS, b"online", qos=1, packet_id=1))
    client.send(wire311.publish(STATUS, b"offline", qos=1, packet_id=2))
    await client.silent()
    gate.set()
    assert [await client.packet(), await client.packet()] == [b"\x40\x02\x00\x01", b"\x40\x02\x00\x02"]
    assert sink.statuses == [("ent", "gw1", True), ("ent", "gw1", False)]


async def test_a_stop_waits_for_the_last_wills(
    listener: Listener, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    gate = sink.status_gate = asyncio.Event()
    client = await connect311(listener, will=OFFLINE_WILL)
    client.drop()
    other = await connect311(listener, "other")
    while not sample("wills_total"):
        await other.silent()
    await other.close()
    stopping = asyncio.create_task(listener.stop())
    done, _ = await asyncio.wait({stopping}, timeout=0.1)
    assert not done
    gate.set()
    await stopping
    assert sink.statuses == [("ent", "gw1", False)]


@pytest.mark.parametrize("version", ["3.1.1", "5.0"])
async def test_foreign_subscriptions_are_refused_one_by_one(
    listener: Listener, connect311: Open, connect5: Open, version: str
) -> None:
    patterns = [REJECTS, "plantwatch/v1/other/gw1/rejects", ANY_REJECTS, "#", READINGS, STATUS]
    if version == "3.1.1":
        client = await connect311(listener)
        client.send(wire311.subscribe(4, *((pattern, 2) for pattern in patterns)))
        assert await client.packet() == b"\x90\x08\x00\x04" + bytes((1, 0x80, 1, 0x80, 0x80, 1))
    else:
        client = await connect5(listener)
        client.send(mqtt5.SubscribePacket(4, [mqtt5.TopicFilter(pattern) for pattern in patterns]).write())
        answer = await client.packet5()
        assert isinstance(answer, mqtt5.SubAckPacket)
        assert answer.reason_codes == [1, 0x87, 1, 0x87, 0x87, 1]


async def test_shared_subscriptions_and_identifiers_are_refused(listener: Listener, connect5: Open) -> None:
    client = await connect5(listener)
    client.send(mqtt5.SubscribePacket(4, [mqtt5.TopicFilter(f"$share/g/{REJECTS}")]).write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.SubAckPacket)
    assert answer.reason_codes == [mqtt5.SubAckReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED]
    client.send(mqtt5.SubscribePacket(5, [mqtt5.TopicFilter(REJECTS)], subscription_id=1).write())
    goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is mqtt5.DisconnectReasonCode.SUBSCRIPTION_IDS_NOT_SUPPORTED


async def test_only_so_many_subscriptions(start: Start, connect311: Open) -> None:
    client = await connect311(await start(max_subscriptions=1))
    client.send(wire311.subscribe(1, (REJECTS, 0), (STATUS, 0), (REJECTS, 1)))
    assert await client.packet() == b"\x90\x05\x00\x01\x00\x80\x01"


async def test_what_was_refused_is_told_to_those_who_asked(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink
) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, b'{"count":1}', "gw1")
    sink.outcomes[b"second"] = Receipt(Outcome.PARTLY_REFUSED, b'{"count":2}', "gw2")
    gateway = await connect311(listener, "gateway")
    gateway.send(wire311.subscribe(1, (REJECTS, 1)))
    office = await connect5(listener, "office")
    office.send(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(ANY_REJECTS, max_qos=mqtt5.QoS(0))]).write())
    stranger = await connect311(listener, "stranger", username="other")
    stranger.send(wire311.subscribe(1, ("plantwatch/v1/other/gw1/rejects", 1)))
    for client in (gateway, office, stranger):
        assert (await client.packet())[0] == 0x90
    gateway.send(wire311.publish(READINGS, b"bad"))
    assert await gateway.packet() == wire311.publish(REJECTS, b'{"count":1}', qos=1, packet_id=1)
    gateway.send(wire311.acknowledge(0x40, 1), wire311.publish(READINGS, b"second"))
    for topic, payload in ((REJECTS, b'{"count":1}'), (REJECTS.replace("gw1", "gw2"), b'{"count":2}')):
        told = await office.packet5()
        assert isinstance(told, mqtt5.PublishPacket)
        assert (told.topic, told.payload, told.qos) == (topic, payload, mqtt5.QoS.AT_MOST_ONCE)
    for client in (gateway, stranger):
        await client.silent()


async def test_reports_fall_to_qos_0_while_the_clients_window_is_full(
    listener: Listener, connect5: Open, sink: RecordingSink
) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, b"report", "gw1")
    client = await connect5(listener, receive_max=1)
    client.send(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(REJECTS)]).write())
    await client.packet()
    qos = []
    for answer in (b"", b"", wire311.acknowledge(0x40, 1)):
        client.send(answer, publish5(b"bad"))
        told = await client.packet5()
        assert isinstance(told, mqtt5.PublishPacket)
        qos.append(told.qos)
    assert qos == [1, 0, 1]


async def test_who_unsubscribes_is_told_no_more(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink
) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, b"report", "gw1")
    client = await connect311(listener, "a")
    client.send(wire311.subscribe(1, (REJECTS, 0)), wire311.unsubscribe(2, REJECTS))
    client.send(wire311.publish(READINGS, b"bad", qos=1, packet_id=3))
    assert [(await client.packet())[0] for _ in range(3)] == [0x90, 0xB0, 0x40]
    await client.silent()
    client = await connect5(listener, "b")
    client.send(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(REJECTS)]).write())
    await client.packet()
    client.send(mqtt5.UnsubscribePacket(2, [REJECTS, STATUS]).write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.UnsubAckPacket)
    assert answer.reason_codes == [0x00, 0x11]


async def test_a_subscription_ends_with_its_connection(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, b"report", "gw1")
    client = await connect311(listener, "a")
    client.send(wire311.subscribe(1, (REJECTS, 0)))
    await client.packet()
    client.send(wire311.DISCONNECT)
    await client.ended()
    assert len(listener._hub.subscriptions) == 0
    client = await connect311(listener, "a", clean=False)
    client.send(wire311.publish(READINGS, b"bad", qos=1, packet_id=1))
    assert await client.packet() == b"\x40\x02\x00\x01"
    await client.silent()


async def test_a_subscriber_gets_the_last_status_and_then_each_change(
    listener: Listener, connect311: Open, connect5: Open
) -> None:
    gateway = await connect311(listener, "gateway", will=OFFLINE_WILL)
    gateway.send(wire311.publish(STATUS, b"online", qos=1, packet_id=1, retain=True))
    await gateway.packet()
    office = await connect311(listener, "office")
    office.send(wire311.subscribe(1, (STATUS, 0)))
    assert (await office.packet())[0] == 0x90
    assert await office.packet() == wire311.publish(STATUS, b"online", retain=True)
    gateway.drop()
    assert await office.packet() == wire311.publish(STATUS, b"offline")
    late = await connect5(listener, "late")
    never = mqtt5.TopicFilter(STATUS, retain_handling=mqtt5.RetainHandling.SEND_NEVER)
    late.send(mqtt5.SubscribePacket(1, [never]).write())
    assert isinstance(await late.packet5(), mqtt5.SubAckPacket)
    await late.silent()


async def test_a_subscriber_to_an_unknown_status_gets_nothing_yet(listener: Listener, connect311: Open) -> None:
    client = await connect311(listener)
    client.send(wire311.subscribe(1, (STATUS, 0)))
    assert (await client.packet())[0] == 0x90
    await client.silent()
