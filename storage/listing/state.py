"""The platform's own state in numbers, for /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.periods import local_day
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_state")

#: How far back the newest reading of an enterprise is looked for; beyond it the lag counts as infinite.
LAG_HORIZON = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class State:
    """accounting: enterprise, received, stored, duplicates, corrections, refused; findings: rule_id, verdict,
    subjects; open_alerts by severity; backlog by queue; newest_reading by enterprise, None when older than the horizon.
    """

    accounting: list[Row]
    findings: list[Row]
    open_alerts: dict[str, int]
    backlog: dict[str, int]
    newest_reading: dict[str, datetime | None]


async def read_state(connection: Connection, now: datetime) -> State:
    """The state at this transaction; `now` only bounds the search for the newest readings."""
    alerts = await fetch_all(connection, _SQL["open_alerts"])
    backlog = await fetch_all(connection, _SQL["backlog"])
    newest = await fetch_all(connection, _SQL["newest_reading"], {"today": local_day(now), "since": now - LAG_HORIZON})
    return State(
        accounting=await fetch_all(connection, _SQL["accounting"]),
        findings=await fetch_all(connection, _SQL["findings"]),
        open_alerts={str(row["severity"]): int(row["alerts"]) for row in alerts},
        backlog={str(row["queue"]): int(row["waiting"]) for row in backlog},
        newest_reading={str(row["enterprise"]): row["measured_at"] for row in newest},
    )
