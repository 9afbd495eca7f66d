"""How much a peer may send a second: token buckets for messages and bytes. Pure; the time is passed in.

A bucket is kept as one number, the instant at which it will be full again (the virtual scheduling algorithm of
ITU-T I.371 Annex A, there for cells of ATM): spending moves the instant on, time passes by itself. Nothing has to be
refilled, and no rounding error grows with the age of a connection.

A bucket may be overdrawn by what was taken last, because nobody knows the size of a read beforehand; the debt is
waited for, so that the long-term rate is exact. And a little more is waited for than the debt: a sender let on for
every single message that its rate has room for would cost more than one that is not limited.
"""

from __future__ import annotations

UNLIMITED = 1 << 30
"""The answer of `room` where messages are not limited."""

_RUN_S = 0.02
"""Once in debt, wait until there is room for what comes in this time."""


class Allowance:
    """What one peer may send: two buckets, filled with so many messages and bytes a second."""

    __slots__ = ("_burst_s", "_bytes_full_at", "_messages_full_at", "_per_byte_s", "_per_message_s", "_run_s")

    def __init__(self, messages_per_s: float | None, bytes_per_s: float | None, burst_s: float) -> None:
        """A rate of 0 or None is no limit. A full bucket holds what comes in `burst_s` seconds."""
        self._per_message_s = 1.0 / messages_per_s if messages_per_s else 0.0
        self._per_byte_s = 1.0 / bytes_per_s if bytes_per_s else 0.0
        self._burst_s = burst_s
        self._run_s = min(_RUN_S, burst_s)
        self._messages_full_at = self._bytes_full_at = float("-inf")

    def room(self, now: float) -> int:
        """How many messages may be taken at this instant (seconds of any clock); 0 in debt, at least 1 out of it."""
        if self._bytes_full_at - now > self._burst_s:
            return 0
        ahead_s = self._messages_full_at - now
        if ahead_s > self._burst_s:
            return 0
        if not self._per_message_s:
            return UNLIMITED
        left_s = self._burst_s - ahead_s if ahead_s > 0.0 else self._burst_s
        return int(left_s / self._per_message_s) + 1

    def spend(self, messages: int, size: int, now: float) -> float:
        """Pay for messages and bytes that were taken; returns the seconds to wait before taking more, mostly 0."""
        first, second = self._messages_full_at, self._bytes_full_at
        first = (first if first > now else now) + messages * self._per_message_s
        second = (second if second > now else now) + size * self._per_byte_s
        self._messages_full_at, self._bytes_full_at = first, second
        over_s = (first if first > second else second) - self._burst_s - now
        return over_s + self._run_s if over_s > 0.0 else 0.0

    def wait_s(self, now: float) -> float:
        """Seconds until more should be taken: until the end of a debt and a little longer; 0 when there is none."""
        over_s = max(self._messages_full_at, self._bytes_full_at) - self._burst_s - now
        return over_s + self._run_s if over_s > 0.0 else 0.0
