"""MQTT 5 packets through the `mqtt5` wheel, with the checks that its 0.8.0 reader leaves out.

The wheel panics on a string that is not UTF-8 and lets pass wildcards in topic names, packet identifier 0,
contradicting connect flags and empty subscriptions. So the strings are walked first, and what it returns is
looked at again. Clause numbers are those of OASIS mqtt-v5.0-os.
"""

from __future__ import annotations

import mqtt5

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
from ingest.listener.wire import Cursor, check_topic_name, is_topic_filter, utf8

LEVEL = 5
"""Protocol level of 5.0 (clause 3.1.2.2)."""

_VARINT, _STRING, _PAIR, _BINARY = -1, -2, -3, -4

#: Property identifier -> bytes that its value takes, or one of the four kinds above (clause 2.2.2.2).
_PROPERTIES = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
    **dict.fromkeys((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F), _STRING),
    **dict.fromkeys((0x09, 0x16), _BINARY),
    0x0B: _VARINT,
    0x26: _PAIR,
}

_QOS = (mqtt5.QoS.AT_MOST_ONCE, mqtt5.QoS.AT_LEAST_ONCE, mqtt5.QoS.EXACTLY_ONCE)


def decode(packet: bytes, body_at: int) -> Packet:
    """One whole packet from a client; its body starts at `body_at`. Raises PacketError."""
    first = packet[0]
    if first >> 4 == Kind.PUBLISH:
        _check_publish(first, packet, body_at)
        read = _read(packet)
        if isinstance(read, mqtt5.PublishPacket):
            return Publish(
                read.topic,
                read.payload,
                first >> 1 & 3,
                read.retain,
                read.duplicate,
                read.packet_id or 0,
                read.topic_alias or 0,
            )
    _check_strings(first >> 4, Cursor(packet, body_at))
    return _translate(_read(packet))


def _read(packet: bytes) -> mqtt5.Packet:
    try:
        read, _ = mqtt5.read(memoryview(packet))
    except (ValueError, IndexError) as exc:  # IndexError: beyond a packet that is whole here
        raise PacketError(Reason.MALFORMED_PACKET, f"malformed packet: {exc}") from exc
    return read


def _check_publish(first: int, packet: bytes, at: int) -> None:
    """Clause 3.3. Decoding the topic here and again in the wheel is the price of never meeting its panic."""
    topic_at = at + 2
    end = topic_at + int.from_bytes(packet[at:topic_at])
    topic = utf8(packet[topic_at:end])
    qos = first >> 1 & 3
    properties_at = end + 2 if qos else end
    if properties_at >= len(packet):
        raise PacketError(Reason.MALFORMED_PACKET, "the packet ends inside a field")
    if qos and packet[end:properties_at] == b"\0\0":
        raise PacketError(Reason.PROTOCOL_ERROR, "the packet identifier is 0")
    if not qos and first & 8:
        raise PacketError(Reason.MALFORMED_PACKET, "DUP is set at QoS 0")
    if topic:
        check_topic_name(topic)
    if packet[properties_at]:
        cursor = Cursor(packet, properties_at)
        found = _check_properties(cursor)
        if 0x0B in found:
            raise PacketError(Reason.PROTOCOL_ERROR, "a client may not send a subscription identifier")
        if 0x23 in found and not found[0x23]:
            raise PacketError(Reason.TOPIC_ALIAS_INVALID, "the topic alias is 0")
        if not topic and 0x23 not in found:
            raise PacketError(Reason.PROTOCOL_ERROR, "neither topic name nor topic alias")
    elif not topic:
        raise PacketError(Reason.PROTOCOL_ERROR, "neither topic name nor topic alias")


def _check_properties(cursor: Cursor) -> dict[int, int]:
    """Walk over a property block; returns the numbers in it (0 for strings) by identifier."""
    length = cursor.varint()
    end = cursor.at + length
    found = {}
    while cursor.at < end:
        identifier = cursor.byte()
        size = _PROPERTIES.get(identifier)
        number = 0
        if size is None:
            raise PacketError(Reason.MALFORMED_PACKET, f"there is no property {identifier:#04x}")
        if size == _STRING:
            cursor.string()
        elif size == _PAIR:
            cursor.string()
            cursor.string()
        elif size == _BINARY:
            cursor.binary()
        elif size == _VARINT:
            number = cursor.varint()
        else:
            number = int.from_bytes(cursor.take(size))
        found[identifier] = number
    if cursor.at != end:
        raise PacketError(Reason.MALFORMED_PACKET, "a property reaches beyond its block")
    return found


def _check_strings(kind: int, cursor: Cursor) -> None:
    """Refuse what would make the wheel panic, and the connect flags that it does not look at."""
    if kind == Kind.CONNECT:
        _check_connect(cursor)
    elif kind in (Kind.SUBSCRIBE, Kind.UNSUBSCRIBE):
        cursor.take(2)
        _check_properties(cursor)
        while not cursor.at_end:
            if not is_topic_filter(cursor.string()):
                raise PacketError(Reason.TOPIC_FILTER_INVALID, "the topic filter is wrong")
            if kind == Kind.SUBSCRIBE and cursor.byte() & 0xC0:
                raise PacketError(Reason.MALFORMED_PACKET, "reserved subscription options are set")
    elif kind in (Kind.PUBACK, Kind.PUBREC, Kind.PUBREL, Kind.PUBCOMP, Kind.DISCONNECT):
        if kind != Kind.DISCONNECT:
            cursor.take(2)
        if not cursor.at_end:
            cursor.byte()
        if not cursor.at_end:
            _check_properties(cursor)
    elif kind != Kind.PINGREQ:
        raise PacketError(Reason.PROTOCOL_ERROR, "a client may not send this packet type")


def _check_connect(cursor: Cursor) -> None:
    """Clause 3.1."""
    cursor.string()
    cursor.byte()
    flags = cursor.byte()
    if flags & 1 or flags >> 3 & 3 == 3 or (not flags & 4 and flags & 0x38):
        raise PacketError(Reason.MALFORMED_PACKET, "the connect flags contradict each other")
    cursor.two_bytes()
    _check_properties(cursor)
    cursor.string()
    if flags & 4:
        _check_properties(cursor)
        check_topic_name(cursor.string())
        cursor.binary()
    if flags & 0x80:
        cursor.string()


def _translate(read: mqtt5.Packet) -> Packet:
    match read:
        case mqtt5.ConnectPacket():
            return _connect(read)
        case mqtt5.SubscribePacket():
            filters = tuple(
                Filter(f.pattern, int(f.max_qos), f.no_local, f.retain_as_published, int(f.retain_handling))
                for f in read.topic_filters
            )
            if not filters:
                raise PacketError(Reason.PROTOCOL_ERROR, "a SUBSCRIBE names no topic filter")
            return Subscribe(_packet_id(read.packet_id), filters, read.subscription_id is not None)
        case mqtt5.UnsubscribePacket():
            if not read.patterns:
                raise PacketError(Reason.PROTOCOL_ERROR, "an UNSUBSCRIBE names no topic filter")
            return Unsubscribe(_packet_id(read.packet_id), tuple(read.patterns))
        case mqtt5.PubAckPacket():
            return Acknowledgement(Kind.PUBACK, _packet_id(read.packet_id))
        case mqtt5.PubRecPacket():
            return Acknowledgement(Kind.PUBREC, _packet_id(read.packet_id))
        case mqtt5.PubRelPacket():
            return Acknowledgement(Kind.PUBREL, _packet_id(read.packet_id))
        case mqtt5.PubCompPacket():
            return Acknowledgement(Kind.PUBCOMP, _packet_id(read.packet_id))
        case mqtt5.PingReqPacket():
            return PingRequest()
        case mqtt5.DisconnectPacket():
            return Disconnect(int(read.reason_code))
        case _:
            raise PacketError(Reason.PROTOCOL_ERROR, "a client may not send this packet type")


def _connect(read: mqtt5.ConnectPacket) -> Connect:
    will = read.will
    return Connect(
        client_id=read.client_id,
        clean=read.clean_start,
        keep_alive_s=read.keep_alive,
        username=read.username,
        password=read.password,
        will=None if will is None else Will(will.topic, will.payload or b"", int(will.qos), will.retain),
        receive_maximum=read.receive_max,
        max_packet_bytes=read.max_packet_size,
        wants_reasons=read.request_problem_info,
        authentication_method=read.authentication_method,
    )


def _packet_id(packet_id: int) -> int:
    if not packet_id:
        raise PacketError(Reason.PROTOCOL_ERROR, "the packet identifier is 0")
    return packet_id


class Mqtt5:
    """The dialect of a version 5 connection.

    Reason strings are left out where the client did not ask for them or set a maximum packet size that they
    would exceed (clauses 3.1.2.11.4, 3.1.2.11.7).
    """

    version = "5.0"
    explains = True

    def __init__(self) -> None:
        self._wants_reasons = True
        self._max_packet_bytes: int | None = None

    def decode(self, packet: bytes, body_at: int) -> Packet:
        decoded = decode(packet, body_at)
        if isinstance(decoded, Connect):
            self._wants_reasons = decoded.wants_reasons
            self._max_packet_bytes = decoded.max_packet_bytes
        return decoded

    def _fits(self, encoded: bytes) -> bool:
        return self._max_packet_bytes is None or len(encoded) <= self._max_packet_bytes

    def accepted(self, offer: Offer) -> bytes:
        return mqtt5.ConnAckPacket(
            session_expiry_interval=0,
            assigned_client_id=offer.assigned_client_id,
            receive_max=offer.receive_maximum,
            topic_alias_max=offer.topic_alias_maximum,
            max_packet_size=offer.max_packet_bytes,
            wildcard_subscription_available=True,  # some are granted; the others are refused one by one
            subscription_id_available=False,
            shared_subscription_available=False,
        ).write()

    def refused(self, reason: Reason) -> bytes:
        return mqtt5.ConnAckPacket(reason_code=mqtt5.ConnAckReasonCode(reason)).write()

    def acknowledged(self, kind: Kind, packet_id: int, reason: Reason, text: str | None = None) -> bytes:
        if reason is Reason.SUCCESS and text is None:
            return bytes((kind << 4, 2)) + packet_id.to_bytes(2)
        if text is not None and self._wants_reasons:
            encoded = self._acknowledgement(kind, packet_id, reason, text)
            if self._fits(encoded):
                return encoded
        return self._acknowledgement(kind, packet_id, reason, None)

    def _acknowledgement(self, kind: Kind, packet_id: int, reason: Reason, text: str | None) -> bytes:
        if kind is Kind.PUBACK:
            puback = mqtt5.PubAckReasonCode(reason)
            return mqtt5.PubAckPacket(packet_id, reason_code=puback, reason_str=text).write()
        pubrec = mqtt5.PubRecReasonCode(reason)
        return mqtt5.PubRecPacket(packet_id, reason_code=pubrec, reason_str=text).write()

    def completed(self, packet_id: int, known: bool) -> bytes:
        code = mqtt5.PubCompReasonCode.SUCCESS if known else mqtt5.PubCompReasonCode.PACKET_ID_NOT_FOUND
        return mqtt5.PubCompPacket(packet_id, reason_code=code).write()

    def subscribed(self, packet_id: int, answers: list[int]) -> bytes:
        return mqtt5.SubAckPacket(packet_id, [mqtt5.SubAckReasonCode(answer) for answer in answers]).write()

    def unsubscribed(self, packet_id: int, existed: list[bool]) -> bytes:
        codes = mqtt5.UnsubAckReasonCode
        answers = [codes.SUCCESS if found else codes.NO_SUBSCRIPTION_EXISTED for found in existed]
        return mqtt5.UnsubAckPacket(packet_id, answers).write()

    def publish(self, message: Publish) -> bytes:
        """Empty when larger than the client takes: it must not be sent then (clause 3.1.2.11.4)."""
        encoded = mqtt5.PublishPacket(
            message.topic,
            message.payload,
            qos=_QOS[message.qos],
            retain=message.retain,
            packet_id=message.packet_id or None,
            duplicate=message.duplicate,
        ).write()
        return encoded if self._fits(encoded) else b""

    def goodbye(self, reason: Reason, text: str | None = None) -> bytes:
        code = mqtt5.DisconnectReasonCode(reason)
        encoded = mqtt5.DisconnectPacket(reason_code=code, reason_str=text).write()
        return encoded if self._fits(encoded) else mqtt5.DisconnectPacket(reason_code=code).write()
