"""The protobuf messages of Sparkplug B (specification 3.0, clause 6.4.1), as far as the platform reads them.

Google's runtime does the parsing (in C). What is declared here are the field numbers and types, which the specification
has frozen (ISO/IEC 20237:2023); fields that are not declared are stepped over, so that no template or data set is ever
taken apart. Texts are declared as bytes, which is the same on the wire, so that one bad name refuses one metric and not
the payload; so are templates and data sets, of which we only want to know that they are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol, TypeAlias, cast

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "plantwatch.sparkplug"
_UINT32 = FieldDescriptorProto.TYPE_UINT32
_UINT64 = FieldDescriptorProto.TYPE_UINT64
_BOOL = FieldDescriptorProto.TYPE_BOOL
_FLOAT = FieldDescriptorProto.TYPE_FLOAT
_DOUBLE = FieldDescriptorProto.TYPE_DOUBLE
_BYTES = FieldDescriptorProto.TYPE_BYTES

#: Field name -> number and type; a message name is a type too, and a list of one is a repeated field.
_Type: TypeAlias = "FieldDescriptorProto.Type.ValueType | str"
_Fields: TypeAlias = "dict[str, tuple[int, _Type | list[_Type]]]"

_QUALITY_VALUE: _Fields = {"int_value": (3, _UINT32), "long_value": (4, _UINT64)}
_PROPERTIES: _Fields = {"keys": (1, [_BYTES]), "values": (2, ["PropertyValue"])}
_METRIC: _Fields = {
    "name": (1, _BYTES),
    "alias": (2, _UINT64),
    "timestamp": (3, _UINT64),
    "datatype": (4, _UINT32),
    "is_transient": (6, _BOOL),
    "is_null": (7, _BOOL),
    "properties": (9, "PropertySet"),
}
_METRIC_VALUE: _Fields = {
    "int_value": (10, _UINT32),
    "long_value": (11, _UINT64),
    "float_value": (12, _FLOAT),
    "double_value": (13, _DOUBLE),
    "boolean_value": (14, _BOOL),
    "string_value": (15, _BYTES),
    "bytes_value": (16, _BYTES),
    "dataset_value": (17, _BYTES),
    "template_value": (18, _BYTES),
    "extension_value": (19, _BYTES),
}
_PAYLOAD: _Fields = {
    "timestamp": (1, _UINT64),
    "metrics": (2, ["Metric"]),
    "seq": (3, _UINT64),
    "body": (5, _BYTES),
}


class DataType(IntEnum):
    """Types of metrics that the platform has to tell from others (clause 6.4.16)."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15


class PropertyValue(Protocol):
    """A property of a metric, when it is a whole number."""

    int_value: int
    long_value: int

    def HasField(self, field_name: str) -> bool: ...


class PropertySet(Protocol):
    """The properties of a metric."""

    keys: Sequence[bytes]
    values: Sequence[PropertyValue]


class Metric(Protocol):
    """A value; the attribute of the value itself is the one that `WhichOneof("value")` names."""

    name: bytes
    alias: int
    timestamp: int
    datatype: int
    is_transient: bool
    is_null: bool
    properties: PropertySet

    def HasField(self, field_name: str) -> bool: ...

    def WhichOneof(self, oneof_group: str) -> str | None: ...


class Payload(Protocol):
    """A message; what is absent reads as 0 or empty."""

    timestamp: int
    metrics: Sequence[Metric]
    seq: int
    body: bytes

    def HasField(self, field_name: str) -> bool: ...


def _declare(message: DescriptorProto, fields: _Fields, *, oneof: str | None = None) -> None:
    if oneof is not None:
        message.oneof_decl.add(name=oneof)
    for name, (number, kind) in fields.items():
        field = message.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
        if isinstance(kind, list):
            field.label, (kind,) = FieldDescriptorProto.LABEL_REPEATED, kind
        if isinstance(kind, str):
            field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
        else:
            field.type = kind
        if oneof is not None:
            field.oneof_index = 0


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="plantwatch/sparkplug.proto", package=_PACKAGE, syntax="proto2")
    _declare(file.message_type.add(name="PropertyValue"), _QUALITY_VALUE)
    _declare(file.message_type.add(name="PropertySet"), _PROPERTIES)
    metric = file.message_type.add(name="Metric")
    _declare(metric, _METRIC)
    _declare(metric, _METRIC_VALUE, oneof="value")
    _declare(file.message_type.add(name="Payload"), _PAYLOAD)
    return file


# a pool of its own: it cannot clash with what another library declares
_POOL = DescriptorPool()
_POOL.AddSerializedFile(_file().SerializeToString())
_CLASS = GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.Payload"))

#: A node must not give this metric an alias, so that it can be named before any birth (clause 5.17).
REBIRTH = "Node Control/Rebirth"


def read_payload(payload: bytes) -> Payload | None:
    """The fields of a payload; None when it is no protobuf."""
    try:
        return cast(Payload, _CLASS.FromString(payload))
    except DecodeError:
        return None


def rebirth_request(at_ms: int) -> bytes:
    """The payload that asks a node for all its births again (clauses 5.17 and 6.4.23); it has no sequence number."""
    payload = _CLASS(timestamp=at_ms)
    metric = {"name": REBIRTH.encode(), "timestamp": at_ms, "datatype": DataType.BOOLEAN, "boolean_value": True}
    payload.metrics.add(**metric)  # type: ignore[attr-defined]
    return payload.SerializeToString()
