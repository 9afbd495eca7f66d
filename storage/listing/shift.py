"""What a shift saw: alerts, what people did about them, holds, silences, escalations and messages of a team."""

from __future__ import annotations

from dataclasses import dataclass

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_shift")
#: Rows of a kind that are looked at at most.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class ShiftRows:
    """Rows as the blocks of listing_shift.sql name their columns, each kind in its order and at most MOST.

    labels of an alert: where nobody was told yet, or it was held back from all teams at once; None where it is known to
    be the team's.
    """

    alerts: list[Row]
    actions: list[Row]
    holds: list[Row]
    silences: list[Row]
    escalations: list[Row]
    deliveries: list[Row]


async def shift_rows(connection: Connection, team: str, stretch: Period) -> ShiftRows:
    """Everything of a team's stretch, as it stood at the end of it."""
    wanted = {"team": team, "from_at": stretch.start, "to_at": stretch.end, "limit": MOST}
    return ShiftRows(
        *[
            await fetch_all(connection, _SQL[block], wanted)
            for block in ("alerts", "actions", "holds", "silences", "escalations", "deliveries")
        ]
    )
