"""Ultra-low-emission standing of outlets in one month, counted from the hourly findings."""

from __future__ import annotations

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_emissions")


async def list_emissions(
    connection: Connection, *, month: Period, after: tuple[str, str] | None, limit: int
) -> list[Row]:
    """One page by subject and hourly rule; `after` is (subject, rule_id).

    Each row carries `undetermined_reasons`: hours by reason.
    """
    after_subject, after_rule_id = after or (None, None)
    span = {"from_at": month.start, "to_at": month.end}
    rows = await fetch_all(
        connection,
        _SQL["emissions"],
        {**span, "after_subject": after_subject, "after_rule_id": after_rule_id, "limit": limit},
    )
    if not rows:
        return []
    reasons = await fetch_all(
        connection,
        _SQL["undetermined"],
        {**span, "rule_ids": [row["rule_id"] for row in rows], "subjects": [row["subject"] for row in rows]},
    )
    of_row: dict[tuple[str, str], dict[str, int]] = {}
    for reason in reasons:
        of_row.setdefault((reason["subject"], reason["rule_id"]), {})[reason["reason"]] = reason["hours"]
    for row in rows:
        row["undetermined_reasons"] = of_row.get((row["subject"], row["rule_id"]), {})
    return rows
