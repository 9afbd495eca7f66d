"""What happens to components between tests and moves their schedules: use after maintenance, relieved pressure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.revisions import Fate, columns, histories, weigh
from storage.sql import queries

_SQL = queries("leak_events")


@dataclass(frozen=True, slots=True)
class LeakEvent:
    """One event, of a component or of a whole installation. kind: see `domain.leaks.EVENTS`."""

    enterprise_id: int
    kind: str
    component_id: int | None
    installation_id: int | None
    happened_at: datetime
    note: str | None
    author: str
    origin: str
    received_at: datetime

    @property
    def key(self) -> tuple[str, int | None, int | None, datetime]:
        """What one event is known by."""
        return self.kind, self.component_id, self.installation_id, self.happened_at

    @property
    def content(self) -> Hashable:
        """What makes two records of one event the same."""
        return self.note


async def store_events(connection: Connection, events: Sequence[LeakEvent], *, back: bool = False) -> list[Fate]:
    """Keep events in the order given, and append the rules' work for every component concerned; the fate of each.

    Writers of one enterprise must come one after the other, see `storage.leak_register.lock_ledgers`. back: see
    `storage.revisions.weigh`.
    """
    if not events:
        return []
    keys = list(dict.fromkeys(event.key for event in events))
    names = ("kind", "component_id", "installation_id", "happened_at")
    parameters: dict[str, object] = {name: [key[place] for key in keys] for place, name in enumerate(names)}
    cursor = await connection.execute(_SQL["history"], parameters)
    known = histories((tuple(row[:4]), row[4]) for row in await cursor.fetchall())
    fates, fresh = weigh(events, known, back=back)
    if fresh:
        parameters = dict(columns(fresh, LeakEvent.__slots__))
        parameters["is_current"] = [one.is_current for one in fresh]
        await connection.execute(_SQL["supersede"], parameters)
        await connection.execute(_SQL["add"], parameters)
    return fates
