"""Reads a checked-in CSV table into frozen dataclasses, strictly.

The field names of a row class are the header and its annotations are the parsers, so a table is described once, and a
column that nobody reads cannot exist: a misspelt optional column would otherwise look like a table full of blanks.
"""

from __future__ import annotations

import csv
import io
import re
import types
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from importlib.resources.abc import Traversable
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from domain.errors import BadInput

Row = TypeVar("Row")

# What is wrong with an otherwise readable row: the column, and what was expected there. None: nothing.
Check = Callable[[Row], "tuple[str, str] | None"]

# Decimal() and int() also take underscores, full-width digits, NaN and Infinity: none of them belongs in a table.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_INTEGER = re.compile(r"-?[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

SEPARATOR = ";"  # between the items of one cell


class PolicyDataError(BadInput, ValueError):
    """A policy table is wrong: names the file, the row (the header is row 1), the column and what was expected."""

    def __init__(self, file: str, problem: str, *, row: int | None = None, column: str | None = None) -> None:
        place = [file]
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column!r}")
        super().__init__(f"{', '.join(place)}: {problem}")
        self.file = file
        self.row = row
        self.column = column


def read_table(
    data: Traversable,
    file: str,
    row_type: type[Row],
    *,
    key: Sequence[str],
    checks: Sequence[Check[Row]] = (),
) -> tuple[Row, ...]:
    """All rows of one table, in file order.

    `key` names the columns that together are unique; each check sees every row. Raises PolicyDataError at the first
    thing that is not as the row class says: nothing is skipped and nothing is guessed.
    """
    records = _records(data, file)
    header = next(records, (1, []))[1]
    parsers = {name: _parser(hint) for name, hint in get_type_hints(row_type).items()}
    _check_header(file, header, list(parsers))
    seen: dict[tuple[object, ...], int] = {}
    rows: list[Row] = []
    for number, record in records:
        if len(record) != len(header):
            problem = f"expected {len(header)} cells, found {len(record)}"
            # The first column that has no cell, or the last one that has a neighbour too many.
            column = header[min(len(record), len(header) - 1)]
            raise PolicyDataError(file, problem, row=number, column=column)
        values: dict[str, object] = {}
        for column, text in zip(header, record, strict=True):
            try:
                values[column] = parsers[column](text)
            except ValueError as error:
                problem = f"expected {error}, found {text!r}"
                raise PolicyDataError(file, problem, row=number, column=column) from None
        row = row_type(**values)
        for check in checks:
            if (complaint := check(row)) is not None:
                column, expected = complaint
                found = record[header.index(column)]
                raise PolicyDataError(file, f"expected {expected}, found {found!r}", row=number, column=column)
        identity = tuple(values[column] for column in key)
        if identity in seen:
            problem = f"expected a new {' + '.join(key)}, found that of row {seen[identity]} again"
            raise PolicyDataError(file, problem, row=number, column=key[-1])
        seen[identity] = number
        rows.append(row)
    return tuple(rows)


def _records(data: Traversable, file: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        text = data.joinpath(file).read_text(encoding="utf-8")
        for number, record in enumerate(csv.reader(io.StringIO(text), strict=True), start=1):
            yield number, record
    except FileNotFoundError:
        raise PolicyDataError(file, "expected the table, found no such file") from None
    except UnicodeDecodeError as error:
        raise PolicyDataError(file, f"expected UTF-8 text: {error}") from None
    except csv.Error as error:
        raise PolicyDataError(file, f"expected well-formed CSV: {error}", row=number + 1) from None


def _check_header(file: str, header: Sequence[str], columns: Sequence[str]) -> None:
    for column in header:
        if column not in columns:
            problem = f"unknown column; expected {', '.join(columns)}"
            raise PolicyDataError(file, problem, row=1, column=column)
        if header.count(column) > 1:
            raise PolicyDataError(file, "expected the column once, found it twice", row=1, column=column)
    for column in columns:
        if column not in header:
            raise PolicyDataError(file, "missing column", row=1, column=column)


Parser = Callable[[str], object]


def _parser(hint: Any) -> Parser:
    """What turns a cell into a value of the annotated type. A parser's ValueError says what it expected."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        (required,) = (_parser(argument) for argument in arguments if argument is not type(None))
        return lambda text: required(text) if text else None
    if origin is tuple:
        item = _parser(arguments[0])
        return lambda text: tuple(item(part) for part in text.split(SEPARATOR)) if text else ()
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda text: _member(hint, text)
    parse: Parser = hint.parse
    return parse


def _text(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError("text without spaces around it")
    return text


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("a decimal number")
    return Decimal(text)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("a whole number")
    return int(text)


def _date(text: str) -> date:
    expected = "a date as 2025-12-31"
    if not _DATE.fullmatch(text):
        raise ValueError(expected)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(expected) from None


def _member(choices: type[Enum], text: str) -> Enum:
    try:
        return choices(text)
    except ValueError:
        raise ValueError(f"one of {', '.join(str(choice.value) for choice in choices)}") from None


_SCALARS: dict[Any, Parser] = {str: _text, Decimal: _number, int: _integer, date: _date}
