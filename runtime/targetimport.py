"""`plantwatch targets import`: figures that bureaus keep in a table, for targets that nothing here can compute.

Nothing is taken unless every row is right: half a table would look like a whole one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from domain.clock import Clock
from domain.errors import BadInput
from domain.periods import local_day
from rules.scoreboard.entry import target_fault, value_faults
from runtime.celltext import iso_date
from runtime.tables import Row, Table, read_table
from storage.database import Database
from storage.scoreboard import NewValue, add_values

#: Columns with the headers that people give them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "target": ("target", "目标", "目标编号"),
    "as_of": ("as_of", "日期", "截止日期"),
    "value": ("value", "数值", "值"),
    "evidence": ("evidence", "依据"),
    "part": ("part", "分项"),
}
_OPTIONAL = ("part",)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
#: Mistakes told at once, and the longest evidence.
_TOLD, _EVIDENCE = 50, 500


@dataclass(frozen=True, slots=True)
class _Reading:
    """A row as it was understood, or what is wrong with it."""

    value: NewValue | None
    faults: list[str]


async def import_targets(
    database: Database, path: Path, now: Clock, *, author: str, dry_run: bool, sheet: str | None = None
) -> str:
    """Take in a table of figures; a line that says what became of them. Raises BadInput naming every wrong row."""
    if not author.strip():
        raise BadInput("--author: 填报人不能为空")
    table = read_table(path, sheet=sheet)
    values = read_values(table, local_day(now()))
    if dry_run:
        return f"{len(values)} figures checked (dry run)"
    async with database.transaction() as connection:
        entered = await add_values(connection, values, author=author.strip(), origin="file", at=now())
    return f"{entered.new} new, {entered.corrected} corrected, {entered.same} same"


def read_values(table: Table, today: date) -> list[NewValue]:
    """The figures of a table. Raises BadInput naming every wrong row and what was expected."""
    named = _columns(table)
    values: list[NewValue] = []
    faults: list[str] = []
    lines: dict[tuple[str, str, date], int] = {}
    for row in table.rows:
        reading = _read(row, named, today)
        faults += [f"{table.where(row.line)}：{fault}" for fault in reading.faults]
        if reading.value is None:
            continue
        key = (reading.value.target_id, reading.value.part, reading.value.as_of)
        if key in lines:
            faults.append(f"{table.where(row.line)}：与第 {lines[key]} 行是同一目标、同一日期")
        lines.setdefault(key, row.line)
        values.append(reading.value)
    if not table.rows:
        faults.append(f"{table.source}：没有数据行")
    if faults:
        more = f"\n……另有 {len(faults) - _TOLD} 处" if len(faults) > _TOLD else ""
        raise BadInput("\n".join(faults[:_TOLD]) + more)
    return values


def _columns(table: Table) -> dict[str, str]:
    """The table's header of each column that is there."""
    named: dict[str, str] = {}
    unknown = []
    for header in table.columns:
        column = next((key for key, words in COLUMNS.items() if header in words), None)
        if column is None:
            unknown.append(header)
        elif column in named:
            raise BadInput(f"{table.source}：{named[column]!r} 与 {header!r} 是同一列")
        else:
            named[column] = header
    missing = [words for key, words in COLUMNS.items() if key not in named and key not in _OPTIONAL]
    wanted = "、".join("/".join(words[:2]) for words in COLUMNS.values())
    if unknown:
        raise BadInput(f"{table.source}：不认识的列 {'、'.join(unknown)}；应为：{wanted}")
    if missing:
        raise BadInput(f"{table.source}：缺少列 {'、'.join('/'.join(words[:2]) for words in missing)}")
    return named


def _read(row: Row, named: Mapping[str, str], today: date) -> _Reading:
    cell = {column: row.cells.get(header, "") for column, header in named.items()}
    target, part = cell["target"], cell.get("part", "")
    evidence = row.raw.get(named["evidence"], "").strip() or cell["evidence"]
    fault = target_fault(target)
    if fault is not None:
        return _Reading(None, [fault])
    faults = []
    day = iso_date(cell["as_of"])
    if day is None:
        faults.append(f"日期 {cell['as_of']!r}：应为日期，例如 2026-10-31")
    if _NUMBER.fullmatch(cell["value"]) is None:
        faults.append(f"数值 {cell['value']!r}：应为不带单位和千分位的数")
    if not evidence or len(evidence) > _EVIDENCE:
        faults.append(f"依据：应为 1 至 {_EVIDENCE} 个字")
    if faults or day is None:
        return _Reading(None, faults)
    as_of, value = date.fromisoformat(day), float(cell["value"])
    words = {"part": f"分项 {part!r}", "as_of": f"日期 {day}", "value": f"数值 {cell['value']}"}
    found = value_faults(target, part, as_of, value, today)
    faults = [f"目标 {target} {words[field]}：应为{expected}" for field, expected in found]
    return _Reading(None if faults else NewValue(target, part, as_of, value, evidence), faults)
