"""Passwords at rest and at the doors: argon2id hashes, checked once per process and then remembered.

An argon2 check is meant to be slow. A thousand gateways of one enterprise that come back after a restart
would queue for it, so a password that was right is remembered under an HMAC with a key that dies with the
process: neither password nor hash is kept, and a changed hash has another key, so that a password change
takes effect at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

logger = logging.getLogger(__name__)

_HASHER = PasswordHasher()  # argon2id with the parameters of RFC 9106, low-memory profile


def hash_password(password: str) -> str:
    """An argon2id hash to store, with a salt of its own. Takes tens of milliseconds of one core."""
    return _HASHER.hash(password)


def verify_password(stored: str, password: bytes) -> bool:
    """Whether the password is the one of a stored hash. As slow as `hash_password`; call it in a thread."""
    try:
        return _HASHER.verify(stored, password)
    except InvalidHashError:
        logger.error("a stored password hash is not an argon2 hash")
        return False
    except VerificationError:
        return False


class Passwords:
    """Checks passwords, each new one slowly, each known one at once."""

    def __init__(
        self, *, remembered: int = 10_000, parallel: int = 4, verify: Callable[[str, bytes], bool] = verify_password
    ) -> None:
        """`remembered` right passwords; `parallel` checks at once, each of which takes a core and 64 MiB."""
        self._verify = verify
        self._remembered = remembered
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._running: dict[bytes, asyncio.Task[bool]] = {}
        self._slots = asyncio.Semaphore(parallel)

    async def check(self, who: str, password: bytes, stored: str) -> bool:
        """Whether the password of somebody is the one of the stored hash."""
        name = self._digest(who, password, stored)
        if name in self._right:
            self._right.move_to_end(name)
            return True
        running = self._running.get(name)
        if running is None:
            # The gateways of an enterprise share a password: those that come together share one check.
            running = asyncio.get_running_loop().create_task(self._slow_check(stored, password))
            self._running[name] = running
            running.add_done_callback(lambda _: self._running.pop(name, None))
        # shielded: one who gives up must not cancel the check for another who waits for the same
        right = await asyncio.shield(running)
        if right:
            self._right[name] = None
            if len(self._right) > self._remembered:
                self._right.popitem(last=False)
        return right

    def remembers(self, who: str, password: bytes, stored: str) -> bool:
        """Whether this was right before, so that `check` answers at once."""
        return self._digest(who, password, stored) in self._right

    async def _slow_check(self, stored: str, password: bytes) -> bool:
        async with self._slots:
            return await asyncio.to_thread(self._verify, stored, password)

    def _digest(self, who: str, password: bytes, stored: str) -> bytes:
        digest = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (who.encode(), password, stored.encode()):
            digest.update(len(part).to_bytes(4) + part)  # lengths, so that no two triples run together
        return digest.digest()
