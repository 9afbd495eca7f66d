"""What the monthly report on metering of a district rests on: current findings of the month, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.coverage import GapFilter, list_gaps
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_metering_report")
#: A district of a city has a few ten thousand places at most; nobody prints more.
_GAPS = 200_000


@dataclass(frozen=True, slots=True)
class MeteringInputs:
    """rates: of the month's newest judged day; months: findings of the month itself. rules, targets: by their ids."""

    rates: list[Row]
    months: list[Row]
    gaps: list[Row]
    rules: dict[str, Row]
    targets: dict[str, Row]


async def metering_inputs(
    connection: Connection,
    *,
    district: str,
    month: Period,
    gaps_on: date,
    daily: Sequence[str],
    monthly: Sequence[str],
) -> MeteringInputs:
    """Everything of one district and local month. daily, monthly: evaluators of rates by day, of accounts by month."""
    asked = {"district": district, "from_at": month.start, "to_at": month.end}
    rates = await fetch_all(connection, _SQL["rates"], asked | {"evaluators": list(daily)})
    months = await fetch_all(connection, _SQL["months"], asked | {"evaluators": list(monthly)})
    gaps = await list_gaps(connection, GapFilter(gaps_on, district=district), after=None, limit=_GAPS)
    found = [*rates, *months]
    rule_ids = sorted({row["rule_id"] for row in found})
    target_ids = sorted({target for row in found if (target := _target_id(row)) is not None})
    rules = await fetch_all(connection, _SQL["rules"], {"rule_ids": rule_ids})
    targets = await fetch_all(connection, _SQL["targets"], {"target_ids": target_ids})
    return MeteringInputs(
        rates, months, gaps, {row["rule_id"]: row for row in rules}, {row["target_id"]: row for row in targets}
    )


def _target_id(row: Row) -> str | None:
    """The row of the policy tables that a finding says it is measured by."""
    target = row["evidence"].get("target")
    found = target.get("target_id") if isinstance(target, dict) else row["evidence"].get("target_id")
    return found if isinstance(found, str) else None
