"""People, teams, shifts and routes as they stand, what was changed by hand, and what one shift told the next."""

from __future__ import annotations

from typing import Any

from domain.periods import Period
from domain.roster import Override, Roster
from domain.rosterrows import roster_of, routes_of
from domain.routing import Routes
from storage.database import Connection, fetch_all
from storage.sql import queries

_SQL = queries("roster")


async def load(connection: Connection) -> tuple[Roster, Routes]:
    """The roster with every override that was not cancelled, and the routes.

    Raises BadInput when what is stored is not what the site file may say.
    """
    site = queries("site")
    people, teams, shifts, routes = [
        await fetch_all(connection, site[f"select_{noun}"]) for noun in ("person", "team", "shift", "route")
    ]
    return roster_of(people, teams, shifts, await overrides(connection)), routes_of(routes)


async def overrides(connection: Connection) -> list[Override]:
    """What was changed by hand and not cancelled, of all teams."""
    return [override_of(row) for row in await fetch_all(connection, _SQL["overrides"])]


def override_of(row: dict[str, Any]) -> Override:
    """One change by hand, from a row with from_at and until_at."""
    said = {name: value for name, value in row.items() if name not in ("from_at", "until_at")}
    return Override(period=Period(row["from_at"], row["until_at"]), **said)
