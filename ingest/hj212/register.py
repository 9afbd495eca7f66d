"""The stored register as the door asks it."""

from __future__ import annotations

from ingest.hj212.gate import Station
from storage.database import Database
from storage.stations import find_station


class RegisteredStations:
    """Implements `ingest.hj212.gate.StationLookup`; asks the database every time, so that what was withdrawn is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def station(self, mn: str) -> Station | None:
        """See `StationLookup`. Raises StorageUnavailable."""
        async with self._database.transaction() as connection:
            row = await find_station(connection, mn)
        if row is None:
            return None
        return Station(
            mn=row.mn,
            enterprise=row.enterprise,
            gateway=row.gateway,
            edition=row.edition,
            strict=row.profile == "strict",
            crc=row.crc,
            in_service_from=row.in_service_from,
            in_service_to=row.in_service_to,
            password_hash=row.password_hash,
        )
