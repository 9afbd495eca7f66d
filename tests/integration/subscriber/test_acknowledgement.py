"""An acknowledgement says committed, in order, and only on the connection that delivered."""

from __future__ import annotations

import asyncio

import pytest

from ingest.delivery import Outcome, Receipt
from tests.integration.subscriber.conftest import Workers
from tests.integration.subscriber.support import READINGS, STATUS, SUBSCRIBE, Cable, Mosquitto, Sink, Strays


async def test_a_message_is_acknowledged_after_its_commit_and_in_the_order_of_arrival(
    cabled: Workers, cable: Cable, broker: Mosquitto, sink: Sink
) -> None:
    sink.held = True
    await cabled.start()
    await broker.publish(b"1", b"2", b"3")
    await sink.received(3)
    sink.release(1, 2)
    await sink.until(lambda: len(sink.committed) == 2)
    assert cable.acknowledged() == [], "the first is not committed yet"
    sink.release(0)
    await cable.until(lambda: len(cable.acknowledged()) == 3)
    assert cable.acknowledged() == cable.delivered()
    assert [delivery.payload for delivery in sink.deliveries] == [b"1", b"2", b"3"]
    first = sink.deliveries[0]
    assert (first.enterprise, first.topic, first.qos, first.duplicate, first.oversize) == (
        "ent",
        READINGS,
        1,
        False,
        False,
    )


async def test_what_the_store_did_not_take_comes_again(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    payloads = {b"%d" % number for number in range(200)}
    sink.unavailable = True
    worker = await workers.start()
    await broker.publish(*payloads)
    await sink.received(len(payloads))
    await worker.until(lambda: worker.sample("disconnects_total", cause="sink_unavailable") >= 2)
    sink.unavailable = False
    await sink.has_committed(payloads)
    assert any(delivery.duplicate for delivery in sink.deliveries)
    await worker.until(lambda: worker.sample("acknowledged_total") == len(payloads))


async def test_a_pending_acknowledgement_is_dropped_with_its_connection(
    cabled: Workers, cable: Cable, broker: Mosquitto, sink: Sink
) -> None:
    sink.held = True
    worker = await cabled.start()
    await broker.publish(b"1", b"2")
    await sink.received(2)
    cable.cut()
    await worker.until(lambda: worker.sample("connections") == 0)
    sink.held = False
    sink.release()
    await sink.received(4)
    await cable.until(lambda: len(cable.acknowledged()) == 2)
    assert cable.acknowledged(1) == []
    assert cable.acknowledged(2) == cable.delivered(2)
    assert [delivery.payload for delivery in sink.deliveries] == [b"1", b"2", b"1", b"2"]
    assert [delivery.duplicate for delivery in sink.deliveries] == [False, False, True, True]


async def test_every_connection_subscribes_anew(cabled: Workers, cable: Cable, broker: Mosquitto, sink: Sink) -> None:
    worker = await cabled.start()
    for count in (2, 3):
        cable.cut()
        await cable.until(
            lambda count=count: [s.connection for s in cable.sent if s.kind == SUBSCRIBE] == list(range(1, count + 1))  # type: ignore[misc]
        )
        await worker.subscribed()
    assert worker.sample("sessions_lost_total") == 0
    await broker.publish(b"after")
    await sink.has_committed({b"after"})


async def test_the_broker_holds_no_more_than_the_window_open(
    cabled: Workers, cable: Cable, broker: Mosquitto, sink: Sink
) -> None:
    sink.held = True
    worker = await cabled.start(receive_maximum=5)
    payloads = [b"%d" % number for number in range(50)]
    await broker.publish(*payloads)
    await sink.received(5)
    assert len(cable.delivered()) == 5
    assert worker.sample("unacknowledged") == 5
    sink.held = False
    sink.release(0)
    await sink.received(6)
    assert len(cable.delivered()) == 6
    sink.release(1, 2, 3, 4)
    await sink.has_committed(set(payloads))
    assert len(cable.delivered()) == 50


async def test_a_flood_at_qos_0_is_not_read_beyond_the_bounds(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    sink.held = True
    worker = await workers.start(max_unanswered_bytes=10_000)
    await broker.publish(*([bytes(4_000)] * 500), qos=0)
    await sink.received(3)
    await worker.until(lambda: worker.sample("pauses_total") == 1)
    assert len(sink.deliveries) == 3
    sink.held = False
    sink.release()
    await sink.received(500)
    assert worker.sample("messages_total", qos="0") == 500
    assert worker.sample("acknowledged_total") == 0


async def test_a_message_that_never_can_be_stored_does_not_block_the_others(
    workers: Workers, broker: Mosquitto, sink: Sink, strays: Strays
) -> None:
    sink.poison = {b"poison"}
    worker = await workers.start(receive_maximum=3)
    payloads = [b"%d" % number for number in range(10)]
    await broker.publish(b"poison", *payloads)
    await worker.until(lambda: worker.sample("acknowledged_total") == 11)
    await sink.has_committed(set(payloads))
    (note,) = strays.notes
    assert (note.sender, note.topic, note.payload, note.reason) == ("ent", READINGS, b"poison", "unstorable")


async def test_a_store_that_is_down_condemns_nothing(
    workers: Workers, broker: Mosquitto, sink: Sink, strays: Strays
) -> None:
    sink.unavailable = True
    worker = await workers.start()
    await broker.publish(b"1", b"2")
    await worker.until(lambda: worker.sample("disconnects_total", cause="sink_unavailable") >= 6)
    sink.unavailable = False
    await sink.has_committed({b"1", b"2"})
    assert strays.notes == []


async def test_an_oversize_message_is_handed_over_by_its_head(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    worker = await workers.start()
    size = 256 * 1024
    await broker.publish(b"x" * size, b"y" * (size + 1), b"z" * 3_000_000, b"after")
    await worker.until(lambda: worker.sample("acknowledged_total") == 4)
    assert [(len(d.payload), d.payload_size, d.oversize) for d in sink.deliveries] == [
        (size, size, False),
        (4096, size + 1, True),
        (4096, 3_000_000, True),
        (5, 5, False),
    ]


async def test_reports_and_commands_go_to_the_gateway(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    command = ("spBv1.0/ent/NCMD/node1", b"rebirth")
    sink.receipts[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, b'{"refused":1}', "gw1")
    sink.receipts[b"asks"] = Receipt(Outcome.STORED, None, None, (command,))
    worker = await workers.start()
    async with broker.client() as gateway:
        await gateway.subscribe("plantwatch/v1/ent/+/rejects", qos=1)
        await gateway.subscribe("spBv1.0/ent/NCMD/#", qos=1)
        await gateway.publish(READINGS, b"bad", qos=1)
        await gateway.publish(READINGS, b"asks", qos=1)
        heard = []
        async with asyncio.timeout(20):
            async for message in gateway.messages:
                heard.append((str(message.topic), message.payload))
                if len(heard) == 2:
                    break
    assert heard == [("plantwatch/v1/ent/gw1/rejects", b'{"refused":1}'), command]
    assert worker.sample("refusals_total", outcome="refused_payload") == 1
    assert len(sink.deliveries) == 2, "neither comes back to us"


@pytest.mark.parametrize(
    ("topic", "sender", "reason"),
    [
        ("plantwatch/v1/nobody/gw1/readings", "nobody", "unknown_enterprise"),
        ("plantwatch/v1/No Body/gw1/readings", "", "bad_topic"),
        ("spBv1.0/nobody/NBIRTH/node1", "nobody", "unknown_enterprise"),
    ],
)
async def test_a_message_of_nobody_is_noted_and_acknowledged(
    workers: Workers, broker: Mosquitto, sink: Sink, strays: Strays, topic: str, sender: str, reason: str
) -> None:
    worker = await workers.start()
    await broker.publish(b"n" * 5000, topic=topic)
    await broker.publish(b"mine")
    await sink.has_committed({b"mine"})
    await worker.until(lambda: worker.sample("acknowledged_total") == 2)
    (note,) = strays.notes
    assert note == (sender, topic, b"n" * 4096, 5000, reason)
    assert len(sink.deliveries) == 1
    assert worker.sample("strays_total", reason=reason) == 1


async def test_a_stray_that_cannot_be_noted_is_not_acknowledged(
    workers: Workers, broker: Mosquitto, strays: Strays
) -> None:
    strays.unavailable = True
    worker = await workers.start()
    await broker.publish(b"x", topic="plantwatch/v1/nobody/gw1/readings")
    await worker.until(lambda: worker.sample("disconnects_total", cause="sink_unavailable") >= 1)
    assert worker.sample("acknowledged_total") == 0
    strays.unavailable = False
    await strays.until(lambda: len(strays.notes) == 1)


async def test_statuses_are_reported_and_retained_ones_are_fetched(
    workers: Workers, broker: Mosquitto, sink: Sink
) -> None:
    await broker.publish(b"online", topic=STATUS, retain=True)
    worker = await workers.start()
    await sink.until(lambda: len(sink.statuses) == 1)
    await broker.publish(b"offline", b"online", b"offline", topic=STATUS, retain=True)
    await broker.publish(b"asleep", topic=STATUS)
    await worker.until(lambda: worker.sample("acknowledged_total") == 5)
    assert sink.statuses == [("ent", "gw1", word) for word in (True, False, True, False)]
    assert [delivery.payload for delivery in sink.deliveries] == [b"asleep"]


async def test_the_reports_of_the_platform_are_not_taken_in(workers: Workers, broker: Mosquitto, sink: Sink) -> None:
    await workers.start()
    await broker.publish(b"x", topic="plantwatch/v1/ent/gw1/rejects")
    await broker.publish(b"x", topic="spBv1.0/ent/NCMD/node1")
    await broker.publish(b"born", topic="spBv1.0/ent/NBIRTH/node1")
    await broker.publish(b"data", topic="spBv1.0/ent/DDATA/node1/device1")
    await sink.has_committed({b"born", b"data"})
    assert [delivery.payload for delivery in sink.deliveries] == [b"born", b"data"]


async def test_stopping_acknowledges_what_is_at_the_sink(
    cabled: Workers, cable: Cable, broker: Mosquitto, sink: Sink
) -> None:
    sink.held = True
    worker = await cabled.start()
    await broker.publish(b"1", b"2")
    await sink.received(2)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    sink.release()
    await stopping
    await cable.until(lambda: len(cable.acknowledged()) == 2)
    assert worker.sample("disconnects_total", cause="stopped") == 1
