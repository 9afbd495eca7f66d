"""The state of telling people, in numbers, for /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection, fetch_all
from storage.sql import queries

_SQL = queries("listing_duty_state")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the dispatcher, by the platform's clock; None where nothing does."""

    news: int
    oldest_news_at: datetime | None
    overdue_at: datetime | None


async def waiting(connection: Connection, now: datetime) -> Waiting:
    """The work list of the dispatcher, and the earliest alert that it should have looked at again."""
    (row,) = await fetch_all(connection, _SQL["waiting"], {"now": now})
    return Waiting(**row)
