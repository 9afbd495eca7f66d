"""Cutting a byte stream into packets: lengths are promises, and what is too large is never buffered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.listener.codec311 import decode
from ingest.listener.framing import FrameReader
from ingest.listener.packets import PacketError, Publish, Reason
from ingest.listener.wire import MAX_REMAINING_LENGTH, encode_varint
from tests.integration.listener import wire311


def opened(max_body: int = 1_000, kept: int = 100, drain: int = 1_000_000) -> FrameReader:
    reader = FrameReader(max_connect_bytes=100)
    reader.open_up(max_body_bytes=max_body, kept_payload_bytes=kept, drain_bytes=drain)
    return reader


@given(st.integers(0, MAX_REMAINING_LENGTH))
def test_lengths_are_encoded_as_an_independent_encoder_does(value: int) -> None:
    assert encode_varint(value) == wire311.remaining_length(value)


@pytest.mark.parametrize("value", [-1, MAX_REMAINING_LENGTH + 1])
def test_a_length_beyond_four_bytes_is_not_encoded(value: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_varint(value)


def test_a_length_field_of_five_bytes_is_malformed() -> None:
    reader = opened()
    reader.feed(b"\x30\xff\xff\xff\xff")
    with pytest.raises(PacketError):
        reader.next()


def test_a_length_field_may_come_byte_by_byte() -> None:
    reader = opened()
    packet = wire311.publish("a", b"x" * 300)
    for index in range(len(packet) - 1):
        reader.feed(packet[index : index + 1])
        assert reader.next() is None
    reader.feed(packet[-1:])
    frame = reader.next()
    assert frame is not None
    assert (frame.packet, frame.body_at, frame.missing) == (packet, 3, 0)


def test_before_the_connect_is_accepted_large_packets_are_refused_by_their_length_alone() -> None:
    reader = FrameReader(max_connect_bytes=100)
    reader.feed(b"\x10" + encode_varint(101))
    with pytest.raises(PacketError) as caught:
        reader.next()
    assert caught.value.reason is Reason.PACKET_TOO_LARGE


def test_only_a_publish_may_be_large() -> None:
    reader = opened()
    reader.feed(b"\x82" + encode_varint(1_001))
    with pytest.raises(PacketError) as caught:
        reader.next()
    assert caught.value.reason is Reason.PACKET_TOO_LARGE


@settings(deadline=None)  # small chunks of a large packet take their time
@given(st.integers(500, 70_000), st.integers(0, 2))
def test_a_large_publish_is_cut_and_the_next_packet_is_read(chunk: int, qos: int) -> None:
    payload = bytes(range(256)) * 800
    packet = wire311.publish("a/b", payload, qos=qos, packet_id=7 if qos else 0)
    stream = packet + wire311.PING
    reader = opened()
    frames = []
    for start in range(0, len(stream), chunk):
        reader.feed(stream[start : start + chunk])
        while (frame := reader.next()) is not None:
            frames.append(frame)
    cut, ping = frames
    decoded = decode(cut.packet, cut.body_at)
    assert isinstance(decoded, Publish)
    assert decoded.topic == "a/b"
    assert decoded.packet_id == (7 if qos else 0)
    assert len(decoded.payload) >= 100
    assert payload.startswith(decoded.payload)
    assert len(decoded.payload) + cut.missing == len(payload)
    assert cut.drained
    assert ping.packet == wire311.PING


def test_what_is_drained_is_not_kept() -> None:
    reader = opened(drain=200_000_000)
    reader.feed(b"\x30" + encode_varint(100_000_000) + wire311.text("a"))
    for _ in range(100):
        reader.feed(b"x" * 500_000)
        assert reader.next() is None
        assert len(reader._buffer) <= 600_000


def test_beyond_the_drain_limit_the_head_is_given_without_waiting_for_the_rest() -> None:
    reader = opened(drain=200_000)
    reader.feed(b"\x30" + encode_varint(200_001) + wire311.text("a") + b"x" * 70_000)
    frame = reader.next()
    assert frame is not None
    assert not frame.drained
