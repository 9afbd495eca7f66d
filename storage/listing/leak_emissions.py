"""What sealing points emit, and how campaigns of tests went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_leak_emissions")


@dataclass(frozen=True, slots=True)
class EmissionSums:
    """Sums of a span of months. units: of one enterprise, else empty. factors: how sure the figures are."""

    total: Row
    months: list[Row]
    enterprises: list[Row]
    units: list[Row]
    factors: Row


async def emission_sums(connection: Connection, first: date, last: date, *, enterprise_id: int | None) -> EmissionSums:
    """Of the months from one to another (first local days, both included), of one enterprise or of all."""
    parameters = {"first": first, "last": last, "enterprise_id": enterprise_id}
    (total,) = await fetch_all(connection, _SQL["total"], parameters)
    (factors,) = await fetch_all(connection, _SQL["factors"])
    return EmissionSums(
        total,
        await fetch_all(connection, _SQL["months"], parameters),
        await fetch_all(connection, _SQL["enterprises"], parameters),
        [] if enterprise_id is None else await fetch_all(connection, _SQL["units"], parameters),
        factors,
    )


async def list_campaigns(
    connection: Connection,
    first: date,
    last: date,
    *,
    enterprise: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page of campaigns that have a day in [first, last], by enterprise and code; `after` is both."""
    after_enterprise, after_campaign = after or (None, None)
    parameters = {
        "first": first,
        "last": last,
        "enterprise": enterprise,
        "after_enterprise": after_enterprise,
        "after_campaign": after_campaign,
        "limit": limit,
    }
    return await fetch_all(connection, _SQL["campaigns"], parameters)
