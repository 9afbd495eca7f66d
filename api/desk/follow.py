"""An open page that follows what happens, for as long as it is open and its session lasts."""

from __future__ import annotations

from nicegui.client import Client

from api.desk.arrivals import heard, own_team
from api.desk.desk import Desk
from api.desk.live import Tick
from api.desk.session import SessionEnded, Visit, still
from api.desk.words import as_json


class Follower:
    """One open page. `renew` shows what is so now; it is called only while the session lasts."""

    def __init__(self, desk: Desk, known: Visit, client: Client) -> None:
        self.desk = desk
        self.visit = known
        self.client = client

    @property
    def page(self) -> object:
        """What the parts of a page have in common."""
        return self.client

    def begin(self) -> None:
        """Follow from now on. The first connection finds what has just been read; one that was lost reads anew."""
        self.desk.live.watch(self)
        self.client.on_delete(lambda: self.desk.live.leave(self))
        self.client.on_disconnect(lambda: self.client.on_connect(self.desk.live.poke))

    async def still(self) -> bool:
        """Whether the person is still signed in, with which rights; takes them to the form when they are not."""
        try:
            self.visit = await still(self.desk, self.visit)
        except SessionEnded:
            self.desk.live.end(self.client)
            self.client.run_javascript("desk.ended()")
            return False
        return True

    async def look(self, tick: Tick) -> None:
        """Something happened, or some time has passed."""
        if await self.still():
            await self.renew(tick)
            told = heard(tick.arrivals, self.visit.actor, self.listens_to)
            if told is not None:
                self.client.run_javascript(f"desk.arrived({as_json(told)})")

    @property
    def listens_to(self) -> str:
        """The team whose new alerts the page tells of; empty for all."""
        return own_team(self.visit.actor)

    async def renew(self, tick: Tick) -> None:
        """Show what is so now."""
