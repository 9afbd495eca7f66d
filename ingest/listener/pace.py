"""Keeps connections to their rates: who sent too much is not read for a while. Nothing is refused or dropped.

What is not read fills the socket and stops the sender's own writes, so that a gateway with a backlog, or one gone
wild, waits where the data are safe. Acknowledgements go on meanwhile. Beyond its enterprise's rate a connection
queues behind the others of that enterprise, and one is let on at a time, so that the loudest does not get all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ingest.listener.limits import Limits
from ingest.listener.metrics import ListenerMetrics
from ingest.listener.rate import UNLIMITED, Allowance

#: What a connection may take without a look at its rate, where that is a matter of a few milliseconds of the rate.
_FREE_MESSAGES, _FREE_BYTES, _OFTEN_PER_S = 32, 32 * 1024, 200


class Turnstile:
    """The allowance of an enterprise in this process, and its connections that wait for it."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Callable[[], None], None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def queue(self, turn: Callable[[], None]) -> None:
        """Call `turn` once the connections that queue already had theirs and the allowance permits."""
        self._waiting[turn] = None
        self._arm()

    def forget(self, turn: Callable[[], None]) -> None:
        """The connection is gone."""
        self._waiting.pop(turn, None)

    def _arm(self) -> None:
        if self._timer is None and self._waiting:
            self._timer = self._loop.call_later(self.allowance.wait_s(self._loop.time()), self._next)

    def _next(self) -> None:
        self._timer = None
        if self._waiting and not self.allowance.wait_s(self._loop.time()):
            turn = next(iter(self._waiting))
            del self._waiting[turn]
            turn()
        # One a turn of the event loop, which polls the sockets before it looks at timers: what the one let on had
        # waiting in its socket is read, and paid for, before the next is let on.
        self._arm()


class Pace:
    """One connection: asks before a run of packets, pays afterwards, is told when it may go on.

    Where the rates are high it does so only every few messages, because most reads of a city's sockets are of one
    small message. What it may take unasked is bounded by what may be at the sink; it is paid all the same.
    """

    def __init__(
        self,
        own: Allowance | None,
        shared: Turnstile | None,
        go_on: Callable[[], None],
        metrics: ListenerMetrics,
        *,
        unasked: bool,
    ) -> None:
        self._own = own
        self._shared = shared
        self._go_on = go_on
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting = self._closed = False
        self._free_messages, self._free_bytes = (_FREE_MESSAGES, _FREE_BYTES) if unasked else (0, 0)
        self._messages = self._bytes = 0
        self._ask = True  # coming back is no way to take something unasked

    def room(self) -> int:
        """How many packets may be handled now. 0: none, and `go_on` will be called when some may."""
        if not self._ask:
            return UNLIMITED
        if self._waiting:
            return 0
        now = self._loop.time()
        room = UNLIMITED if self._own is None else self._own.room(now)
        if self._shared is not None and room:
            room = min(room, self._shared.allowance.room(now))
        if not room:
            self._wait(now)
        return room

    def spend(self, messages: int, size: int) -> bool:
        """Pay for what was handled and read; False: enough for now, and `go_on` will be called when it is not."""
        self._messages += messages
        self._bytes += size
        if self._messages < self._free_messages and self._bytes < self._free_bytes:
            return not self._waiting
        return self._settle()

    def _settle(self) -> bool:
        now = self._loop.time()
        over_s = 0.0 if self._own is None else self._own.spend(self._messages, self._bytes, now)
        if self._shared is not None:
            over_s += self._shared.allowance.spend(self._messages, self._bytes, now)
        self._messages = self._bytes = 0
        self._ask = bool(over_s) or not self._free_messages
        if over_s and not self._waiting and not self._closed:
            self._wait(now)
        return not self._waiting

    def _wait(self, now: float) -> None:
        self._waiting = self._ask = True
        own_s = 0.0 if self._own is None else self._own.wait_s(now)
        if own_s or self._shared is None:
            self._metrics.throttled_connection.inc()
            self._timer = self._loop.call_later(own_s, self._turn)
        else:
            self._metrics.throttled_enterprise.inc()
            self._shared.queue(self._turn)

    def _turn(self) -> None:
        self._waiting = False
        self._timer = None
        self._go_on()

    def close(self) -> None:
        """The connection is over, and pays the rest: leaving must be no way to send for nothing."""
        self._closed = True
        self._free_messages = 0
        self._settle()
        if self._timer is not None:
            self._timer.cancel()
        if self._shared is not None:
            self._shared.forget(self._turn)


class Paces:
    """The rates of a process: hands each connection its pace, and keeps the allowances of the enterprises.

    Those are never dropped, because coming back must not wipe out a debt; there are as many as enterprises that
    came in, which the register bounds.
    """

    def __init__(self, limits: Limits, metrics: ListenerMetrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._turnstiles: dict[str, Turnstile] = {}
        messages = (limits.max_messages_per_s, limits.max_messages_per_s_per_enterprise)
        size = (limits.max_bytes_per_s, limits.max_bytes_per_s_per_enterprise)
        self._unasked = all(not rate or rate >= _FREE_MESSAGES * _OFTEN_PER_S for rate in messages) and all(
            not rate or rate >= _FREE_BYTES * _OFTEN_PER_S for rate in size
        )

    def of(self, enterprise: str, go_on: Callable[[], None]) -> Pace | None:
        """The pace of a new connection; None when no rate is limited."""
        limits, own = self._limits, None
        if limits.max_messages_per_s or limits.max_bytes_per_s:
            own = Allowance(limits.max_messages_per_s, limits.max_bytes_per_s, limits.rate_burst_s)
        shared = self._turnstile(enterprise)
        if own is None and shared is None:
            return None
        return Pace(own, shared, go_on, self._metrics, unasked=self._unasked)

    def _turnstile(self, enterprise: str) -> Turnstile | None:
        limits = self._limits
        messages, size = limits.max_messages_per_s_per_enterprise, limits.max_bytes_per_s_per_enterprise
        if not messages and not size:
            return None
        found = self._turnstiles.get(enterprise)
        if found is None:
            found = self._turnstiles[enterprise] = Turnstile(Allowance(messages, size, limits.rate_burst_s))
        return found
