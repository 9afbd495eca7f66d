"""The register as files that bring the same register: a site file, a CSV file a noun, or a workbook a sheet a noun."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from domain.errors import BadInput
from runtime.sitecolumns import Column, Kind, columns
from runtime.siteregister import Row, item_of
from runtime.sitewords import NOUN_NAMES
from storage.database import Database
from storage.site import NOUNS, read_register

Rows = Mapping[str, Sequence[Row]]
#: Integers from here on are not kept whole by the number cells of a spreadsheet.
_NOT_WHOLE = 10**15
_FORMATS = {Kind.TEXT: "@", Kind.DAY: "yyyy-mm-dd"}
#: Longest list that a spreadsheet offers in a cell.
_LIST_CHARACTERS = 255


async def export_site(database: Database) -> str:
    """The register as a site file (TOML); applying it to the same database changes nothing."""
    return toml(await read_site(database))


def toml(register: Rows) -> str:
    """The register as a site file."""
    return "\n".join(_toml(register))


async def read_site(database: Database) -> dict[str, list[Row]]:
    """The register's rows by noun."""
    async with database.transaction() as connection:
        return await read_register(connection)


def write_csv(register: Rows, folder: Path) -> list[Path]:
    """A CSV file a noun in a folder, field names as headers; importing them changes nothing. Returns the files."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for noun in NOUNS:
            path = folder / f"{noun}.csv"
            path.write_bytes(csv_bytes(noun, register[noun]))
            written.append(path)
    except OSError as error:
        raise BadInput(f"{error.filename}: {error.strerror}") from error
    return written


def write_workbook(register: Rows, path: Path) -> None:
    """A workbook with a sheet a noun, in Chinese; importing it changes nothing. Empty ones are there to be filled."""
    content = workbook(register)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error


def csv_bytes(noun: str, rows: Sequence[Row]) -> bytes:
    """Rows of a noun as CSV: UTF-8 with the mark by which spreadsheets know it, codes and field names."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([column.field for column in columns(noun)])
    for row in rows:
        writer.writerow([_text(row[column.field]) for column in columns(noun)])
    return written.getvalue().encode("utf-8-sig")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, list):
        return list_text(value)
    return repr(value) if isinstance(value, float) else str(value)


def list_text(items: Sequence[str]) -> str:
    """A list in one cell: parted by ``;``, or as JSON where an item holds one."""
    if any(";" in item or item.startswith("[") or item != item.strip() or not item for item in items):
        return json.dumps(list(items), ensure_ascii=False)
    return ";".join(items)


def workbook(register: Rows) -> bytes:
    """A workbook of the register: codes are text, days are days, choices are words and offered as a list.

    Raises BadInput for text that no cell can hold, naming the item.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for noun in (noun for noun in NOUNS if noun in register):
        _sheet(book.create_sheet(NOUN_NAMES[noun][0]), noun, register[noun])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _sheet(sheet: Worksheet, noun: str, rows: Sequence[Row]) -> None:
    shown = columns(noun)
    bold, middle = Font(bold=True), Alignment(horizontal="center")
    for number, column in enumerate(shown, 1):
        cell = sheet.cell(1, number, column.headers[0])
        cell.font, cell.alignment = bold, middle
        below = sheet.column_dimensions[get_column_letter(number)]
        below.width = max(12, 2.2 * len(column.headers[0]))
        below.number_format = _FORMATS.get(column.kind, "General")  # what is typed in later keeps its zeros too
        words = ",".join(column.words.values()) if column.kind is not Kind.YES_NO else "是,否"
        listed = not any("," in word for word in column.words.values()) and len(words) <= _LIST_CHARACTERS
        if column.kind in (Kind.CHOICE, Kind.YES_NO) and listed:
            offered = DataValidation(type="list", formula1=f'"{words}"', allow_blank=not column.required)
            offered.add(f"{cell.column_letter}2:{cell.column_letter}{max(1000, len(rows) + 500)}")
            sheet.add_data_validation(offered)
    for line, row in enumerate(rows, 2):
        for number, column in enumerate(shown, 1):
            _put(sheet, line, number, column, row[column.field], noun)
    sheet.freeze_panes = "A2"


def _put(sheet: Worksheet, line: int, number: int, column: Column, value: Any, noun: str) -> None:
    if value is None:
        return
    cell = sheet.cell(line, number)
    if isinstance(value, date):
        cell.value, cell.number_format = value, _FORMATS[Kind.DAY]
    elif isinstance(value, int | float) and not isinstance(value, bool) and _survives(value):
        cell.value = value
    else:
        text = _shown(column, value)
        if ILLEGAL_CHARACTERS_RE.search(text) or "\r" in text:
            raise BadInput(f"{noun} {column.field} = {text!r}: no cell can hold it; export as toml or csv")
        cell.value = text
        cell.data_type, cell.number_format = "s", _FORMATS[Kind.TEXT]  # a code stays a code, and a name no formula


def _survives(value: float) -> bool:
    """Whether a number cell keeps a number as it is: it is written with 16 digits, and wholes are read up to 15."""
    return abs(value) < _NOT_WHOLE and float(f"{value:.16g}") == value


def _shown(column: Column, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    word = column.words.get(value) if isinstance(value, str) else None
    return _text(value) if word is None else word


def _toml(register: Rows) -> Iterator[str]:
    for noun in NOUNS:
        for row in register.get(noun, ()):
            yield f"[{noun}]" if noun == "city" else f"[[{noun}]]"
            for name, value in item_of(noun, row).items():
                yield f"{name} = {_value(value)}"
            yield ""


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_value(item)}' for name, item in value.items())} }}"
    text = str(value)
    escaped = "".join(
        f"\\{character}" if character in '"\\' else character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in text
    )
    return f'"{escaped}"'
