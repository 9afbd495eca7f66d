"""People, teams, shifts and routes as they stand, what was changed by hand, and what one shift told the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from domain.periods import Period
from domain.roster import HORIZON, Override, Roster
from domain.rosterrows import roster_of, routes_of
from domain.routing import Routes
from storage.database import Connection, fetch_all
from storage.sql import queries

_SQL = queries("roster")
#: Open alerts that a hand-over note keeps.
_STANDING = 200
#: A turn lasts a day at most; what was changed in it may have ended before an instant of it.
_BEFORE = timedelta(days=2)


async def load(connection: Connection, at: datetime | None = None) -> tuple[Roster, Routes]:
    """The roster with every override that counts, and the routes. at: only those overrides that may say who is on duty
    at an instant and who comes next; years of them pile up.

    Raises BadInput when what is stored is not what the site file may say.
    """
    site = queries("site")
    people, teams, shifts, routes = [
        await fetch_all(connection, site[f"select_{noun}"]) for noun in ("person", "team", "shift", "route")
    ]
    around = None if at is None else Period(at - _BEFORE, at + HORIZON)
    return roster_of(people, teams, shifts, await overrides(connection, around)), routes_of(routes)


async def overrides(connection: Connection, around: Period | None = None) -> list[Override]:
    """What was changed by hand and counts, or did until it was cancelled, of all teams, in a period or ever."""
    wanted = {"from_at": around and around.start, "until_at": around and around.end}
    return [_override(row) for row in await fetch_all(connection, _SQL["overrides"], wanted)]


async def overrides_of(connection: Connection, team: str, period: Period) -> list[Override]:
    """What was changed by hand in some of a period, cancelled or not, by number."""
    wanted = {"team": team, "from_at": period.start, "until_at": period.end}
    return [_override(row) for row in await fetch_all(connection, _SQL["overrides_of"], wanted)]


async def lock_team(connection: Connection, team: str) -> bool:
    """Wait until nobody else changes a team's roster, and keep it so; false when there is no such team."""
    return await (await connection.execute(_SQL["lock_team"], {"team": team})).fetchone() is not None


async def insert_override(
    connection: Connection, team: str, period: Period, person: str, replaces: str | None, author: str, reason: str,
    at: datetime,
) -> int:  # fmt: skip
    """Write a change by hand down; gives its number."""
    row = {
        "team": team,
        "from_at": period.start,
        "until_at": period.end,
        "person": person,
        "replaces": replaces,
        "author": author,
        "reason": reason,
        "at": at,
    }
    return await _number(connection, "insert_override", row)


async def lock_override(connection: Connection, override_id: int) -> Override | None:
    """One change by hand, held until the transaction ends; None when there is none of this number."""
    rows = await fetch_all(connection, _SQL["lock_override"], {"override_id": override_id})
    return _override(rows[0]) if rows else None


async def cancel_override(connection: Connection, override_id: int, actor: str, at: datetime) -> None:
    """Take a change by hand back."""
    await connection.execute(_SQL["cancel_override"], {"override_id": override_id, "actor": actor, "at": at})


async def insert_handover(
    connection: Connection, team: str, shift: Period, at: datetime, *, author: str, giver: str, taker: str, note: str,
    snapshot: Mapping[str, Any],
) -> int:  # fmt: skip
    """Write a hand-over note down; gives its number."""
    row = {
        "team": team,
        "from_at": shift.start,
        "until_at": shift.end,
        "at": at,
        "author": author,
        "giver": giver,
        "taker": taker,
        "note": note,
        "snapshot": Jsonb(snapshot),
    }
    return await _number(connection, "insert_handover", row)


async def handovers(
    connection: Connection,
    team: str,
    *,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    handover_id: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Hand-over notes of a team, newest first, on shifts that end in [from_at, to_at)."""
    wanted = {
        "team": team,
        "from_at": from_at,
        "to_at": to_at,
        "handover_id": handover_id,
        "after": after,
        "limit": limit,
    }
    return await fetch_all(connection, _SQL["handovers"], wanted)


async def standing(connection: Connection, at: datetime) -> dict[str, Any]:
    """What stands when a shift hands over: {"open": how many, "alerts": the most severe of them, "shelved",
    "out_of_service", "silences": how many of each}."""
    alerts = await fetch_all(connection, _SQL["standing"], {"limit": _STANDING})
    (holds,) = await fetch_all(connection, _SQL["holds"], {"at": at})
    total = alerts[0]["total"] if alerts else 0
    kept = [{name: value for name, value in row.items() if name != "total"} for row in alerts]
    return {"open": total, "alerts": kept, **holds}


async def _number(connection: Connection, block: str, row: dict[str, Any]) -> int:
    found = await (await connection.execute(_SQL[block], row)).fetchone()
    assert found is not None, "the team is locked"
    return int(found[0])


def _override(row: dict[str, Any]) -> Override:
    said = {name: value for name, value in row.items() if name not in ("from_at", "until_at")}
    return Override(period=Period(row["from_at"], row["until_at"]), **said)
