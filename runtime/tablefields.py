"""What tables that people fill in have in common: columns that stand for fields, an author, mistakes told together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import BadInput
from runtime.tables import Table

_AUTHOR_CHARACTERS = 64
#: Mistakes told at once.
_TOLD = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines that say what is new and what is corrected, and the numbers."""

    lines: list[str]
    new: int
    corrected: int
    same: int


def require_author(author: str, role: str = "填报人") -> None:
    """Raise BadInput where nobody, or something unreadable, is named. role: who it is, in Chinese."""
    if not author.strip() or len(author) > _AUTHOR_CHARACTERS or not author.isprintable():
        raise BadInput(f"--author: 1 至 {_AUTHOR_CHARACTERS} 个可见字符，写明{role}")


def columns_of(
    table: Table, headers: Mapping[str, str], fields: Collection[str], *, unknown: str = "不认识的列", known: str = ""
) -> dict[str, str]:
    """Column by field. headers: fields by what people write for them, beside the fields' own names.

    Raises BadInput for a column that stands for no field, or for the field of another one. unknown, known: how the
    former is told, and what is there; by default each field with its headers.
    """
    found: dict[str, str] = {}
    for column in table.columns:
        field = headers.get(column, column.lower())
        if field not in fields:
            named = known or "、".join(
                f"{one}（{'、'.join(header for header, meant in headers.items() if meant == one)}）" for one in fields
            )
            raise BadInput(f"{table.source}: {unknown} {column!r}；可用：{named}")
        if field in found:
            raise BadInput(f"{table.source}: 列 {found[field]!r} 和 {column!r} 是同一列，只留一列")
        found[field] = column
    return found


def require_columns(table: Table, missing: Sequence[str]) -> None:
    """Raise BadInput when columns are missing, naming them."""
    if missing:
        raise BadInput(f"{table.source}: 缺少列 {'、'.join(missing)}")


def absent(fields: Iterable[str], found: Mapping[str, str]) -> list[str]:
    """Those of some fields that no column stands for."""
    return [field for field in fields if field not in found]


def refuse(problems: list[str]) -> None:
    """Raise BadInput when there are problems, naming the first of them."""
    if problems:
        more = [f"... 共 {len(problems)} 处"] if len(problems) > _TOLD else []
        raise BadInput("\n".join([*problems[:_TOLD], *more]))
