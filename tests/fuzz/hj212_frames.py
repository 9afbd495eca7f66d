"""HJ 212 frames taken apart and put together again, with checksums of our own: shares nothing with the decoder."""

from __future__ import annotations

import re
from collections.abc import Callable

#: Start and length, data segment, CRC, what follows: as a person would find a frame in a dump.
FRAME = re.compile(rb"##([0-9]{4})(.*?&&)([0-9A-Fa-f]{4})(?=\r|\n|##|\Z)", re.DOTALL)


def _shifted(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_SHIFTED = tuple(_shifted(byte) for byte in range(256))


def annex_a(segment: bytes) -> int:
    """CRC of HJ 212-2017 Annex A: only the high byte meets the next byte."""
    crc = 0xFFFF
    for byte in segment:
        crc = _SHIFTED[(crc >> 8) ^ byte]
    return crc


def modbus(segment: bytes) -> int:
    """CRC-16/MODBUS, which many loggers send instead."""
    crc = 0xFFFF
    for byte in segment:
        crc = (crc >> 8) ^ _SHIFTED[(crc ^ byte) & 0xFF]
    return crc


def checksum_of(segment: bytes, sent: bytes) -> Callable[[bytes], int] | None:
    """By which algorithm a segment has the checksum that was sent; None when by neither."""
    given = int(sent, 16)
    return next((algorithm for algorithm in (annex_a, modbus) if algorithm(segment) == given), None)


def envelope(
    segment: bytes,
    algorithm: Callable[[bytes], int] = annex_a,
    *,
    length: int | None = None,
    tail: bytes = b"\r\n",
) -> bytes:
    """The frame around a data segment, true unless a length is given."""
    size = len(segment) if length is None else length
    return b"##%04d%s%04X%s" % (size % 10_000, segment, algorithm(segment), tail)


def replaced(payload: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The payload with each data segment changed; a checksum that was right stays right, the length only if it was."""

    def frame(match: re.Match[bytes]) -> bytes:
        digits, segment, sent = match.groups()
        algorithm = checksum_of(segment, sent)
        new = change(segment)
        if int(digits) == len(segment):
            digits = b"%04d" % (len(new) % 10_000)
        return b"##" + digits + new + (sent if algorithm is None else b"%04X" % algorithm(new))

    return FRAME.sub(frame, payload)
