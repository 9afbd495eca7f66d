"""The frames of one connection that are at the sink, answered in the order in which they came.

All are handed over at once, because the writer commits fastest when it sees many, and only the oldest is watched: when
it is committed, everything finished behind it is answered in one write.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ingest.delivery import Receipt
from ingest.hj212.protocol import Say


class Answer(NamedTuple):
    """What is to be said of a frame."""

    say: Say
    data: bytes
    """The whole frame to send."""


class Pending(NamedTuple):
    """One frame, or one piece of noise, at the sink."""

    future: asyncio.Future[Receipt]
    answer: Answer | None
    """After the commit; None when its sender waits for none."""
    size: int
    last: bool = False
    """Nothing of this connection is handled after it, and it ends the connection."""


class Window:
    """What is at the sink.

    `answer` gets each receipt in order, those after a failure included; `failed` gets the first failure and must end
    the connection, so that nothing behind it is answered; `settled` is called when a run of answers is over.
    """

    def __init__(
        self,
        *,
        max_frames: int,
        max_bytes: int,
        answer: Callable[[Pending, Receipt], None],
        failed: Callable[[BaseException], None],
        settled: Callable[[], None],
    ) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._answer = answer
        self._failed = failed
        self._settled = settled
        self._pending: deque[Pending] = deque()
        self._bytes = 0
        self._broken = False
        self._emptied: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def full(self) -> bool:
        """Whether nothing more may be taken from the socket."""
        return len(self._pending) >= self._max_frames or self._bytes >= self._max_bytes

    def add(self, pending: Pending) -> None:
        """Watch one more."""
        self._pending.append(pending)
        self._bytes += pending.size
        if len(self._pending) == 1:
            pending.future.add_done_callback(self._drain)

    async def emptied(self) -> None:
        """Return once nothing is at the sink."""
        if self._pending:
            self._emptied = self._emptied or asyncio.Event()
            await self._emptied.wait()

    def _drain(self, _finished: object) -> None:
        pending = self._pending
        while pending and pending[0].future.done():
            first = pending.popleft()
            self._bytes -= first.size
            self._finish(first)
        if pending:
            pending[0].future.add_done_callback(self._drain)
        elif self._emptied is not None:
            self._emptied.set()
            self._emptied = None
        self._settled()

    def _finish(self, first: Pending) -> None:
        error = asyncio.CancelledError() if first.future.cancelled() else first.future.exception()
        if error is None:
            self._answer(first, first.future.result())
        elif not self._broken:
            self._broken = True
            self._failed(error)
