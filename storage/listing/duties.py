"""Duties with a date as people see them: where each stands, what was recorded, and an enterprise's calendar."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from domain.errors import NotFound
from domain.periods import day_period, day_start
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_duties")


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """None: not filtered. from_day, to_day: of the days on which it was done, both included. history: those that do not
    stand too."""

    enterprise_id: int | None = None
    rule_id: str | None = None
    subject: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    history: bool = False
    record_id: int | None = None


async def list_states(
    connection: Connection,
    *,
    enterprise_id: int | None,
    rule_id: str | None,
    reason: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page by duty and subject; `after` is (rule_id, subject). reason ``overdue``: also where the newest term is
    not, but an earlier one has not been made good."""
    after_rule, after_subject = after or (None, None)
    return await fetch_all(
        connection,
        _SQL["states"],
        {
            "enterprise_id": enterprise_id,
            "rule_id": rule_id,
            "reason": reason,
            "after_rule": after_rule,
            "after_subject": after_subject,
            "limit": limit,
        },
    )


async def list_records(connection: Connection, wanted: RecordFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page, newest record first; `after` is a record_id."""
    return await fetch_all(connection, _SQL["records"], {**asdict(wanted), "after": after, "limit": limit})


async def get_record(connection: Connection, record_id: int) -> Row:
    """One record, whatever has become of it. Raises NotFound."""
    rows = await list_records(connection, RecordFilter(record_id=record_id, history=True), after=None, limit=1)
    if not rows:
        raise NotFound(f"没有办理记录 {record_id}")
    return rows[0]


async def list_attachments(connection: Connection, record_id: int) -> list[Row]:
    """What is attached to a record, or was to those that it has corrected; without the content."""
    return await fetch_all(connection, _SQL["attachments"], {"record_id": record_id})


async def duties_of(connection: Connection, enterprise_id: int | None, from_day: date, to_day: date) -> list[Row]:
    """Terms of an enterprise's duties whose last day lies in [from_day, to_day]; of the city's and parks' for None."""
    return await fetch_all(
        connection, _SQL["duties_of"], {"enterprise_id": enterprise_id, "from_day": from_day, "to_day": to_day}
    )


async def tests_due(connection: Connection, enterprise_id: int, from_day: date, to_day: date) -> list[Row]:
    """How many sealing points are due on which day."""
    return await fetch_all(
        connection, _SQL["tests_due"], {"enterprise_id": enterprise_id, "from_day": from_day, "to_day": to_day}
    )


async def leak_terms(connection: Connection, enterprise_id: int, from_day: date, to_day: date) -> list[Row]:
    """How many open leaks are to be attempted or repaired by which day."""
    return await fetch_all(
        connection,
        _SQL["leak_terms"],
        {"enterprise_id": enterprise_id, "from_at": day_start(from_day), "to_at": day_period(to_day).end},
    )
