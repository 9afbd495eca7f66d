"""Which data loggers may come in: MN registered, in service on the day, password right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

from domain.clock import Clock
from domain.periods import local_day
from ingest.passwords import Passwords, verify_password


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
        self._passwords = Passwords(remembered=remembered, parallel=parallel, verify=verify)

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
        return None if await self._passwords.check(station.mn, password, station.password_hash) else Refusal.BAD_PW
