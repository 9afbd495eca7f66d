"""`plantwatch ledger import`: a table of reported figures into the ledger, all rows or none, with what it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from domain.clock import Clock
from domain.errors import BadInput
from domain.ledger import ITEMS
from domain.periods import local_day
from domain.reported import FIELDS, Figure, FigureFault, read_figure, repeated
from runtime.celltext import normal
from runtime.tablefields import Difference, absent, columns_of, refuse, require_author, require_columns
from runtime.tables import Row, Table, read_table
from storage.database import Database
from storage.ledger import FigureFate, Kept, compare, keep_figures, known_lines

#: Headers as people write them, beside the fields' own names.
_HEADERS: Mapping[str, str] = {
    "企业": "enterprise",
    "企业代码": "enterprise",
    "企业编码": "enterprise",
    "生产线": "line",
    "生产线代码": "line",
    "生产线编码": "line",
    "项目": "item",
    "台账项目": "item",
    "指标": "item",
    "月份": "month",
    "年月": "month",
    "年份": "year",
    "年度": "year",
    "数值": "value",
    "值": "value",
    "单位": "unit",
    "计量单位": "unit",
    "依据": "evidence",
    "凭证": "evidence",
    "来源": "evidence",
    "备注": "evidence",
}
#: Items by their Chinese names, which are as good as their keys in a file.
_ITEM_NAMES: Mapping[str, str] = {normal(item.name): item.key for item in ITEMS.values()}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.]0?1)?|年(\d{1,2})月)", re.ASCII)
_YEAR = re.compile(r"(\d{4})年?", re.ASCII)
_REQUIRED = ("item", "value", "unit")


def read_ledger(path: Path, today: date, *, sheet: str | None = None) -> tuple[Table, list[tuple[int, Figure]]]:
    """The figures of a file with their lines. Raises BadInput naming line and column of every mistake (the first 50).

    Columns: item, value, unit, and month or year; enterprise, line and evidence where they are needed. Headers may be
    Chinese, an item may be named by its key or its Chinese name.
    """
    table = read_table(path, sheet=sheet)
    fields = _fields(table)
    problems: list[str] = []
    figures: list[tuple[int, Figure]] = []
    for row in table.rows:
        found = read_figure(_said(row, fields), today)
        if isinstance(found, Figure):
            figures.append((row.line, found))
        else:
            problems += [_problem(table, row, fields, fault) for fault in found]
    for line, first in repeated(figures):
        problems.append(f"{table.where(line)}: 与第 {first} 行是同一项目的同一时段，只能填一次")
    refuse(problems)
    if not figures:
        raise BadInput(f"{table.source}: 没有数据行")
    return table, figures


async def import_ledger(
    database: Database, path: Path, now: Clock, *, author: str, dry_run: bool = False, sheet: str | None = None
) -> Difference:
    """Write a file's figures, all or none; dry_run: only say what would change. Raises BadInput."""
    require_author(author)
    at = now()
    table, placed = read_ledger(path, local_day(at), sheet=sheet)
    figures = [figure for _, figure in placed]
    async with database.transaction() as connection:
        known = await known_lines(connection, {one.enterprise for one in figures if one.enterprise is not None})
        refuse([problem for line, one in placed for problem in _unregistered(table, line, one, known)])
        if dry_run:
            kept = await compare(connection, figures)
        else:
            kept = await keep_figures(connection, figures, author=author, origin="file", at=at)
    return _difference(figures, kept)


def _fields(table: Table) -> dict[str, str]:
    """Column by field."""
    found = columns_of(table, _HEADERS, FIELDS)
    missing = absent(_REQUIRED, found)
    if "month" not in found and "year" not in found:
        missing.append("month（或 year）")
    require_columns(table, missing)
    return found


def _said(row: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    """What a row says; a cell that cannot be read stays the text it is, to be refused as such."""
    said: dict[str, Any] = {field: row.cells.get(column) or None for field, column in fields.items()}
    if (item := said.get("item")) is not None:
        said["item"] = _ITEM_NAMES.get(item, item)
    if (value := said.get("value")) is not None and _NUMBER.fullmatch(value):
        said["value"] = float(value)
    if (month := said.get("month")) is not None and (match := _MONTH.fullmatch(month)):
        said["month"] = f"{match[1]}-{int(match[2] or match[3]):02}"
    if (year := said.get("year")) is not None and (match := _YEAR.fullmatch(year)):
        said["year"] = int(match[1])
    return said


def _problem(table: Table, row: Row, fields: Mapping[str, str], fault: FigureFault) -> str:
    column = fields.get(fault.field)
    cell = "" if column is None else row.cells.get(column, "")
    found = f"{cell!r}：" if cell else ""
    return f"{table.where(row.line, column)}: {found}应为{fault.expected}"


def _unregistered(table: Table, line: int, figure: Figure, known: Mapping[str, set[str]]) -> Iterator[str]:
    if figure.enterprise is None:
        return
    if figure.enterprise not in known:
        yield f"{table.where(line)}: 没有企业 {figure.enterprise!r}"
    elif figure.line is not None and figure.line not in known[figure.enterprise]:
        yield f"{table.where(line)}: 企业 {figure.enterprise} 没有生产线 {figure.line!r}"


def _difference(figures: list[Figure], kept: list[Kept]) -> Difference:
    lines = []
    for figure, one in zip(figures, kept, strict=True):
        what = " ".join(part for part in (figure.enterprise or "city", figure.line, figure.item, figure.period) if part)
        if one.fate is FigureFate.NEW:
            lines.append(f"+ {what}: {figure.value:.15g} {figure.unit}")
        elif one.fate is FigureFate.CORRECTED and one.before is not None:
            lines.append(f"~ {what}: {one.before:.15g} -> {figure.value:.15g} {figure.unit}")
    fates = [one.fate for one in kept]
    return Difference(
        lines, fates.count(FigureFate.NEW), fates.count(FigureFate.CORRECTED), fates.count(FigureFate.SAME)
    )
