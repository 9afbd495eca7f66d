"""How a door closes: answer what is at the sink, let the peers go, cut off those that stay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Set
from typing import Protocol

logger = logging.getLogger(__name__)


class Dismissible(Protocol):
    """A connection of a door."""

    @property
    def closed(self) -> asyncio.Future[None]:
        """Resolves when the socket is closed."""
        ...

    async def drain(self) -> None:
        """Take nothing more, answer what is at the sink, then end. Cancelled to stop waiting."""
        ...

    def abort(self) -> None:
        """Close without waiting for anything."""
        ...


async def dismiss(
    connections: Set[Dismissible],
    quiet: Callable[[], Awaitable[None]],
    *,
    drain_timeout_s: float,
    linger_timeout_s: float,
) -> None:
    """Return when all connections are closed, after `drain_timeout_s` and a moment at most.

    connections: as they are at any instant, the caller's own set; quiet: returns once what was said on behalf of the
    peers is recorded. What is not answered by then was not acknowledged, so it is sent again.
    """
    try:
        async with asyncio.timeout(drain_timeout_s):
            leaving = tuple(connections)
            await asyncio.gather(*(connection.drain() for connection in leaving))
            await quiet()
            # A peer need not close when asked to; those that linger are cut off below, not waited for here.
            pending = [connection.closed for connection in leaving if not connection.closed.done()]
            if pending:
                await asyncio.wait(pending, timeout=linger_timeout_s)
    except TimeoutError:
        logger.warning("the drain time-out cut off connections", extra={"connections": len(connections)})
    for connection in tuple(connections):
        connection.abort()
    if connections:
        await asyncio.wait([connection.closed for connection in connections])
