"""The ledger (台账): reported figures of months and years. Append-only: another figure supersedes, both stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from psycopg.rows import class_row

from domain.ledger import Entry
from domain.reported import Figure
from storage.database import Connection
from storage.hourly import hint_rules
from storage.sql import queries

_SQL = queries("ledger")

#: A figure to write; checked before, see `domain.reported.read_figure`.
NewEntry = Figure


class FigureFate(Enum):
    """What became of a figure. UNKNOWN: its enterprise or line is not registered, nothing was written."""

    NEW = "new"
    CORRECTED = "corrected"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a figure; before: what was current, None for nothing."""

    fate: FigureFate
    before: float | None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of some figures. unknown: their enterprise or line is not registered, nothing was written of them."""

    new: int
    corrected: int
    same: int
    unknown: int


async def entries(connection: Connection, from_day: date, to_day: date) -> list[Entry]:
    """Current figures of the months that begin in [from_day, to_day] and of their years."""
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(_SQL["entries"], {"from_day": from_day, "to_day": to_day})
        return await cursor.fetchall()


async def add_entries(
    connection: Connection, new: Sequence[Figure], *, author: str, origin: str, at: datetime
) -> Written:
    """Write figures; the same figure again changes nothing, another one supersedes. Counts of what became of them.

    origin: ``api``, ``file`` or ``mqtt``.
    """
    kept = [one.fate for one in await keep_figures(connection, new, author=author, origin=origin, at=at)]
    return Written(*(kept.count(fate) for fate in FigureFate))


async def keep_figures(
    connection: Connection, new: Sequence[Figure], *, author: str | Sequence[str], origin: str, at: datetime
) -> list[Kept]:
    """As `add_entries`; what became of each. Of several figures of one period each corrects the one before.

    author: of all, or of each.

    Writers of one enterprise come one after the other, so that a figure is compared with what is there.
    """
    kept: list[Kept | None] = [None] * len(new)
    rounds: list[list[int]] = []
    times: dict[tuple[str | None, str | None, str, str, date], int] = {}
    for place, figure in enumerate(new):
        turn = times[figure.key] = times.get(figure.key, -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(place)
    if rounds:
        await connection.execute(_SQL["lock"], {"enterprises": [figure.enterprise for figure in new]})
    authors = [author] * len(new) if isinstance(author, str) else author
    for places in rounds:
        parameters: dict[str, object] = _columns([new[place] for place in places])
        parameters |= {"authors": [authors[place] for place in places], "origin": origin, "at": at}
        cursor = await connection.execute(_SQL["add_entries"], parameters)
        for number, fate, before in await cursor.fetchall():
            kept[places[number - 1]] = Kept(FigureFate(fate), before)
    found = [one for one in kept if one is not None]
    assert len(found) == len(new), "the statement answers for every figure"
    if any(one.fate in (FigureFate.NEW, FigureFate.CORRECTED) for one in found):
        await hint_rules(connection)
    return found


async def compare(connection: Connection, new: Sequence[Figure]) -> list[Kept]:
    """What would become of figures, without writing any. No period twice in `new`."""
    cursor = await connection.execute(_SQL["compare"], _columns(new))
    return [Kept(FigureFate(fate), before) for fate, before in await cursor.fetchall()]


async def known_lines(connection: Connection, enterprises: Iterable[str]) -> dict[str, set[str]]:
    """Codes of the lines of those enterprises that are registered."""
    cursor = await connection.execute(_SQL["known_lines"], {"enterprises": sorted(set(enterprises))})
    return {enterprise: set(lines) for enterprise, lines in await cursor.fetchall()}


def _columns(new: Sequence[Figure]) -> dict[str, object]:
    return {
        "enterprises": [figure.enterprise for figure in new],
        "lines": [figure.line for figure in new],
        "items": [figure.item for figure in new],
        "kinds": [figure.period_kind for figure in new],
        "firsts": [figure.first for figure in new],
        "values": [float(figure.value) for figure in new],
        "units": [figure.unit for figure in new],
        "evidences": [figure.evidence for figure in new],
    }
