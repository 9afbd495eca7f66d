"""HJ 212 stations by MN: who may come in at the TCP door, and the secrets that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.errors import NotFound
from storage.database import Connection
from storage.sql import queries

_SQL = queries("stations")


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station as the door needs it, in the words of the site file."""

    mn: str
    enterprise: str
    """Code of the enterprise for which it speaks."""
    gateway: str
    edition: str
    profile: str
    crc: str
    in_service_from: date
    in_service_to: date | None
    """The first local day on which it is out of service."""
    password_hash: str | None
    """None: no password was set, so that it may not come in by TCP."""


async def find_station(connection: Connection, mn: str) -> StationRow | None:
    """The station of an MN, None for an unknown one."""
    cursor = await connection.execute(_SQL["find_station"], {"mn": mn})
    row = await cursor.fetchone()
    return None if row is None else StationRow(*row)


async def set_station_password(connection: Connection, mn: str, hashed: str | None, at: datetime) -> None:
    """Give a station a password (its argon2 hash), another one, or none. Raises NotFound for an unknown MN."""
    await _set(connection, "set_station_password", {"mn": mn, "password_hash": hashed, "at": at})


async def set_station_key(connection: Connection, mn: str, key: bytes | None, at: datetime) -> None:
    """Give a station the 16 bytes of its SM4 key (HJ 212-2025), others, or none.

    Raises ValueError for a key of another length and NotFound for an unknown MN.
    """
    if key is not None and len(key) != 16:
        raise ValueError(f"an SM4 key has 16 bytes, not {len(key)}")
    await _set(connection, "set_station_key", {"mn": mn, "sm4_key": key, "at": at})


async def _set(connection: Connection, block: str, parameters: dict[str, object]) -> None:
    cursor = await connection.execute(_SQL[block], parameters)
    if await cursor.fetchone() is None:
        raise NotFound(f"no station of MN {parameters['mn']!r} is registered: apply a site file first")
