"""The timers of one connection, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """At most one timer of a name runs; starting it again puts it off."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def start(self, name: str, delay_s: float, then: Callable[[], None]) -> None:
        """Call `then` in some seconds."""
        self.stop(name)
        self._handles[name] = self._loop.call_later(delay_s, self._fire, name, then)

    def stop(self, name: str) -> None:
        """Never mind."""
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        """Never mind any of them."""
        for name in tuple(self._handles):
            self.stop(name)

    def __contains__(self, name: str) -> bool:
        return name in self._handles

    def _fire(self, name: str, then: Callable[[], None]) -> None:
        del self._handles[name]
        then()
