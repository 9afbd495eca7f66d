"""Protobuf as a tree of fields, by the wire format alone: for mutations that keep a message well-formed, or nearly."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

VARINT, FIXED64, BLOCK, FIXED32 = 0, 1, 2, 5
#: Varints at the edges of the types that Sparkplug has.
NUMBERS: tuple[int, ...] = (
    0,
    1,
    2,
    7,
    127,
    128,
    192,
    255,
    256,
    500,
    2**15,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**32,
    2**53 + 1,
    2**63 - 1,
)
NUMBERS += (2**63, 2**64 - 1, 10**14, 10**14 + 1)
FLOATS = (0.0, -0.0, 1.5, 1e-320, 1.7e308, float("inf"), float("-inf"), float("nan"))
NAMES = (b"", b"bdSeq", b"Node Control/Rebirth", b"\0", b"\xff\xfe", b"\xed\xa0\x80", "焦炉".encode(), b"a" * 300)
#: Fields of payload, metric, property set and property value that mean something to us.
_FIELDS = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 536_870_911)
_METRICS = 2
_METRIC_BLOCKS = (9,)
_NESTING = 4


@dataclass(slots=True)
class Field:
    """One field. content: an int of a varint, the bytes of any other, a list of fields where a block is a message."""

    number: int
    wire: int
    content: int | bytes | list[Field]


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def read(data: bytes, depth: int = 0) -> list[Field] | None:
    """The fields of a message; None when it is none."""
    fields: list[Field] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key is None:
            return None
        number, wire = key >> 3, key & 7
        content: int | bytes | list[Field] | None
        if wire == VARINT:
            content, at = _varint(data, at)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
            content, at = data[at : at + size], at + size
        elif wire == BLOCK:
            size_read, at = _varint(data, at)
            content = None if size_read is None else data[at : at + size_read]
            at += size_read or 0
            if isinstance(content, bytes) and _is_message(number, depth):
                content = read(content, depth + 1) or content
        else:
            return None
        if content is None or at > len(data):
            return None
        fields.append(Field(number, wire, content))
    return fields


def _is_message(number: int, depth: int) -> bool:
    if depth == 0:
        return number == _METRICS
    return number in _METRIC_BLOCKS if depth == 1 else number == 2 and depth < _NESTING


def _varint(data: bytes, at: int) -> tuple[int | None, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return None, at


def write(fields: list[Field]) -> bytes:
    """The bytes of a message."""
    found: list[bytes] = []
    for each in fields:
        found.append(varint(each.number << 3 | each.wire))
        content = write(each.content) if isinstance(each.content, list) else each.content
        if isinstance(content, int):
            found.append(varint(content))
        else:
            found.append(varint(len(content)) + content if each.wire == BLOCK else content)
    return b"".join(found)


def shift_times(fields: list[Field], milliseconds: int) -> None:
    """Move the timestamps of the payload and its metrics."""
    for each in fields:
        content = each.content
        if isinstance(content, int) and 10**12 < content < 10**13:
            each.content = content + milliseconds
        elif isinstance(content, list):
            shift_times(content, milliseconds)


def change(fields: list[Field], rng: random.Random) -> None:
    """One mutation somewhere in the tree."""
    while fields and isinstance(inner := (chosen := rng.choice(fields)).content, list) and rng.random() < 0.8:
        fields = inner
    if not fields:
        fields.append(_field(rng))
        return
    position = fields.index(chosen)
    match rng.randrange(6):
        case 0:
            del fields[position]
        case 1:
            fields[position:position] = [Field(chosen.number, chosen.wire, chosen.content)] * rng.choice((1, 1, 2, 40))
        case 2:
            fields.insert(rng.randrange(len(fields) + 1), _field(rng))
        case 3:
            chosen.number = rng.choice(_FIELDS)
        case _:
            chosen.content = _content(chosen.wire, rng)


def _field(rng: random.Random) -> Field:
    wire = rng.choice((VARINT, VARINT, BLOCK, FIXED32, FIXED64))
    return Field(rng.choice(_FIELDS), wire, _content(wire, rng))


def _content(wire: int, rng: random.Random) -> int | bytes:
    match wire:
        case 0:
            return rng.choice(NUMBERS) if rng.random() < 0.7 else rng.getrandbits(rng.choice((8, 16, 40, 64)))
        case 1:
            return struct.pack("<d", rng.choice(FLOATS) if rng.random() < 0.6 else rng.uniform(-200.0, 200.0))
        case 5:
            return struct.pack("<f", rng.choice((*FLOATS[:3], *FLOATS[5:], rng.uniform(-200.0, 200.0))))
        case _:
            return rng.choice(NAMES) if rng.random() < 0.7 else rng.randbytes(rng.randrange(20))
