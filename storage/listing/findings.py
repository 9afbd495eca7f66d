"""Findings: the current ones, those that were current at an instant, and the history of one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_findings")


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """None: not filtered. from_at and to_at bound period_start, half-open.

    as_known_at: the findings that the platform held at that instant instead of the current ones.
    """

    rule_id: str | None = None
    subject: str | None = None
    enterprise_id: int | None = None
    verdict: str | None = None
    reason: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    as_known_at: datetime | None = None


async def list_findings(
    connection: Connection, wanted: FindingFilter, *, after: tuple[datetime, int] | None, limit: int
) -> list[Row]:
    """One page, newest period first; `after` is (period_start, finding_id)."""
    after_start, after_id = after or (None, None)
    parameters = {**asdict(wanted), "after_start": after_start, "after_id": after_id, "limit": limit}
    return await fetch_all(connection, _SQL["findings"], parameters)


async def get_finding(connection: Connection, finding_id: int) -> Row:
    """One finding, current or superseded, with its evidence. Raises NotFound."""
    row = await fetch_one(connection, _SQL["finding"], {"finding_id": finding_id})
    if row is None:
        raise NotFound(f"没有判定 {finding_id}")
    return row


async def finding_history(
    connection: Connection, *, rule_id: str, subject: str, period_start: datetime, limit: int
) -> list[Row]:
    """Every finding of the rule and subject for the period, newest first, at most `limit`."""
    return await fetch_all(
        connection,
        _SQL["history"],
        {"rule_id": rule_id, "subject": subject, "period_start": period_start, "limit": limit},
    )
