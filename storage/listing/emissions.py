"""Both judgements of pollutants of outlets in one month, side by side: counted from the findings on its hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.air import POLLUTANTS
from domain.periods import Period, quarter_of
from domain.reasons import EXCLUDED
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_emissions")

LEGAL_HOURLY, ULE_HOURLY = "legal.hourly", "ule.hourly"
ULE_MONTHLY, CAPTURE, TRANSMISSION = "ule.monthly", "data.capture_rate", "data.transmission_rate"
HOURLY_RULES = (LEGAL_HOURLY, ULE_HOURLY)


@dataclass(frozen=True, slots=True)
class MonthQuestion:
    """A local month; of one enterprise or outlet, None for all; as known at an instant, None for now."""

    month: Period
    enterprise_id: int | None = None
    outlet: str | None = None
    as_known_at: datetime | None = None


async def list_emissions(
    connection: Connection, question: MonthQuestion, *, after: str | None, limit: int
) -> list[Row]:
    """One page by subject, which `after` is.

    Each row carries `legal` and `ule` (see `count_hours`, None where nothing was judged by them), `monthly` (the
    finding on the month's share), `capture` (of the quarter that holds the month) and `transmission` (of the outlet),
    None where there is none.
    """
    rows = await fetch_all(
        connection,
        _SQL["subjects"],
        {
            **_span(question),
            "enterprise_id": question.enterprise_id,
            "outlet": question.outlet,
            "quantities": list(POLLUTANTS),
            "rule_ids": list(HOURLY_RULES),
            "after": after,
            "limit": limit,
        },
    )
    if not rows:
        return []
    counted = await _hours(connection, question, rows)
    periods = await _periods(connection, question, rows)
    for row in rows:
        subject, outlet = row["subject"], outlet_subject(row)
        of_rule = {rule_id: counted.get((subject, rule_id), []) for rule_id in HOURLY_RULES}
        row["hours"] = [one for found in of_rule.values() for one in found]
        row["legal"] = count_hours(of_rule[LEGAL_HOURLY])
        row["ule"] = count_hours(of_rule[ULE_HOURLY])
        row["monthly"] = periods.get((ULE_MONTHLY, subject))
        row["capture"] = periods.get((CAPTURE, subject))
        row["transmission"] = periods.get((TRANSMISSION, outlet))
    return rows


def outlet_subject(row: Row) -> str:
    """The subject of the outlet of a row."""
    return f"outlet:{row['enterprise']}/{row['outlet']}"


def count_hours(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Hours of one subject and rule by verdict: judged = compliant + violation, and the share of compliant ones in %.

    Hours taken out by process marks (`excluded`) stand apart from those without enough data (`undetermined`), each by
    reason. None when there is no hour at all.
    """
    if not rows:
        return None
    by_verdict = {"compliant": 0, "violation": 0, "undetermined": 0}
    excluded: dict[str, int] = {}
    undetermined: dict[str, int] = {}
    for row in rows:
        by_verdict[row["verdict"]] += row["hours"]
        if row["verdict"] == "undetermined":
            into = excluded if row["reason"].startswith(EXCLUDED) else undetermined
            into[row["reason"]] = into.get(row["reason"], 0) + row["hours"]
    judged = by_verdict["compliant"] + by_verdict["violation"]
    return {
        "judged_hours": judged,
        "compliant_hours": by_verdict["compliant"],
        "violation_hours": by_verdict["violation"],
        "share_pct": by_verdict["compliant"] * 100 / judged if judged else None,
        "excluded_hours": sum(excluded.values()),
        "excluded_reasons": dict(sorted(excluded.items())),
        "undetermined_hours": sum(undetermined.values()),
        "undetermined_reasons": dict(sorted(undetermined.items())),
    }


async def _hours(
    connection: Connection, question: MonthQuestion, rows: Iterable[Row]
) -> dict[tuple[str, str], list[Row]]:
    found = await fetch_all(
        connection,
        _SQL["hours"],
        {**_span(question), "rule_ids": list(HOURLY_RULES), "subjects": [row["subject"] for row in rows]},
    )
    counted: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        counted.setdefault((row["subject"], row["rule_id"]), []).append(row)
    return counted


async def _periods(connection: Connection, question: MonthQuestion, rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    subjects = {subject for row in rows for subject in (row["subject"], outlet_subject(row))}
    found = await fetch_all(
        connection,
        _SQL["periods"],
        {
            "rule_ids": [ULE_MONTHLY, CAPTURE, TRANSMISSION],
            "subjects": sorted(subjects),
            "month_at": question.month.start,
            "month_end": question.month.end,
            "quarter_at": quarter_of(question.month.start).start,
            "as_known_at": question.as_known_at,
        },
    )
    return {(row["rule_id"], row["subject"]): row for row in found}


def _span(question: MonthQuestion) -> dict[str, Any]:
    return {"from_at": question.month.start, "to_at": question.month.end, "as_known_at": question.as_known_at}
