"""`plantwatch ldar import`: the leak register and its records from tables, each file in whole or not at all."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from domain.clock import Clock
from domain.errors import BadInput
from domain.leakchecks import when
from domain.leakrecords import KINDS, TestRecord
from domain.refusals import Reason
from runtime.leakfile import Placed, Rows, has_kinds
from runtime.leakwords import find_kind, kind_names
from runtime.site import Difference, bring, present_register
from runtime.sitecolumns import find_column, find_noun
from runtime.siteimport import NounTable, take, understood
from runtime.sitewords import NOUN_NAMES
from runtime.tablefields import require_author
from runtime.tables import Row, Table, read_table, read_tables
from storage.database import Connection, Database
from storage.leak_records import Kept, Said, keep_records
from storage.revisions import Fate
from storage.site import enterprise_ids

#: Nouns of the register that such files may hold, in the order in which they refer to one another.
NOUNS = ("installation", "process_unit", "component", "instrument", "leak_tester", "campaign", "enterprise_list")
#: Records that are checked and stored by one call.
_CHUNK = 20_000
#: Mistakes told at once, and examples of what is told besides.
_TOLD, _EXAMPLES = 50, 20
#: For clerks whose tests and repairs are in two files: whichever comes first, it lacks the other.
_TOGETHER = (
    "维修、复测或备案要连着检出它的检测一起看：记录分在几个文件里的，放进同一个工作簿（一种记录一张工作表），"
    "或合成一张有「记录类型」列的表，一起导入"
)
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(slots=True)
class Imported:
    """What a file brought. by kind of record: how many are new, corrected, and there already. days: tests of which only
    the day is known, corrected: records that differ from what was stored, both as `line: component`."""

    register: Difference | None = None
    new: Counter[str] = field(default_factory=Counter)
    corrections: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    days: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)

    @property
    def lines(self) -> Iterator[str]:
        """For a person."""
        if self.register is not None:
            yield from self.register.lines[:_TOLD]
            if len(self.register.lines) > _TOLD:
                yield f"... 共 {len(self.register.lines)} 处登记变化"
            yield from self.register.warnings[:_TOLD]
        if self.days:
            yield f"只有日期、没有时间的检测记录 {len(self.days)} 条，按当天零时保存：{_some(self.days)}"
        if self.corrected:
            yield f"更正的记录 {len(self.corrected)} 条，原记录保留：{_some(self.corrected)}"
        if self.register is not None:
            yield f"登记：{len(self.register.lines)} 处变化"
        for kind, word in KINDS.items():
            counts = self.new[kind], self.corrections[kind], self.same[kind]
            if any(counts):
                yield "{}记录：新增 {} 条，更正 {} 条，相同 {} 条".format(word, *counts)


class Steps(Protocol):
    """Who is told how far an import is."""

    def begin(self, what: str, total: int) -> None:
        """Something begins that has so many rows."""

    def step(self, rows: int) -> None:
        """So many more rows are done."""


class _NothingKept(Exception):
    """Ends a transaction that was only a trial."""


class Silent:
    """Tells nobody."""

    def begin(self, what: str, total: int) -> None:
        pass

    def step(self, rows: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Content:
    """Tables of one file, by what they hold. A kind of None: its rows say which."""

    nouns: list[NounTable]
    records: list[tuple[Table, str | None]]


async def import_leaks(
    database: Database,
    path: Path,
    now: Clock,
    *,
    author: str,
    kind: str | None = None,
    sheet: str | None = None,
    enterprise: str | None = None,
    dry_run: bool = False,
    steps: Steps | None = None,
) -> Imported:
    """Take a file in, whole or not at all; dry_run: only say what it would bring.

    What a table holds is said by kind (a kind of record or a noun of the register), else by its column 记录类型, the
    sheet's name or the file's. enterprise: whose the rows are that do not say it. Raises BadInput naming line and
    column of every mistake (the first 50, and how many there are).
    """
    require_author(author)
    steps = steps or Silent()
    steps.begin(f"{path.name} 读取", 0)
    content = _content(path, kind, sheet, enterprise)
    at = now()
    rows = Rows()
    steps.begin(f"{path.name} 检查", sum(len(table.rows) for table, _ in content.records))
    for table, meant in content.records:
        rows.read(table, meant, at, enterprise=enterprise, step=steps.step)
    refuse(rows.problems)
    done = Imported()
    try:
        async with database.transaction() as connection:
            if content.nouns:
                done.register = await _register(connection, content.nouns, at)
            await _records(connection, rows, done, author, at, steps)
            if dry_run:
                raise _NothingKept
    except _NothingKept:
        pass
    return done


async def _register(connection: Connection, tables: Sequence[NounTable], at: datetime) -> Difference:
    present = await present_register(connection)
    taken = take(tables, present)
    return await bring(
        connection, present, taken.register, at, whole=False, tell=taken.tell, problems=taken.problems,
        broken=taken.broken,
    )  # fmt: skip


async def _records(connection: Connection, rows: Rows, done: Imported, author: str, at: datetime, steps: Steps) -> None:
    """Store records in the order of what they tell, over the whole file; raises BadInput with what is refused."""
    if not rows.records:
        return
    known = await enterprise_ids(connection, {one.enterprise for one in rows.records})
    unknown = [one for one in rows.records if one.enterprise not in known]
    refuse([rows.refusal(one, "enterprise", f"没有企业 {one.enterprise}", "已登记的企业编码") for one in unknown])
    ordered = sorted(rows.records, key=lambda one: (when(one.record)[1], _ORDER[one.kind]))
    steps.begin(f"{rows.records[0].table.source} 入库", len(ordered))
    problems: list[tuple[int, str]] = []
    is_out_of_order = False
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        said = [Said(known[one.enterprise], one.record, author, "file", at, by_bureau=True) for one in chunk]
        for one, kept in zip(chunk, await keep_records(connection, said), strict=True):
            if kept.refusal is not None:
                why = kept.refusal
                is_out_of_order |= why.reason is Reason.ILLEGAL_STEP
                problems.append((one.line, rows.refusal(one, why.field, why.said, why.expected)))
            else:
                _count(done, one, kept)
        steps.step(len(chunk))
    texts = [text for _, text in sorted(problems)]
    refuse(texts, _TOGETHER if is_out_of_order else "")


def _count(done: Imported, one: Placed, kept: Kept) -> None:
    counter = {Fate.STORED: done.new, Fate.CORRECTION: done.corrections}.get(kept.fate, done.same)
    counter[one.kind] += 1
    if kept.fate is Fate.CORRECTION:
        done.corrected.append(_named(one))
    if isinstance(one.record, TestRecord) and not one.record.has_time:
        done.days.append(_named(one))


def _named(one: Placed) -> str:
    name = getattr(one.record, "component", None) or getattr(one.record, "instrument", None)
    return f"第 {one.line} 行 {name or getattr(one.record, 'installation', '')}"


def _some(named: Sequence[str]) -> str:
    more = f" 等 {len(named)} 条" if len(named) > _EXAMPLES else ""
    return "、".join(named[:_EXAMPLES]) + more


def refuse(problems: Sequence[str], advice: str = "") -> None:
    """Raise BadInput when there are problems, naming the first of them, how many there are, and what helps."""
    if problems:
        more = [f"... 共 {len(problems)} 处错误，整个文件没有入库"] if len(problems) > _TOLD else []
        more += [advice] if advice else []
        raise BadInput("\n".join([*problems[:_TOLD], *more]))


def _content(path: Path, kind: str | None, sheet: str | None, enterprise: str | None) -> _Content:
    wanted = None if kind is None else _meaning(kind)
    if kind is not None and wanted is None:
        raise BadInput(f"--kind {kind}：应为 {_known()}")
    tables = {sheet: read_table(path, sheet=sheet)} if sheet is not None else read_tables(path)
    if wanted is not None and len(tables) > 1:  # the sheet of that name, of several
        named = {name: table for name, table in tables.items() if name is not None and _meaning(name) == wanted}
        if len(named) != 1:
            raise BadInput(f"{path.name}: 有几张工作表（{'、'.join(map(str, tables))}），用 --sheet 指明哪一张")
        tables = dict(named)
    content = _Content([], [])
    problems: list[str] = []
    for name, table in tables.items():
        meant = wanted or _table_meaning(table, name, path, only=len(tables) == 1)
        if meant is None:
            problems.append(f"{table.source}: 不知道表中是什么：用 --kind，或以工作表名、文件名写明 {_known()}")
        elif meant in NOUNS:
            owned = _owned(meant, table, enterprise)
            content.nouns.append(understood(meant, owned, problems))
        else:
            content.records.append((table, None if meant == _MIXED else meant))
    refuse(problems)
    content.nouns.sort(key=lambda one: NOUNS.index(one.noun))
    return content


_MIXED = "record"


def _table_meaning(table: Table, name: str | None, path: Path, *, only: bool) -> str | None:
    if has_kinds(table):
        return _MIXED
    # a new workbook calls its only sheet Sheet1: then the file's name speaks
    return (None if name is None else _meaning(name)) or (_meaning(path.stem) if only else None)


def _meaning(name: str) -> str | None:
    kind = find_kind(name)
    if kind is not None:
        return kind
    noun = find_noun(name)
    return noun if noun in NOUNS else None


def _known() -> str:
    nouns = "、".join(f"{NOUN_NAMES[noun][0]}（{noun}）" for noun in NOUNS)
    return f"{kind_names()}，或 {nouns}"


def _owned(noun: str, table: Table, enterprise: str | None) -> Table:
    """A table of the register with the enterprise that was said beside it, where it has no such column."""
    if enterprise is None or any(
        (column := find_column(noun, header)) is not None and column.field == "enterprise" for header in table.columns
    ):
        return table
    rows = [
        Row(row.line, row.cells | {"enterprise": enterprise}, row.raw | {"enterprise": enterprise})
        for row in table.rows
    ]
    return Table([*table.columns, "enterprise"], rows, table.source)


@contextmanager
def shown() -> Iterator[Steps]:
    """A progress bar on a terminal, a line for each stage anywhere else."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} 行"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress)


class _Lines:
    def begin(self, what: str, total: int) -> None:
        if total:
            sys.stderr.write(f"{what}：{total:,} 行\n")

    def step(self, rows: int) -> None:
        pass


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._endless = False

    def begin(self, what: str, total: int) -> None:
        if self._task is not None and self._endless:  # it ends when the next begins
            self._progress.update(self._task, total=1, completed=1)
        self._endless = not total
        self._task = self._progress.add_task(what, total=total or None)

    def step(self, rows: int) -> None:
        if self._task is not None:
            self._progress.advance(self._task, rows)
