"""LDAR components and where each stands in its schedules."""

from __future__ import annotations

from datetime import date

from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_ldar")


async def list_components(
    connection: Connection,
    *,
    enterprise_id: int | None,
    status: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page by enterprise and component code; `after` is both.

    status: the reason of the newest current GB 37822 finding, or `not_judged` for components that have none.
    """
    after_enterprise, after_code = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["components"],
        {
            "enterprise_id": enterprise_id,
            "status": status,
            "after_enterprise": after_enterprise,
            "after_code": after_code,
            "limit": limit,
        },
    )


async def component_summary(connection: Connection, *, enterprise_id: int | None) -> dict[str, int]:
    """Number of components by status, of one enterprise or of all."""
    rows = await fetch_all(connection, _SQL["summary"], {"enterprise_id": enterprise_id})
    return {str(row["status"]): int(row["components"]) for row in rows}


async def schedules(connection: Connection) -> list[Row]:
    """Rules in force on tests of components: rule_id, title, evaluator, months by kind (None: one test a year)."""
    return await fetch_all(connection, _SQL["schedules"])


async def due_groups(connection: Connection, *, enterprise_id: int | None, detailed: bool) -> list[Row]:
    """Components that are due, counted by enterprise, kind, medium, due day and rules, and by unit where detailed."""
    return await fetch_all(connection, _SQL["due_groups"], {"enterprise_id": enterprise_id, "detailed": detailed})


async def due_components(connection: Connection, *, enterprise_id: int, to_day: date) -> list[Row]:
    """Components of an enterprise whose strictest due day is not after a day, the most urgent first."""
    return await fetch_all(connection, _SQL["due_components"], {"enterprise_id": enterprise_id, "to_day": to_day})


async def open_leaks(connection: Connection, *, enterprise_id: int) -> list[Row]:
    """Leaks of an enterprise that are not over, the most urgent first."""
    rules = [str(row["rule_id"]) for row in await fetch_all(connection, _SQL["repair_rules"])]
    return await fetch_all(connection, _SQL["open_leaks"], {"enterprise_id": enterprise_id, "repair_rules": rules})
