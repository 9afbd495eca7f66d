"""`plantwatch site import`: rows of tables into the register, checked by the site file's models, all or nothing."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from alerts.dispatch.contract import ChannelInfo
from domain.clock import Clock
from domain.errors import BadInput
from runtime.celltext import normal
from runtime.site import Difference, bring, present_register
from runtime.sitecolumns import Column, columns, find_column, find_noun
from runtime.sitehints import fault_text
from runtime.sitemodels import MODELS
from runtime.siteregister import KEYS, Fault, Key, Register, item_of, key_of, label, row_of
from runtime.sitewords import NOUN_NAMES
from runtime.tables import Row, Table, read_table, read_tables
from storage.database import Database

_COUNTER = "counter_"


@dataclass(frozen=True, slots=True)
class NounTable:
    """A table of one noun, with the columns that its headers mean."""

    noun: str
    table: Table
    columns: dict[str, Column]
    """By header."""

    def header(self, field: str) -> str | None:
        """How the table calls a field; None when it has no such column."""
        return next((header for header, column in self.columns.items() if column.field == field), None)


@dataclass(slots=True)
class Taken:
    """What the tables say, row by row, and what is wrong with it."""

    register: Register = field(default_factory=lambda: {noun: {} for noun in MODELS})
    places: dict[tuple[str, Key], tuple[NounTable, Row]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    broken: set[tuple[str, Key]] = field(default_factory=set)

    def tell(self, fault: Fault) -> str:
        """A fault with the line that it comes from, where that is in a table."""
        found = self.places.get((fault.noun, fault.key))
        if found is None:
            return f"in the database: {fault}"
        table, row = found
        header = None if fault.field is None else table.header(fault.field)
        if header is None:
            return f"{table.table.where(row.line)}: {fault}"
        return f"{table.table.where(row.line, header)}: {row.raw[header]!r}: {fault}"


def read_site_tables(files: Iterable[Path], noun: str | None = None, sheet: str | None = None) -> list[NounTable]:
    """The tables of some files. noun: of every one; else the sheet's name, or the file's, says it.

    Raises BadInput for what `runtime.tables` refuses, an unknown noun and unknown or missing columns.
    """
    wanted = None if noun is None else find_noun(noun)
    if noun is not None and wanted is None:
        raise BadInput(f"--noun {noun}: there is no such noun; expected {_nouns()}")
    found, problems = [], []
    for path in files:
        for name, table in _tables(path, wanted, sheet):
            meant = wanted or find_noun(name)
            if meant is None:
                problems.append(f"{table.source}: {name!r} names no noun: expected {_nouns()}, or --noun")
                continue
            found.append(understood(meant, table, problems))
    if problems:
        raise BadInput("\n".join(problems))
    return found


def _nouns() -> str:
    return ", ".join(f"{noun} ({names[0]})" for noun, names in NOUN_NAMES.items())


def _tables(path: Path, noun: str | None, sheet: str | None) -> Iterator[tuple[str, Table]]:
    if sheet is not None:
        yield sheet, read_table(path, sheet=sheet)
        return
    tables = read_tables(path)
    if noun is not None and len(tables) > 1:  # the sheet of that name, of several
        named: dict[str | None, Table] = {
            name: table for name, table in tables.items() if name is not None and find_noun(name) == noun
        }
        if len(named) != 1:
            raise BadInput(f"{path.name}: has several sheets ({', '.join(map(str, tables))}): say which one by --sheet")
        tables = named
    for name, table in tables.items():
        # a new workbook calls its only sheet Sheet1: then the file's name speaks
        only = len(tables) == 1 and (name is None or find_noun(name) is None)
        yield path.stem if only or name is None else name, table


def understood(noun: str, table: Table, problems: list[str]) -> NounTable:
    meant: dict[str, Column] = {}
    taken: dict[str, str] = {}
    for header in table.columns:
        column = find_column(noun, header)
        if column is None:
            known = ", ".join(f"{one.headers[0]} ({one.field})" for one in columns(noun))
            problems.append(f"{table.source}: column {header}: {noun} has no such field; expected {known}")
        elif column.field in taken:
            problems.append(f"{table.source}: columns {taken[column.field]} and {header} are both {column.field}")
        else:
            meant[header], taken[column.field] = column, header
    known_columns = {column.field: column for column in columns(noun)}
    for name in KEYS[noun]:
        if name not in taken and known_columns[name].required:
            shown = f"{known_columns[name].headers[0]} ({name})"
            problems.append(
                f"{table.source}: the column {shown} is missing: without it nobody knows which {noun} it is"
            )
    return NounTable(noun, table, meant)


async def import_site(
    database: Database,
    tables: Sequence[NounTable],
    now: Clock,
    *,
    dry_run: bool = False,
    channels: Sequence[ChannelInfo] | None = None,
) -> Difference:
    """Take tables into the register in one transaction; returns the difference that they made.

    A column that a table lacks keeps what is registered, an empty cell says that there is nothing. Raises SiteError
    with every mistake and its line.
    """
    async with database.transaction() as connection:
        present = await present_register(connection)
        taken = take(tables, present)
        return await bring(
            connection,
            present,
            taken.register,
            now(),
            dry_run=dry_run,
            whole=False,
            tell=taken.tell,
            problems=taken.problems,
            broken=taken.broken,
            channels=channels,
        )


def take(tables: Sequence[NounTable], present: Register) -> Taken:
    """What tables say over a present register, each row checked by itself."""
    taken = Taken()
    for table in tables:
        for row in table.table.rows:
            _take_row(taken, table, row, present)
    return taken


def _take_row(taken: Taken, table: NounTable, row: Row, present: Register) -> None:
    noun = table.noun
    cells, wrong = _cells(table, row)
    key = _given_key(noun, cells)
    old = present[noun].get(key) if key is not None else None
    item = _item(noun, {} if old is None else item_of(noun, old), cells)
    try:
        said = row_of(noun, item)
        faults = []
    except ValidationError as error:
        absent = "" if old is not None or key is None else f"; {label(noun, key)} is not registered, a new one needs it"
        faults = list(_model_faults(table, row, error, wrong, absent))
    if wrong or faults:
        taken.broken.add((noun, key or ()))
        taken.problems += [*wrong.values(), *faults]
        return
    key = key_of(noun, said)
    if (noun, key) in taken.places:
        first, line = taken.places[noun, key]
        taken.problems.append(f"{table.table.where(row.line)}: given twice, first at {first.table.where(line.line)}")
        return
    taken.places[noun, key] = table, row
    taken.register[noun][key] = said


def _cells(table: NounTable, row: Row) -> tuple[dict[str, Any], dict[str, str]]:
    """What a row's cells say by field, None for an empty one; and what is wrong with them, by field."""
    said: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for header, column in table.columns.items():
        raw = row.raw[header]
        if not normal(raw):
            said[column.field] = None
            continue
        try:
            said[column.field] = column.read(raw)
        except BadInput as error:
            wrong[column.field] = f"{table.table.where(row.line, header)}: {_quoted(column, raw)}: {error}"
    return said, wrong


def _given_key(noun: str, cells: Mapping[str, Any]) -> Key | None:
    """The natural key that a row gives, as the model writes it; None when a part of it is missing or wrong."""
    parts = []
    for name in KEYS[noun]:
        value = cells.get(name)
        info = MODELS[noun].model_fields[name]
        if value is None:
            if info.is_required():
                return None
            parts.append(info.get_default(call_default_factory=True))
            continue
        try:
            parts.append(_type_of(noun, name).validate_python(value))
        except ValidationError:
            return None
    return tuple(parts)


@cache
def _type_of(noun: str, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(typing.get_type_hints(MODELS[noun], include_extras=True)[name])


def _item(noun: str, item: dict[str, Any], cells: Mapping[str, Any]) -> dict[str, Any]:
    counter = dict(item.pop("counter", {}))
    for name, value in cells.items():
        into = counter if name.startswith(_COUNTER) else item
        name = name.removeprefix(_COUNTER) if into is counter else name
        if value is None:
            into.pop(name, None)
        else:
            into[name] = value
    return item | ({"counter": counter} if counter else {})


def _quoted(column: Column, raw: str) -> str:
    """A cell as messages show it, but for addresses of people, which stay where they are."""
    return "(contacts)" if column.field == "contacts" else repr(raw)


def _model_faults(
    table: NounTable, row: Row, error: ValidationError, wrong: Collection[str], absent: str
) -> Iterator[str]:
    """What the model says of a row, but for fields whose cells could not be read. absent: why columns are needed that
    an altered row could do without; a mistyped code makes a new row of it."""
    for fault in error.errors(include_url=False):
        names = [str(part) for part in fault["loc"] if isinstance(part, str)]
        name = "_".join(names)  # counter_digits lies flat
        if name in wrong or (wrong and not name):
            continue
        text = fault_text(table.noun, ".".join(names), fault["msg"])
        column = next((one for one in columns(table.noun) if one.field == name), None)
        header = table.header(name)
        where = table.table.where(row.line, header)
        if column is None:
            yield f"{where}: {text}"
        elif header is None:
            yield f"{where}: the column {column.headers[0]} ({name}) is missing: expected {column.expected}{absent}"
        elif not normal(row.raw[header]):
            yield f"{where}: is empty: expected {column.expected}"
        else:
            yield f"{where}: {_quoted(column, row.raw[header])}: {text}"
