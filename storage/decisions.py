"""Decisions of operators on rules, append-only: what is shipped, enabled, disabled or edited from a local day on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from storage.database import Connection
from storage.sql import queries

_SQL = queries("decisions")


@dataclass(frozen=True, slots=True)
class NewDecision:
    """What somebody decides: a rule is in force, or not, from a local day on. params: those that are to differ."""

    rule_id: str
    effective_from: date
    enabled: bool
    params: Mapping[str, Any]
    author: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class RuleDecision(NewDecision):
    """A decision of the store."""

    decision_id: int
    created_at: datetime


async def decisions(connection: Connection) -> list[RuleDecision]:
    """All decisions, in the order in which they were made."""
    rows = await (await connection.execute(_SQL["all"])).fetchall()
    return [RuleDecision(*row) for row in rows]


async def newest_decision(connection: Connection) -> int:
    """Identity of the newest decision, 0 for none: who knows it knows all of them."""
    row = await (await connection.execute(_SQL["newest"])).fetchone()
    return 0 if row is None else int(row[0])


async def add_decision(connection: Connection, new: NewDecision, at: datetime) -> int:
    """Write a decision down; its identity. Leaves every enterprise to be judged again from its day on.

    Whether it makes sense is for `rules.decisions.check` to say before.
    """
    cursor = await connection.execute(
        _SQL["add"],
        {
            "rule_id": new.rule_id,
            "effective_from": new.effective_from,
            "enabled": new.enabled,
            "params": json.dumps(dict(new.params), ensure_ascii=False),
            "author": new.author,
            "reason": new.reason,
            "source": new.source,
            "at": at,
        },
    )
    row = await cursor.fetchone()
    await connection.execute(_SQL["note"], {"effective_from": new.effective_from})
    await connection.execute(queries("hourly")["hint_rules"])
    return 0 if row is None else int(row[0])


async def withdraw(
    connection: Connection, rule_id: str, spans: Sequence[tuple[datetime, datetime]], at: datetime
) -> int:
    """Supersede what a rule found in periods that begin in spans in which it is not in force; how much that was.

    The alerts are told of each.
    """
    parameters = {
        "rule_id": rule_id,
        "froms": [span[0] for span in spans],
        "tos": [span[1] for span in spans],
        "at": at,
    }
    row = await (await connection.execute(_SQL["withdraw"], parameters)).fetchone()
    return 0 if row is None else int(row[0])
