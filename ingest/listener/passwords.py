"""Who an enterprise is: by its code and password, or by a certificate that TLS has verified."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ingest.passwords import Passwords, hash_password, verify_password

logger = logging.getLogger(__name__)

_ENTERPRISE = re.compile(r"[a-z0-9-]{1,64}")


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
        self._passwords = Passwords(remembered=remembered, parallel=parallel, verify=verify)
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
            await self._passwords.check(username, password, self._nobody)
            return None
        return username if await self._passwords.check(username, password, stored) else None

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
