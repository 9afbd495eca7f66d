"""MQTT 3.1.1 packets, the server's half: decodes what a client sends, encodes what a server answers. Pure,
sans-io.

Our own, because the libraries at hand either speak version 5 only (`mqtt5`) or hide their codec inside a
client (paho). Strict where the standard says that the server must close the connection; clause numbers are
those of OASIS mqtt-v3.1.1-os.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.listener.packets import (
    Acknowledgement,
    Connect,
    Disconnect,
    Filter,
    Kind,
    Offer,
    Packet,
    PacketError,
    PingRequest,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
    Will,
)
from ingest.listener.wire import Cursor, check_topic_name, encode_string, frame, is_topic_filter, utf8

LEVEL = 4
"""Protocol level of 3.1.1 (clause 3.1.2.2)."""

_RETURN_CODES = {
    Reason.UNSUPPORTED_PROTOCOL_VERSION: 1,
    Reason.CLIENT_ID_NOT_VALID: 2,
    Reason.SERVER_UNAVAILABLE: 3,
    Reason.SERVER_BUSY: 3,
    Reason.QUOTA_EXCEEDED: 3,
    Reason.BAD_USER_NAME_OR_PASSWORD: 4,
    Reason.NOT_AUTHORIZED: 5,
}

_SUBSCRIPTION_FAILED = 0x80


def protocol_level(packet: bytes, body_at: int) -> int:
    """The level that a CONNECT asks for, in whichever version: 3 for 3.1, 4 for 3.1.1, 5 for 5.0 (clause
    3.1.2.2).

    Raises PacketError when it is no CONNECT of any MQTT. The bit by which bridges mark their level is
    ignored.
    """
    cursor = Cursor(packet, body_at)
    name = cursor.binary()
    level = cursor.byte() & 0x7F
    if name not in (b"MQTT", b"MQIsdp"):
        raise PacketError(Reason.PROTOCOL_ERROR, "the first packet is no MQTT CONNECT")
    return level if name == b"MQTT" else 3


def decode(packet: bytes, body_at: int) -> Packet:
    """One whole packet from a client; its body starts at `body_at`. Raises PacketError."""
    first = packet[0]
    if first >> 4 == Kind.PUBLISH:
        return _publish(first, packet, body_at)
    found = _DECODERS.get(first >> 4)
    if found is None:
        raise PacketError(Reason.PROTOCOL_ERROR, "a client may not send this packet type")
    flags, decoder = found
    if first & 0x0F != flags:
        raise PacketError(Reason.MALFORMED_PACKET, "the fixed header flags are wrong")
    cursor = Cursor(packet, body_at)
    decoded = decoder(first >> 4, cursor)
    cursor.expect_end()
    return decoded


def _publish(first: int, packet: bytes, at: int) -> Publish:
    """Clause 3.3. Written without the cursor: this runs once per message."""
    qos = first >> 1 & 3
    if qos == 3 or (qos == 0 and first & 0x08):
        raise PacketError(Reason.MALFORMED_PACKET, "the QoS and DUP flags are wrong")
    topic_at = at + 2
    payload_at = topic_at + int.from_bytes(packet[at:topic_at])
    topic_end = payload_at
    packet_id = 0
    if qos:
        payload_at += 2
        packet_id = int.from_bytes(packet[topic_end:payload_at])
    if payload_at > len(packet):
        raise PacketError(Reason.MALFORMED_PACKET, "the packet ends inside a field")
    if qos and not packet_id:
        raise PacketError(Reason.PROTOCOL_ERROR, "the packet identifier is 0")
    topic = utf8(packet[topic_at:topic_end])
    check_topic_name(topic)
    return Publish(topic, packet[payload_at:], qos, bool(first & 1), bool(first & 8), packet_id)


def _connect(_kind: int, cursor: Cursor) -> Connect:
    """Clause 3.1."""
    if cursor.binary() != b"MQTT" or cursor.byte() != LEVEL:
        raise PacketError(Reason.UNSUPPORTED_PROTOCOL_VERSION, "not MQTT 3.1.1")
    flags = cursor.byte()
    will_qos = flags >> 3 & 3
    if flags & 1 or will_qos == 3 or (not flags & 4 and flags & 0x38) or flags & 0xC0 == 0x40:
        raise PacketError(Reason.MALFORMED_PACKET, "the connect flags contradict each other")
    keep_alive_s = cursor.two_bytes()
    client_id = cursor.string()
    will = None
    if flags & 4:
        will = Will(cursor.string(), cursor.binary(), will_qos, bool(flags & 0x20))
        check_topic_name(will.topic)
    return Connect(
        client_id=client_id,
        clean=bool(flags & 2),
        keep_alive_s=keep_alive_s,
        will=will,
        username=cursor.string() if flags & 0x80 else None,
        password=cursor.binary() if flags & 0x40 else None,
    )


def _packet_id(cursor: Cursor) -> int:
    packet_id = cursor.two_bytes()
    if not packet_id:
        raise PacketError(Reason.PROTOCOL_ERROR, "the packet identifier is 0")
    return packet_id


def _acknowledgement(kind: int, cursor: Cursor) -> Acknowledgement:
    return Acknowledgement(Kind(kind), _packet_id(cursor))


def _subscribe(_kind: int, cursor: Cursor) -> Subscribe:
    """Clause 3.8; the upper six bits of a requested QoS are reserved."""
    packet_id = _packet_id(cursor)
    filters = []
    while not cursor.at_end:
        pattern = _filter(cursor)
        qos = cursor.byte()
        if qos > 2:
            raise PacketError(Reason.MALFORMED_PACKET, "the requested QoS is wrong")
        filters.append(Filter(pattern, qos))
    if not filters:
        raise PacketError(Reason.PROTOCOL_ERROR, "a SUBSCRIBE names no topic filter")
    return Subscribe(packet_id, tuple(filters))


def _unsubscribe(_kind: int, cursor: Cursor) -> Unsubscribe:
    packet_id = _packet_id(cursor)
    patterns = []
    while not cursor.at_end:
        patterns.append(_filter(cursor))
    if not patterns:
        raise PacketError(Reason.PROTOCOL_ERROR, "an UNSUBSCRIBE names no topic filter")
    return Unsubscribe(packet_id, tuple(patterns))


def _filter(cursor: Cursor) -> str:
    pattern = cursor.string()
    if not is_topic_filter(pattern):
        raise PacketError(Reason.TOPIC_FILTER_INVALID, "the topic filter is wrong")
    return pattern


def _ping(_kind: int, _cursor: Cursor) -> PingRequest:
    return PingRequest()


def _disconnect(_kind: int, _cursor: Cursor) -> Disconnect:
    return Disconnect()


_DECODERS: dict[int, tuple[int, Callable[[int, Cursor], Packet]]] = {
    Kind.CONNECT: (0, _connect),
    Kind.PUBACK: (0, _acknowledgement),
    Kind.PUBREC: (0, _acknowledgement),
    Kind.PUBREL: (2, _acknowledgement),
    Kind.PUBCOMP: (0, _acknowledgement),
    Kind.SUBSCRIBE: (2, _subscribe),
    Kind.UNSUBSCRIBE: (2, _unsubscribe),
    Kind.PINGREQ: (0, _ping),
    Kind.DISCONNECT: (0, _disconnect),
}


def encode_connack(return_code: int) -> bytes:
    """Clause 3.2. Session present is always 0: the listener keeps no session state."""
    return bytes((0x20, 2, 0, return_code))


def encode_acknowledgement(kind: Kind, packet_id: int) -> bytes:
    """PUBACK, PUBREC, PUBREL or PUBCOMP (clauses 3.4 to 3.7)."""
    return bytes((kind << 4 | (2 if kind is Kind.PUBREL else 0), 2)) + packet_id.to_bytes(2)


def encode_suback(packet_id: int, answers: list[int]) -> bytes:
    """Clause 3.9: granted QoS, or 0x80 for every kind of refusal."""
    return frame(0x90, packet_id.to_bytes(2) + bytes(min(answer, _SUBSCRIPTION_FAILED) for answer in answers))


def encode_unsuback(packet_id: int) -> bytes:
    """Clause 3.11."""
    return b"\xb0\x02" + packet_id.to_bytes(2)


def encode_publish(message: Publish) -> bytes:
    """Clause 3.3."""
    first = Kind.PUBLISH << 4 | message.duplicate << 3 | message.qos << 1 | message.retain
    packet_id = message.packet_id.to_bytes(2) if message.qos else b""
    return frame(first, encode_string(message.topic) + packet_id + message.payload)


class Mqtt311:
    """The dialect of a 3.1.1 connection. It has no words for most reasons, so refusals are acknowledged."""

    version = "3.1.1"
    explains = False

    def decode(self, packet: bytes, body_at: int) -> Packet:
        return decode(packet, body_at)

    def accepted(self, offer: Offer) -> bytes:
        return encode_connack(0)

    def refused(self, reason: Reason) -> bytes:
        return encode_connack(_RETURN_CODES.get(reason, 3))

    def acknowledged(self, kind: Kind, packet_id: int, reason: Reason, text: str | None = None) -> bytes:
        return encode_acknowledgement(kind, packet_id)

    def completed(self, packet_id: int, known: bool) -> bytes:
        return encode_acknowledgement(Kind.PUBCOMP, packet_id)

    def subscribed(self, packet_id: int, answers: list[int]) -> bytes:
        return encode_suback(packet_id, answers)

    def unsubscribed(self, packet_id: int, existed: list[bool]) -> bytes:
        return encode_unsuback(packet_id)

    def publish(self, message: Publish) -> bytes:
        return encode_publish(message)

    def goodbye(self, reason: Reason, text: str | None = None) -> bytes:
        return b""
