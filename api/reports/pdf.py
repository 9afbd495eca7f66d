"""A report as PDF, A4 across, with the letters that it uses of a Chinese font where the machine has one (`fonts`).

What people wrote is text: nothing in it is read as markup, and a cell that would fill a page is cut and says so; the
workbook has it whole. A letter that the font lacks is shown as a box. The same report gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from html import escape
from typing import Any

from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import CondPageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle  # type: ignore[import-untyped]

from api.reports import document as parts
from api.reports.document import Document
from api.reports.fonts import Font, named

MEDIA_TYPE = "application/pdf"

_MARGIN, _FOOT = 10 * mm, 12 * mm
_FRAME = 6.0  # what a frame keeps free at each side, in points
_SIZE, _LEADING = 8.5, 11.5
_LINE, _HEAD, _BAND = colors.HexColor("#c9d1d9"), colors.HexColor("#e6ecf2"), colors.HexColor("#f4f6f8")
_GREY = colors.HexColor("#555555")
#: Height of a cell of a table, and of the header, at most: a row never fills more than half a page.
_TALLEST, _TALLEST_FACT = 85 * mm, 14 * mm
_TITLE, _NOTE = 40, 2000
#: A title and this much below it stay on one page; what is to be signed fits.
_TOGETHER = 48 * mm
_MORE = "……（过长，全文见 XLSX）"
#: Rows of a table on paper.
_ROWS = 1000


def render(report: Document, font: Font | None = None) -> bytes:
    """The file. font: of `api.reports.fonts`; without one, the one that readers bring along."""
    return _Writer(font or named()).render(report)


@cache
def _style(font: str, name: str) -> Any:
    plain = {"fontName": font, "fontSize": _SIZE, "leading": _LEADING, "wordWrap": "CJK"}
    more: dict[str, dict[str, Any]] = {
        "title": {"fontSize": 17, "leading": 22, "alignment": 1},
        "section": {"fontSize": 11, "leading": 15, "spaceBefore": 4 * mm, "spaceAfter": 1.5 * mm},
        "number": {"alignment": 2},
        "grey": {"textColor": _GREY},
        "plain": {},
        "head": {},
    }
    return ParagraphStyle(name, **(plain | more[name]))


class _Pages(Canvas):  # type: ignore[misc]
    """Pages whose feet say how many there are: who signs a record knows that none is missing."""

    def __init__(self, font: str, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._font = font
        self._told: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._told.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._told:
            self.__dict__.update(page)
            self.setFont(self._font, 8)
            self.setFillColor(_GREY)
            self.drawString(_MARGIN, 6 * mm, self._doc.info.title)
            self.drawRightString(
                self._pagesize[0] - _MARGIN, 6 * mm, f"第 {self._pageNumber} 页，共 {len(self._told)} 页"
            )
            super().showPage()
        super().save()


class _Writer:
    """Writes with a font."""

    def __init__(self, font: Font) -> None:
        self._font = font

    def render(self, report: Document) -> bytes:
        title = _short(self._plain(report.title), _TITLE)
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
        story: list[Any] = [self._paragraph(title, "title"), Spacer(1, 3 * mm), self._facts(report.header, width)]
        for number, table in enumerate(report.tables, 1):
            story += self._section(number, table, width)
        story.append(self._paragraph(f"{len(report.tables) + 1}　说明", "section"))
        for line, note in enumerate(report.notes, 1):
            story.append(self._paragraph(f"{line}. {_short(self._plain(note), _NOTE, 10)}", "plain"))
        page.build(story, canvasmaker=partial(_Pages, self._font.name))
        return written.getvalue()

    def _paragraph(self, text: str, style: str) -> Any:
        return Paragraph(_markup(text), _style(self._font.name, style))

    def _facts(self, header: Sequence[tuple[str, str]], width: float) -> Any:
        """Names and values, two pairs a line."""
        cells = [
            cell
            for name, value in header
            for cell in (
                self._cell(name, 22 * mm, "grey"),
                self._cell(value, width / 2 - 22 * mm, "plain", _TALLEST_FACT),
            )
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

    def _section(self, number: int, table: parts.Table, width: float) -> list[Any]:
        # a title with room for some of its table below, which may go on over pages
        title = [
            CondPageBreak(_TOGETHER),
            self._paragraph(f"{number}　{_short(self._plain(table.name), _TITLE)}", "section"),
        ]
        if not table.rows:
            return [*title, self._paragraph(_short(self._plain(table.empty), _NOTE), "grey")]
        shown = [index for index, column in enumerate(table.columns) if column.on_page]
        total = sum(table.columns[index].width for index in shown)
        widths = [width * table.columns[index].width / total for index in shown]
        rows = [[self._cell(table.columns[i].title, wide, "head") for i, wide in zip(shown, widths, strict=True)]]
        for values in table.rows[:_ROWS]:
            rows.append([self._value(values[i], table.columns[i], wide) for i, wide in zip(shown, widths, strict=True)])
        style = [
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
            ("GRID", (0, 0), (-1, -1), 0.5, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
        style += _padding()
        if table.to_sign:
            style.append(("BOTTOMPADDING", (0, 1), (-1, -1), 9 * mm))
        told: list[Any] = [*title, Table(rows, colWidths=widths, repeatRows=1, style=TableStyle(style))]
        if len(table.rows) > _ROWS:
            told.append(self._paragraph(f"另有 {len(table.rows) - _ROWS} 条，见 XLSX。", "grey"))
        return told

    def _value(self, value: parts.Cell, column: parts.Column, width: float) -> Any:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return self._cell(str(parts.local_text(value)), width, "plain")
        if isinstance(value, str):
            return self._cell(value, width, "plain")
        text = f"{value:.{column.decimals}f}" if column.decimals is not None else str(value)
        return self._cell(text, width, "number")

    def _cell(self, text: str, width: float, style: str, tallest: float = _TALLEST) -> Any:
        """A paragraph that fits into a cell, cut where it is too tall."""
        room = width - 2.4 * mm
        # no letter is narrower than a quarter of its height, so no more than this fits: wrapping all of it is slow
        lines = round(tallest / _LEADING)
        text = _short(self._plain(text), round(room / (_SIZE / 4)) * lines, lines)
        cell = self._paragraph(text, style)
        if cell.wrap(room, tallest)[1] <= tallest:
            return cell
        fits, over = 0, len(text)
        while over - fits > 1:  # the longest beginning that fits
            middle = (fits + over) // 2
            cell = self._paragraph(text[:middle] + _MORE, style)
            fits, over = (middle, over) if cell.wrap(room, tallest)[1] <= tallest else (fits, middle)
        return self._paragraph(text[:fits] + _MORE, style)

    def _plain(self, text: str) -> str:
        """Text in letters of the font."""
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
        return text if text.isascii() and text.isprintable() else "".join(map(self._font.letter, text))


def _padding() -> list[tuple[Any, ...]]:
    sides = (("LEFTPADDING", 1.2), ("RIGHTPADDING", 1.2), ("TOPPADDING", 0.6), ("BOTTOMPADDING", 1.0))
    return [(side, (0, 0), (-1, -1), size * mm) for side, size in sides]


def _short(text: str, most: int, lines: int = 1) -> str:
    """The beginning of a text: at most so many letters and lines."""
    head = "\n".join(text[: most + 1].split("\n", lines)[:lines])[:most]
    return text if head == text else head + _MORE


def _markup(text: str) -> str:
    """Text as the library takes it: nothing of it is a tag, lines break where they did."""
    return escape(text).replace("\n", "<br/>")
