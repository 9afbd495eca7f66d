"""What the duty desk shows: the live alerts, and whether anything has happened to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.alarmstate import DisplayState
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_desk")

#: Most urgent first: what nobody has taken, what somebody has, what is over and wants a look, what asks nothing now.
ORDER = (
    DisplayState.UNACKNOWLEDGED,
    DisplayState.ACKNOWLEDGED,
    DisplayState.RETURNED_UNACKNOWLEDGED,
    DisplayState.PENDING,
    DisplayState.SHELVED,
    DisplayState.SUPPRESSED,
    DisplayState.OUT_OF_SERVICE,
)


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """None or empty: not filtered. enterprise and district are codes; family: a rule id up to its first dot.

    is_mine: handed over to `person`, or acknowledged by one of `names` and handed over to nobody. team: told to it, or
    not known yet to whom, or to nobody that the roster has; a team that the roster does not have filters nothing.
    """

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    district: str | None = None
    enterprise: str | None = None
    family: str | None = None
    words: str | None = None
    team: str | None = None
    is_mine: bool = False
    person: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in the list; the next page begins after it."""

    rank: int
    occurred_at: datetime
    alert_id: int


@dataclass(frozen=True, slots=True)
class LivePage:
    """counts: alerts by display state, of all that fit but for `states`; critical: unacknowledged critical ones."""

    counts: Mapping[str, int]
    critical: int
    rows: list[Row]


async def live_alerts(
    connection: Connection, wanted: LiveFilter, *, now: datetime, after: Position | None, limit: int
) -> LivePage:
    """One page of the alerts that last, or are over and unconfirmed; most urgent first. now: the platform's clock."""
    rows = await fetch_all(
        connection,
        _SQL["live"],
        {
            "now": now,
            "enterprise": wanted.enterprise,
            "severities": list(wanted.severities) or None,
            "states": list(wanted.states) or None,
            "district": wanted.district,
            "family": wanted.family,
            "words": None if not wanted.words else f"%{_literally(wanted.words)}%",
            "team": wanted.team,
            "is_mine": wanted.is_mine,
            "person": wanted.person,
            "names": list(wanted.names),
            "order": [str(state) for state in ORDER],
            "after_rank": None if after is None else after.rank,
            "after_at": None if after is None else after.occurred_at,
            "after_id": None if after is None else after.alert_id,
            "limit": limit,
        },
    )
    found = [row for row in rows if row["alert_id"] is not None]
    return LivePage(rows[0]["counts"], rows[0]["critical"], found)


def _literally(words: str) -> str:
    """A text whose letters LIKE takes as they are."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def position(row: Row) -> Position:
    """Where a row of the list stands."""
    return Position(row["rank"], row["occurred_at"], row["alert_id"])


async def choices(connection: Connection, enterprise: str | None) -> dict[str, list[tuple[str, str]]]:
    """(code, name) by kind: district, enterprise, family, team. enterprise: the only one to be named, and no
    team: whom the bureau told is its own affair."""
    found: dict[str, list[tuple[str, str]]] = {"district": [], "enterprise": [], "family": [], "team": []}
    for row in await fetch_all(connection, _SQL["choices"], {"enterprise": enterprise}):
        found[row["kind"]].append((row["code"], row["name"] or row["code"]))
    return found


async def newest_event(connection: Connection) -> int:
    """Number of the newest line of all histories."""
    row = await fetch_one(connection, _SQL["newest_event"], {})
    return 0 if row is None else int(row["event_id"])


async def watermark(connection: Connection, base: int) -> tuple[int, int]:
    """(lines after `base`, the newest): equal as long as nothing has happened to any alert."""
    row = await fetch_one(connection, _SQL["watermark"], {"base": base})
    return (0, 0) if row is None else (int(row["count"]), int(row["newest"]))


async def arrivals(connection: Connection, base: int, now: datetime) -> list[Row]:
    """Alerts that began to fire after a line of the histories and wait for somebody, in order: event_id, alert_id,
    severity, title, enterprise, teams. What is shelved, out of service or suppressed at `now` is left out, and comes
    when it is so no more."""
    return await fetch_all(connection, _SQL["arrivals"], {"base": base, "now": now})


async def people(connection: Connection) -> list[tuple[str, str]]:
    """(code, name) of the bureau's people whom an alert can be handed over to."""
    return [(row["code"], row["name"]) for row in await fetch_all(connection, _SQL["people"])]


async def names(connection: Connection) -> dict[str, str]:
    """Names of people and teams by what messages are addressed to: person:CODE, team:CODE."""
    return {row["receiver"]: row["name"] for row in await fetch_all(connection, _SQL["names"])}


async def audit_lines(connection: Connection, *, words: str | None, before: int | None, limit: int) -> list[Row]:
    """What people did and were refused, newest first; `before` is the last audit_id of the page before."""
    given = {"words": None if not words else f"%{_literally(words)}%", "before": before, "limit": limit}
    return await fetch_all(connection, _SQL["audit"], given)
