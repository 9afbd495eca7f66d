"""MQTT 3.1.1 packets: what a client encodes is what the listener reads, and it reads nothing else."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.listener import codec311
from ingest.listener.framing import FrameReader
from ingest.listener.packets import (
    Acknowledgement,
    Connect,
    Disconnect,
    Filter,
    Kind,
    Packet,
    PacketError,
    PingRequest,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
    Will,
)
from tests.integration.listener import wire311

ALPHABET = "abz09 _$/\x01\x7f\x80é城\uffff𐍈"  # one, two, three and four bytes of UTF-8
TEXTS = st.text(ALPHABET + "+#", max_size=40)
TOPICS = st.text(ALPHABET, min_size=1, max_size=40)
LEVELS = st.just("+") | st.text(ALPHABET.replace("/", ""), max_size=5)
FILTERS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
IDS = st.integers(1, 65_535)
QOS = st.integers(0, 2)


@st.composite
def connects(draw: st.DrawFn) -> tuple[bytes, Packet]:
    will = draw(st.none() | st.tuples(TOPICS, st.binary(max_size=300), QOS, st.booleans()))
    username = draw(st.none() | TEXTS)
    password = None if username is None else draw(st.none() | st.binary(max_size=40))
    client_id, clean, keep_alive_s = draw(TEXTS), draw(st.booleans()), draw(st.integers(0, 65_535))
    wire = wire311.connect(
        client_id,
        username=username,
        password=password,
        clean=clean,
        keep_alive_s=keep_alive_s,
        will=will,
    )
    expected = Connect(client_id, clean, keep_alive_s, username, password, Will(*will) if will else None)
    return wire, expected


@st.composite
def publishes(draw: st.DrawFn) -> tuple[bytes, Packet]:
    topic, payload, qos, retain = draw(TOPICS), draw(st.binary(max_size=400)), draw(QOS), draw(st.booleans())
    packet_id = draw(IDS) if qos else 0
    duplicate = draw(st.booleans()) if qos else False
    wire = wire311.publish(topic, payload, qos=qos, packet_id=packet_id, retain=retain, duplicate=duplicate)
    return wire, Publish(topic, payload, qos, retain, duplicate, packet_id)


@st.composite
def others(draw: st.DrawFn) -> tuple[bytes, Packet]:
    packet_id = draw(IDS)
    first = draw(st.sampled_from([0x40, 0x50, 0x62, 0x70]))
    filters = draw(st.lists(st.tuples(FILTERS, QOS), min_size=1, max_size=4))
    patterns = [pattern for pattern, _ in filters]
    return draw(
        st.sampled_from(
            [
                (wire311.acknowledge(first, packet_id), Acknowledgement(Kind(first >> 4), packet_id)),
                (
                    wire311.subscribe(packet_id, *filters),
                    Subscribe(packet_id, tuple(Filter(pattern, qos) for pattern, qos in filters)),
                ),
                (wire311.unsubscribe(packet_id, *patterns), Unsubscribe(packet_id, tuple(patterns))),
                (wire311.PING, PingRequest()),
                (wire311.DISCONNECT, Disconnect()),
            ]
        )
    )


PACKETS = st.one_of(connects(), publishes(), others())


def read(data: bytes) -> list[Packet]:
    reader = FrameReader(max_connect_bytes=100_000)
    reader.feed(data)
    found = []
    while (frame := reader.next()) is not None:
        found.append(codec311.decode(frame.packet, frame.body_at))
    return found


@given(PACKETS)
def test_what_a_client_encodes_is_what_is_decoded(case: tuple[bytes, Packet]) -> None:
    wire, expected = case
    assert read(wire) == [expected]


@given(st.lists(PACKETS, max_size=5), st.lists(st.integers(0, 2_000), max_size=8))
def test_packets_do_not_depend_on_how_the_stream_is_cut(cases: list[tuple[bytes, Packet]], cuts: list[int]) -> None:
    stream = b"".join(wire for wire, _ in cases)
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    reader = FrameReader(max_connect_bytes=100_000)
    found = []
    for start, end in pairwise(edges):
        reader.feed(stream[start:end])
        while (frame := reader.next()) is not None:
            found.append(codec311.decode(frame.packet, frame.body_at))
    assert found == [packet for _, packet in cases]


@given(PACKETS, st.data())
def test_a_truncated_packet_yields_nothing(case: tuple[bytes, Packet], data: st.DataObject) -> None:
    wire, _ = case
    assert read(wire[: data.draw(st.integers(0, len(wire) - 1))]) == []


@given(PACKETS.filter(lambda case: not isinstance(case[1], Publish)), st.data())
def test_a_body_cut_short_with_its_length_adjusted_is_malformed_or_another_packet(
    case: tuple[bytes, Packet], data: st.DataObject
) -> None:
    wire, expected = case
    body = wire[2:] if wire[1] < 128 else wire[3:]
    short = wire311.packet(wire[0], body[: data.draw(st.integers(0, max(0, len(body) - 1)))])
    if not body:
        return
    try:
        found = read(short)
    except PacketError:
        return
    # A SUBSCRIBE or UNSUBSCRIBE that loses whole filters is a shorter one; nothing else may decode.
    assert isinstance(expected, Subscribe | Unsubscribe)
    assert found != [expected]


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_decode_or_are_refused_and_never_fail_otherwise(body: bytes) -> None:
    decoded = set()
    for first in range(0x100):
        with suppress(PacketError):
            codec311.decode(wire311.packet(first, body), 2 if len(body) < 128 else 3)
            decoded.add(first >> 4)
    assert decoded <= {1, 3, 4, 5, 6, 7, 8, 10}, "only packets of a client that have a body"


@given(publishes())
def test_publish_encodes_as_it_decodes(case: tuple[bytes, Packet]) -> None:
    wire, packet = case
    assert isinstance(packet, Publish)
    assert codec311.encode_publish(packet) == wire


MALFORMED = {
    "QoS 3": b"\x36\x05\x00\x01a\x00\x01",
    "DUP at QoS 0": wire311.packet(0x38, wire311.text("a")),
    "packet identifier 0": wire311.publish("a", b"", qos=1, packet_id=0),
    "no packet identifier": wire311.packet(0x32, wire311.text("a")),
    "topic longer than the packet": b"\x30\x04\x00\x09ab",
    "no topic length": b"\x30\x01\x00",
    "empty publish": b"\x30\x00",
    "empty topic": wire311.publish("", b"x"),
    "wildcard in a topic": wire311.publish("a/#", b"x"),
    "NUL in a topic": wire311.publish("a\0b", b"x"),
    "topic not UTF-8": wire311.publish(b"\xff\xfe", b"x"),
    "surrogate in a topic": wire311.publish(b"\xed\xa0\x80", b"x"),
    "reserved packet type": b"\xf0\x00",
    "packet type 0": b"\x00\x00",
    "a server's packet": b"\x20\x02\x00\x00",
    "PUBREL without its flag": b"\x60\x02\x00\x01",
    "SUBSCRIBE without its flag": b"\x80\x06\x00\x01\x00\x01a\x00",
    "SUBSCRIBE without filters": b"\x82\x02\x00\x01",
    "SUBSCRIBE with QoS 3": wire311.subscribe(1, ("a", 3)),
    "SUBSCRIBE with packet identifier 0": wire311.subscribe(0, ("a", 0)),
    "SUBSCRIBE with an empty filter": wire311.subscribe(1, ("", 0)),
    "SUBSCRIBE with a misplaced wildcard": wire311.subscribe(1, ("a#", 0)),
    "SUBSCRIBE with a wildcard inside a level": wire311.subscribe(1, ("a/b+/c", 0)),
    "SUBSCRIBE with # before the end": wire311.subscribe(1, ("#/a", 0)),
    "UNSUBSCRIBE without filters": b"\xa2\x02\x00\x01",
    "PINGREQ with a body": b"\xc0\x01\x00",
    "DISCONNECT with a body": b"\xe0\x01\x00",
    "PUBACK too long": b"\x40\x03\x00\x01\x00",
    "reserved connect flag": b"\x10\x0d\x00\x04MQTT\x04\x03\x00\x00\x00\x01a",
    "will QoS without will": b"\x10\x0d\x00\x04MQTT\x04\x0a\x00\x00\x00\x01a",
    "will retain without will": b"\x10\x0d\x00\x04MQTT\x04\x22\x00\x00\x00\x01a",
    "will QoS 3": b"\x10\x12\x00\x04MQTT\x04\x1e\x00\x00\x00\x01a\x00\x01w\x00\x00",
    "password without user name": b"\x10\x10\x00\x04MQTT\x04\x42\x00\x00\x00\x01a\x00\x01p",
    "wildcard in the will's topic": wire311.connect("a", will=("a/+", b"", 0, False)),
    "bytes after the connect": b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x01aZ",
    "protocol level 5 to this codec": wire311.connect("a", level=5),
}


@pytest.mark.parametrize("wire", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed(wire: bytes) -> None:
    with pytest.raises(PacketError):
        read(wire)


@pytest.mark.parametrize(
    ("level", "name", "expected"), [(4, "MQTT", 4), (5, "MQTT", 5), (6, "MQTT", 6), (3, "MQIsdp", 3)]
)
def test_the_protocol_level_is_read_whatever_the_version(level: int, name: str, expected: int) -> None:
    wire = wire311.connect("a", level=level, name=name)
    assert codec311.protocol_level(wire, 2) == expected


def test_a_bridge_marks_its_level_with_a_high_bit() -> None:
    assert codec311.protocol_level(wire311.connect("a", level=0x84), 2) == 4


def test_another_protocol_has_no_level() -> None:
    with pytest.raises(PacketError):
        codec311.protocol_level(wire311.connect("a", name="AMQP"), 2)


def test_server_packets_as_the_standard_draws_them() -> None:
    assert codec311.encode_connack(5) == b"\x20\x02\x00\x05"
    assert codec311.encode_acknowledgement(Kind.PUBACK, 0x1234) == b"\x40\x02\x12\x34"
    assert codec311.encode_acknowledgement(Kind.PUBREC, 1) == b"\x50\x02\x00\x01"
    assert codec311.encode_acknowledgement(Kind.PUBREL, 1) == b"\x62\x02\x00\x01"
    assert codec311.encode_acknowledgement(Kind.PUBCOMP, 1) == b"\x70\x02\x00\x01"
    assert codec311.encode_suback(10, [0, 1, 0x87]) == b"\x90\x05\x00\x0a\x00\x01\x80"
    assert codec311.encode_unsuback(10) == b"\xb0\x02\x00\x0a"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.UNSUPPORTED_PROTOCOL_VERSION, 1),
        (Reason.CLIENT_ID_NOT_VALID, 2),
        (Reason.SERVER_UNAVAILABLE, 3),
        (Reason.QUOTA_EXCEEDED, 3),
        (Reason.BAD_USER_NAME_OR_PASSWORD, 4),
        (Reason.NOT_AUTHORIZED, 5),
    ],
)
def test_refusals_have_the_return_code_of_the_standard(reason: Reason, code: int) -> None:
    assert codec311.Mqtt311().refused(reason) == bytes((0x20, 2, 0, code))
