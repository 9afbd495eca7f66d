"""A report as PDF, A4 across. Chinese comes by a font that every reader of PDF has, so none is shipped or embedded.

What people wrote is text: nothing in it is read as markup, and a cell that would fill a page is cut and says so; the
workbook has it whole. A letter that the font lacks is shown as a box. The same report gives the same bytes.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from html import escape
from typing import Any

from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfbase.pdfmetrics import registerFont  # type: ignore[import-untyped]
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle  # type: ignore[import-untyped]

from api.reports import document as parts
from api.reports.document import Document

MEDIA_TYPE = "application/pdf"

_FONT = "STSong-Light"
_MARGIN, _FOOT = 10 * mm, 12 * mm
_FRAME = 6.0  # what a frame keeps free at each side, in points
_SIZE, _LEADING = 8.5, 11.5
_LINE, _HEAD, _BAND = colors.HexColor("#c9d1d9"), colors.HexColor("#e6ecf2"), colors.HexColor("#f4f6f8")
_GREY = colors.HexColor("#555555")
#: Height of a cell of a table, and of the header, at most: a row never fills more than half a page.
_TALLEST, _TALLEST_FACT = 85 * mm, 14 * mm
_TITLE, _NOTE = 40, 2000
#: For a letter that the font lacks.
_MISSING = "□"
_MORE = "……（过长，全文见 XLSX）"
#: Rows of a table on paper.
_ROWS = 1000


def render(report: Document) -> bytes:
    """The file."""
    _register()
    title = _short(_plain(report.title), _TITLE)
    written = io.BytesIO()
    page = SimpleDocTemplate(
        written,
        pagesize=landscape(A4),
        leftMargin=_MARGIN - _FRAME,
        rightMargin=_MARGIN - _FRAME,
        topMargin=_MARGIN,
        bottomMargin=_FOOT,
        title=title,
        author="Plantwatch",
        invariant=1,
    )
    width = landscape(A4)[0] - 2 * _MARGIN
    story: list[Any] = [Paragraph(_markup(title), _style("title")), Spacer(1, 3 * mm)]
    story.append(_facts(report.header, width))
    for number, table in enumerate(report.tables, 1):
        story += _section(number, table, width)
    story.append(Paragraph(f"{len(report.tables) + 1}　说明", _style("section")))
    for line, note in enumerate(report.notes, 1):
        story.append(Paragraph(f"{line}. {_markup(_short(_plain(note), _NOTE, 10))}", _style("plain")))
    page.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return written.getvalue()


@cache
def _register() -> None:
    registerFont(UnicodeCIDFont(_FONT))


@cache
def _style(name: str) -> Any:
    plain = {"fontName": _FONT, "fontSize": _SIZE, "leading": _LEADING, "wordWrap": "CJK"}
    more: dict[str, dict[str, Any]] = {
        "title": {"fontSize": 17, "leading": 22, "alignment": 1},
        "section": {"fontSize": 11, "leading": 15, "spaceBefore": 4 * mm, "spaceAfter": 1.5 * mm, "keepWithNext": 1},
        "number": {"alignment": 2},
        "grey": {"textColor": _GREY},
        "plain": {},
        "head": {},
    }
    return ParagraphStyle(name, **(plain | more[name]))


def _foot(canvas: Any, page: Any) -> None:
    canvas.saveState()
    canvas.setFont(_FONT, 8)
    canvas.setFillColor(_GREY)
    canvas.drawString(_MARGIN, 6 * mm, page.title)
    canvas.drawRightString(page.pagesize[0] - _MARGIN, 6 * mm, f"第 {page.page} 页")
    canvas.restoreState()


def _facts(header: Sequence[tuple[str, str]], width: float) -> Any:
    """Names and values, two pairs a line."""
    cells = [
        cell
        for name, value in header
        for cell in (_cell(name, 22 * mm, "grey"), _cell(value, width / 2 - 22 * mm, "plain", _TALLEST_FACT))
    ]
    cells += [""] * (-len(cells) % 4)
    rows = [cells[start : start + 4] for start in range(0, len(cells), 4)]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), _BAND),
        ("BOX", (0, 0), (-1, -1), 0.5, _LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    widths = [22 * mm, width / 2 - 22 * mm] * 2
    return Table(rows, colWidths=widths, style=TableStyle(style + _padding()))


def _section(number: int, table: parts.Table, width: float) -> list[Any]:
    title = Paragraph(f"{number}　{_markup(_short(_plain(table.name), _TITLE))}", _style("section"))
    if not table.rows:
        return [title, Paragraph(_markup(_short(_plain(table.empty), _NOTE)), _style("grey"))]
    shown = [index for index, column in enumerate(table.columns) if column.on_page]
    total = sum(table.columns[index].width for index in shown)
    widths = [width * table.columns[index].width / total for index in shown]
    rows = [[_cell(table.columns[i].title, wide, "head") for i, wide in zip(shown, widths, strict=True)]]
    for values in table.rows[:_ROWS]:
        rows.append([_value(values[i], table.columns[i], wide) for i, wide in zip(shown, widths, strict=True)])
    style = [
        ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
        ("GRID", (0, 0), (-1, -1), 0.5, _LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    style += _padding()
    if table.to_sign:
        style.append(("BOTTOMPADDING", (0, 1), (-1, -1), 9 * mm))
    told: list[Any] = [title, Table(rows, colWidths=widths, repeatRows=1, style=TableStyle(style))]
    if len(table.rows) > _ROWS:
        told.append(Paragraph(f"另有 {len(table.rows) - _ROWS} 条，见 XLSX。", _style("grey")))
    return told


def _padding() -> list[tuple[Any, ...]]:
    sides = (("LEFTPADDING", 1.2), ("RIGHTPADDING", 1.2), ("TOPPADDING", 0.6), ("BOTTOMPADDING", 1.0))
    return [(side, (0, 0), (-1, -1), size * mm) for side, size in sides]


def _value(value: parts.Cell, column: parts.Column, width: float) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return _cell(value, width, "plain")
    text = f"{value:.{column.decimals}f}" if column.decimals is not None else str(value)
    return _cell(text, width, "number")


def _cell(text: str, width: float, style: str, tallest: float = _TALLEST) -> Any:
    """A paragraph that fits into a cell, cut where it is too tall."""
    room = width - 2.4 * mm
    # no letter is narrower than a quarter of its height, so no more than this can fit: wrapping all of it takes long
    lines = round(tallest / _LEADING)
    text = _short(_plain(text), round(room / (_SIZE / 4)) * lines, lines)
    cell = Paragraph(_markup(text), _style(style))
    if cell.wrap(room, tallest)[1] <= tallest:
        return cell
    fits, over = 0, len(text)
    while over - fits > 1:  # the longest beginning that fits
        middle = (fits + over) // 2
        cell = Paragraph(_markup(text[:middle] + _MORE), _style(style))
        fits, over = (middle, over) if cell.wrap(room, tallest)[1] <= tallest else (fits, middle)
    return Paragraph(_markup(text[:fits] + _MORE), _style(style))


def _short(text: str, most: int, lines: int = 1) -> str:
    """The beginning of a text: at most so many letters and lines."""
    head = "\n".join(text[: most + 1].split("\n", lines)[:lines])[:most]
    return text if head == text else head + _MORE


def _markup(text: str) -> str:
    """Text as the library takes it: nothing of it is a tag, lines break where they did."""
    return escape(text).replace("\n", "<br/>")


def _plain(text: str) -> str:
    """Text in letters of the font, which has those of GBK: mg/m³ as mg/m3, a box for what it lacks. Without control
    and format characters, which could turn a text around."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return text if text.isascii() and text.isprintable() else "".join(map(_letter, text))


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    if letter == "\n":
        return letter
    if unicodedata.category(letter) in ("Cc", "Cf"):
        return ""
    for known in (letter, unicodedata.normalize("NFKC", letter)):
        try:
            known.encode("gbk")
        except UnicodeEncodeError:
            continue
        return known
    return _MISSING
