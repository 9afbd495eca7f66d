"""Coming in: passwords, sessions in a cookie, and what keeps other sites from using them.

A session is a random token. The browser has it in a cookie that scripts cannot read and that is not sent from other
sites; the database has its SHA-256. Sessions and waits go by the wall's clock, which a simulated city does not move;
the audit log goes by the platform's.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from prometheus_client import CollectorRegistry, Counter
from starlette.responses import Response

from domain.accounts import IDLE, LOGIN, LONGEST_SESSION, Actor, Role, retry_at
from domain.clock import Clock
from domain.errors import PlantwatchError
from ingest.passwords import Passwords, hash_password
from storage import accounts as store
from storage import audit
from storage.database import Database

COOKIE = "plantwatch_session"
#: What a browser keeps for 30 days after a sign-in; it lets nobody in.
DEVICE_COOKIE = "plantwatch_device"
_DEVICE_S = 30 * 24 * 3600
#: Header of a state-changing request that is authenticated by the cookie.
CSRF_HEADER = "x-csrf-token"

_TOKEN_BYTES = 32
_LONGEST_SECRET = 1024
#: A session's last use is written down this often: not at every picture of a page.
_TOUCH = timedelta(minutes=1)

WRONG = "登录名或密码不正确"


class Verifier(Protocol):
    """Checks an enterprise's account: the one it uses for MQTT. An unknown code takes as long as a known one."""

    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        """The enterprise code, or None when name and password do not belong together."""
        ...


class SignInRefused(PlantwatchError):
    """The sign-in was refused. The same words for an unknown login and a wrong password."""

    def __init__(self, message: str, *, retry_after_s: int | None = None) -> None:
        """retry_after_s: too many attempts; this one was not looked at."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of somebody. csrf: to be sent in CSRF_HEADER with what changes something."""

    actor: Actor
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Proof:
    """Somebody who knew the password; exactly one of the ids."""

    actor: Actor
    account_id: int | None
    enterprise_id: int | None


class Auth:
    """Lets people and enterprises in. One for a process; any number of processes on one database."""

    def __init__(
        self,
        database: Database,
        verifier: Verifier,
        *,
        wall: Clock,
        clock: Clock,
        registry: CollectorRegistry,
        passwords: Passwords | None = None,
    ) -> None:
        """wall: the machine's clock; clock: the platform's. passwords: checks those of people."""
        self._database = database
        self._verifier = verifier
        self._wall = wall
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._sign_ins = Counter(
            "plantwatch_sign_ins_total",
            "Attempts to come in at the desk or with a person's password: ok, wrong, throttled",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("ok", "wrong", "throttled"):
            self._sign_ins.labels(outcome)

    async def sign_in(
        self, login: str, password: str, address: str, *, replaces: str | None = None, device: str | None = None
    ) -> str:
        """A new session's token, for the cookie. replaces: the token that the browser sent along, which ends here, so
        that nobody goes on in a session that somebody else has put into their browser. device: what the browser keeps
        from one sign-in to the next; a login that came in from it is known there, and waits for no guesser elsewhere.

        Raises SignInRefused. The password is looked at once whatever the login, in a thread.
        """
        login = login.strip().lower()
        known_by = _hash(device) if device and len(device) <= _LONGEST_SECRET else None
        proof = await self._prove(login, password.encode("utf-8", "surrogatepass"), address, known_by)
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), self._wall()
        async with self._database.transaction() as connection:
            await store.drop_old(connection, now)
            if replaces:
                await store.end_session(connection, _hash(replaces), now)
            await store.insert_session(
                connection,
                token_hash=_hash(token),
                csrf=secrets.token_urlsafe(_TOKEN_BYTES),
                account_id=proof.account_id,
                enterprise_id=proof.enterprise_id,
                created_at=now,
                expires_at=now + LONGEST_SESSION,
                address=network_of(address),
                device=known_by,
            )
            entry = audit.Entry(self._clock(), proof.actor, "sign_in", f"account:{login}")
            await audit.write(connection, entry)
        return token

    async def session_of(self, token: str, address: str = "") -> SignedIn | None:
        """Whose session a token is; None when there is none, or when it has ended for whatever reason."""
        if not token or len(token) > _LONGEST_SECRET:
            return None
        now, hashed = self._wall(), _hash(token)
        async with self._database.transaction() as connection:
            row = await store.find_session(connection, hashed)
            if row is None or row.ended_at is not None or not row.is_active:
                return None
            if now >= row.expires_at or now - row.seen_at >= IDLE:
                return None
            if now - row.seen_at >= _TOUCH:
                await store.touch_session(connection, hashed, now)
        role = Role.ENTERPRISE if row.role is None else Role(row.role)
        actor = Actor(row.name, role, row.enterprise, row.login or row.enterprise, address, row.person, row.team)
        return SignedIn(actor, row.csrf, row.expires_at)

    async def sign_out(self, token: str, address: str = "") -> None:
        """End a session. Nothing happens when there is none."""
        found = await self.session_of(token, address)
        if found is None:
            return
        async with self._database.transaction() as connection:
            await store.end_session(connection, _hash(token), self._wall())
            entry = audit.Entry(self._clock(), found.actor, "sign_out", f"account:{found.actor.account}")
            await audit.write(connection, entry)

    async def basic(self, login: str, password: bytes, address: str) -> Actor | None:
        """Who comes with HTTP Basic; None when name and password do not belong together. Raises SignInRefused when
        there were too many attempts at a person's login.

        A person's password that was right is remembered, so that a script pays for it once; an enterprise's is the
        verifier's matter, as at the MQTT door. A login that nobody has, or that is disabled, waits as a person's does,
        so that waits do not tell which logins there are.
        """
        if len(password) > _LONGEST_SECRET:
            return None
        found = await self._credentials(login)
        if found is None and await self._is_enterprise(login):
            code = await self._verifier.authenticate(login, password)
            if code is None:
                self._sign_ins.labels("wrong").inc()
                return None
            return Actor(code, Role.ENTERPRISE, code, code, address)
        known = self._remembered(found, login, password, address)
        if known is not None:
            return known
        # requests of a script that come together are not so many attempts: the first one proves it for all
        async with self._turns.setdefault((login, address), asyncio.Lock()):
            known = self._remembered(found, login, password, address)
            if known is not None:
                return known
            try:
                return (await self._prove(login, password, address)).actor
            except SignInRefused as error:
                if error.retry_after_s is not None:
                    raise
                return None

    async def proves(self, actor: Actor, password: str) -> None:
        """That somebody who is signed in knows the password of their account. Raises SignInRefused as `sign_in`, with
        the same waits: a desk that was left open is no place to guess at."""
        await self._prove(actor.account or "", password.encode("utf-8", "surrogatepass"), actor.address)

    def wall(self) -> datetime:
        """The machine's time, by which accounts and sessions go."""
        return self._wall()

    async def _prove(self, login: str, password: bytes, address: str, device: bytes | None = None) -> _Proof:
        if len(password) > _LONGEST_SECRET:
            raise SignInRefused(WRONG)
        filed, place = _filed(login), network_of(address)
        async with self._database.transaction() as connection:
            is_known = device is not None and await store.knows_device(connection, filed, device, self._wall())
            if device is not None and is_known:
                place = f"device:{device.hex()[:16]}"  # its failures are its own, wherever it is carried
            await store.lock_attempts(connection, filed, place)
            now = self._wall()
            failed = await store.failures(connection, filed, place, now)
            until = retry_at(replace(failed, known=failed.known or is_known), now)
            if until is not None:
                self._sign_ins.labels("throttled").inc()
                wait_s = math.ceil((until - now).total_seconds())
                raise SignInRefused(f"尝试过于频繁，请 {wait_s} 秒后再试", retry_after_s=wait_s)
            booked = await store.book_failure(connection, filed, place, now)
        proof = await self._checked(login, password, address)
        async with self._database.transaction() as connection:
            if proof is not None:
                await store.unbook_failure(connection, booked)
            else:
                nobody = Actor("", Role.VIEWER, address=address)
                entry = audit.Entry(self._clock(), nobody, "sign_in", f"account:{filed}", outcome="refused")
                await audit.write(connection, entry)
        self._sign_ins.labels("wrong" if proof is None else "ok").inc()
        if proof is None:
            raise SignInRefused(WRONG)
        return proof

    async def _checked(self, login: str, password: bytes, address: str) -> _Proof | None:
        """One check of one hash, whoever it is: of a person, an enterprise, or nobody."""
        found = await self._credentials(login)
        if found is not None:
            stored = found.password_hash if found.is_active else await asyncio.to_thread(_of_nobody)
            right = await self._passwords.check(login, password, stored)
            if not right or not found.is_active:
                return None
            actor = Actor(found.name, Role(found.role), found.enterprise, login, address, found.person, found.team)
            return _Proof(actor, found.account_id, None)
        # knows by itself how to let an unknown code take as long as a known one
        code = await self._verifier.authenticate(login, password)
        if code is None:
            return None
        async with self._database.transaction() as connection:
            enterprise = await store.enterprise_of(connection, code)
        if enterprise is None:
            return None
        return _Proof(Actor(enterprise[1], Role.ENTERPRISE, code, code, address), None, enterprise[0])

    def _remembered(self, found: store.Credentials | None, login: str, password: bytes, address: str) -> Actor | None:
        """A person whose password was right before."""
        if found is None or not found.is_active or not self._passwords.remembers(login, password, found.password_hash):
            return None
        return Actor(found.name, Role(found.role), found.enterprise, login, address, found.person, found.team)

    async def _is_enterprise(self, login: str) -> bool:
        if len(login) > _LONGEST_SECRET or "\x00" in login:
            return False
        async with self._database.transaction() as connection:
            return await store.enterprise_of(connection, login) is not None

    async def _credentials(self, login: str) -> store.Credentials | None:
        if LOGIN.fullmatch(login) is None:
            return None
        async with self._database.transaction() as connection:
            return await store.credentials(connection, login)


@cache
def _of_nobody() -> str:
    """A hash that no password fits."""
    return hash_password(secrets.token_hex(16))


def token_hash(token: str) -> bytes:
    """What the database has of a session's token."""
    return _hash(token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def network_of(address: str) -> str:
    """Where attempts come from, for counting them: an address, of IPv6 its /64, of which each house has one whole."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


def _filed(login: str) -> str:
    """Under what an attempt is booked. What is no login may be a password typed into the wrong field."""
    if LOGIN.fullmatch(login):
        return login
    return f"#{hashlib.sha256(login.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


# In the browser --------------------------------------------------------------------------------------------------


def needs_tls(public_url: str | None) -> bool:
    """Whether cookies are to be sent over TLS alone: where people come by it."""
    return (public_url or "").startswith("https://")


def set_cookie(response: Response, token: str, *, public_url: str | None) -> None:
    """Give the browser its session; it forgets it when it is closed."""
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=needs_tls(public_url))


def set_device_cookie(response: Response, device: str, *, public_url: str | None) -> None:
    """Let the browser be known at the next sign-in; sent to the form alone."""
    response.set_cookie(
        DEVICE_COOKIE, device, max_age=_DEVICE_S, path="/sign-in", httponly=True, samesite="strict",
        secure=needs_tls(public_url),
    )  # fmt: skip


def clear_cookie(response: Response, *, public_url: str | None) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=needs_tls(public_url))


def same_origin(headers: Mapping[str, str], public_url: str | None) -> bool:
    """Whether a request comes from a page of our own, or from no page at all (a script sends neither header).

    headers: by lower-case names. Fetch metadata are believed where the browser sends them, as nothing in a page can
    change them; else Origin must name the host that was asked, or public_url.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        asked = urlsplit(origin)
        ours = {headers.get("host", ""), urlsplit(public_url or "").netloc} - {""}
    except ValueError:
        return False
    return asked.scheme in ("http", "https") and asked.netloc.lower() in {host.lower() for host in ours}


def csrf_fits(given: str | None, expected: str) -> bool:
    """Whether the token of a form or header is the session's, compared in constant time."""
    return given is not None and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )
