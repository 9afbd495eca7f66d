"""Who an enterprise is: argon2id password hashes, checked once per process and then remembered.

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
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

logger = logging.getLogger(__name__)

_ENTERPRISE = re.compile(r"[a-z0-9-]{1,64}")
_HASHER = PasswordHasher()  # argon2id with the parameters of RFC 9106, low-memory profile


class HashLookup(Protocol):
    """Where the caller keeps the hashes."""

    async def password_hash(self, enterprise: str) -> str | None:
        """The stored argon2 hash, or None for an enterprise that may not come in."""
        ...


@runtime_checkable
class EnterpriseLookup(Protocol):
    """What a HashLookup offers besides, where client certificates are believed."""

    async def exists(self, enterprise: str) -> bool:
        """Whether this enterprise may come in, whatever its password."""
        ...


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


class PasswordAuthenticator:
    """Authenticates by enterprise code and password, or by a certificate that TLS has verified.

    Implements `ingest.delivery.Authenticator` and `CertificateAuthenticator`.
    """

    def __init__(
        self,
        lookup: HashLookup,
        *,
        remembered: int = 10_000,
        parallel: int = 4,
        verify: Callable[[str, bytes], bool] = verify_password,
    ) -> None:
        """`remembered` right passwords; `parallel` checks at once, each of which takes a core and 64 MiB."""
        self._lookup = lookup
        self._verify = verify
        self._remembered = remembered
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._running: dict[bytes, asyncio.Task[bool]] = {}
        self._slots = asyncio.Semaphore(parallel)
        self._nobody = hash_password(secrets.token_hex(16))

    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        """The enterprise code, or None. Raises whatever the lookup raises.

        An unknown user costs the same check as a known one, so that the time taken tells nobody which codes
        exist.
        """
        if username is None or password is None:
            return None
        stored = None
        if _ENTERPRISE.fullmatch(username):
            stored = await self._lookup.password_hash(username)
        if stored is None:
            await self._check(username, password, self._nobody)
            return None
        return username if await self._check(username, password, stored) else None

    async def authenticate_certificate(self, named: str, username: str | None) -> str | None:
        """The enterprise code, or None; implements `ingest.delivery.CertificateAuthenticator`.

        A password that comes along is not looked at. Raises whatever the lookup raises.
        """
        if not isinstance(self._lookup, EnterpriseLookup):
            logger.error("client certificates are asked for, but the lookup cannot tell which enterprises exist")
            return None
        if username not in (None, "", named) or not _ENTERPRISE.fullmatch(named):
            return None
        return named if await self._lookup.exists(named) else None

    async def _check(self, username: str, password: bytes, stored: str) -> bool:
        name = self._digest(username, password, stored)
        if name in self._right:
            self._right.move_to_end(name)
            return True
        running = self._running.get(name)
        if running is None:
            # The gateways of an enterprise share a password: those that come together share one check.
            running = asyncio.get_running_loop().create_task(self._slow_check(stored, password))
            self._running[name] = running
            running.add_done_callback(lambda _: self._running.pop(name, None))
        right = await asyncio.shield(running)
        if right:
            self._right[name] = None
            if len(self._right) > self._remembered:
                self._right.popitem(last=False)
        return right

    async def _slow_check(self, stored: str, password: bytes) -> bool:
        async with self._slots:
            return await asyncio.to_thread(self._verify, stored, password)

    def _digest(self, username: str, password: bytes, stored: str) -> bytes:
        digest = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (username.encode(), password, stored.encode()):
            digest.update(len(part).to_bytes(4) + part)  # lengths, so that no two triples run together
        return digest.digest()
