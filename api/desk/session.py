"""Who sits in front of a page, and whether they still may: asked anew at every event, never remembered."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import Scope

from api.auth import COOKIE, same_origin
from api.desk.desk import Desk
from domain.accounts import Action, Actor, allowed
from domain.errors import PlantwatchError, WorldFailed

#: What a button asks for, by its name.
ACTIONS = {
    "acknowledge": Action.ACKNOWLEDGE,
    "confirm": Action.CONFIRM_RETURN,
    "comment": Action.COMMENT,
    "shelve": Action.SHELVE,
    "unshelve": Action.UNSHELVE,
    "hand_over": Action.HAND_OVER,
    "silence": Action.SILENCE,
    "end_silence": Action.END_SILENCE,
    "out_of_service": Action.OUT_OF_SERVICE,
    "return_to_service": Action.IN_SERVICE,
    "handover": Action.WRITE_HANDOVER,
    "override": Action.OVERRIDE_ROSTER,
}


class SessionEnded(PlantwatchError):
    """Whoever opened the page is not signed in any more."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One opened page and the session it was opened in."""

    token: str
    actor: Actor
    csrf: str

    @property
    def may(self) -> frozenset[str]:
        """Names of the actions that the person has the right to."""
        return rights(self.actor)


def rights(actor: Actor) -> frozenset[str]:
    """Names of the actions that somebody has the right to."""
    return frozenset(name for name, action in ACTIONS.items() if allowed(actor.role, action))


async def visit(desk: Desk, connection: HTTPConnection) -> Visit | None:
    """The visit that a request belongs to; None for somebody who is not signed in."""
    token = connection.cookies.get(COOKIE)
    if token is None:
        return None
    address = connection.client.host if connection.client is not None else ""
    found = await desk.auth.session_of(token, address)
    return None if found is None else Visit(token, found.actor, found.csrf)


async def still(desk: Desk, known: Visit) -> Visit:
    """The visit as it is now: with the role of now. Raises SessionEnded."""
    found = await desk.auth.session_of(known.token, known.actor.address)
    if found is None or found.actor.enterprise != known.actor.enterprise:
        raise SessionEnded
    return Visit(known.token, found.actor, found.csrf)


class Gate:
    """Stands before the pages' sockets."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def sends_away(self, scope: Scope) -> bool:
        """Whether a page is asked for by somebody who is not signed in."""
        try:
            return await visit(self._desk, HTTPConnection(scope)) is None
        except WorldFailed:
            return False  # the page says so in words

    async def lets_in(self, scope: Scope) -> bool:
        """Whether a socket may be opened, or used by polling: from our pages, within a session."""
        asked = HTTPConnection(scope)
        # browsers name an origin with every websocket: one without comes from no page
        if scope["type"] == "websocket" and "origin" not in asked.headers:
            return False
        if not same_origin(asked.headers, self._desk.settings.public_url):
            return False
        return await visit(self._desk, asked) is not None
