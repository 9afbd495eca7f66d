"""Monthly accounts for the API: findings of a month, the rules behind them, names of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_accounts")


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """None: not filtered."""

    rule_id: str | None = None
    enterprise_id: int | None = None
    verdict: str | None = None
    reason: str | None = None


async def judged_through(connection: Connection, evaluators: Sequence[str]) -> datetime | None:
    """End of the newest month that rules of these evaluators have judged, None when there is none."""
    row = await fetch_one(connection, _SQL["judged_through"], {"evaluators": list(evaluators)})
    return None if row is None else row["through_at"]


async def list_accounts(
    connection: Connection,
    wanted: AccountFilter,
    evaluators: Sequence[str],
    *,
    month_start: datetime,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page by rule and subject; `after` is (rule_id, subject)."""
    after_rule_id, after_subject = after or (None, None)
    parameters = {
        **asdict(wanted),
        "evaluators": list(evaluators),
        "month_start": month_start,
        "after_rule_id": after_rule_id,
        "after_subject": after_subject,
        "limit": limit,
    }
    return await fetch_all(connection, _SQL["accounts"], parameters)


async def account_rules(connection: Connection, evaluators: Sequence[str]) -> list[Row]:
    """Rules of these evaluators, by id."""
    return await fetch_all(connection, _SQL["rules"], {"evaluators": list(evaluators)})


async def place_names(
    connection: Connection, enterprise_id: int, medium: str, from_day: date, to_day: date
) -> dict[str, Row]:
    """Places of a medium by code, with the serials of meters installed in [from_day, to_day)."""
    rows = await fetch_all(
        connection,
        _SQL["places"],
        {"enterprise_id": enterprise_id, "medium": medium, "from_day": from_day, "to_day": to_day},
    )
    return {row["code"]: row for row in rows}
