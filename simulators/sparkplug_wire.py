"""Sparkplug B payloads as an edge node writes them, protobuf by hand from sparkplug_b.proto (Eclipse Sparkplug 3.0).

Written from the specification alone; it shares nothing with the platform's decoder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

UINT64 = 8
DOUBLE = 10
BOOLEAN = 11

_VARINT, _FIXED64, _BYTES = 0, 1, 2
REBIRTH = "Node Control/Rebirth"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a payload; a value of None is null, as in a birth before the first measurement."""

    value: float | bool | None
    datatype: int = DOUBLE
    name: str | None = None
    alias: int | None = None
    at: datetime | None = None
    historical: bool = False


def payload(at: datetime, metrics: Iterable[Metric], seq: int | None = None) -> bytes:
    """A payload; a sequence number can also be put behind it afterwards, see `numbered`."""
    body = bytearray(_number(1, _milliseconds(at)))
    for metric in metrics:
        body += _field(2, _metric(metric))
    return bytes(body) if seq is None else numbered(bytes(body), seq)


def numbered(body: bytes, seq: int) -> bytes:
    """The payload with its sequence number: the order of fields is free in protobuf."""
    return body + _number(3, seq)


def _metric(metric: Metric) -> bytes:
    body = bytearray()
    if metric.name is not None:
        body += _field(1, metric.name.encode())
    if metric.alias is not None:
        body += _number(2, metric.alias)
    if metric.at is not None:
        body += _number(3, _milliseconds(metric.at))
    body += _number(4, metric.datatype)
    if metric.historical:
        body += _number(5, 1)
    if metric.value is None:
        body += _number(7, 1)
    elif metric.datatype == BOOLEAN:
        body += _number(14, int(metric.value))
    elif metric.datatype == UINT64:
        body += _number(11, int(metric.value))
    else:
        body += _key(13, _FIXED64) + struct.pack("<d", metric.value)
    return bytes(body)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _field(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _varint(value)


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def asks_for_rebirth(command: bytes) -> bool:
    """Whether an NCMD writes true to the rebirth metric, which is the only thing this node can be told to do."""
    return REBIRTH.encode() in command and command.find(_number(14, 1)) >= 0
