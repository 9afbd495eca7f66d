"""MQTT 5 packets: what the `mqtt5` wheel lets pass or panics on is refused before it gets there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import mqtt5
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.listener.codec5 import Mqtt5
from ingest.listener.packets import (
    Acknowledgement,
    Connect,
    Disconnect,
    Filter,
    Kind,
    Offer,
    PacketError,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
    Will,
)
from ingest.listener.wire import encode_varint
from tests.integration.listener import wire311

Q0, Q1, Q2 = mqtt5.QoS.AT_MOST_ONCE, mqtt5.QoS.AT_LEAST_ONCE, mqtt5.QoS.EXACTLY_ONCE

SEEDS = {
    "connect": mqtt5.ConnectPacket(
        "客户端",
        username="ent",
        password=b"\xff\x00",
        clean_start=True,
        keep_alive=60,
        will=mqtt5.Will(
            "a/状态",
            payload=b"\xfe",
            qos=Q1,
            retain=True,
            content_type="类型",
            response_topic="r/t",
            correlation_data=b"\xff",
            will_delay_interval=4,
            user_properties=[("键", "值")],
        ),
        receive_max=20,
        max_packet_size=1_000,
        user_properties=[("键", "值")],
    ).write(),
    "publish": mqtt5.PublishPacket(
        "a/主题",
        b"\xff\xfe",
        qos=Q1,
        packet_id=5,
        retain=True,
        topic_alias=3,
        content_type="json",
        correlation_data=b"\xff",
        message_expiry_interval=10,
        user_properties=[("键", "值")],
    ).write(),
    "plain publish": mqtt5.PublishPacket("a/b", b"\xff\xfe", qos=Q2, packet_id=9).write(),
    "subscribe": mqtt5.SubscribePacket(
        3, [mqtt5.TopicFilter("a/+", max_qos=Q1, no_local=True)], user_properties=[("k", "v")]
    ).write(),
    "unsubscribe": mqtt5.UnsubscribePacket(3, ["a/b", "c"]).write(),
    "disconnect": mqtt5.DisconnectPacket(
        reason_code=mqtt5.DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE, reason_str="再见"
    ).write(),
    "puback": mqtt5.PubAckPacket(4, reason_str="好").write(),
    "pubrel": mqtt5.PubRelPacket(4).write(),
}


def decode(wire: bytes) -> object:
    """Whole packets only, as the frame reader gives them."""
    length = wire[1:]
    body_at = 2 if length[0] < 128 else 3
    return Mqtt5().decode(wire, body_at)


def test_packets_are_translated() -> None:
    assert decode(SEEDS["connect"]) == Connect(
        "客户端",
        True,
        60,
        "ent",
        b"\xff\x00",
        Will("a/状态", b"\xfe", 1, True),
        receive_maximum=20,
        max_packet_bytes=1_000,
    )
    assert decode(SEEDS["publish"]) == Publish("a/主题", b"\xff\xfe", 1, True, False, 5, 3)
    assert decode(SEEDS["plain publish"]) == Publish("a/b", b"\xff\xfe", 2, False, False, 9)
    assert decode(SEEDS["subscribe"]) == Subscribe(3, (Filter("a/+", 1, True, True, 0),))
    assert decode(SEEDS["unsubscribe"]) == Unsubscribe(3, ("a/b", "c"))
    assert decode(SEEDS["disconnect"]) == Disconnect(4)
    assert decode(SEEDS["puback"]) == Acknowledgement(Kind.PUBACK, 4)
    assert decode(SEEDS["pubrel"]) == Acknowledgement(Kind.PUBREL, 4)


@settings(max_examples=500)
@given(
    st.sampled_from(sorted(SEEDS)),
    st.lists(st.tuples(st.integers(2, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 6),
)
def test_a_spoilt_packet_decodes_or_is_refused_and_never_panics(
    name: str, spoils: list[tuple[int, int]], cut: int
) -> None:
    """The wheel's panic is no Exception, so it would pass any handler and fail this test."""
    body = bytearray(SEEDS[name][2:] if SEEDS[name][1] < 128 else SEEDS[name][3:])
    for at, value in spoils:
        body[at % len(body)] = value
    body = body[: len(body) - cut] if cut < len(body) else body
    wire = SEEDS[name][:1] + encode_varint(len(body)) + bytes(body)
    with suppress(PacketError):
        assert decode(wire) is not None


def spoil(name: str, old: bytes, new: bytes) -> bytes:
    assert SEEDS[name].count(old) >= 1
    return SEEDS[name].replace(old, new, 1)


PROPERTY = b"\x26\x00\x01k\x00\x01\xff"  # a user property whose value is not UTF-8

MALFORMED: dict[str, tuple[bytes, Reason]] = {
    "topic not UTF-8": (wire311.packet(0x30, wire311.text(b"\xff") + b"\0x"), Reason.MALFORMED_PACKET),
    "NUL in a topic": (wire311.packet(0x30, wire311.text("a\0") + b"\0x"), Reason.MALFORMED_PACKET),
    "user property not UTF-8": (
        wire311.packet(0x30, wire311.text("a") + bytes((len(PROPERTY),)) + PROPERTY),
        Reason.MALFORMED_PACKET,
    ),
    "wildcard in a topic": (wire311.packet(0x30, wire311.text("a/+") + b"\0x"), Reason.TOPIC_NAME_INVALID),
    "packet identifier 0": (
        wire311.packet(0x32, wire311.text("a") + b"\0\0" + b"\0x"),
        Reason.PROTOCOL_ERROR,
    ),
    "DUP at QoS 0": (wire311.packet(0x38, wire311.text("a") + b"\0x"), Reason.MALFORMED_PACKET),
    "QoS 3": (wire311.packet(0x36, wire311.text("a") + b"\0\1" + b"\0x"), Reason.MALFORMED_PACKET),
    "neither topic nor alias": (wire311.packet(0x30, b"\0\0" + b"\0x"), Reason.PROTOCOL_ERROR),
    "no alias among properties": (
        wire311.packet(0x30, b"\0\0" + b"\x02\x01\x01" + b"x"),
        Reason.PROTOCOL_ERROR,
    ),
    "alias 0": (wire311.packet(0x30, b"\0\1a" + b"\x03\x23\0\0" + b"x"), Reason.TOPIC_ALIAS_INVALID),
    "subscription identifier": (
        wire311.packet(0x30, b"\0\1a" + b"\x02\x0b\x01" + b"x"),
        Reason.PROTOCOL_ERROR,
    ),
    "no such property": (wire311.packet(0x30, b"\0\1a" + b"\x02\x7f\x01" + b"x"), Reason.MALFORMED_PACKET),
    "properties beyond the packet": (wire311.packet(0x30, b"\0\1a" + b"\x09\x01"), Reason.MALFORMED_PACKET),
    "no property length": (wire311.packet(0x30, b"\0\1a"), Reason.MALFORMED_PACKET),
    "SUBSCRIBE without filters": (b"\x82\x03\x00\x01\x00", Reason.PROTOCOL_ERROR),
    "SUBSCRIBE with packet identifier 0": (b"\x82\x07\0\0\0\0\x01a\0", Reason.PROTOCOL_ERROR),
    "SUBSCRIBE with reserved options": (b"\x82\x07\0\1\0\0\x01a\xc0", Reason.MALFORMED_PACKET),
    "SUBSCRIBE with an empty filter": (b"\x82\x06\0\1\0\0\0\0", Reason.TOPIC_FILTER_INVALID),
    "UNSUBSCRIBE without filters": (b"\xa2\x03\x00\x01\x00", Reason.PROTOCOL_ERROR),
    "reserved connect flag": (
        wire311.packet(0x10, b"\0\4MQTT\5\x03\0\0\0" + wire311.text("a")),
        Reason.MALFORMED_PACKET,
    ),
    "will QoS without will": (
        wire311.packet(0x10, b"\0\4MQTT\5\x0a\0\0\0" + wire311.text("a")),
        Reason.MALFORMED_PACKET,
    ),
    "wildcard in the will's topic": (spoil("connect", b"a/\xe7", b"+/\xe7"), Reason.TOPIC_NAME_INVALID),
    "user name not UTF-8": (spoil("connect", b"\x00\x03ent", b"\x00\x03e\xfft"), Reason.MALFORMED_PACKET),
    "a server's CONNACK": (b"\x20\x03\x00\x00\x00", Reason.PROTOCOL_ERROR),
    "a server's SUBACK, not UTF-8": (b"\x90\x0a\0\1\x06\x1f\0\3\xff\xff\xff\0", Reason.PROTOCOL_ERROR),
    "AUTH": (mqtt5.AuthPacket().write(), Reason.PROTOCOL_ERROR),
    "packet type 0": (b"\x00\x00", Reason.PROTOCOL_ERROR),
    "PINGREQ with a body": (b"\xc0\x01\x00", Reason.MALFORMED_PACKET),
    "reason string not UTF-8": (b"\xe0\x06\x00\x04\x1f\x00\x01\xff", Reason.MALFORMED_PACKET),
}


@pytest.mark.parametrize(("wire", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed(wire: bytes, reason: Reason) -> None:
    with pytest.raises(PacketError) as caught:
        decode(wire)
    assert caught.value.reason is reason


def connected(**options: object) -> Mqtt5:
    dialect = Mqtt5()
    wire = mqtt5.ConnectPacket("c", **options).write()  # type: ignore[arg-type]
    dialect.decode(wire, 2)
    return dialect


def reread(wire: bytes) -> mqtt5.Packet:
    packet, size = mqtt5.read(memoryview(wire))
    assert size == len(wire)
    return packet


def test_the_offer_is_announced() -> None:
    packet = reread(Mqtt5().accepted(Offer(100, 5_000, 8, "auto-1")))
    assert isinstance(packet, mqtt5.ConnAckPacket)
    assert packet.reason_code is mqtt5.ConnAckReasonCode.SUCCESS
    assert (packet.session_present, packet.session_expiry_interval) == (False, 0)
    assert (packet.receive_max, packet.max_packet_size, packet.topic_alias_max) == (100, 5_000, 8)
    assert packet.assigned_client_id == "auto-1"
    assert packet.max_qos is Q2
    assert packet.retain_available
    assert packet.wildcard_subscription_available
    assert not packet.shared_subscription_available
    assert not packet.subscription_id_available


def test_a_reason_string_is_sent_only_to_those_who_want_it_and_can_take_it() -> None:
    ask: Callable[[Mqtt5], mqtt5.Packet] = lambda dialect: reread(  # noqa: E731
        dialect.acknowledged(Kind.PUBACK, 7, Reason.SUCCESS, "partly" * 10)
    )
    answers = [ask(connected()), ask(connected(request_problem_info=False)), ask(connected(max_packet_size=20))]
    texts = [answer.reason_str for answer in answers if isinstance(answer, mqtt5.PubAckPacket)]
    assert texts == ["partly" * 10, None, None]


def test_a_message_larger_than_the_client_takes_is_not_sent() -> None:
    message = Publish("a/b", b"x" * 100, 0, False, False, 0)
    assert connected(max_packet_size=50).publish(message) == b""
    assert isinstance(reread(connected().publish(message)), mqtt5.PublishPacket)


def test_every_reason_that_ends_a_connection_has_a_disconnect() -> None:
    never_sent_so = {
        Reason.SUCCESS,
        Reason.UNSUPPORTED_PROTOCOL_VERSION,
        Reason.CLIENT_ID_NOT_VALID,
        Reason.BAD_USER_NAME_OR_PASSWORD,
        Reason.SERVER_UNAVAILABLE,
        Reason.BAD_AUTHENTICATION_METHOD,
    }
    for reason in set(Reason) - never_sent_so:
        packet = reread(Mqtt5().goodbye(reason, "why"))
        assert isinstance(packet, mqtt5.DisconnectPacket)
        assert packet.reason_code == reason
        assert packet.reason_str == "why"
