"""Which data loggers may come in: MN registered, in service on the day, password right.

An argon2 check is meant to be slow, and a city's loggers all come back at once after a restart. So a password that
was right is remembered under an HMAC with a key that dies with the process: neither password nor hash is kept, and
a changed hash has another key, so that a password change takes effect at the next look.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

from domain.clock import Clock
from domain.periods import local_day
from ingest.listener.passwords import verify_password


@dataclass(frozen=True, slots=True)
class Station:
    """A registered data logger as the door sees it."""

    mn: str
    enterprise: str
    gateway: str
    """Topic level under which its frames are reported."""
    edition: str
    """"2005", "2017" or "2025": how frames without a Flag field are answered."""
    strict: bool
    crc: str
    """"hj212", "modbus" or "none"."""
    in_service_from: date
    in_service_to: date | None
    """The first local day on which it is out of service."""
    password_hash: str | None
    """None: it may not come in by TCP."""

    def serves(self, day: date) -> bool:
        """Whether it is in service on a local day."""
        return self.in_service_from <= day and (self.in_service_to is None or day < self.in_service_to)


class StationLookup(Protocol):
    """Where the caller keeps the register."""

    async def station(self, mn: str) -> Station | None:
        """The station of an MN, None for an unknown one. Raises a WorldFailed while the register cannot be read."""
        ...


class Refusal(Enum):
    """Why nobody is let in. The value is the metric's label and the reason of the stray."""

    UNKNOWN_MN = "unknown_mn"
    OUT_OF_SERVICE = "out_of_service"
    NO_PASSWORD_SET = "no_password_set"
    BAD_PW = "wrong_password"
    FOREIGN_MN = "foreign_mn"


class StationGate:
    """Looks at every logger that comes; the register is asked every time, argon2 only for what is new."""

    def __init__(
        self,
        lookup: StationLookup,
        now: Clock,
        *,
        remembered: int = 10_000,
        parallel: int = 2,
        verify: Callable[[str, bytes], bool] = verify_password,
    ) -> None:
        """`remembered` right passwords; `parallel` checks at once, each of which takes a core and 64 MiB."""
        self._lookup = lookup
        self._now = now
        self._verify = verify
        self._remembered = remembered
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._running: dict[bytes, asyncio.Task[bool]] = {}
        self._slots = asyncio.Semaphore(parallel)

    async def find(self, mn: str) -> Station | Refusal:
        """The station of an MN if it is in service today, whoever may say that it is. Raises what the lookup raises."""
        station = await self._lookup.station(mn)
        if station is None:
            return Refusal.UNKNOWN_MN
        return station if station.serves(local_day(self._now())) else Refusal.OUT_OF_SERVICE

    async def prove(self, station: Station, password: bytes) -> Refusal | None:
        """Whether it is that station who speaks: None, or why it may not.

        An unknown MN is told from a wrong password by the answer that the standard prescribes (QnRtn, HJ 212-2017
        table 6), so that nothing is won by making both take the same time.
        """
        if station.password_hash is None:
            return Refusal.NO_PASSWORD_SET
        return None if await self._check(station.mn, password, station.password_hash) else Refusal.BAD_PW

    async def _check(self, mn: str, password: bytes, stored: str) -> bool:
        name = self._digest(mn, password, stored)
        if name in self._right:
            self._right.move_to_end(name)
            return True
        running = self._running.get(name)
        if running is None:
            running = asyncio.get_running_loop().create_task(self._slow_check(stored, password))
            self._running[name] = running
            running.add_done_callback(lambda _: self._running.pop(name, None))
        # shielded: a logger that gives up must not cancel the check for one that waits for the same
        right = await asyncio.shield(running)
        if right:
            self._right[name] = None
            if len(self._right) > self._remembered:
                self._right.popitem(last=False)
        return right

    async def _slow_check(self, stored: str, password: bytes) -> bool:
        async with self._slots:
            return await asyncio.to_thread(self._verify, stored, password)

    def _digest(self, mn: str, password: bytes, stored: str) -> bytes:
        digest = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (mn.encode(), password, stored.encode()):
            digest.update(len(part).to_bytes(4) + part)  # lengths, so that no two triples run together
        return digest.digest()
