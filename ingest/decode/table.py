"""Files of history to samples: CSV long (`point,at,value[,flag]`) and wide (`at,CODE1,CODE2,...`), and JSON lines.

One line is one record; a line end within quotes is not understood. In a wide table an empty cell is nothing, and
`CODE1.flag` beside `CODE1` holds its flag letters. Refusals name the line of the file, the header being line 1.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from domain.quality import WIRE_FLAGS, SourceFlag
from domain.refusals import Reason
from ingest.decode.faults import Faults, payload_head, printable, show
from ingest.decode.instants import read_at
from ingest.decode.json_v1 import decode_samples
from ingest.decode.samples import Samples

DELIMITERS = ",;\t"
_LONG = frozenset({"point", "at", "value", "flag"})
_LETTERS = frozenset(WIRE_FLAGS)
_NORMAL = SourceFlag.NORMAL.value
_FLAG_SUFFIX = ".flag"
_NUMBER = "a finite number in half-width (ASCII) digits, without thousands separators"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a table mean; positions count from 0."""

    delimiter: str
    width: int
    at: int
    long: tuple[int, int, int | None] | None
    """Columns of point, value and flag of a long table; None of a wide one."""
    wide: tuple[tuple[str, int, int | None], ...]
    """Of a wide table: point code, its column, the column of its flags."""
    unnamed: tuple[int, ...]
    """Columns without a name, as spreadsheets leave them behind: their cells must be empty."""

    @property
    def values_a_row(self) -> int:
        """Most values that a row can hold."""
        return 1 if self.long else len(self.wide)


def read_header(line: str) -> Layout | str:
    """The layout that a header line announces, or what is wrong with it."""
    line = line.rstrip("\r\n")
    delimiter = max(DELIMITERS, key=line.count)
    names = [name.strip() for name in _cells(line, delimiter)]
    column = {name: position for position, name in enumerate(names) if name}
    repeated = sorted({name for name in column if names.count(name) > 1})
    if repeated:
        return f"column {', '.join(map(printable, repeated))} is given twice"
    if "at" not in column:
        return f"no column at among {show(', '.join(names))}: expected point,at,value[,flag] or at,CODE1,CODE2,..."
    unnamed = tuple(position for position, name in enumerate(names) if not name)
    if {"point", "value"} <= column.keys():
        if foreign := sorted(column.keys() - _LONG):
            return f"column {', '.join(map(printable, foreign))} in a table of point,at,value[,flag]"
        long = (column["point"], column["value"], column.get("flag"))
        return Layout(delimiter, len(names), column["at"], long, (), unnamed)
    flags = {name for name in column if name.endswith(_FLAG_SUFFIX) and name.removesuffix(_FLAG_SUFFIX) in column}
    wide = tuple(
        (name, position, column.get(name + _FLAG_SUFFIX))
        for name, position in column.items()
        if name != "at" and name not in flags
    )
    if not wide:
        return "no column beside at: expected point,at,value[,flag] or at,CODE1,CODE2,..."
    return Layout(delimiter, len(names), column["at"], None, wide, unnamed)


def decode_rows(
    lines: Sequence[bytes], first_line: int, layout: Layout, encoding: str, offset: str, points: Collection[str]
) -> Samples:
    """The samples of some lines of a table, one a line that can be used.

    first_line: number of the first of them in the file. encoding: "utf-8" or "gb18030". offset: such as "+08:00", for
    times that have none; "" refuses these. points: registered codes. A last line without line end may be cut within a
    number, hence is refused.
    """
    samples = Samples()
    flags: list[str] = []
    read = _read_wide if layout.long is None else _read_long
    for number, line in _decoded(lines, first_line, encoding, samples.faults):
        cells = _cells(line, layout.delimiter)
        if len(cells) != layout.width or any(cells[position].strip() for position in layout.unnamed):
            if line.strip():
                first_item, expected = f"line {number}: {show(line)}", f"{layout.width} cells, as the header has"
                samples.faults.add(Reason.BAD_SAMPLE, first_item, expected=expected)
            continue
        instant = read_at(cells[layout.at].strip())
        if instant is Reason.NAIVE_TIME and offset:
            instant = read_at(cells[layout.at].strip() + offset)
        if isinstance(instant, Reason):
            if items := _items(cells, layout):
                samples.faults.add(instant, f"line {number}: at = {show(cells[layout.at])}", items=items)
            continue
        before = len(samples.codes)
        read(cells, layout, number, points, samples, flags)
        if len(samples.codes) > before:
            samples.paths.append(f"line {number}")
            samples.at_us.append(instant)
            samples.sizes.append(len(samples.codes) - before)
    samples.flags = "".join(flags)
    return samples


def decode_json_lines(lines: Sequence[bytes], first_line: int) -> Samples:
    """The samples of some lines of which each is a message of our JSON: one sample or a list of samples."""
    samples = Samples()
    flags: list[str] = []
    for number, line in enumerate(lines, first_line):
        if not line.strip():
            continue
        found = decode_samples(line)
        samples.codes += found.codes
        samples.values += found.values
        flags.append(found.flags)
        samples.at_us += found.at_us
        samples.sizes += found.sizes
        samples.paths += [f"line {number}: {path}" for path in found.paths]
        for reason, fault in found.faults.by_reason.items():
            first_item = f"line {number}: {fault.first_item}"
            samples.faults.add(reason, first_item, items=fault.items, expected=fault.expected)
    samples.flags = "".join(flags)
    return samples


def _decoded(lines: Sequence[bytes], first_line: int, encoding: str, faults: Faults) -> Iterator[tuple[int, str]]:
    """Number and text of each line, without its end; what is not text, or may be cut, is refused."""
    try:
        texts: list[str | None] = list(b"".join(lines).decode(encoding).split("\n"))
    except UnicodeDecodeError:
        texts = [_text(line, encoding) for line in lines]
    for position, line in enumerate(lines):
        text, number = texts[position], first_line + position
        if text is None or "\0" in text:
            first_item = f"line {number}: {payload_head(line)}"
            faults.add(Reason.BAD_PAYLOAD, first_item, expected="text in UTF-8 or GB 18030")
        elif not line.endswith(b"\n"):
            first_item = f"line {number}: {show(text)}"
            faults.add(Reason.BAD_PAYLOAD, first_item, expected="a line end: without one the file may be cut here")
        else:
            yield number, text.rstrip("\r\n")


def _text(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _cells(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return []


def _items(cells: list[str], layout: Layout) -> int:
    """Values that a row means to hold; none in an empty row, as spreadsheets leave them behind."""
    if layout.long is not None:
        return 1 if any(cell.strip() for cell in cells) else 0
    return sum(1 for _, position, _ in layout.wide if cells[position].strip())


def _read_long(
    cells: list[str], layout: Layout, number: int, points: Collection[str], samples: Samples, flags: list[str]
) -> None:
    assert layout.long is not None
    code, value, flag = layout.long
    letter = "" if flag is None else cells[flag].strip()
    _add(cells[code].strip(), cells[value].strip(), letter, number, points, samples, flags)


def _read_wide(
    cells: list[str], layout: Layout, number: int, points: Collection[str], samples: Samples, flags: list[str]
) -> None:
    for code, value, flag in layout.wide:
        text = cells[value].strip()
        letter = "" if flag is None else cells[flag].strip()
        if text:
            _add(code, text, letter, number, points, samples, flags)
        elif letter:
            where = printable(f"line {number}: {code}{_FLAG_SUFFIX} = ") + show(letter)
            samples.faults.add(Reason.BAD_FLAG, where, expected="a flag belongs to a value in the same line")


def _add(
    code: str, text: str, letter: str, number: int, points: Collection[str], samples: Samples, flags: list[str]
) -> None:
    value = _value(text)
    if value is None:
        samples.faults.add(Reason.NOT_A_NUMBER, f"{_where(number, code)} = {show(text)}", expected=_NUMBER)
    elif letter and letter not in _LETTERS:
        samples.faults.add(Reason.BAD_FLAG, f"{_where(number, code)} flag = {show(letter)}")
    elif code not in points:
        samples.faults.add(Reason.UNKNOWN_POINT, f"{_where(number, code)} = {value!r}")
    else:
        samples.codes.append(code)
        samples.values.append(value)
        flags.append(letter or _NORMAL)


def _where(number: int, code: str) -> str:
    return printable(f"line {number}: {code[:80]}")


def _value(text: str) -> float | None:
    """Python reads more as a number than a person would: full-width digits, 1_000, nan."""
    if not text.isascii() or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
