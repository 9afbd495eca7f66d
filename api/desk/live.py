"""What happens reaches the open pages: one poller a process looks whether anything has; pages read anew together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from api.desk.strip import Strip
from domain.clock import Clock
from domain.errors import WorldFailed
from storage.database import Connection, Database
from storage.listing.desk import arrivals, newest_event, watermark
from storage.listing.session import Row, begin

logger = logging.getLogger(__name__)

#: Pages read anew so often though nothing was written: durations grow, and what was shelved for a time comes back.
_ANYWAY_S = 20.0
#: The strip rests on no alert: who is on duty, whether messages go out.
_STRIP_S = 5.0
#: After how many lines of the histories the mark moves on; below it a look counts no more than that.
_LINES = 2000


@dataclass(frozen=True, slots=True)
class Tick:
    """One look for all pages. arrivals: alerts that began to fire since the look before; `shared` keeps what several
    pages ask alike."""

    connection: Connection
    now: datetime
    arrivals: tuple[Row, ...] = ()
    shared: dict[Any, Any] = field(default_factory=dict)

    async def once(self, key: Any, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer to a question, asked once a tick."""
        if key not in self.shared:
            self.shared[key] = await ask()
        return self.shared[key]


class Watcher(Protocol):
    """An open page, or a part of one. page: what its parts have in common."""

    @property
    def page(self) -> object: ...

    async def look(self, tick: Tick) -> None:
        """Read anew and show; a page whose session has ended shows that instead."""
        ...

    async def still(self) -> bool:
        """Whether its session lasts; a page whose session has ended shows that."""
        ...


class Head(Protocol):
    """The head of an open page, which is watched as well: see `Live.leave`."""

    @property
    def page(self) -> object: ...

    def show(self) -> None:
        """Show what the strip says now."""
        ...


class Live:
    """The poller. `run` until cancelled; pages come and go by `watch` and `leave`."""

    def __init__(
        self, database: Database, clock: Clock, strip: Strip, *, poll_s: float = 1.0, timeout_s: float = 5.0
    ) -> None:
        self._database = database
        self._clock = clock
        self._strip = strip
        self._poll_s = poll_s
        self._timeout_s = timeout_s
        self._watchers: dict[Watcher, None] = {}
        self._heads: dict[Head, None] = {}
        self._strip_at: float | None = None
        self._poked = asyncio.Event()
        self._base = 0
        self._mark: tuple[int, int] | None = None
        self._told: set[int] = set()

    def watch(self, watcher: Watcher) -> None:
        self._watchers[watcher] = None

    def leave(self, watcher: Watcher) -> None:
        self._watchers.pop(watcher, None)

    def end(self, page: object) -> None:
        """The session of a page has ended: nothing more reaches it, whichever part of it found out."""
        for parts in (self._watchers, self._heads):
            for part in [one for one in parts if one.page is page]:
                del parts[part]  # type: ignore[arg-type]

    def follow(self, head: Head) -> None:
        self._heads[head] = None
        self._strip_at = None  # whoever comes in reads what is so now

    def unfollow(self, head: Head) -> None:
        self._heads.pop(head, None)

    def poke(self) -> None:
        """Somebody here has just done something: look at once."""
        self._poked.set()

    async def run(self) -> None:
        """Look again and again. A database that is away is looked for again; pages keep what they show."""
        loop = asyncio.get_running_loop()
        looked_at = loop.time()
        read_at = self._clock()
        try:
            await self._look_up(loop.time())
        except WorldFailed:
            pass
        except Exception:
            logger.exception("the desk could not look")
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), self._poll_s)
            is_due = self._poked.is_set() or loop.time() - looked_at >= _ANYWAY_S
            self._poked.clear()
            if not self._watchers:
                self._mark = None
                continue
            try:
                if is_due or self._strip_at is None or loop.time() - self._strip_at >= _STRIP_S:
                    await self._look_up(loop.time())
                    await self._check()  # between reading and showing: what came after a session's end is not shown
                    self._show_heads()
                if await self._look(is_due=is_due):
                    looked_at = loop.time()
                if await self._strip.read_figures(self._database, self._clock(), loop.time(), self._timeout_s):
                    self._show_heads()
                read_at = self._clock()
                if self._strip.trouble:
                    self._strip.back()
                    self._show_heads()
            except WorldFailed as error:
                logger.warning("the desk cannot read", extra={"error": str(error)})
                self._old(read_at)
            except Exception:  # a desk that looks no more shows what was, as if nothing happened
                logger.exception("the desk could not look")
                self._old(read_at)

    def _old(self, read_at: datetime) -> None:
        """Say on every page that what it shows is as old as this."""
        self._strip.away(read_at)
        self._show_heads()

    async def _look(self, *, is_due: bool) -> bool:
        async with self._database.transaction() as connection:
            await begin(connection, read_only=True, timeout_s=self._timeout_s)
            new: tuple[Row, ...] = ()
            if self._mark is None:
                self._base = max(0, await newest_event(connection) - 200)
                self._mark = await watermark(connection, self._base)
                self._told = {row["event_id"] for row in await arrivals(connection, self._base, self._clock())}
                is_due = True
            mark = await watermark(connection, self._base)
            if mark != self._mark:
                found = await arrivals(connection, self._base, self._clock())
                new = tuple(row for row in found if row["event_id"] not in self._told)
                self._told |= {row["event_id"] for row in new}
                self._mark, is_due = mark, True
                if mark[0] > _LINES:
                    self._base = mark[1] - _LINES // 2
                    self._mark = await watermark(connection, self._base)
                    self._told = {number for number in self._told if number > self._base}
            if is_due:
                await self._show(Tick(connection, self._clock(), new))
            return is_due

    async def _look_up(self, at_s: float) -> None:
        """Read the strip."""
        async with self._database.transaction() as connection:
            await begin(connection, read_only=True, timeout_s=self._timeout_s)
            await self._strip.read(connection, self._clock())
        self._strip_at = at_s

    def _show_heads(self) -> None:
        for head in list(self._heads):
            head.show()

    async def _check(self) -> None:
        """Pages whose sessions have ended leave, whether anything happens or not."""
        for watcher in list(self._watchers):
            if watcher not in self._watchers:
                continue  # its page has just ended by another part
            try:
                await watcher.still()
            except WorldFailed:
                raise
            except Exception:  # whose session cannot be looked at is shown nothing more
                logger.exception("the session of a page of the desk could not be looked at")
                self.end(watcher.page)

    async def _show(self, tick: Tick) -> None:
        for watcher in list(self._watchers):
            if watcher not in self._watchers:
                continue  # its page has just ended by another part
            try:
                await watcher.look(tick)
            except WorldFailed:
                raise
            except Exception:  # one page must not stop the others
                logger.exception("a page of the desk could not be brought up to date")
                self.leave(watcher)
