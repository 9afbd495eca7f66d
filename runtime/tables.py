"""Tables that people keep: CSV and XLSX as plain columns and rows of text, or a clear word of what is wrong and where.

What a spreadsheet does to a table in silence (merged cells, formulas nobody computed, digits beyond the fifteenth) is
refused here, so that importers see only what somebody wrote.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from domain.errors import BadInput
from runtime.celltext import iso_date, normal

#: Bounds of what is read: nobody keeps a register by hand beyond them, and a crafted workbook must not fill the memory.
_FILE_BYTES = 64 * 1_048_576
_UNPACKED_BYTES = 512 * 1_048_576
_ROWS, _COLUMNS = 300_000, 200
#: Mistakes told at once.
_TOLD = 50
#: Integers from here on are not kept whole by the number cells of a spreadsheet.
_NOT_WHOLE = 10**15

_ZEROS = re.compile(r"0+")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"[^>]*>')
#: How much of a part is looked through at a time, and how long a tag of merged cells may be at most.
_PIECE_BYTES, _TAG_BYTES = 1_048_576, 256
#: What the decoders of UTF-8 and GB 18030 say of bytes that end before their last character does.
_CUT_CHARACTER = ("unexpected end of data", "incomplete multibyte sequence")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its line in the file (row of the sheet, both from 1), and what stands in each column.

    cells: stripped, NFKC (full-width digits and letters are plain, m³ is m3), dates as ISO text; "" for nothing.
    raw: the same cells as they were written, for names that must stay as they are.
    """

    line: int
    cells: dict[str, str]
    raw: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by their headers (normalised as cells are) and rows without the empty ones. source: file and sheet."""

    columns: list[str]
    rows: list[Row]
    source: str = ""

    def where(self, line: int, column: str | None = None) -> str:
        """Where something stands, for a message: file, sheet, line and column."""
        place = f"{self.source}: line {line}" if self.source else f"line {line}"
        return place if column is None else f"{place}, column {column}"


def read_table(path: Path, *, sheet: str | None = None) -> Table:
    """The table of a CSV file (UTF-8, GBK or GB 18030; comma, semicolon or tab) or of a sheet of an XLSX workbook.

    The first row holds the headers. Raises BadInput naming file, sheet, cell or line, and what was expected: another
    kind of file, one that is cut off or too big, merged cells, empty or doubled headers, a formula without a stored
    value, and several sheets without `sheet` saying which.
    """
    return next(iter(_Reader(path).tables(sheet).values()))


def read_tables(path: Path) -> dict[str | None, Table]:
    """Every sheet of a workbook that holds anything, by name; of a CSV file its one table under None.

    Raises BadInput as `read_table` does.
    """
    return _Reader(path).tables(None, every=True)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def tables(self, sheet: str | None, *, every: bool = False) -> dict[str | None, Table]:
        content = self._content()
        if content.startswith(b"PK\x03\x04"):
            return self._workbook(sheet, every)
        if content.startswith(b"\xd0\xcf\x11\xe0"):
            raise self._bad("an .xls workbook of old, or one with a password: save it as .xlsx without a password")
        if sheet is not None or self.path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
            raise self._bad("is no workbook: expected .xlsx, or .csv (without a sheet) for text")
        return {None: self._finish(self.path.name, self._csv_rows(content), "line ")}

    def _content(self) -> bytes:
        try:
            with self.path.open("rb") as source:
                content = source.read(_FILE_BYTES + 1)
        except OSError as error:
            raise self._bad(error.strerror or str(error)) from error
        if len(content) > _FILE_BYTES:
            raise self._bad(f"is bigger than {_FILE_BYTES // 1_048_576} MB: split it")
        if not content:
            raise self._bad("is empty: expected a header row and rows below it")
        return content

    def _bad(self, what: str) -> BadInput:
        return BadInput(f"{self.path.name}: {what}")

    def _csv_rows(self, content: bytes) -> Iterator[tuple[int, list[str]]]:
        text = self._decode(content)
        if not text.endswith(("\n", "\r")):
            line = text.count("\n") + 1
            raise self._bad(f"line {line}: has no line end: the file may be cut off there; end the last line")
        lines = io.StringIO(text, newline="")  # ends lines as csv does, not at every separator of Unicode
        first = next(lines)
        lines.seek(0)
        delimiter = max(",;\t", key=first.count) if any(mark in first for mark in ",;\t") else ","
        if delimiter not in first and "，" in first:  # the full-width comma parts nothing
            raise self._bad("line 1: the columns are parted by ，: expected the plain comma")
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        before = 0
        try:
            for cells in reader:
                yield before + 1, cells
                before = reader.line_num
        except csv.Error as error:
            cut = "a quoted cell never ends: the file may be cut off" if "end of data" in str(error) else str(error)
            raise self._bad(f"line {before + 1}: {cut}") from error

    def _decode(self, content: bytes) -> str:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self._bad("is UTF-16 text: save it as CSV in UTF-8")
        if b"\x00" in content:
            raise self._bad("is neither text nor a workbook: expected .csv or .xlsx")
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                line = content.count(b"\n", 0, error.start) + 1
                if error.reason in _CUT_CHARACTER and not content[: error.start].isascii():
                    raise self._bad(f"line {line}: ends within a character: the file was cut off there") from error
        raise self._bad(f"line {line}: neither UTF-8 nor GB 18030")

    def _workbook(self, sheet: str | None, every: bool) -> dict[str | None, Table]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                parts = {entry.filename for entry in archive.infolist()}
                unpacked = sum(entry.file_size for entry in archive.infolist())
        except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
            raise self._bad("is a damaged workbook, or one that was cut off: save it again") from error
        if "xl/workbook.xml" not in parts:
            raise self._bad("is an archive, but no .xlsx workbook: save it as .xlsx")
        if unpacked > _UNPACKED_BYTES:
            raise self._bad(f"unpacks to more than {_UNPACKED_BYTES // 1_048_576} MB: split it")
        with closing(self._load(data_only=False)) as written:
            pages = {page.title: page for page in self._pages(written) if not self._is_blank(page)}
            names = ", ".join(pages)
            if sheet is not None:
                pages = {title: page for title, page in pages.items() if normal(title) == normal(sheet)}
                if not pages:
                    raise self._bad(f"there is no sheet {sheet!r} with anything on it; there are: {names}")
            elif not pages:
                raise self._bad("holds nothing: expected a header row and rows below it")
            elif len(pages) > 1 and not every:
                raise self._bad(f"has several sheets ({names}): say which one")
            tables: dict[str | None, Table] = {}
            for title, page in pages.items():
                with closing(self._sheet_rows(page)) as rows:
                    tables[title] = self._finish(f"{self.path.name}: sheet {title}", rows, "row ")
            return tables

    def _load(self, *, data_only: bool) -> Workbook:
        """The workbook, whose sheets are read row by row: a whole ledger of cells would fill the memory."""
        try:
            with warnings.catch_warnings():  # of extensions it does not keep; nothing is saved here
                warnings.simplefilter("ignore")
                return load_workbook(self.path, data_only=data_only, read_only=True)
        except Exception as error:  # whatever a damaged part makes of the parser
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> BadInput:
        return self._bad(f"is a damaged workbook, or one that was cut off: {error}")

    @staticmethod
    def _pages(book: Workbook) -> Iterator[ReadOnlyWorksheet]:
        for page in book.worksheets:
            assert isinstance(page, ReadOnlyWorksheet)
            page.reset_dimensions()  # what a file says of its size need not be true
            yield page

    def _rows(self, page: Any) -> Generator[Sequence[Any], None, None]:
        """The rows of a sheet as far as its cells reach, within the bounds."""
        width = 1
        try:
            with closing(page.iter_rows()) as rows:
                for line, cells in enumerate(rows, 1):
                    width = max(width, len(cells))
                    if line > _ROWS or width > _COLUMNS:
                        corner = f"{get_column_letter(width)}{line}"
                        raise self._bad(
                            f"sheet {page.title}: reaches to {corner}; expected at most {_ROWS} rows and {_COLUMNS} "
                            "columns (delete empty rows and columns that only have a format)"
                        )
                    yield cells
        except BadInput:
            raise
        except Exception as error:  # whatever a damaged part makes of the parser
            raise self._damaged(error) from error

    def _is_blank(self, page: ReadOnlyWorksheet) -> bool:
        """Whether a sheet holds nothing, as the spare ones of a new workbook do."""
        with closing(self._rows(page)) as rows:
            return all(cell.value is None for cells in rows for cell in cells)

    def _check_merged(self, page: ReadOnlyWorksheet) -> None:
        for area in self._merged(page):
            self._note(f"sheet {page.title}", f"cells {area} are merged: expected one value a cell")
        self._raise()

    def _merged(self, page: Any) -> Iterator[str]:
        """Areas of merged cells, which reading by rows does not tell; they stand behind the rows of a sheet's part."""
        rest = b""
        with zipfile.ZipFile(self.path) as archive, archive.open(page._worksheet_path) as part:
            while piece := part.read(_PIECE_BYTES):
                text = rest + piece
                yield from (area.decode() for area in _MERGED.findall(text))
                tail = text[max(text.rfind(b"<"), len(text) - _TAG_BYTES) :]
                rest = b"" if b">" in tail else tail  # a tag that goes on in the next piece

    def _sheet_rows(self, page: ReadOnlyWorksheet) -> Generator[tuple[int, list[str]], None, None]:
        self._check_merged(page)
        width = 0
        computed: Iterator[Sequence[Any]] | None = None
        with ExitStack() as opened:
            for line, cells in enumerate(opened.enter_context(closing(self._rows(page))), 1):
                if computed is None and any(cell.data_type == "f" for cell in cells):
                    book = opened.enter_context(closing(self._load(data_only=True)))
                    (other,) = (one for one in self._pages(book) if one.title == page.title)
                    computed = islice(opened.enter_context(closing(self._rows(other))), line - 1, None)
                values = cells if computed is None else next(computed)
                found = [self._value(page, cell, value) for cell, value in zip(cells, values, strict=True)]
                width = width or len(found)
                yield line, found + [""] * (width - len(found))

    def _value(self, page: ReadOnlyWorksheet, cell: Any, computed: Any) -> str:
        value = cell.value
        if cell.data_type == "f":
            value = computed.value
            if value is None:
                self._cell(page, cell, "a formula without a stored value: open, compute and save it")
            elif isinstance(value, str) and value.startswith("#"):
                self._cell(page, cell, f"an error ({value}): expected a value")
        elif cell.data_type == "e":
            self._cell(page, cell, f"an error ({value}): expected a value")
        return self._text(page, cell, value)

    def _text(self, page: ReadOnlyWorksheet, cell: Any, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return value.date().isoformat() if value.time() == time(0) else value.isoformat()
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, int | float):
            if abs(value) >= _NOT_WHOLE and value == int(value):
                self._cell(page, cell, f"{value} has more digits than a number cell keeps: enter it as text")
            text = str(int(value)) if value == int(value) else repr(value)
            shape = cell.number_format or ""
            return text.zfill(len(shape)) if _ZEROS.fullmatch(shape) and text.isdigit() else text
        return str(value)

    def _cell(self, page: ReadOnlyWorksheet, cell: Any, what: str) -> None:
        self._note(f"sheet {page.title}, cell {cell.coordinate}", what)

    def _note(self, where: str, what: str) -> None:
        self.problems.append(f"{self.path.name}: {where}: {what}")

    def _raise(self) -> None:
        if self.problems:
            more = len(self.problems) - _TOLD
            told = [*self.problems[:_TOLD], f"... and {more} more"] if more > 0 else self.problems
            raise BadInput("\n".join(told))

    def _finish(self, source: str, found: Iterable[tuple[int, list[str]]], word: str) -> Table:
        rows = iter(found)
        line, headers = next(rows, (1, []))
        columns = [normal(header) for header in headers]
        while columns and not columns[-1]:
            columns.pop()
        self._check_headers(source, line, columns, word)
        table = Table(columns, [], source)
        for line, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(table.rows) >= _ROWS:
                raise BadInput(f"{source}: has more than {_ROWS} rows: split it")
            if len(cells) < len(columns):
                what = f"ends after cell {len(cells)} of {len(columns)}: the file may be cut off there"
                self.problems.append(f"{source}: {word}{line}: {what}")
            extra = next((number for number in range(len(columns), len(cells)) if cells[number].strip()), None)
            if extra is not None:
                where = f"{word}{line}, column {get_column_letter(extra + 1)}"
                self.problems.append(f"{source}: {where}: {cells[extra]!r} stands in a column without a header")
            raw = dict(zip(columns, cells, strict=False))
            table.rows.append(Row(line, {name: _plain(cell) for name, cell in raw.items()}, raw))
        self._raise()
        return table

    def _check_headers(self, source: str, line: int, columns: list[str], word: str) -> None:
        if not columns:
            raise BadInput(f"{source}: {word}{line}: expected the headers of the columns")
        if len(columns) > _COLUMNS:
            raise BadInput(f"{source}: has more than {_COLUMNS} columns")
        for number, column in enumerate(columns):
            where = f"{source}: {word}{line}, column {get_column_letter(number + 1)}"
            if not column:
                self.problems.append(f"{where}: the header is empty: expected a name for every column")
            elif column in columns[:number]:
                self.problems.append(f"{where}: the header {column!r} is there twice")
        self._raise()


def _plain(cell: str) -> str:
    text = normal(cell)
    return iso_date(text) or text
