"""PUBACK means stored: acknowledgements and their order, back-pressure, QoS 2, aliases, oversize."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

import mqtt5
import pytest

from ingest.delivery import Delivery, Outcome, Receipt
from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import NOW, READINGS, RecordingSink, publish5

Sample = Callable[..., float]
DISCONNECTS = mqtt5.DisconnectReasonCode


def puback(packet_id: int) -> bytes:
    return wire311.acknowledge(0x40, packet_id)


def pubrec(packet_id: int) -> bytes:
    return wire311.acknowledge(0x50, packet_id)


def pubrel(packet_id: int) -> bytes:
    return wire311.acknowledge(0x62, packet_id)


def pubcomp(packet_id: int) -> bytes:
    return wire311.acknowledge(0x70, packet_id)


async def test_a_delivery_is_what_was_sent(listener: Listener, connect311: Open, sink: RecordingSink) -> None:
    client = await connect311(listener, "gateway 1")
    client.send(wire311.publish("any/topic", b"\x00\xff", qos=1, packet_id=9, retain=True, duplicate=True))
    assert await client.packet() == puback(9)
    assert sink.deliveries == [
        Delivery("ent", "gateway 1", "any/topic", b"\x00\xff", 2, 1, True, True, NOW, oversize=False)
    ]


@pytest.mark.parametrize("version", ["3.1.1", "5.0"])
async def test_nothing_is_acknowledged_before_it_is_stored(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink, version: str
) -> None:
    sink.held = True
    client = await (connect311 if version == "3.1.1" else connect5)(listener)
    client.send(
        wire311.publish(READINGS, b"x", qos=1, packet_id=7)
        if version == "3.1.1"
        else publish5(b"x", qos=1, packet_id=7)
    )
    await sink.received(1)
    await client.silent()
    sink.release()
    assert await client.packet() == puback(7)


async def test_acknowledgements_come_in_the_order_of_the_messages(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    sink.held = True
    client = await connect311(listener)
    client.send(*(wire311.publish(READINGS, b"%d" % n, qos=1, packet_id=n) for n in (11, 12, 13)))
    await sink.received(3)  # all at the sink at once, so that it can commit them together
    sink.release(2)
    await client.silent()
    sink.release(0)
    assert await client.packet() == puback(11)
    await client.silent()
    sink.release(1)
    assert [await client.packet(), await client.packet()] == [puback(12), puback(13)]


async def test_qos_0_is_submitted_and_not_answered(
    listener: Listener, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    client = await connect311(listener)
    client.send(wire311.publish(READINGS, b"x"))
    await sink.received(1)
    await client.silent()
    assert sample("publishes_total", qos="0") == 1


async def test_qos_2_is_recorded_before_pubrec_and_once(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    sink.held = True
    client = await connect311(listener)
    message = wire311.publish(READINGS, b"x", qos=2, packet_id=5)
    again = wire311.publish(READINGS, b"x", qos=2, packet_id=5, duplicate=True)
    client.send(message)
    await sink.received(1)
    client.send(again)
    await client.silent()
    sink.release()
    assert await client.packet() == pubrec(5)
    client.send(again)
    assert await client.packet() == pubrec(5)
    client.send(pubrel(5))
    assert await client.packet() == pubcomp(5)
    assert sink.payloads == [b"x"]
    client.send(message)  # the identifier is free again: this is another message
    await sink.received(2)


async def test_pubrel_of_something_unknown_is_completed(listener: Listener, connect311: Open, connect5: Open) -> None:
    client = await connect311(listener, "a")
    client.send(pubrel(5))
    assert await client.packet() == pubcomp(5)
    client = await connect5(listener, "b")
    client.send(mqtt5.PubRelPacket(5).write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.PubCompPacket)
    assert answer.reason_code is mqtt5.PubCompReasonCode.PACKET_ID_NOT_FOUND


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.STORED, 0x00),
        (Outcome.PARTLY_REFUSED, 0x00),
        (Outcome.REFUSED_PAYLOAD, 0x99),
        (Outcome.REFUSED_TOPIC, 0x90),
        (Outcome.REFUSED_TENANT, 0x87),
    ],
)
async def test_outcomes_have_their_reason_codes(
    listener: Listener,
    connect311: Open,
    connect5: Open,
    sink: RecordingSink,
    sample: Sample,
    outcome: Outcome,
    code: int,
) -> None:
    sink.outcomes[b"x"] = Receipt(outcome, None, "gw1")
    client = await connect5(listener, "five")
    client.send(publish5(b"x", qos=1, packet_id=1), publish5(b"x", qos=2, packet_id=2))
    first, second = await client.packet5(), await client.packet5()
    assert isinstance(first, mqtt5.PubAckPacket)
    assert isinstance(second, mqtt5.PubRecPacket)
    assert (int(first.reason_code), int(second.reason_code)) == (code, code)
    assert (first.reason_str is not None) is (outcome is Outcome.PARTLY_REFUSED)
    client = await connect311(listener, "three")
    client.send(wire311.publish(READINGS, b"x", qos=1, packet_id=1))
    assert await client.packet() == puback(1)
    if outcome is not Outcome.STORED:
        assert sample("refusals_total", outcome=outcome.value) == 3


async def test_a_refused_qos_2_message_of_version_5_is_over_with_its_pubrec(
    listener: Listener, connect5: Open, sink: RecordingSink
) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, None, "gw1")
    client = await connect5(listener)
    client.send(publish5(b"bad", qos=2, packet_id=1))
    await client.packet()
    client.send(publish5(b"good", qos=2, packet_id=1))
    await client.packet()
    assert sink.payloads == [b"bad", b"good"]


@pytest.mark.parametrize("version", ["3.1.1", "5.0"])
async def test_without_a_store_nothing_is_acknowledged_and_the_client_is_sent_away(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink, version: str
) -> None:
    sink.held = True
    client = await (connect311 if version == "3.1.1" else connect5)(listener)
    client.send(*(wire311.publish(READINGS, b"x", qos=1, packet_id=1),) if version == "3.1.1" else ())
    client.send(*(publish5(b"x", qos=1, packet_id=1),) if version == "5.0" else ())
    await sink.received(1)
    sink.unavailable = True
    sink.release()
    if version == "5.0":
        goodbye = await client.packet5()
        assert isinstance(goodbye, mqtt5.DisconnectPacket)
        assert goodbye.reason_code is DISCONNECTS.SERVER_BUSY
    await client.ended()


async def test_what_was_stored_before_the_failure_is_acknowledged_and_nothing_after_it(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    sink.held = True
    client = await connect311(listener)
    client.send(*(wire311.publish(READINGS, b"%d" % n, qos=1, packet_id=n) for n in (1, 2, 3)))
    await sink.received(3)
    sink.release(0)
    assert await client.packet() == puback(1)
    sink.unavailable = True
    sink.release(1)
    await client.ended()
    sink.unavailable = False
    sink.release(2)


async def test_a_client_that_was_sent_away_redelivers(
    listener: Listener, connect311: Open, sink: RecordingSink
) -> None:
    sink.unavailable = True
    client = await connect311(listener)
    client.send(wire311.publish(READINGS, b"x", qos=1, packet_id=1))
    await client.ended()
    sink.unavailable = False
    client = await connect311(listener)
    client.send(wire311.publish(READINGS, b"x", qos=1, packet_id=1, duplicate=True))
    assert await client.packet() == puback(1)
    assert sink.deliveries[-1].duplicate


async def test_a_defect_of_the_sink_ends_one_connection_and_is_logged(
    listener: Listener, connect5: Open, sink: RecordingSink, caplog: pytest.LogCaptureFixture
) -> None:
    client, other = await connect5(listener, "a"), await connect5(listener, "b")
    sink.broken = True
    with caplog.at_level(logging.ERROR):
        client.send(publish5(b"x", qos=1, packet_id=1))
        goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is DISCONNECTS.UNSPECIFIED_ERROR
    assert [record.getMessage() for record in caplog.records] == ["the sink failed"]
    await other.silent()


async def test_a_defect_of_ours_ends_one_connection_and_is_logged(
    start: Start, connect5: Open, caplog: pytest.LogCaptureFixture, sample: Sample
) -> None:
    def stopped_clock() -> datetime:
        raise ZeroDivisionError("a defect")

    listener = await start({"now": stopped_clock})
    client, other = await connect5(listener, "a"), await connect5(listener, "b")
    with caplog.at_level(logging.ERROR):
        client.send(publish5(b"x", qos=1, packet_id=1))
        goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is DISCONNECTS.UNSPECIFIED_ERROR
    assert [record.getMessage() for record in caplog.records] == ["a packet could not be handled"]
    await other.silent()
    assert sample("disconnects_total", reason="internal_error") == 1


@pytest.mark.parametrize("limits", [{"max_inflight": 4}, {"max_inflight_bytes": 40}], ids=["count", "bytes"])
async def test_reading_stops_while_enough_is_at_the_sink(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample, limits: dict[str, int]
) -> None:
    listener = await start(**limits)
    sink.held = True
    client, other = await connect311(listener, "a"), await connect311(listener, "b")
    client.send(*(wire311.publish(READINGS, b"x" * 10) for _ in range(10)), wire311.PING)
    await sink.received(4)
    for _ in range(3):
        await other.silent()  # the loop turns, and others are served
    assert len(sink.deliveries) == 4
    assert sample("pauses_total") == 1
    for taken in range(4, 10):
        sink.release(taken - 4)
        await sink.received(taken + 1)
        assert len(sink.deliveries) == taken + 1
    sink.release()
    assert await client.packet() == wire311.PONG


async def test_a_client_that_writes_faster_than_the_sink_waits_in_its_own_socket(
    start: Start, connect311: Open, sink: RecordingSink
) -> None:
    """64 MB cannot be in flight: they stay with the sender until the sink takes them."""
    listener = await start(max_inflight=2)
    sink.held = True
    client = await connect311(listener)
    count = 320
    client.send(*(wire311.publish(READINGS, b"x" * 200_000) for _ in range(count)))
    await sink.received(2)
    assert client.writer.transport.get_write_buffer_size() > 30_000_000
    assert len(sink.deliveries) == 2
    sink.held = False
    sink.release()
    await sink.received(count)


async def test_topic_aliases_are_resolved(listener: Listener, connect5: Open, sink: RecordingSink) -> None:
    client = await connect5(listener)
    client.send(publish5(b"1", topic="a/b", alias=1, qos=1, packet_id=1))
    client.send(publish5(b"2", topic="", alias=1), publish5(b"3", topic="c/d", alias=1))
    client.send(publish5(b"4", topic="", alias=1))
    await sink.received(4)
    assert [delivery.topic for delivery in sink.deliveries] == ["a/b", "a/b", "c/d", "c/d"]


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (publish5(b"x", topic="", alias=2), DISCONNECTS.PROTOCOL_ERROR),
        (publish5(b"x", alias=33), DISCONNECTS.TOPIC_ALIAS_INVALID),
        (b"\x36\x08\x00\x01a\x00\x01\x00xx", DISCONNECTS.MALFORMED_PACKET),
        (wire311.packet(0x30, wire311.text(b"\xff") + b"\0"), DISCONNECTS.MALFORMED_PACKET),
        (wire311.packet(0x30, wire311.text("a/#") + b"\0"), DISCONNECTS.TOPIC_NAME_INVALID),
        (b"\x30\xff\xff\xff\xff\x01", DISCONNECTS.MALFORMED_PACKET),
        (b"\x82\xff\xff\xff\x7f", DISCONNECTS.PACKET_TOO_LARGE),
        (mqtt5.AuthPacket().write(), DISCONNECTS.PROTOCOL_ERROR),
        (pubrec(1), DISCONNECTS.PROTOCOL_ERROR),
    ],
    ids=["alias unknown", "alias too high", "QoS 3", "not UTF-8", "wildcard", "length", "large", "auth", "pubrec"],
)
async def test_broken_packets_of_version_5_are_answered_with_a_reason(
    listener: Listener, connect5: Open, wire: bytes, reason: mqtt5.DisconnectReasonCode, sample: Sample
) -> None:
    client, other = await connect5(listener, "a"), await connect5(listener, "b")
    client.send(wire)
    goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is reason
    await client.ended()
    await other.silent()
    assert sample("disconnects_total", reason="protocol_error") == 1


async def test_the_reason_reaches_a_client_that_is_busy_sending(listener: Listener, connect5: Open) -> None:
    """Closing at once would reset the connection under its hands, and the reason with it."""
    client = await connect5(listener)
    client.send(b"\x00\x00", b"x" * 20_000_000)
    assert isinstance(await client.packet5(), mqtt5.DisconnectPacket)
    await client.ended()
    await client.writer.drain()  # raises ConnectionResetError when the rest is not taken


async def test_broken_packets_of_311_close_the_connection(
    listener: Listener, connect311: Open, sink: RecordingSink, caplog: pytest.LogCaptureFixture
) -> None:
    client = await connect311(listener)
    with caplog.at_level(logging.INFO):
        client.send(wire311.publish(READINGS, b"x", qos=1, packet_id=0))
        await client.ended()
    assert sink.deliveries == []
    assert len([r for r in caplog.records if "broke the protocol" in r.getMessage()]) == 1


async def test_too_many_qos_2_messages_without_release(start: Start, connect5: Open, sink: RecordingSink) -> None:
    client = await connect5(await start(max_inflight=2))
    for packet_id in (1, 2):
        client.send(publish5(b"x", qos=2, packet_id=packet_id))
        assert await client.packet() == pubrec(packet_id)
    client.send(publish5(b"x", qos=2, packet_id=3))
    goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is DISCONNECTS.RECEIVE_MAX_EXCEEDED
    assert len(sink.deliveries) == 2


BIG = bytes(range(256)) * 1_200  # 300 KiB


@pytest.mark.parametrize("size", [256 * 1024 + 1, 300 * 1024, 3_000_000])
async def test_oversize_in_311_is_recorded_acknowledged_and_survived(
    listener: Listener, connect311: Open, sink: RecordingSink, size: int
) -> None:
    sink.outcomes[BIG[:4096]] = Receipt(Outcome.REFUSED_OVERSIZE, None, "gw1")
    client = await connect311(listener)
    payload = (BIG * 10)[:size]
    client.send(wire311.publish(READINGS, payload, qos=1, packet_id=1))
    client.send(wire311.publish(READINGS, b"next", qos=1, packet_id=2))
    assert [await client.packet(), await client.packet()] == [puback(1), puback(2)]
    big, following = sink.deliveries
    assert (big.oversize, big.payload, big.payload_size) == (True, payload[:4096], size)
    assert (big.topic, big.qos) == (READINGS, 1)
    assert following.payload == b"next"


async def test_the_largest_allowed_payload_is_not_oversize(
    listener: Listener, connect311: Open, connect5: Open, sink: RecordingSink
) -> None:
    payload = BIG[: 256 * 1024]
    client = await connect311(listener, "a")
    client.send(wire311.publish(READINGS, payload, qos=1, packet_id=1))
    assert await client.packet() == puback(1)
    client = await connect5(listener, "b")
    client.send(publish5(payload, qos=1, packet_id=1))
    assert await client.packet() == puback(1)
    assert [(d.oversize, d.payload) for d in sink.deliveries] == [(False, payload)] * 2


@pytest.mark.parametrize("size", [256 * 1024 + 1, 3_000_000])
async def test_oversize_in_5_is_recorded_answered_and_ends_the_connection(
    listener: Listener, connect5: Open, sink: RecordingSink, size: int, sample: Sample
) -> None:
    """The PUBACK before the DISCONNECT keeps the client from sending the same message for ever."""
    sink.outcomes[BIG[:4096]] = Receipt(Outcome.REFUSED_OVERSIZE, None, "gw1")
    client = await connect5(listener)
    client.send(publish5(b"", topic="a/b", alias=1))
    client.send(publish5((BIG * 10)[:size], topic="", alias=1, qos=1, packet_id=1), publish5(b"never read"))
    answer, goodbye = await client.packet5(), await client.packet5()
    assert isinstance(answer, mqtt5.PubAckPacket)
    assert answer.reason_code is mqtt5.PubAckReasonCode.QUOTA_EXCEEDED
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is DISCONNECTS.PACKET_TOO_LARGE
    await client.ended()
    first, big = sink.deliveries
    assert first.topic == big.topic == "a/b"
    assert (big.oversize, big.payload, big.payload_size) == (True, BIG[:4096], size)
    assert sample("disconnects_total", reason="oversize") == 1


@pytest.mark.parametrize("version", ["3.1.1", "5.0"])
async def test_beyond_the_drain_limit_the_head_is_recorded_and_the_connection_closed(
    start: Start, connect311: Open, connect5: Open, sink: RecordingSink, version: str
) -> None:
    listener = await start(oversize_drain_bytes=1_000_000)
    client = await (connect311 if version == "3.1.1" else connect5)(listener)
    properties = b"" if version == "3.1.1" else b"\0"
    body = wire311.text(READINGS) + b"\0\1" + properties
    header = b"\x32" + wire311.remaining_length(200_000_000 + len(body)) + body
    client.send(header + BIG)  # the rest of the 200 MB never comes
    if version == "5.0":
        goodbye = await client.packet5()
        assert isinstance(goodbye, mqtt5.DisconnectPacket)
        assert goodbye.reason_code is DISCONNECTS.PACKET_TOO_LARGE
    await client.ended()
    (delivery,) = sink.deliveries
    assert (delivery.oversize, delivery.payload, delivery.payload_size) == (True, BIG[:4096], 200_000_000)


async def test_a_peer_that_does_not_read_is_dropped(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    """Refusals whose reports pile up in the write buffer, because the peer that asked for them never reads."""
    listener = await start(max_write_buffer_bytes=100_000)
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, b"r" * 1_000_000, "gw1")
    client = await connect311(listener)
    client.send(wire311.subscribe(1, ("plantwatch/v1/ent/gw1/rejects", 0)))
    assert await client.packet() == b"\x90\x03\x00\x01\x00"
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    client.send(*(wire311.publish(READINGS, b"bad") for _ in range(100)))
    sender = await connect311(listener, "sender")
    for _ in range(100):
        sender.send(wire311.publish(READINGS, b"bad", qos=1, packet_id=1))
        assert await sender.packet() == puback(1)
    assert sample("disconnects_total", reason="slow_peer") == 1
    await sender.silent()
