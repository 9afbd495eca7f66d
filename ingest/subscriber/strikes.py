"""Tells a message that can never be stored from a store that is down. Pure.

A message that fails ends the connection, and the broker sends it again, with all behind it. Were it to fail for ever,
nothing behind it would ever be acknowledged. So after some failures in a row, each while other messages were stored,
it is condemned: put aside, acknowledged, and looked at by a person.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256

_REMEMBERED = 1_024


class Strikes:
    """Failures by message."""

    def __init__(self, allowed: int = 3) -> None:
        """allowed: failures after which a message is condemned."""
        self._allowed = allowed
        self._strikes: OrderedDict[bytes, int] = OrderedDict()
        self._condemned: OrderedDict[bytes, None] = OrderedDict()

    def count(self, topic: str, payload: bytes) -> bool:
        """Count a failure that was the message's own; whether that condemned it."""
        key = _fingerprint(topic, payload)
        strikes = self._strikes.pop(key, 0) + 1
        if strikes < self._allowed:
            self._strikes[key] = strikes
            if len(self._strikes) > _REMEMBERED:
                self._strikes.popitem(last=False)
            return False
        self._condemned[key] = None
        if len(self._condemned) > _REMEMBERED:
            self._condemned.popitem(last=False)
        return True

    def is_condemned(self, topic: str, payload: bytes) -> bool:
        """Whether to put this message aside."""
        return bool(self._condemned) and _fingerprint(topic, payload) in self._condemned


def _fingerprint(topic: str, payload: bytes) -> bytes:
    return sha256(topic.encode() + b"\0" + payload).digest()
