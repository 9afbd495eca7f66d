"""What of one connection is at the sink, answered in the order in which it came; for every door.

MQTT 5 clause 4.6 wants acknowledgements in order, while the writer commits fastest when it sees many messages at once.
So all are handed over at once and only the oldest is watched: when it is committed, everything finished behind it is
answered in one write. That is one callback per batch, not one per message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from ingest.delivery import Receipt


class AtSink(Protocol):
    """One message, frame or piece of noise at the sink."""

    @property
    def future(self) -> asyncio.Future[Receipt]: ...

    @property
    def size(self) -> int:
        """Payload bytes."""
        ...


E = TypeVar("E", bound=AtSink)


class Inflight(Generic[E]):
    """What is at the sink.

    `answer` gets each receipt in order, those after a failure included; `failed` gets the first failure and must end
    the connection, so that nothing behind it is acknowledged; `settled` is called when a run of answers is over.
    """

    def __init__(
        self,
        *,
        max_messages: int,
        max_bytes: int,
        answer: Callable[[E, Receipt], None],
        failed: Callable[[BaseException], None],
        settled: Callable[[], None],
    ) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._answer = answer
        self._failed = failed
        self._settled = settled
        self._entries: deque[E] = deque()
        self._bytes = 0
        self._broken = False
        self._emptied: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def full(self) -> bool:
        """Whether no further message may be taken from the socket."""
        return len(self._entries) >= self._max_messages or self._bytes >= self._max_bytes

    def add(self, entry: E) -> None:
        self._entries.append(entry)
        self._bytes += entry.size
        if len(self._entries) == 1:
            entry.future.add_done_callback(self._drain)

    async def emptied(self) -> None:
        """Return once nothing is at the sink."""
        if self._entries:
            self._emptied = self._emptied or asyncio.Event()
            await self._emptied.wait()

    def _drain(self, _finished: object) -> None:
        entries = self._entries
        while entries and entries[0].future.done():
            entry = entries.popleft()
            self._bytes -= entry.size
            self._finish(entry)
        if entries:
            entries[0].future.add_done_callback(self._drain)
        elif self._emptied is not None:
            self._emptied.set()
            self._emptied = None
        self._settled()

    def _finish(self, entry: E) -> None:
        future = entry.future
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._answer(entry, future.result())
        elif not self._broken:
            self._broken = True
            self._failed(error)
