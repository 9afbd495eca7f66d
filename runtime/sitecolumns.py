"""Columns of the register's tables: what each field of a model is called in a table, and how its cells are read."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel

from domain.errors import BadInput
from runtime.celltext import iso_date, normal
from runtime.siteitems import Counter
from runtime.sitemodels import MODELS
from runtime.sitewords import HEADERS, NOUN_NAMES, OTHER_WORDS, WORDS

_YES = {"true", "yes", "y", "1", "是", "√"}
_NO = {"false", "no", "n", "0", "否", "×"}
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SCIENTIFIC = re.compile(r"[0-9]\.[0-9]+[eE]\+[0-9]+")


class Kind(Enum):
    """How a cell is read."""

    TEXT = "text"
    DAY = "a day such as 2026-09-01"
    NUMBER = "a number such as 1234.5, without unit and thousands separators"
    WHOLE = "a whole number"
    YES_NO = "是 or 否"
    CHOICE = "one of"
    LIST = "items parted by ;"
    JSON = "JSON, or items parted by ;"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. headers: Chinese, the first is written; words: of choices by code; required: of every item."""

    noun: str
    field: str
    headers: tuple[str, ...]
    kind: Kind
    words: Mapping[str, str]
    required: bool

    @property
    def expected(self) -> str:
        """What a cell may hold, for messages."""
        if self.kind is not Kind.CHOICE:
            return "text" if self.kind is Kind.TEXT else self.kind.value
        shown = (f"{word} ({code})" if word != code else code for code, word in self.words.items())
        return f"one of {', '.join(shown)}"

    def read(self, cell: str) -> Any:
        """What a cell that is not empty says, in the shape that the model takes. Raises BadInput: what was expected."""
        text = normal(cell)
        if self.kind is Kind.TEXT:
            if self.field in ("code", "serial", "mn") and _SCIENTIFIC.fullmatch(text):
                raise BadInput("a spreadsheet made a number of it: expected the code, in a cell formatted as text")
            return cell
        if self.kind is Kind.LIST:
            return _items(cell)
        if self.kind is Kind.JSON:
            return _json(cell)
        found = getattr(self, f"_{self.kind.name.lower()}")(text)
        if found is None:
            raise BadInput(f"expected {self.expected}")
        return found

    def _day(self, text: str) -> date | None:
        day = iso_date(text)
        return None if day is None else date.fromisoformat(day)

    def _number(self, text: str) -> float | None:
        return float(text) if _NUMBER.fullmatch(text) else None

    def _whole(self, text: str) -> int | None:
        return int(text) if _WHOLE.fullmatch(text) and len(text) <= 18 else None

    def _yes_no(self, text: str) -> bool | None:
        known = text.lower()
        return True if known in _YES else False if known in _NO else None

    def _choice(self, text: str) -> str | None:
        if text in self.words:
            return text
        for code, word in self.words.items():
            if text in (normal(word), code):
                return code
        return OTHER_WORDS.get((self.noun, self.field), {}).get(text)


def _items(cell: str) -> list[str]:
    text = cell.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise BadInput("expected items parted by ; or a JSON list of texts") from error
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise BadInput("expected items parted by ; or a JSON list of texts")
        return found
    return [item.strip() for item in re.split("[;；]", text) if item.strip()]


def _json(cell: str) -> Any:
    text = cell.strip()
    if not text.startswith(("[", "{")):
        return _items(cell)
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"expected {Kind.JSON.value}: {error}") from error


@cache
def columns(noun: str) -> tuple[Column, ...]:
    """The columns of a noun's table, in the order of its headers; a counter lies flat."""
    return tuple(_columns(noun))


@cache
def by_header(noun: str) -> dict[str, Column]:
    """Columns by every header that a table may give them: field name and Chinese words, normalised, lower case."""
    found: dict[str, Column] = {}
    for column in columns(noun):
        for header in (column.field, *column.headers):
            name = normal(header).lower()
            if found.setdefault(name, column) is not column:
                raise ValueError(f"{noun}: {header} names both {column.field} and {found[name].field}")
    return found


def find_column(noun: str, header: str) -> Column | None:
    """The column that a header means; a unit in brackets or a star behind it does not matter."""
    known = by_header(noun)
    name = normal(header).lower()
    return known.get(name) or known.get(re.sub(r"\s*(\([^()]*\)|\*)$", "", name))


def find_noun(name: str) -> str | None:
    """The noun that a sheet, a file or a person means by a name; None for no noun."""
    wanted = normal(name).lower()
    return next((noun for noun, words in NOUN_NAMES.items() if wanted in (noun, f"{noun}s", *words)), None)


def _columns(noun: str) -> Iterator[Column]:
    place = list(HEADERS[noun]).index
    for field, annotation, required in sorted(_fields(MODELS[noun]), key=lambda field: place(field[0])):
        kind, codes = _kind(annotation)
        words = WORDS.get((noun, field), {})
        if kind is Kind.CHOICE:
            words = {code: words.get(code, code) for code in codes}
        elif words:
            kind = Kind.CHOICE
        yield Column(noun, field, tuple(HEADERS[noun][field].split()), kind, words, required)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any, bool]]:
    hints = typing.get_type_hints(model)
    for name, info in model.model_fields.items():
        if name == "counter":
            inner = typing.get_type_hints(Counter)
            yield from ((f"counter_{part}", inner[part], False) for part in Counter.model_fields)
        else:
            yield name, hints[name], info.is_required()


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _kind(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        (meant,) = (part for part in typing.get_args(annotation) if part is not types.NoneType)
        return _kind(meant)
    if origin is Literal:
        return Kind.CHOICE, typing.get_args(annotation)
    if origin is list:
        return (Kind.LIST if _kind(typing.get_args(annotation)[0])[0] is Kind.TEXT else Kind.JSON), ()
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return Kind.JSON, ()
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Kind.CHOICE, tuple(member.value for member in annotation)
    kinds = {str: Kind.TEXT, date: Kind.DAY, float: Kind.NUMBER, int: Kind.WHOLE, bool: Kind.YES_NO}
    return kinds[annotation], ()
