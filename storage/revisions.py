"""What becomes of records that may come again, or come again with another content.

The same record again is a duplicate; another content under the same key is a correction, and both stay. A content that
was corrected before and comes once more is an old message that a gateway or a file repeats, and a duplicate too; only
where a person says it (`back`) it takes its place again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from storage.database import Connection


class Fate(Enum):
    """What became of a record."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CORRECTION = "correction"
    REFUSED = "refused"


class Revisable(Protocol):
    """A record with what it is known by, and what makes two records of one key the same."""

    @property
    def key(self) -> Hashable: ...

    @property
    def content(self) -> Hashable: ...


R = TypeVar("R", bound=Revisable)


@dataclass(slots=True)
class History:
    """The contents that were stored under one key, oldest first, the current one last."""

    contents: list[Hashable] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fresh(Generic[R]):
    """A record to be written. revision: how many were stored under its key before; is_current: no later one of the
    same call takes its place."""

    record: R
    revision: int
    is_current: bool


def histories(rows: Iterable[tuple[Hashable, Hashable]]) -> dict[Hashable, History]:
    """From (key, content) of what is stored, oldest first."""
    known: dict[Hashable, History] = {}
    for key, content in rows:
        known.setdefault(key, History()).contents.append(content)
    return known


def weigh(
    new: Sequence[R], known: Mapping[Hashable, History], *, back: bool = False
) -> tuple[list[Fate], list[Fresh[R]]]:
    """The fate of each new record in the order given, and those to be written.

    back: whether a content that was corrected before takes its place again.
    """
    seen: dict[Hashable, list[Hashable]] = {}
    fates: list[Fate] = []
    written: list[tuple[R, int]] = []
    for record in new:
        key, content = record.key, record.content
        contents = seen.get(key)
        if contents is None:
            history = known.get(key)
            contents = seen[key] = [] if history is None else list(history.contents)
        is_known = (contents[-1:] == [content]) if back else content in contents
        if is_known:
            fates.append(Fate.DUPLICATE)
            continue
        fates.append(Fate.CORRECTION if contents else Fate.STORED)
        written.append((record, len(contents)))
        contents.append(content)
    last = {record.key: revision for record, revision in written}
    fresh = [Fresh(record, revision, last[record.key] == revision) for record, revision in written]
    return fates, fresh


def columns(fresh: Sequence[Fresh[Any]], names: Iterable[str]) -> dict[str, list[Any]]:
    """The fields of those names, as columns."""
    return {name: [getattr(one.record, name) for one in fresh] for name in names}


class Row(Protocol):
    """A revisable record whose fields are the columns that it is stored in."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def key(self) -> tuple[Any, ...]: ...

    @property
    def content(self) -> Hashable: ...


@dataclass(frozen=True, slots=True)
class Blocks:
    """Statements on one kind of record. history: what was ever stored under some keys, oldest first, the key's columns
    before the content's; supersede: what is corrected; add: the record, with `is_current`, and the rules' work."""

    history: str
    supersede: str
    add: str


async def keep(
    connection: Connection, blocks: Blocks, records: Sequence[Row], key: Sequence[str], *, back: bool = False
) -> list[Fate]:
    """Keep records in the order given; the fate of each. key: names of the fields of `Row.key`, in its order.

    Writers of one key must come one after the other. back: see `weigh`.
    """
    if not records:
        return []
    keys = list(dict.fromkeys(record.key for record in records))
    asked = {name: [one[place] for one in keys] for place, name in enumerate(key)}
    cursor = await connection.execute(blocks.history, asked)
    stored = histories((tuple(row[: len(key)]), tuple(row[len(key) :])) for row in await cursor.fetchall())
    fates, fresh = weigh(records, stored, back=back)
    if fresh:
        parameters = columns(fresh, [one.name for one in fields(records[0])])
        parameters["is_current"] = [one.is_current for one in fresh]
        await connection.execute(blocks.supersede, parameters)
        await connection.execute(blocks.add, parameters)
    return fates
