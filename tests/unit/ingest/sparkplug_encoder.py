"""Sparkplug B payloads written byte by byte, without any protobuf library: a stand-in for an edge node of others."""

from __future__ import annotations

import struct

INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 = range(1, 9)
FLOAT, DOUBLE, BOOLEAN, STRING, DATE_TIME, TEXT, UUID, DATA_SET, BYTES = range(9, 18)
TEMPLATE = 19


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def whole(number: int, value: int) -> bytes:
    """A field of wire type 0."""
    return varint(number << 3) + varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def block(number: int, value: bytes) -> bytes:
    """A field of wire type 2."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def value(kind: str, content: object) -> bytes:
    """The value of a metric, by its name in the schema without `_value`."""
    match kind, content:
        case "int", int():
            return whole(10, content & 0xFFFF_FFFF)
        case "long", int():
            return whole(11, content)
        case "float", (int() | float()):
            return varint(12 << 3 | 5) + struct.pack("<f", content)
        case "double", (int() | float()):
            return varint(13 << 3 | 1) + struct.pack("<d", content)
        case "boolean", bool():
            return whole(14, content)
        case "string", str():
            return block(15, content.encode())
        case "bytes", bytes():
            return block(16, content)
        case "dataset", bytes():
            return block(17, content)
        case "template", bytes():
            return block(18, content)
    raise ValueError(kind)


def metric(
    name: str | bytes | None = None,
    *content: bytes,
    alias: int | None = None,
    at_ms: int | None = None,
    datatype: int | None = None,
    null: bool = False,
    transient: bool = False,
    quality: int | None = None,
) -> bytes:
    """A metric with its `value`, without the field of the payload around it."""
    found = b""
    if name is not None:
        found += block(1, name.encode() if isinstance(name, str) else name)
    if alias is not None:
        found += whole(2, alias)
    if at_ms is not None:
        found += whole(3, at_ms)
    if datatype is not None:
        found += whole(4, datatype)
    if transient:
        found += whole(6, 1)
    if null:
        found += whole(7, 1)
    if quality is not None:
        found += block(9, block(1, b"Quality") + block(2, whole(1, INT32) + whole(3, quality)))
    return found + b"".join(content)


def payload(*metrics: bytes, seq: int | None = None, at_ms: int | None = None) -> bytes:
    found = b"" if at_ms is None else whole(1, at_ms)
    found += b"".join(block(2, each) for each in metrics)
    return found if seq is None else found + whole(3, seq)


def double(number: float, name: str | None = None, *, alias: int | None = None, at_ms: int | None = None) -> bytes:
    """A metric of a double; with a name it also says its type, as births do."""
    return metric(name, value("double", number), alias=alias, at_ms=at_ms, datatype=None if name is None else DOUBLE)


def bd_seq(number: int) -> bytes:
    return metric("bdSeq", value("long", number), datatype=INT64)
