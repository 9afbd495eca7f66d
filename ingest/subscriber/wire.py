"""MQTT 5 as a subscriber speaks it: a few packets out, a few in. Pure.

PUBLISH is taken apart by hand: it is the only packet that comes by the million, and the only one in which a stranger's
bytes stand. What a broker let pass that it should not have (a topic that is no UTF-8, say) must not end the
connection, because the broker would send it again for ever. Clause numbers are those of OASIS mqtt-v5.0-os.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import mqtt5

from ingest.listener.framing import Frame
from ingest.listener.packets import PacketError, Reason
from ingest.listener.wire import Cursor
from ingest.subscriber.options import SubscriberOptions
from ingest.subscriber.topics import Wish

PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"
"""DISCONNECT with reason 0 and the session's expiry as it was (clause 3.14.2.1)."""


class Arrival(NamedTuple):
    """One message from the broker. A named tuple, because one is made per message and frozen dataclasses are dear."""

    topic: str
    payload: bytes
    size: int
    """Bytes of the whole payload, whatever was kept of it."""
    qos: int
    packet_id: int
    """0 at QoS 0."""
    retain: bool
    duplicate: bool
    is_text: bool
    """False: the topic is no UTF-8; `topic` is what could be made of it."""


def read_arrival(frame: Frame) -> Arrival:
    """A PUBLISH (clause 3.3). Raises PacketError when its fields do not fit into it."""
    packet, at = frame.packet, frame.body_at
    first = packet[0]
    qos = first >> 1 & 3
    if qos > 1:
        raise PacketError(Reason.PROTOCOL_ERROR, "a QoS beyond what was subscribed")
    start = at + 2
    end = start + int.from_bytes(packet[at:start])
    properties_at = end + 2 if qos else end
    if properties_at >= len(packet):
        raise PacketError(Reason.MALFORMED_PACKET, "the packet ends inside a field")
    try:
        topic, is_text = packet[start:end].decode(), True
    except UnicodeDecodeError:
        topic, is_text = packet[start:end].decode("utf-8", "replace"), False
    length, payload_at = packet[properties_at], properties_at + 1
    if length >= 0x80:
        cursor = Cursor(packet, properties_at)
        length, payload_at = cursor.varint(), cursor.at
    payload_at += length
    if payload_at > len(packet) + frame.missing:
        raise PacketError(Reason.MALFORMED_PACKET, "the properties are longer than the packet")
    size = len(packet) + frame.missing - payload_at
    packet_id = int.from_bytes(packet[end:properties_at]) if qos else 0
    payload = packet[payload_at:]
    return Arrival(topic, payload, size, qos, packet_id, bool(first & 1), bool(first & 8), is_text)


def read_packet(packet: bytes) -> mqtt5.Packet:
    """Any other packet. Raises PacketError."""
    try:
        return mqtt5.read(memoryview(packet))[0]
    except (ValueError, IndexError) as error:
        raise PacketError(Reason.MALFORMED_PACKET, f"malformed packet: {error}") from error


def connect(options: SubscriberOptions, client_id: str) -> bytes:
    """CONNECT that takes up the session of this client id, and grants no topic aliases."""
    return mqtt5.ConnectPacket(
        client_id,
        username=options.username,
        password=None if options.password is None else options.password.encode(),
        clean_start=False,
        keep_alive=options.keep_alive_s,
        session_expiry_interval=options.session_expiry_s,
        receive_max=options.receive_maximum,
    ).write()


def subscribe(packet_id: int, wishes: Sequence[Wish]) -> bytes:
    """SUBSCRIBE at QoS 1; `retain_as_published`, so that a delivery says what its publisher said."""
    if_new, never = mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS, mqtt5.RetainHandling.SEND_NEVER
    filters = [
        mqtt5.TopicFilter(
            wish.pattern,
            max_qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain_as_published=True,
            retain_handling=if_new if wish.fresh_retained else never,
        )
        for wish in wishes
    ]
    return mqtt5.SubscribePacket(packet_id, filters).write()


def acknowledge(packet_id: int) -> bytes:
    """PUBACK with success: what was refused is refused for the enterprise, not for the broker (clause 3.4.2.1)."""
    return b"\x40\x02" + packet_id.to_bytes(2)


def publish(topic: str, payload: bytes) -> bytes:
    """PUBLISH at QoS 0."""
    return mqtt5.PublishPacket(topic, payload).write()
