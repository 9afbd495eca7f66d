"""`plantwatch duties import`: a table of records that duties were done, all rows or none, with what it changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from domain.clock import Clock
from domain.duties import EVIDENCE_KINDS
from domain.dutyrecords import FIELDS, DutyRecord, KnownDuty, RecordFault, read_record, repeated
from domain.errors import BadInput
from domain.periods import local_day
from rules.dutyregister import city_code, known_duties, registered
from runtime.celltext import normal
from runtime.tablefields import Difference, absent, columns_of, refuse, require_author, require_columns
from runtime.tables import Row, Table, read_table
from storage.database import Database
from storage.duties import NewRecord, RecordFate, compare_records, keep_records

#: Headers as people write them, beside the fields' own names.
_HEADERS: Mapping[str, str] = {
    "事项": "duty",
    "事项编号": "duty",
    "事项名称": "duty",
    "企业": "enterprise",
    "企业代码": "enterprise",
    "企业编码": "enterprise",
    "对象": "subject",
    "日期": "done_on",
    "办理日期": "done_on",
    "完成日期": "done_on",
    "凭证": "documents",
    "证明材料": "documents",
    "说明": "note",
    "备注": "note",
}
_REQUIRED = ("duty", "done_on")
#: Kinds of evidence as people call them, beside their keys and names.
_KIND_WORDS: Mapping[str, str] = {
    **{normal(name): kind for kind, name in EVIDENCE_KINDS.items()},
    "报告": "report",
    "监测报告": "report",
    "检测报告": "report",
    "记录": "checklist",
    "检查表": "checklist",
    "纪要": "minutes",
    "会议纪要": "minutes",
    "调度记录": "minutes",
    "证书": "certificate",
    "检定证书": "certificate",
    "校准证书": "certificate",
    "整改": "rectification",
    "其他": "other",
}
_PART = re.compile(r"[;\n]")
_KIND = re.compile(r"\s*([^:]+?)\s*:\s*(.*?)\s*")
EXPECTED_DOCUMENTS = (
    f"凭证写作 类型:编号，多件用分号隔开，例如 报告:TR-2026-018；类型：{'、'.join(EVIDENCE_KINDS)}，或其中文名称"
)


def read_duties(
    path: Path, today: date, known: Mapping[str, KnownDuty], city: str | None, *, sheet: str | None = None
) -> tuple[Table, dict[str, str], list[tuple[int, DutyRecord]]]:
    """The records of a file with their lines, and the column of each field. Raises BadInput naming line and column of
    every mistake (the first 50).

    Columns: duty (its number or its title), done_on; enterprise or subject, documents and note where they are needed.
    """
    table = read_table(path, sheet=sheet)
    fields = _fields(table)
    titles = {normal(duty.title): rule_id for rule_id, duty in known.items()}
    problems: list[str] = []
    records: list[tuple[int, DutyRecord]] = []
    for row in table.rows:
        found = read_record(_said(row, fields, titles), today, known, city)
        if isinstance(found, DutyRecord):
            records.append((row.line, found))
        else:
            problems += [_problem(table, row.line, row.cells, fields, fault) for fault in found]
    for line, first in repeated(records):
        problems.append(f"{table.where(line)}: 与第 {first} 行是同一事项、同一对象、同一天，只能填一次")
    refuse(problems)
    if not records:
        raise BadInput(f"{table.source}: 没有数据行")
    return table, fields, records


async def import_duties(
    database: Database, path: Path, now: Clock, *, author: str, dry_run: bool = False, sheet: str | None = None
) -> Difference:
    """Write a file's records, all or none; dry_run: only say what would change. Raises BadInput."""
    require_author(author)
    at = now()
    async with database.transaction() as connection:
        known, city = await known_duties(connection), await city_code(connection)
        table, fields, placed = read_duties(path, local_day(at), known, city, sheet=sheet)
        checked = await registered(connection, [record for _, record in placed])
        refuse(
            [
                _problem(table, line, {}, fields, one)
                for (line, _), one in zip(placed, checked, strict=True)
                if isinstance(one, RecordFault)
            ]
        )
        ready = [one for one in checked if isinstance(one, NewRecord)]
        if dry_run:
            fates = await compare_records(connection, ready)
        else:
            kept = await keep_records(connection, ready, author=author, origin="file", at=at)
            fates = [one.fate for one in kept]
    return _difference(ready, fates)


def _fields(table: Table) -> dict[str, str]:
    """Column by field."""
    found = columns_of(table, _HEADERS, FIELDS)
    require_columns(table, absent(_REQUIRED, found))
    return found


def _said(row: Row, fields: Mapping[str, str], titles: Mapping[str, str]) -> dict[str, Any]:
    """What a row says; a cell that cannot be read stays the text it is, to be refused as such."""
    said: dict[str, Any] = {field: row.cells.get(column) or None for field, column in fields.items()}
    if (duty := said.get("duty")) is not None:
        said["duty"] = titles.get(duty, duty)
    if (documents := said.get("documents")) is not None:
        said["documents"] = _documents(documents)
    return said


def _documents(text: str) -> list[Any] | str:
    """Documents of a cell; the text itself where it is none."""
    found = []
    for part in _PART.split(text):
        if not part.strip():
            continue
        match = _KIND.fullmatch(part)
        if match is None:
            return text
        found.append({"kind": _KIND_WORDS.get(match[1], match[1]), "reference": match[2]})
    return found


def _problem(table: Table, line: int, cells: Mapping[str, str], fields: Mapping[str, str], fault: RecordFault) -> str:
    field = fault.field.partition(".")[0]
    column = fields.get(field)
    cell = cells.get(column, "") if column is not None else ""
    shown = cell or (fault.value if isinstance(fault.value, str) else "")
    expected = EXPECTED_DOCUMENTS if field == "documents" else fault.expected
    return f"{table.where(line, column)}: {f'{shown!r}：' if shown else ''}应为{expected}"


def _difference(records: list[NewRecord], fates: list[RecordFate]) -> Difference:
    signs = {RecordFate.NEW: "+", RecordFate.CORRECTED: "~"}
    lines = [
        f"{signs[fate]} {one.rule_id} {one.subject} {one.done_on.isoformat()}"
        for one, fate in zip(records, fates, strict=True)
        if fate in signs
    ]
    return Difference(
        lines, fates.count(RecordFate.NEW), fates.count(RecordFate.CORRECTED), fates.count(RecordFate.SAME)
    )
