"""Columns between numpy and PostgreSQL in the binary format, whole arrays at a time.

A Python object per value would cost more than the database does. Arrays without nulls only: NaN and `-infinity` stand
for null where a column may be empty, and the SQL says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer, PyFormat
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from psycopg.rows import TupleRow

from domain.readings import Float64, Int8, Int16, Int64

#: Microseconds from 1970 to 2000, where PostgreSQL's binary timestamps begin.
EPOCH_2000_US = 946_684_800_000_000
#: `-infinity` as a column of microseconds holds it: the least int64.
MINUS_INFINITY_US = int(np.iinfo(np.int64).min)

_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TAIL = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class _Type:
    oid: int
    array_oid: int
    wire: str  # numpy type of one element, big-endian


_INT2 = _Type(21, 1005, ">i2")
_INT4 = _Type(23, 1007, ">i4")
_INT8 = _Type(20, 1016, ">i8")
_FLOAT8 = _Type(701, 1022, ">f8")
_CHAR = _Type(18, 1002, "i1")
_TIMESTAMPTZ = _Type(1184, 1185, ">i8")
_BY_ARRAY_OID = {kind.array_oid: kind for kind in (_INT2, _INT4, _INT8, _FLOAT8, _CHAR, _TIMESTAMPTZ)}


@dataclass(frozen=True, slots=True)
class Column:
    """One column on its way to the server: as an array parameter, or as a field of a binary COPY."""

    kind: _Type
    wire: NDArray[Any]

    def array(self) -> bytes:
        """A one-dimensional array in the binary format."""
        elements = np.empty(len(self.wire), [("size", ">i4"), ("value", self.kind.wire)])
        elements["size"] = self.wire.dtype.itemsize
        elements["value"] = self.wire
        return np.array([1, 0, self.kind.oid, len(self.wire), 1], ">i4").tobytes() + elements.tobytes()


def int2(values: Int16 | Int64) -> Column:
    """A smallint[]."""
    return Column(_INT2, values.astype(">i2"))


def int4(values: Int64) -> Column:
    """An int[]."""
    return Column(_INT4, values.astype(">i4"))


def int8(values: Int64) -> Column:
    """A bigint[]."""
    return Column(_INT8, values.astype(">i8"))


def float8(values: Float64) -> Column:
    """A double precision[]."""
    return Column(_FLOAT8, values.astype(">f8"))


def char(values: Int8) -> Column:
    """A "char"[] from ASCII codes."""
    return Column(_CHAR, values)


def timestamptz(values_us: Int64) -> Column:
    """A timestamptz[] from microseconds since 1970; the least int64 is -infinity."""
    shifted = np.where(values_us == MINUS_INFINITY_US, values_us, values_us - EPOCH_2000_US)
    return Column(_TIMESTAMPTZ, shifted.astype(">i8"))


def copy_rows(columns: list[Column]) -> bytes:
    """The rows of some columns of equal length as a binary COPY stream."""
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for position, column in enumerate(columns):
        fields += [(f"size{position}", ">i4"), (f"value{position}", column.kind.wire)]
    rows = np.empty(len(columns[0].wire), fields)
    rows["count"] = len(columns)
    for position, column in enumerate(columns):
        rows[f"size{position}"] = column.wire.dtype.itemsize
        rows[f"value{position}"] = column.wire
    return _COPY_HEAD + rows.tobytes() + _COPY_TAIL


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        return bytes(obj.array())

    def get_key(self, obj: Any, format: PyFormat) -> Any:
        return (type(obj), obj.kind.array_oid)

    def upgrade(self, obj: Any, format: PyFormat) -> _ColumnDumper:
        dumper = _ColumnDumper(type(obj))
        dumper.oid = obj.kind.array_oid
        return dumper


class _ColumnLoader(Loader):
    format = Format.BINARY
    kind = _INT4

    def load(self, data: Buffer) -> NDArray[Any]:
        wire = np.dtype(self.kind.wire)
        if len(data) < 20:  # an empty array has no dimension
            return np.empty(0, wire.newbyteorder("="))
        elements = np.frombuffer(data, [("size", ">i4"), ("value", wire)], offset=20)
        found = elements["value"].astype(wire.newbyteorder("="))
        return found + EPOCH_2000_US if self.kind is _TIMESTAMPTZ else found


_LOADERS = {oid: type("_Loader", (_ColumnLoader,), {"kind": kind}) for oid, kind in _BY_ARRAY_OID.items()}


def column_cursor(connection: psycopg.AsyncConnection[TupleRow]) -> psycopg.AsyncCursor[TupleRow]:
    """A cursor that takes Column parameters and gives arrays back as numpy columns (instants in microseconds)."""
    cursor = connection.cursor(binary=True)
    cursor.adapters.register_dumper(Column, _ColumnDumper)
    for oid, loader in _LOADERS.items():
        cursor.adapters.register_loader(oid, loader)
    return cursor
