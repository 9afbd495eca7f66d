"""New alerts reach the ears of whoever has a page of the desk open, and of whoever comes back after a lost line. Pure
but for the one route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.desk.desk import Desk
from api.desk.rows import unheaded
from api.desk.session import visit
from api.desk.words import one_line
from domain.accounts import Actor
from domain.errors import WorldFailed
from storage.listing.desk import arrivals, newest_event

Row = Mapping[str, Any]

#: So many lines of the histories are looked through for a window that has slept for long.
_LONGEST = 50_000


def heard(rows: Sequence[Row], actor: Actor, team: str) -> dict[str, Any] | None:
    """What a page is told of alerts that began to fire: how many, whether one is critical, and of a single one what and
    where. rows: of `storage.listing.desk.arrivals`; team: whose alerts the person listens to, empty for all. None when
    there is nothing for this person."""
    new = [
        row
        for row in rows
        if actor.enterprise in (None, row["enterprise"]) and (not team or not row["teams"] or team in row["teams"])
    ]
    if not new:
        return None
    alerts = {row["alert_id"]: row for row in new}
    only = next(iter(alerts.values())) if len(alerts) == 1 else None
    return {
        "newest": max(row["event_id"] for row in new),
        "critical": any(row["severity"] == "critical" for row in new),
        "words": f"{len(alerts)} 条" if only is None else one_line(unheaded(only["title"]), 90),
        "href": "/" if only is None else f"/alerts/{only['alert_id']}",
    }


def own_team(actor: Actor) -> str:
    """Whose new alerts a person hears on pages that are no list; empty for all."""
    return "" if actor.enterprise is not None else actor.team or ""


def router(desk: Desk) -> APIRouter:
    """GET /desk/arrivals?after=N: the number of the newest line of all histories, and what a page has missed since the
    one that it knew."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk/arrivals")
    async def missed(request: Request, after: str = "") -> JSONResponse:
        known = await visit(desk, request)
        if known is None:
            return JSONResponse({}, 401)
        since = int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else None
        try:
            async with desk.reading() as connection:
                newest = await newest_event(connection)
                rows = []
                if since is not None and since < newest:
                    rows = await arrivals(connection, max(since, newest - _LONGEST), desk.clock())
        except WorldFailed:
            return JSONResponse({}, 503)
        told = heard(rows, known.actor, own_team(known.actor))
        return JSONResponse({"newest": newest, "told": told}, headers={"Cache-Control": "no-store"})

    return routes
