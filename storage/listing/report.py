"""What the monthly report on ultra-low emission rests on, as known at an instant: asked later, the same again.

Findings, marks and limits are append-only, so what was known at an instant can be told for ever. Names come from the
register, which has no history; they are given apart, and the report's hash does not cover them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from storage.database import Connection, fetch_all
from storage.listing.emissions import HOURLY_RULES, MonthQuestion, list_emissions
from storage.listing.limits import limits_by_id
from storage.listing.marks import MarkFilter, list_marks
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_report")
#: Subjects looked at by one statement: a month of them is a few ten thousand hours.
_BATCH = 50
_MARKS_BATCH = 1000


@dataclass(frozen=True, slots=True)
class UleInputs:
    """inputs: what the report rests on, by codes and numbers; it alone is hashed. names: how people call these."""

    inputs: dict[str, Any]
    names: dict[str, Any]


async def ule_inputs(connection: Connection, question: MonthQuestion, as_known_at: datetime) -> UleInputs:
    """Everything that was known at an instant of the hours of a month, of all enterprises or of one."""
    question = replace(question, as_known_at=as_known_at)
    subjects: list[Row] = []
    places: list[Row] = []
    after = None
    while batch := await list_emissions(connection, question, after=after, limit=_BATCH):
        subjects += await _subjects(connection, question, batch)
        places += batch
        after = batch[-1]["subject"]
    used = {one["limit_id"] for subject in subjects for one in subject["limits"]}
    limits = await limits_by_id(connection, sorted(used)) if used else []
    marks = await _marks(connection, question, {(place["enterprise"], place["outlet"]) for place in places})
    inputs = {
        "subjects": subjects,
        # by now a row may be superseded; at the instant it was not
        "limits": [{name: value for name, value in row.items() if name != "superseded_at"} for row in limits],
        "marks": marks,
    }
    return UleInputs(inputs, await _names(connection, question, places, subjects))


async def _subjects(connection: Connection, question: MonthQuestion, batch: list[Row]) -> list[Row]:
    parameters = {
        "rule_ids": list(HOURLY_RULES),
        "subjects": [row["subject"] for row in batch],
        "from_at": question.month.start,
        "to_at": question.month.end,
        "as_known_at": question.as_known_at,
    }
    found = {
        block: _by_subject(await fetch_all(connection, _SQL[block], parameters))
        for block in ("exceedances", "used_limits", "used_marks")
    }
    return [
        {
            "subject": row["subject"],
            "hours": [_without_subject(one) for one in row["hours"]],
            "legal": row["legal"],
            "ule": row["ule"],
            "monthly": row["monthly"],
            "capture": row["capture"],
            "transmission": row["transmission"],
            "exceedances": found["exceedances"].get(row["subject"], []),
            "limits": found["used_limits"].get(row["subject"], []),
            "marks": found["used_marks"].get(row["subject"], []),
        }
        for row in batch
    ]


async def _marks(connection: Connection, question: MonthQuestion, outlets: set[tuple[str, str]]) -> list[Row]:
    """Marks of some outlets that cover some of the month, oldest first, with what had become of them."""
    wanted = MarkFilter(
        enterprise_id=question.enterprise_id,
        from_at=question.month.start,
        to_at=question.month.end,
        as_known_at=question.as_known_at,
    )
    found: list[Row] = []
    after = None
    while batch := await list_marks(connection, wanted, after=after, limit=_MARKS_BATCH):
        found += batch
        after = batch[-1]["mark_id"]
    names = ("enterprise_name", "outlet_name")
    return [
        {name: value for name, value in row.items() if name not in names}
        for row in reversed(found)
        if (row["enterprise"], row["outlet"]) in outlets
    ]


async def _names(
    connection: Connection, question: MonthQuestion, places: Iterable[Row], subjects: Iterable[Row]
) -> dict[str, Any]:
    city = await fetch_one(connection, _SQL["city"], {"enterprise_id": question.enterprise_id}) or {}
    rule_ids = {hours["rule_id"] for subject in subjects for hours in subject["hours"]}
    rules = await fetch_all(connection, _SQL["rules"], {"rule_ids": sorted(rule_ids)})
    return {
        "city": city.get("city"),
        "enterprise": city.get("enterprise"),
        "subjects": {
            row["subject"]: {name: row[name] for name in ("enterprise_name", "outlet_name", "process")}
            for row in places
        },
        "rules": {row["rule_id"]: row for row in rules},
    }


def _by_subject(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["subject"], []).append(_without_subject(row))
    return found


def _without_subject(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "subject"}
