"""Reading and writing the primitive MQTT data types (3.1.1 clause 1.5, 5.0 clause 1.5).

Both codecs stand on this: 3.1.1 is decoded with it, and the strings of MQTT 5 packets are checked with it,
because the `mqtt5` 0.8.0 reader panics (a BaseException, with a trace on stderr) on a string that is not
UTF-8.
"""

from __future__ import annotations

from ingest.listener.packets import PacketError, Reason

MAX_REMAINING_LENGTH = 268_435_455
"""Largest value of a four-byte variable byte integer."""


class Cursor:
    """Walks over one packet; every step raises PacketError where the packet ends too early."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise PacketError(Reason.MALFORMED_PACKET, "the packet ends inside a field")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def two_bytes(self) -> int:
        return int.from_bytes(self.take(2))

    def binary(self) -> bytes:
        return self.take(self.two_bytes())

    def string(self) -> str:
        return utf8(self.binary())

    def varint(self) -> int:
        value = 0
        for shift in (0, 7, 14, 21):
            part = self.byte()
            value |= (part & 0x7F) << shift
            if part < 0x80:
                return value
        raise PacketError(Reason.MALFORMED_PACKET, "a variable byte integer is longer than four bytes")

    @property
    def at_end(self) -> bool:
        return self.at == len(self.data)

    def expect_end(self) -> None:
        if not self.at_end:
            raise PacketError(Reason.MALFORMED_PACKET, "bytes follow the last field")


def utf8(data: bytes) -> str:
    """An MQTT string; refuses ill-formed UTF-8, surrogates and U+0000 (clauses 1.5.3 / 1.5.4)."""
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise PacketError(Reason.MALFORMED_PACKET, "a string is not UTF-8") from exc
    if "\0" in text:
        raise PacketError(Reason.MALFORMED_PACKET, "a string contains U+0000")
    return text


def check_topic_name(topic: str) -> None:
    """Refuse an empty name and one with wildcards: nothing can be published there (clauses 3.3.2.1, 4.7)."""
    if not topic:
        raise PacketError(Reason.PROTOCOL_ERROR, "the topic name is empty")
    if "+" in topic or "#" in topic:
        raise PacketError(Reason.TOPIC_NAME_INVALID, "the topic name contains a wildcard")


def is_topic_filter(pattern: str) -> bool:
    """Whether wildcards stand where clause 4.7.1 allows them."""
    if not pattern:
        return False
    levels = pattern.split("/")
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        return False
    return all("+" not in level or level == "+" for level in levels)


def encode_varint(value: int) -> bytes:
    """A variable byte integer (the remaining length), in as few bytes as possible."""
    if not 0 <= value <= MAX_REMAINING_LENGTH:
        raise ValueError(f"{value} does not fit a variable byte integer")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_string(text: str) -> bytes:
    """An MQTT string: two bytes of length, then UTF-8."""
    data = text.encode()
    return len(data).to_bytes(2) + data


def frame(first: int, body: bytes) -> bytes:
    """A whole packet: fixed header and body."""
    return bytes((first,)) + encode_varint(len(body)) + body
