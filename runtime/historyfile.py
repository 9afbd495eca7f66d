"""A file of history on disk: what it is, and its lines in portions, never the whole in memory."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from domain.errors import BadInput
from ingest.decode.samples import Samples
from ingest.decode.table import Layout, decode_json_lines, decode_rows, read_header

#: Lines of a portion, unless they are long or hold many values.
_PORTION_LINES = 1_000
_PORTION_BYTES = 1_048_576
_PORTION_VALUES = 20_000
_LONGEST_LINE = 262_144
_BLOCK_BYTES = 1_048_576
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
_JSON_SUFFIXES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class Portion:
    """Some lines in a row; first_line: number of the first in the file, which begins with 1."""

    first_line: int
    lines: list[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """What is known of a file after reading it once."""

    path: Path
    sha256: str
    size: int
    modified_ns: int
    encoding: str
    """"utf-8" or "gb18030"."""
    layout: Layout | None
    """None for JSON lines."""
    header: bytes
    """The header line of a table, else empty."""
    rows: int
    """Lines below the header, empty ones included."""
    portion_lines: int

    def portions(self, skipped_rows: int) -> Iterator[Portion]:
        """The lines below the header, after some of them. Raises BadInput when the file has changed meanwhile."""
        with self.path.open("rb") as source:
            for _ in islice(source, (1 if self.layout else 0) + skipped_rows):
                pass
            line = 1 + (1 if self.layout else 0) + skipped_rows
            while lines := list(islice(source, self.portion_lines)):
                yield Portion(line, lines, sum(map(len, lines)))
                line += len(lines)
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified_ns):
            raise BadInput(f"{self.path}: changed while it was read")

    def decode(self, portion: Portion, offset: str, points: Collection[str]) -> Samples:
        """What a portion holds; offset is for times that have none."""
        if self.layout is None:
            return decode_json_lines(_without_mark(portion), portion.first_line)
        return decode_rows(portion.lines, portion.first_line, self.layout, self.encoding, offset, points)


def open_history(path: Path) -> HistoryFile:
    """Read a file once: its checksum, encoding and layout. Raises BadInput for what cannot be taken in."""
    suffix = path.suffix.lower()
    if suffix not in _TABLE_SUFFIXES + _JSON_SUFFIXES:
        raise BadInput(
            f"{path}: expected .csv, .tsv, .txt or .jsonl; Parquet and spreadsheets have to be exported first"
        )
    try:
        return _read_once(path, suffix in _TABLE_SUFFIXES)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error


def _read_once(path: Path, table: bool) -> HistoryFile:
    checksum, text = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    encoding, newlines, open_line, longest = "utf-8", 0, 0, 0
    with path.open("rb") as source:
        before = path.stat()
        header = source.readline(_LONGEST_LINE + 1) if table else b""
        source.seek(0)
        while block := source.read(_BLOCK_BYTES):
            checksum.update(block)
            if encoding == "utf-8":
                try:
                    text.decode(block)
                except UnicodeDecodeError:
                    encoding = "gb18030"
            parts = block.split(b"\n")
            newlines += len(parts) - 1
            lengths = [len(part) for part in parts]
            lengths[0] += open_line
            longest, open_line = max(longest, *lengths), lengths[-1]
            if longest > _LONGEST_LINE:
                raise BadInput(f"{path}: a line near line {newlines + 1} is longer than {_LONGEST_LINE} bytes")
    lines = newlines + (1 if open_line else 0)
    layout = _layout(path, header, encoding) if table else None
    wide = 1 if layout is None else layout.values_a_row
    return HistoryFile(
        path,
        checksum.hexdigest(),
        before.st_size,
        before.st_mtime_ns,
        encoding,
        layout,
        header,
        max(0, lines - (1 if table else 0)),
        max(1, min(_PORTION_LINES, _PORTION_BYTES // max(1, longest), _PORTION_VALUES // wide)),
    )


def _layout(path: Path, header: bytes, encoding: str) -> Layout:
    if header.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput(f"{path}: UTF-16: save it as UTF-8")
    try:
        layout = read_header(header.removeprefix(codecs.BOM_UTF8).decode(encoding))
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: line 1: neither UTF-8 nor GB 18030") from error
    if isinstance(layout, str):
        raise BadInput(f"{path}: line 1: {layout}")
    return layout


def _without_mark(portion: Portion) -> list[bytes]:
    if portion.first_line > 1:
        return portion.lines
    return [portion.lines[0].removeprefix(codecs.BOM_UTF8), *portion.lines[1:]]
