"""`plantwatch meters import`: a table of replaced meters (换表记录), all rows or none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.clock import Clock
from domain.errors import BadInput, Conflict
from domain.periods import SITE_ZONE
from runtime.tablefields import absent, columns_of, refuse, require_author, require_columns
from runtime.tables import Row, Table, read_table
from storage.database import Connection, Database
from storage.meter_changes import NewChange, add_change, find_change

#: Headers as people write them, beside the fields' own names.
_HEADERS: Mapping[str, str] = {
    "企业": "enterprise",
    "企业代码": "enterprise",
    "企业编码": "enterprise",
    "测点": "point",
    "测点代码": "point",
    "测点编码": "point",
    "换表时间": "changed_at",
    "旧表止码": "old_final",
    "新表起码": "new_initial",
    "旧表号": "old_serial",
    "新表号": "new_serial",
    "原因": "reason",
    "换表原因": "reason",
}
_REQUIRED = ("enterprise", "point", "changed_at", "old_final", "new_initial", "reason")
_FIELDS = (*_REQUIRED, "old_serial", "new_serial")
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines that say what was recorded, and the numbers."""

    lines: list[str]
    new: int
    same: int


class _NothingKept(Exception):
    """Ends a transaction that was only a trial."""


async def import_changes(
    database: Database, path: Path, now: Clock, *, author: str, dry_run: bool = False, sheet: str | None = None
) -> Imported:
    """Record a file's replacements, all or none; dry_run: only say what would be recorded.

    Columns: enterprise, point, changed_at (local time where no offset is given), old_final, new_initial, reason, and
    old_serial, new_serial. Raises BadInput naming line and column of every mistake (the first 50).
    """
    require_author(author, "登记人")
    table = read_table(path, sheet=sheet)
    fields = _fields(table)
    placed = _read(table, fields, author)
    found: list[Imported] = []
    try:
        async with database.transaction() as connection:
            found.append(await _record(connection, table, fields, placed, now()))
            if dry_run:
                raise _NothingKept
    except _NothingKept:
        pass
    return found[0]


async def _record(
    connection: Connection, table: Table, fields: Mapping[str, str], placed: list[tuple[int, NewChange]], at: datetime
) -> Imported:
    problems, lines, same = [], [], 0
    for line, change in placed:
        try:
            kept = await find_change(connection, await add_change(connection, change, at))
        except BadInput as error:
            field, _, expected = str(error).partition(": ")
            problems.append(f"{table.where(line, fields.get(field))}: {expected or field}")
        except Conflict as error:
            problems.append(f"{table.where(line)}: {error}")
        else:
            if kept["created_at"] == at:
                local = change.changed_at.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M")
                values = f"{change.old_final:.15g} -> {change.new_initial:.15g}"
                lines.append(f"+ {change.enterprise}/{change.point} {local}: {values}")
            else:
                same += 1
    refuse(problems)
    return Imported(lines, len(lines), same)


def _fields(table: Table) -> dict[str, str]:
    """Column by field."""
    known = "、".join([*_FIELDS, *_HEADERS])
    found = columns_of(table, _HEADERS, _FIELDS, unknown="没有列", known=known)
    require_columns(table, absent(_REQUIRED, found))
    return found


def _read(table: Table, fields: Mapping[str, str], author: str) -> list[tuple[int, NewChange]]:
    """The replacements with their lines, in the order in which they were made."""
    problems: list[str] = []
    placed: list[tuple[int, NewChange]] = []
    lines: dict[tuple[str, str, datetime], int] = {}
    for row in table.rows:
        said, wrong = _said(row, fields)
        problems += [f"{table.where(row.line, fields[field])}: 应为{expected}" for field, expected in wrong]
        if wrong:
            continue
        change = NewChange(**said, author=author)
        first = lines.setdefault((change.enterprise, change.point, change.changed_at), row.line)
        if first != row.line:
            problems.append(f"{table.where(row.line)}: 与第 {first} 行是同一次换表，只能填一次")
        placed.append((row.line, change))
    refuse(problems)
    if not placed:
        raise BadInput(f"{table.source}: 没有数据行")
    return sorted(placed, key=lambda one: one[1].changed_at)


def _said(row: Row, fields: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    said: dict[str, Any] = {field: row.cells.get(column) or None for field, column in fields.items()}
    wrong = [(field, "非空") for field in _REQUIRED if said[field] is None]
    for field in ("old_final", "new_initial"):
        if (text := said[field]) is not None:
            if _NUMBER.fullmatch(text):
                said[field] = float(text)
            else:
                wrong.append((field, "不小于 0 的数，不带单位和千分位"))
    if (text := said["changed_at"]) is not None:
        try:
            said["changed_at"] = _instant(text)
        except ValueError:
            wrong.append(("changed_at", "时间，例如 2026-11-02 09:30（当地时间）"))
    return {"old_serial": None, "new_serial": None} | said, wrong


def _instant(text: str) -> datetime:
    """An instant; without an offset it is local time, as people write it in tables. Raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return (at.replace(tzinfo=SITE_ZONE) if at.tzinfo is None else at).astimezone(UTC)
