"""A report as one page that needs nothing else, laid out for A4 landscape: a browser prints it to PDF."""

from __future__ import annotations

from datetime import datetime
from html import escape

from api.reports.document import Cell, Document, Table, local_text

_STYLE = """
@page { size: A4 landscape; margin: 12mm 10mm 14mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; color: #555; } }
* { box-sizing: border-box; }
body { font: 9pt/1.45 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", SimSun, sans-serif;
  color: #1a1a1a; margin: 0 auto; max-width: 297mm; padding: 8mm; }
@media print { body { padding: 0; max-width: none; } }
h1 { font-size: 17pt; text-align: center; margin: 0 0 4mm; letter-spacing: .05em; }
h2 { font-size: 11pt; margin: 6mm 0 2mm; padding-left: 2mm; border-left: 1.2mm solid #2b5d8a; break-after: avoid; }
h2 small { font-weight: normal; color: #555; font-size: 8.5pt; }
dl { display: grid; grid-template-columns: max-content 1fr max-content 3fr; gap: .6mm 4mm; margin: 0 0 4mm;
  padding: 2.5mm 3mm; background: #f4f6f8; border: .25mm solid #c9d1d9; }
dt { color: #555; } dd { margin: 0; } .hash { font-family: monospace; font-size: 8.5pt; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: .25mm solid #c9d1d9; padding: .5mm 1.2mm; vertical-align: top; overflow-wrap: anywhere; }
th { background: #e6ecf2; font-weight: 600; text-align: left; font-size: 8.5pt; }
td { font-size: 8.5pt; } td.n { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
td.x { text-align: center; color: #8a929a; }
tbody tr:nth-child(even) { background: #fafbfc; }
tr.bad td { background: #fdecea; } .none { color: #555; }
ol { margin: 0; padding-left: 5mm; font-size: 8.5pt; }
"""


def page(report: Document) -> str:
    """The whole page in UTF-8."""
    parts = [
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n',
        f"<title>{escape(report.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n",
        f"<h1>{escape(report.title)}</h1>\n<dl>\n",
    ]
    for name, value in report.header:
        kind = ' class="hash"' if name.endswith("SHA-256") else ""
        parts.append(f"<dt>{escape(name)}</dt><dd{kind}>{escape(value)}</dd>\n")
    parts.append("</dl>\n")
    before = len(report.tables) - report.appendix
    parts += [_section(number, table) for number, table in enumerate(report.tables[:before], 1)]
    parts.append(f"<h2>{before + 1}　说明</h2>\n<ol>\n")
    parts += [f"<li>{escape(note)}</li>\n" for note in report.notes]
    parts.append("</ol>\n")
    parts += [_section(number, table) for number, table in enumerate(report.tables[before:], before + 2)]
    parts.append("</body>\n</html>\n")
    return "".join(parts)


def _section(number: int, table: Table) -> str:
    count = f" <small>{len(table.rows)} 条</small>" if table.rows else ""
    title = f"<h2>{number}　{escape(table.name)}{count}</h2>\n"
    if not table.rows:
        return f'{title}<p class="none">{escape(table.empty)}</p>\n'
    shown = [column for column in table.columns if column.on_page]
    whole = sum(column.width for column in shown)
    columns = "".join(f'<col style="width:{100 * column.width / whole:.2f}%">' for column in shown)
    head = "".join(f"<th>{escape(column.title)}</th>" for column in shown)
    rows = [
        f"<tr{_row_class(row)}>"
        + "".join(
            _cell(value, column.decimals) for value, column in zip(row, table.columns, strict=True) if column.on_page
        )
        + "</tr>\n"
        for row in table.rows
    ]
    return (
        f"{title}<table>\n<colgroup>{columns}</colgroup>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        f"{''.join(rows)}</tbody>\n</table>\n"
    )


def _row_class(row: object) -> str:
    return ' class="bad"' if isinstance(row, list) and "未达标" in row else ""


def _cell(value: Cell, decimals: int | None) -> str:
    if value is None:
        return '<td class="x">–</td>'
    if isinstance(value, datetime):
        return f"<td>{local_text(value)}</td>"
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="n">{number_text(value, decimals)}</td>'


def number_text(value: float, decimals: int | None) -> str:
    """A number for reading; without decimals given, as short as it is, in full above a million."""
    if decimals is not None or not isinstance(value, float):
        return f"{value:.{decimals or 0}f}"
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.2f}".rstrip("0").rstrip(".")
