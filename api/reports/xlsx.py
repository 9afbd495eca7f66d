"""A report as a workbook. The same report gives the same bytes: a copy can be told from a changed one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.page import PrintPageSetup
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from api.fields import format_instant
from api.reports import document as parts
from api.reports.document import Document
from domain.periods import SITE_ZONE

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FONT = "Microsoft YaHei"
_GREY = "555555"
_TIME = "yyyy-mm-dd hh:mm"
_LINE = Side(style="thin", color="C9D1D9")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_TOP = Alignment(vertical="top", wrap_text=True)
#: Height of a row that is signed by hand, in points.
_TO_SIGN = 36
#: The first day that a ZIP archive can name.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def workbook(report: Document) -> bytes:
    """A file for Excel, WPS and LibreOffice: one sheet a table, the first with what the report is of."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for style in _styles():
        book.add_named_style(style)
    for number, table in enumerate(report.tables):
        sheet = book.create_sheet(table.name)
        top = _header(sheet, report) if number == 0 else 1
        _table(sheet, table, top)
    _notes(book.create_sheet("说明"), report.notes)
    book.properties.title = report.title
    book.properties.creator = "Plantwatch"
    book.properties.created = report.made_at.astimezone(UTC).replace(tzinfo=None)
    written = io.BytesIO()
    book.save(written)
    return _undated(written.getvalue(), format_instant(report.made_at))


def _styles() -> Iterator[NamedStyle]:
    """Named styles, because each cell then takes one look-up instead of one for every font and border."""
    yield NamedStyle("report title", font=Font(name=_FONT, size=16, bold=True))
    yield NamedStyle("report label", font=Font(name=_FONT, size=10, color=_GREY))
    yield NamedStyle("report plain", font=Font(name=_FONT, size=10))
    yield NamedStyle("report note", font=Font(name=_FONT, size=10), alignment=_TOP)
    yield NamedStyle(
        "report head",
        font=Font(name=_FONT, size=10, bold=True),
        fill=PatternFill("solid", fgColor="E6ECF2"),
        border=_BOX,
        alignment=Alignment(vertical="center", wrap_text=True),
    )
    for mood, fill in (("", None), (" bad", PatternFill("solid", fgColor="FDECEA"))):
        for decimals in (None, 0, 1, 2, 3):
            style = NamedStyle(f"{_cell_style(decimals)}{mood}", font=Font(name=_FONT, size=10), border=_BOX)
            style.alignment = _TOP
            if fill is not None:
                style.fill = fill
            if decimals is not None:
                style.number_format = "0" if decimals == 0 else "0." + "0" * decimals
            yield style


def _cell_style(decimals: int | None) -> str:
    return "report cell" if decimals is None else f"report cell {decimals}"


def _header(sheet: Worksheet, report: Document) -> int:
    """Title and what the report is of; the row where the table may begin."""
    _put(sheet, 1, 1, report.title, "report title")
    row = 2
    for name, value in report.header:
        _put(sheet, row, 1, name, "report label")
        _put(sheet, row, 2, value, "report plain")
        row += 1
    return row + 1


def _table(sheet: Worksheet, table: parts.Table, top: int) -> None:
    for number, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width + 2
        _put(sheet, top, number, column.title, "report head")
    plain = [_cell_style(column.decimals) for column in table.columns]
    for below, values in enumerate(table.rows, 1):
        mood = " bad" if "未达标" in values else ""
        for number, (value, style) in enumerate(zip(values, plain, strict=True), 1):
            _put(sheet, top + below, number, value, f"{style}{mood}")
    if not table.rows:
        _put(sheet, top + 1, 1, table.empty, "report label")
    sheet.freeze_panes = f"A{top + 1}"
    sheet.print_title_rows = f"{top}:{top}"
    if table.to_sign:
        for row in range(top + 1, top + 1 + len(table.rows)):
            sheet.row_dimensions[row].height = _TO_SIGN
    _landscape(sheet)


def _landscape(sheet: Worksheet) -> None:
    """A4 across, as wide as the page, as long as it takes."""
    sheet.page_setup = PrintPageSetup(orientation="landscape", paperSize=int(sheet.PAPERSIZE_A4), fitToHeight=0)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter = HeaderFooterItem(left=_HeaderFooterPart("&A"), right=_HeaderFooterPart("第 &P 页，共 &N 页"))


def _notes(sheet: Worksheet, notes: Sequence[str]) -> None:
    sheet.column_dimensions["A"].width = 120
    for row, note in enumerate(notes, 1):
        _put(sheet, row, 1, f"{row}. {note}", "report note")


def _put(sheet: Worksheet, row: int, column: int, value: parts.Cell, style: str) -> None:
    cell = cast(Cell, sheet.cell(row, column))
    cell.style = style
    if isinstance(value, datetime):
        cell.value = value.astimezone(SITE_ZONE).replace(microsecond=0, tzinfo=None)  # a workbook knows no zones
        cell.number_format = _TIME
        return
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"  # what somebody wrote as a reason must not become a formula
    if value.startswith(("=", "+", "-", "@")):
        cell.quotePrefix = True


def _undated(written: bytes, at: str) -> bytes:
    """The same archive without the hour in which it was packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + at.encode(), body)
            entry = zipfile.ZipInfo(name, date_time=_NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, body)
    return packed.getvalue()
