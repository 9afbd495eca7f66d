"""Coming in, being kept out, being thrown out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import mqtt5
import pytest

from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import READINGS, OnePassword, RecordingSink, publish5

Sample = Callable[..., float]


async def test_a_version_5_client_is_told_what_it_may_do(start: Start, raw: Open) -> None:
    listener = await start(max_inflight=50, max_payload_bytes=10_000, max_topic_aliases=7)
    client = await raw(listener)
    client.send(mqtt5.ConnectPacket("", username="ent", password=b"right", session_expiry_interval=99).write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.ConnAckPacket)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.SUCCESS
    assert answer.session_present is False
    assert answer.session_expiry_interval == 0
    assert (answer.receive_max, answer.topic_alias_max) == (50, 7)
    assert answer.max_packet_size is not None
    assert answer.max_packet_size > 10_000
    assert answer.max_qos is mqtt5.QoS.EXACTLY_ONCE
    assert answer.assigned_client_id
    assert answer.wildcard_subscription_available
    assert not answer.shared_subscription_available


async def test_two_clients_without_an_id_get_different_ones(
    listener: Listener, connect5: Open, sink: RecordingSink
) -> None:
    for _ in range(2):
        (await connect5(listener, "")).send(publish5(b"x"))
    await sink.received(2)
    first, second = (delivery.client_id for delivery in sink.deliveries)
    assert first
    assert first != second


async def test_311_without_an_id_needs_a_clean_session(listener: Listener, raw: Open, connect311: Open) -> None:
    await connect311(listener, "", clean=True)
    client = await raw(listener)
    client.send(wire311.connect("", clean=False))
    assert await client.packet() == b"\x20\x02\x00\x02"
    await client.ended()


@pytest.mark.parametrize(
    ("username", "password"), [("ent", b"wrong"), ("ent", None), (None, None)], ids=["wrong", "none", "nobody"]
)
async def test_a_wrong_password_in_311(
    listener: Listener, raw: Open, username: str | None, password: bytes | None, sample: Sample
) -> None:
    client = await raw(listener)
    client.send(wire311.connect("c", username=username, password=password))
    assert await client.packet() == b"\x20\x02\x00\x04"
    await client.ended()
    assert sample("connects_total", version="3.1.1", result="bad_user_name_or_password") == 1
    assert sample("disconnects_total", reason="connect_refused") == 1


@pytest.mark.parametrize("password", [b"wrong", None])
async def test_a_wrong_password_in_5(listener: Listener, raw: Open, password: bytes | None) -> None:
    client = await raw(listener)
    client.send(mqtt5.ConnectPacket("c", username="ent", password=password).write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.ConnAckPacket)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD
    await client.ended()


@pytest.mark.parametrize(
    ("connect", "answer"),
    [
        (wire311.connect("c", level=3, name="MQIsdp"), b"\x20\x02\x00\x01"),
        (wire311.connect("c", level=3), b"\x20\x02\x00\x01"),
        (wire311.connect("c", level=0x83), b"\x20\x02\x00\x01"),
        (wire311.connect("c", level=6), b"\x20\x03\x00\x84\x00"),
    ],
    ids=["3.1", "level 3", "bridge", "level 6"],
)
async def test_another_version_is_refused_in_its_own_words(
    listener: Listener, raw: Open, connect: bytes, answer: bytes
) -> None:
    client = await raw(listener)
    client.send(connect)
    assert await client.packet() == answer
    await client.ended()


async def test_enhanced_authentication_is_refused(listener: Listener, raw: Open) -> None:
    client = await raw(listener)
    client.send(mqtt5.ConnectPacket("c", username="ent", password=b"right", authentication_method="x").write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.ConnAckPacket)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.BAD_AUTHENTICATION_METHOD


async def test_a_malformed_connect_of_version_5_is_told_so(listener: Listener, raw: Open) -> None:
    client = await raw(listener)
    client.send(wire311.packet(0x10, b"\0\4MQTT\5\x02\0\0\0" + wire311.text(b"\xff")))
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.ConnAckPacket)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.MALFORMED_PACKET
    await client.ended()


@pytest.mark.parametrize("version", ["3.1.1", "5.0"])
async def test_when_nobody_can_be_identified_the_server_is_unavailable(
    listener: Listener, raw: Open, authenticator: OnePassword, version: str
) -> None:
    authenticator.broken = True
    client = await raw(listener)
    if version == "5.0":
        client.send(mqtt5.ConnectPacket("c", username="ent", password=b"right").write())
        answer = await client.packet5()
        assert isinstance(answer, mqtt5.ConnAckPacket)
        assert answer.reason_code is mqtt5.ConnAckReasonCode.SERVER_UNAVAILABLE
    else:
        client.send(wire311.connect("c"))
        assert await client.packet() == b"\x20\x02\x00\x03"
    await client.ended()


async def test_authentication_that_takes_too_long_ends(start: Start, raw: Open, authenticator: OnePassword) -> None:
    authenticator.gate = asyncio.Event()
    client = await raw(await start(authenticate_timeout_s=0.01))
    client.send(wire311.connect("c"))
    assert await client.packet() == b"\x20\x02\x00\x03"


async def test_packets_sent_before_the_connack_are_handled_after_it(
    listener: Listener, raw: Open, authenticator: OnePassword, sink: RecordingSink
) -> None:
    """Clause 3.1.4 lets a client not wait."""
    authenticator.gate = asyncio.Event()
    client = await raw(listener)
    client.send(wire311.connect("c"), wire311.publish(READINGS, b"early", qos=1, packet_id=3))
    authenticator.gate.set()
    assert await client.packet() == wire311.CONNACK_OK
    assert await client.packet() == b"\x40\x02\x00\x03"
    assert sink.payloads == [b"early"]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        wire311.PING,
        b"\x00",
        b"\xff" * 100,
        b"\x10\xff\xff\xff\xff\x7f",
        b"\x10\xff\xff\xff\x7f",
        wire311.connect("c", name="AMQP"),
    ],
    ids=["http", "tls", "ping", "zero", "ones", "endless length", "huge connect", "another protocol"],
)
async def test_garbage_is_closed_without_a_word_and_hurts_nobody(
    listener: Listener, raw: Open, connect311: Open, data: bytes, sample: Sample
) -> None:
    other = await connect311(listener)
    client = await raw(listener)
    client.send(data)
    await client.ended()
    await other.silent()
    assert sample("disconnects_total", reason="protocol_error") == 1


async def test_a_second_connect_is_a_protocol_error(listener: Listener, connect311: Open) -> None:
    client = await connect311(listener)
    client.send(wire311.connect("c1"))
    await client.ended()


@pytest.mark.parametrize("begun", [b"", wire311.connect("c")[:-3]], ids=["nothing", "half a packet"])
async def test_who_does_not_connect_in_time_is_closed(start: Start, raw: Open, begun: bytes, sample: Sample) -> None:
    client = await raw(await start(connect_timeout_s=0.05))
    client.send(begun)
    await client.ended()
    assert sample("disconnects_total", reason="connect_timeout") == 1


async def test_no_more_connections_than_allowed(start: Start, raw: Open, connect311: Open, sample: Sample) -> None:
    listener = await start(max_connections=1)
    first = await connect311(listener)
    await (await raw(listener)).ended()
    await first.silent()
    assert sample("disconnects_total", reason="too_many_connections") == 1


async def test_no_more_connections_of_one_enterprise_than_allowed(
    start: Start, raw: Open, connect311: Open, connect5: Open
) -> None:
    listener = await start(max_connections_per_enterprise=1)
    first = await connect311(listener, "a")
    client = await raw(listener)
    client.send(mqtt5.ConnectPacket("b", username="ent", password=b"right").write())
    answer = await client.packet5()
    assert isinstance(answer, mqtt5.ConnAckPacket)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.QUOTA_EXCEEDED
    await connect311(listener, "b", username="other")
    await connect5(listener, "a")  # the same client again is no second one
    await first.ended()


async def test_a_place_is_free_again_after_a_disconnect(start: Start, connect311: Open) -> None:
    listener = await start(max_connections_per_enterprise=1)
    first = await connect311(listener, "a")
    first.send(wire311.DISCONNECT)
    await first.ended()
    await connect311(listener, "b")


async def test_a_client_id_is_taken_over(listener: Listener, connect5: Open, sample: Sample) -> None:
    old = await connect5(listener, "same")
    new = await connect5(listener, "same")
    goodbye = await old.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER
    await old.ended()
    await new.silent()
    assert sample("disconnects_total", reason="taken_over") == 1


async def test_client_ids_are_an_enterprises_own(listener: Listener, connect311: Open) -> None:
    first = await connect311(listener, "same")
    await connect311(listener, "same", username="other")
    await first.silent()


async def test_silence_beyond_the_keep_alive_ends_a_connection(
    listener: Listener, connect5: Open, sample: Sample
) -> None:
    client = await connect5(listener, keep_alive=1)
    goodbye = await client.packet5()
    assert isinstance(goodbye, mqtt5.DisconnectPacket)
    assert goodbye.reason_code is mqtt5.DisconnectReasonCode.KEEP_ALIVE_TIMEOUT
    await client.ended()
    assert sample("disconnects_total", reason="keep_alive_timeout") == 1


async def test_silence_is_no_fault_while_we_do_not_read(start: Start, connect311: Open, sink: RecordingSink) -> None:
    """The client's pings wait in the socket that back-pressure keeps us from reading."""
    listener = await start(max_inflight=1)
    sink.held = True
    blocked = await connect311(listener, "blocked", keep_alive_s=1)
    blocked.send(wire311.publish(READINGS, b"x", qos=1, packet_id=1))
    await sink.received(1)
    idle = await connect311(listener, "idle", keep_alive_s=1)
    await idle.ended()  # by then the blocked one, which came earlier, has been silent as long
    sink.release()
    assert await blocked.packet() == b"\x40\x02\x00\x01"


async def test_a_ping_is_answered_and_a_disconnect_closes(listener: Listener, connect311: Open, sample: Sample) -> None:
    client = await connect311(listener)
    await client.silent()
    client.send(wire311.DISCONNECT)
    await client.ended()
    assert sample("disconnects_total", reason="client_disconnect") == 1


async def test_the_gauge_follows_the_connections(listener: Listener, connect311: Open, sample: Sample) -> None:
    first, second = await connect311(listener, "a"), await connect311(listener, "b")
    assert sample("connections") == listener.connections == 2
    for client in (first, second):
        client.send(wire311.DISCONNECT)
        await client.ended()
        await client.close()
    await listener.stop()
    assert sample("connections") == listener.connections == 0
