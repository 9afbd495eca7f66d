"""Threads for libraries that block: so many calls at a time, each bounded, each woken when its time is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from domain.errors import ChannelFailed

T = TypeVar("T")


class Threads:
    """Of one channel. timeout_s: to get a place, and of a call."""

    def __init__(self, places: int, *, timeout_s: float, name: str) -> None:
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(places)
        # some more than places: a call that was ended may need a moment to come back
        self._pool = ThreadPoolExecutor(2 * places, thread_name_prefix=name)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place. Raises ChannelFailed when none comes free in time."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._places.acquire()
        except TimeoutError:
            raise ChannelFailed("too many messages under way") from None
        try:
            yield
        finally:
            self._places.release()

    async def run(
        self, call: Callable[[], T], abort: Callable[[], None], *, in_doubt: Callable[[], bool], grace_s: float = 0.0
    ) -> T:
        """What a call gives that runs in a thread. abort: wakes it; in_doubt: asked when it has not come back.

        Raises ChannelFailed when its time, with a grace, is over, and what the call raises.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, call)
        try:
            async with asyncio.timeout(self._timeout_s + grace_s):
                return await asyncio.shield(running)
        except TimeoutError:
            abort()
            running.add_done_callback(_forget)
            raise ChannelFailed(f"no answer within {self._timeout_s:g} s", in_doubt=in_doubt()) from None

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _forget(running: asyncio.Future[T]) -> None:
    """What a call that was ended still says interests nobody."""
    if not running.cancelled():
        running.exception()
