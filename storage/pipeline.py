"""How far the work has come through the stages, and what came out at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, fetch_all
from storage.sql import queries


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work waiting between the stages; rules_through is None until every enabled rule has judged once."""

    dirty_hours: int
    rule_work: int
    alert_work: int
    queued_notifications: int
    rules_through: datetime | None

    def is_idle(self, at: datetime) -> bool:
        """Whether everything known at an instant has been judged and told."""
        waiting = self.dirty_hours + self.rule_work + self.alert_work + self.queued_notifications
        return waiting == 0 and self.rules_through is not None and self.rules_through >= at


async def backlog(connection: Connection) -> Backlog:
    """The present backlog."""
    (row,) = await fetch_all(connection, queries("pipeline")["backlog"])
    return Backlog(**row)


async def read(connection: Connection, block: str, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of one of this noun's summary queries."""
    return await fetch_all(connection, queries("pipeline")[block], parameters)
