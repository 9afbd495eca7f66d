"""Tables with records of leak detection (CSV, XLSX): rows to records with their lines, or every mistake with line and
column. Nothing here knows the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.errors import BadInput
from domain.leakchecks import record_key
from domain.leakrecords import KINDS, Record, RecordFault, read_record
from runtime.leakwords import (
    FLAGS,
    HEADERS,
    NUMBERS,
    PROSE,
    REQUIRED,
    WORDS,
    find_choice,
    find_field,
    find_kind,
    headers_of,
    kind_names,
)
from runtime.tables import Row, Table

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?", re.ASCII)
_YES_NO = {"true": True, "是": True, "有": True, "√": True, "false": False, "否": False, "无": False, "×": False}
_LINES = re.compile(r"\s*[\r\n]+\s*")
#: Rows after which somebody who waits is shown how far it is.
_STEP = 5_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A record, whose it is, and the line of the table that says it."""

    table: Table
    row: Row
    kind: str
    enterprise: str
    record: Record

    @property
    def line(self) -> int:
        """Its line in the table."""
        return self.row.line

    @property
    def where(self) -> str:
        """Where it stands, for messages."""
        return self.table.where(self.line)


@dataclass(slots=True)
class Rows:
    """What tables say: records, and what is wrong with the others."""

    records: list[Placed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    columns: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    """By table (its id) and kind of record: the column of each field."""
    _seen: dict[Hashable, Placed] = field(default_factory=dict)

    def read(
        self,
        table: Table,
        kind: str | None,
        now: datetime,
        *,
        enterprise: str | None = None,
        step: Callable[[int], None] = lambda rows: None,
    ) -> None:
        """Take the rows of a table in. kind: of its records, None where a column says it. enterprise: whose they are
        where the table does not say. step: told how many rows were read since the last call.

        Raises BadInput for columns that are unknown, doubled or missing.
        """
        columns = _columns(table, kind)
        self.columns[id(table)] = columns
        if enterprise is None and "enterprise" not in next(iter(columns.values())):
            raise BadInput(f"{table.source}: 缺少列 企业编码（enterprise）；或用 --enterprise 指定企业")
        if not table.rows:
            raise BadInput(f"{table.source}: 没有数据行")
        for number, row in enumerate(table.rows, 1):
            self._read_row(table, kind, columns, row, enterprise, now)
            if number % _STEP == 0:
                step(_STEP)
        step(len(table.rows) % _STEP)

    def refusal(self, placed: Placed, field_name: str, said: str, expected: str) -> str:
        """A refusal of a record by the register or the ledger, in words, with line, column and cell; of a step that
        cannot be, with what was said and the rule, which `expected` begins with."""
        column = self.columns[id(placed.table)][placed.kind].get(field_name)
        if "应为" in expected:
            return f"{placed.table.where(placed.line, column)}: {said}；{expected}"
        if column is None:
            return f"{placed.where}: {said}；应为{expected}"
        return _problem(placed.table, placed.row, column, expected)

    def _read_row(
        self,
        table: Table,
        kind: str | None,
        columns: Mapping[str, Mapping[str, str]],
        row: Row,
        enterprise: str | None,
        now: datetime,
    ) -> None:
        if kind is None:
            column = next(fields["record"] for fields in columns.values())
            meant = find_kind(row.cells[column])
            if meant is None:
                self.problems.append(_problem(table, row, column, f"记录类型：{kind_names()}"))
                return
        else:
            meant = kind
        fields = columns[meant]
        said, faults = _said(meant, fields, row, table.columns if kind is None else ())
        owner = said.pop("enterprise", None) or enterprise
        if owner is None:
            faults.append(RecordFault("enterprise", None, "企业编码"))
        record = read_record(said | {"record": meant}, now, local=True)
        if isinstance(record, list):
            faults += record
        if faults:
            self.problems += [
                _problem(table, row, fields.get(fault.field, fault.field if fault.field in row.cells else None),
                         _plain(fault), fault.field)
                for fault in faults
            ]  # fmt: skip
            return
        assert not isinstance(record, list)
        assert owner is not None
        self._take(Placed(table, row, meant, owner, record))

    def _take(self, placed: Placed) -> None:
        key = (placed.enterprise, record_key(placed.record))
        first = self._seen.setdefault(key, placed)
        if first is not placed and first.record != placed.record:
            self.problems.append(
                f"{placed.where}: 与{_first(first, placed)}是同一条{KINDS[placed.kind]}记录而内容不同：只能有一条"
            )
        self.records.append(placed)


def _plain(fault: RecordFault) -> str:
    """What was expected; of a cell that is no number at all, that first."""
    if fault.field in NUMBERS and isinstance(fault.value, str):
        return f"数字，不带单位、千分位和 <、ND 等字样：{fault.expected}"
    return fault.expected


def _first(first: Placed, placed: Placed) -> str:
    return f"第 {first.line} 行" if first.table is placed.table else f" {first.where} "


def has_kinds(table: Table) -> bool:
    """Whether a column of a table says of each row which kind of record it is."""
    return any(find_field("test", column) == "record" for column in table.columns)


def _columns(table: Table, kind: str | None) -> dict[str, dict[str, str]]:
    """Column by field, by kind of record: of the one kind, or of all where the rows say it."""
    kinds = frozenset(KINDS if kind is None else (kind,))
    found: dict[str, dict[str, str]] = {one: {} for one in KINDS if one in kinds}
    for column in table.columns:
        known = False
        for one, fields in found.items():
            name = find_field(one, column)
            if name is None:
                continue
            known = True
            if name in fields:
                raise BadInput(f"{table.source}: 列 {fields[name]!r} 和 {column!r} 是同一列，只留一列")
            fields[name] = column
        if not known:
            raise BadInput(f"{table.source}: 不认识的列 {column!r}；可用：{headers_of(kinds)}")
    if kind is not None:
        missing = [f"{HEADERS[kind][one].split()[0]}（{one}）" for one in REQUIRED[kind] if one not in found[kind]]
        if missing:
            raise BadInput(f"{table.source}: 缺少列 {'、'.join(missing)}；可用：{headers_of(kinds)}")
    return found


def _said(
    kind: str, fields: Mapping[str, str], row: Row, mixed: list[str] | tuple[()]
) -> tuple[dict[str, Any], list[RecordFault]]:
    """What a row says by field, and cells that its kind of record has no field for (mixed: all columns of a table with
    several kinds). A cell that cannot be read stays the text it is, to be refused as such."""
    said: dict[str, Any] = {}
    for name, column in fields.items():
        cell = row.cells[column]
        if not cell or name == "record":
            continue
        if name in NUMBERS:
            said[name] = float(cell) if _NUMBER.fullmatch(cell) else cell
        elif name in FLAGS:
            said[name] = _YES_NO.get(cell.lower(), cell)
        elif (kind, name) in WORDS:
            said[name] = find_choice(kind, name, cell)
        elif name in PROSE:
            said[name] = _LINES.sub(" ", row.raw[column].strip())
        else:
            said[name] = cell
    own = set(fields.values())
    foreign = [column for column in mixed if column not in own and row.cells[column]]
    return said, [RecordFault(column, row.cells[column], f"空：{KINDS[kind]}记录没有这一列") for column in foreign]


def _problem(table: Table, row: Row, column: str | None, expected: str, field_name: str = "") -> str:
    cell = "" if column is None else row.raw.get(column, "").strip()
    found = f"{cell!r}：" if cell else ""
    missing = f"{field_name}：" if column is None and field_name else ""
    return f"{table.where(row.line, column)}: {found}{missing}应为{expected}"
