"""What a report is, whatever it is about: tables, once for the page and for the workbook. Times are local."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.periods import SITE_ZONE

#: An instant is shown as local time; a workbook has it as a time that can be sorted and filtered by.
Cell = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """width: characters of the workbook, and share of the page. decimals: of numbers; None: as they are.

    on_page: whether there is room for it on a page too; a workbook has them all.
    """

    title: str
    width: int
    decimals: int | None = None
    on_page: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """name: title of the section and of the sheet. empty: said instead of no rows. to_sign: by hand, on paper."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str
    to_sign: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """header: what it is of, and by what it can be told from another. notes: what a reader must know to check it.

    tables: in reading order. appendix: how many of the last ones come after the notes on a page, for being long.
    """

    title: str
    header: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    notes: Sequence[str]
    made_at: datetime
    appendix: int = 0


def local_text(at: datetime | None, *, seconds: bool = False) -> str | None:
    """An instant as people here write it."""
    if at is None:
        return None
    return at.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def unit_text(unit: str | None) -> str | None:
    """A unit with its cubes raised."""
    return None if unit is None else unit.replace("m3", "m³")
