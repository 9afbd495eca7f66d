"""Health of the alarm system: the figures of `storage/views/172_alarm_health.sql`, which the board shows too."""

from __future__ import annotations

from dataclasses import dataclass

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_alarm_health")


@dataclass(frozen=True, slots=True)
class AlarmHealth:
    """Rows as the functions of schema `dash` give them.

    counts: what there was, by team (None: the city); ratings: figures with their rating, by team; the others are of the
    one team that was asked for, or of the city.
    """

    counts: list[Row]
    ratings: list[Row]
    response: list[Row]
    priorities: list[Row]
    top: list[Row]
    chattering: list[Row]
    stale: list[Row]
    decisions: list[Row]


async def alarm_health(connection: Connection, period: Period, *, team: str | None, late_min: int) -> AlarmHealth:
    """The health of a period by the platform's clock; late_min: minutes after which an acknowledgement is late."""
    asked = {"from_at": period.start, "to_at": period.end, "team": team, "late_min": late_min}

    async def rows(name: str) -> list[Row]:
        return await fetch_all(connection, _SQL[name], asked)

    counts = await rows("figures")
    ratings = [{"team": row["team"], **rating} for row in counts for rating in row.pop("ratings")]
    return AlarmHealth(
        counts=counts,
        ratings=ratings,
        response=await rows("response"),
        priorities=await rows("priorities"),
        top=await rows("top"),
        chattering=await rows("chattering"),
        stale=await rows("stale"),
        decisions=await rows("decisions"),
    )


async def team_exists(connection: Connection, team: str) -> bool:
    """Whether a team is known, or the built-in one."""
    return bool(await fetch_all(connection, _SQL["team"], {"team": team}))
