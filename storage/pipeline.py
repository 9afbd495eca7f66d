"""How far the work has come through the stages, and what came out at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, fetch_all
from storage.sql import queries


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work waiting between the stages; rules_through is None until every enabled rule has judged once.

    alert_news: what became of alerts and nobody has decided about; dispatch_at: when somebody is to be told something
    next, if nothing happens.
    """

    dirty_hours: int
    rule_work: int
    alert_work: int
    alert_news: int
    dispatch_at: datetime | None
    queued_notifications: int
    rules_through: datetime | None

    def has_told(self, at: datetime) -> bool:
        """Whether nobody waits any more to be told something that was due at an instant."""
        return self.alert_news == 0 and (self.dispatch_at is None or self.dispatch_at > at)

    def is_decided(self, at: datetime) -> bool:
        """Whether everything known at an instant has been judged, and decided whom to tell; it may not be sent yet."""
        is_judged = self.rules_through is not None and self.rules_through >= at
        return is_judged and not (self.dirty_hours + self.rule_work + self.alert_work) and self.has_told(at)

    def is_idle(self, at: datetime) -> bool:
        """Whether everything known at an instant has been judged and told."""
        return self.is_decided(at) and self.queued_notifications == 0


async def backlog(connection: Connection) -> Backlog:
    """The present backlog."""
    (row,) = await fetch_all(connection, queries("pipeline")["backlog"])
    return Backlog(**row)


async def dispatch_at(connection: Connection) -> datetime | None:
    """When somebody is to be told something next, if nothing happens; None: never."""
    (row,) = await read(connection, "dispatch_at")
    at: datetime | None = row["dispatch_at"]
    return at


async def read(connection: Connection, block: str, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of one of this noun's summary queries."""
    return await fetch_all(connection, queries("pipeline")[block], parameters)
