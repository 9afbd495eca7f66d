"""Records of leak detection and repair as people see them: who said what of which sealing point, and its leaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_leak_records")


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """None: not filtered. from_at, to_at: of what is told, in [from_at, to_at). history: corrected records too.

    component, instrument, campaign and purpose are looked at where a record has them.
    """

    enterprise_id: int | None = None
    component: str | None = None
    instrument: str | None = None
    campaign: str | None = None
    purpose: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    history: bool = False


async def list_tests(
    connection: Connection, wanted: RecordFilter, *, after: tuple[datetime, int, int] | None, limit: int
) -> list[Row]:
    """One page, newest first; `after` is tested_at, component_id and revision."""
    at, component_id, revision = after or (None, None, None)
    place = {"after_at": at, "after_component": component_id, "after_revision": revision, "limit": limit}
    return await fetch_all(connection, _SQL["tests"], asdict(wanted) | place)


async def list_reported(
    connection: Connection, noun: str, wanted: RecordFilter, *, after: int | None, limit: int
) -> list[Row]:
    """One page of ``repairs``, ``delays``, ``events`` or ``calibrations``, the one reported last first; `after` is the
    id of a record."""
    return await fetch_all(connection, _SQL[noun], asdict(wanted) | {"after_id": after, "limit": limit})


async def list_declared(
    connection: Connection, noun: str, enterprise_id: int | None, *, after: tuple[str, str] | None, limit: int
) -> list[Row]:
    """One page of ``instruments`` or ``testers`` by enterprise and name; `after` is both."""
    enterprise, name = after or (None, None)
    return await fetch_all(
        connection,
        _SQL[noun],
        {"enterprise_id": enterprise_id, "after_enterprise": enterprise, "after_name": name, "limit": limit},
    )


async def enterprise_ids(connection: Connection, codes: Iterable[str]) -> dict[str, int]:
    """Keys of those of the enterprises that are registered, by code."""
    rows = await fetch_all(connection, _SQL["enterprises"], {"codes": sorted(set(codes))})
    return {str(row["code"]): int(row["enterprise_id"]) for row in rows}
