"""What happens to components between tests and moves their schedules: use after maintenance, relieved pressure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.revisions import Blocks, Fate, keep
from storage.sql import queries

_SQL = queries("leak_events")
_BLOCKS = Blocks(_SQL["history"], _SQL["supersede"], _SQL["add"])


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
        return (self.note,)


async def store_events(connection: Connection, events: Sequence[LeakEvent], *, back: bool = False) -> list[Fate]:
    """Keep events in the order given, and append the rules' work for every component concerned; the fate of each.

    Writers of one enterprise must come one after the other, see `storage.leak_register.lock_ledgers`. back: see
    `storage.revisions.weigh`.
    """
    return await keep(
        connection, _BLOCKS, events, ("kind", "component_id", "installation_id", "happened_at"), back=back
    )
