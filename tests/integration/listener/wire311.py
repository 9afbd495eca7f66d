"""The client's half of MQTT 3.1.1, written apart from the listener's codec so that each checks the other."""

from __future__ import annotations

import struct


def remaining_length(value: int) -> bytes:
    """Clause 2.2.3, after its pseudocode."""
    out = b""
    while True:
        value, digit = divmod(value, 128)
        out += struct.pack("B", digit | (0x80 if value else 0))
        if not value:
            return out


def text(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


def packet(first: int, body: bytes) -> bytes:
    return struct.pack("B", first) + remaining_length(len(body)) + body


def connect(
    client_id: str,
    *,
    username: str | None = "ent",
    password: bytes | None = b"right",
    clean: bool = True,
    keep_alive_s: int = 0,
    will: tuple[str, bytes, int, bool] | None = None,
    level: int = 4,
    name: str = "MQTT",
) -> bytes:
    flags = 0x02 if clean else 0
    payload = text(client_id)
    if will is not None:
        topic, message, qos, retain = will
        flags |= 0x04 | qos << 3 | (0x20 if retain else 0)
        payload += text(topic) + text(message)
    if username is not None:
        flags |= 0x80
        payload += text(username)
    if password is not None:
        flags |= 0x40
        payload += text(password)
    return packet(0x10, text(name) + struct.pack(">BBH", level, flags, keep_alive_s) + payload)


def publish(
    topic: str | bytes,
    payload: bytes,
    *,
    qos: int = 0,
    packet_id: int = 0,
    retain: bool = False,
    duplicate: bool = False,
) -> bytes:
    first = 0x30 | (0x08 if duplicate else 0) | qos << 1 | (1 if retain else 0)
    return packet(first, text(topic) + (struct.pack(">H", packet_id) if qos else b"") + payload)


def acknowledge(first: int, packet_id: int) -> bytes:
    """`first` is 0x40 PUBACK, 0x50 PUBREC, 0x62 PUBREL, 0x70 PUBCOMP."""
    return packet(first, struct.pack(">H", packet_id))


def subscribe(packet_id: int, *filters: tuple[str, int]) -> bytes:
    wishes = b"".join(text(pattern) + struct.pack("B", qos) for pattern, qos in filters)
    return packet(0x82, struct.pack(">H", packet_id) + wishes)


def unsubscribe(packet_id: int, *patterns: str) -> bytes:
    return packet(0xA2, struct.pack(">H", packet_id) + b"".join(map(text, patterns)))


PING = b"\xc0\x00"
PONG = b"\xd0\x00"
DISCONNECT = b"\xe0\x00"
CONNACK_OK = b"\x20\x02\x00\x00"
