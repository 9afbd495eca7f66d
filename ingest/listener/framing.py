"""Cuts a TCP byte stream into MQTT packets. Pure: bytes in, frames out.

The remaining length that a peer declares is a promise, not a fact: nothing is allocated from it. A packet
larger than allowed is not buffered: its head is kept, so that the refusal can say what it was, and the rest
is let pass.
"""

from __future__ import annotations

from typing import NamedTuple

from ingest.listener.packets import Kind, PacketError, Reason
from ingest.listener.wire import encode_varint

_TOPIC_BYTES = 2 + 65_535


class Frame(NamedTuple):
    """One packet."""

    packet: bytes
    """With its fixed header. Of a cut packet the head, its length rewritten so that it decodes."""
    body_at: int
    missing: int = 0
    """Bytes of the body that were not kept."""
    drained: bool = True
    """False: the packet was so large that its rest was not awaited; the stream cannot be read any further."""


class FrameReader:
    """Collects bytes until they make a packet.

    Until `open_up` only packets of at most `max_connect_bytes` pass, because nobody is authenticated yet.
    """

    __slots__ = ("_at", "_buffer", "_cut", "_drain_limit", "_head", "_max_body", "_undrained")

    def __init__(self, *, max_connect_bytes: int) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._max_body = max_connect_bytes
        self._head: int | None = None
        self._drain_limit = 0
        self._cut: Frame | None = None
        self._undrained = 0

    def open_up(self, *, max_body_bytes: int, kept_payload_bytes: int, drain_bytes: int) -> None:
        """Allow packets up to `max_body_bytes`; cut larger PUBLISHes, and drain up to `drain_bytes`."""
        self._max_body = max_body_bytes
        self._head = _TOPIC_BYTES + 2 + kept_payload_bytes
        self._drain_limit = drain_bytes

    def feed(self, data: bytes) -> None:
        """Take bytes from the socket."""
        if self._undrained:
            skipped = min(self._undrained, len(data))
            self._undrained -= skipped
            data = data[skipped:]
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data

    @property
    def first_byte(self) -> int | None:
        """The next byte to be read, or None."""
        return self._buffer[self._at] if self._at < len(self._buffer) else None

    def next(self) -> Frame | None:
        """The next whole packet, or None until more bytes come.

        Raises PacketError for a length field that is none, and for a packet too large for its kind.
        """
        if self._cut is not None:
            return self._take_cut()
        buffer, at = self._buffer, self._at
        if len(buffer) - at < 2:
            return None
        length, body_at = buffer[at + 1], 2
        if length >= 0x80:
            found = self._long_length(at)
            if found is None:
                return None
            length, body_at = found
        if length > self._max_body:
            return self._start_cut(length, body_at)
        end = at + body_at + length
        if end > len(buffer):
            return None
        self._at = end
        return Frame(bytes(buffer[at:end]), body_at)

    def _long_length(self, at: int) -> tuple[int, int] | None:
        value = 0
        for index, part in enumerate(self._buffer[at + 1 : at + 5]):
            value |= (part & 0x7F) << (7 * index)
            if part < 0x80:
                return value, index + 2
            if index == 3:
                raise PacketError(Reason.MALFORMED_PACKET, "the remaining length is longer than four bytes")
        return None

    def _start_cut(self, length: int, body_at: int) -> Frame | None:
        first = self._buffer[self._at]
        if self._head is None or first >> 4 != Kind.PUBLISH:
            raise PacketError(Reason.PACKET_TOO_LARGE, f"the packet has {length} bytes")
        kept = min(self._head, length)
        start = self._at + body_at
        if len(self._buffer) < start + kept:
            return None
        head = bytes(self._buffer[start : start + kept])
        prefix = bytes((first,)) + encode_varint(kept)
        rest = length - kept
        drained = length <= self._drain_limit
        self._cut = Frame(prefix + head, len(prefix), rest, drained)
        at_hand = min(rest, len(self._buffer) - start - kept)
        self._at = start + kept + at_hand
        self._undrained = rest - at_hand if drained else 0
        return self._take_cut()

    def _take_cut(self) -> Frame | None:
        if self._undrained:
            return None
        cut, self._cut = self._cut, None
        return cut
