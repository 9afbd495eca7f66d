"""What the rule engine remembers: the rules as rows, watermarks, the work list, and who is judging what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection
from storage.sql import queries

_SQL = queries("rule_state")

#: Name of the engine's advisory locks; "rul".
_ENGINE = 0x72756C


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to look at again: kind hour (key = point), leak_test (component), register, metering, ledger,
    ldar or duty (enterprise, 0 for the city)."""

    kind: str
    key: int
    at: datetime


async def sync_rules(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Bring the rule rows to what the packs say; rules of no pack are disabled."""
    async with connection.cursor() as cursor:
        prepared = [{**row, "definition": json.dumps(row["definition"], ensure_ascii=False)} for row in rows]
        kept = ("rule_id", "enabled", "definition")
        await cursor.execute(
            _SQL["reconsider"], {"rows": json.dumps([{name: row[name] for name in kept} for row in rows])}
        )
        await cursor.executemany(_SQL["upsert_rule"], prepared)
    await connection.execute(_SQL["disable_others"], {"rule_ids": [row["rule_id"] for row in rows]})


async def sync_targets(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Bring the target rows to what the policy tables say."""
    async with connection.cursor() as cursor:
        await cursor.executemany(_SQL["upsert_target"], list(rows))
    await connection.execute(_SQL["delete_other_targets"], {"target_ids": [row["target_id"] for row in rows]})


async def try_lock_rule(connection: Connection, rule_id: str) -> bool:
    """Whether this transaction may judge a rule; False when another worker does, or consumes the work list."""
    row = await (await connection.execute(_SQL["try_lock_rule"], {"engine": _ENGINE, "rule_id": rule_id})).fetchone()
    return row is not None and bool(row[0])


async def lock_rule(connection: Connection, rule_id: str) -> None:
    """Wait until this transaction may judge a rule."""
    await connection.execute(_SQL["lock_rule"], {"engine": _ENGINE, "rule_id": rule_id})


async def lock_work(connection: Connection) -> None:
    """Wait until this transaction is the only one that judges.

    Work on a period that another worker is just judging would otherwise be taken for work on the future and dropped.
    """
    await connection.execute(_SQL["lock_work"], {"engine": _ENGINE})


async def has_work(connection: Connection) -> bool:
    """Whether the work list has anything."""
    row = await (await connection.execute(_SQL["has_work"])).fetchone()
    return row is not None and bool(row[0])


async def take_work(connection: Connection, limit: int) -> tuple[int, list[Work]]:
    """Take up to `limit` rows off the work list: how many rows went, and what they ask for, each thing once."""
    rows = await (await connection.execute(_SQL["take_work"], {"limit": limit})).fetchall()
    return sum(row[3] for row in rows), [Work(kind, key, at) for kind, key, at, _ in rows]


async def watermarks(connection: Connection, rule_id: str) -> dict[str, datetime]:
    """Up to where a rule has judged, by subject."""
    rows = await (await connection.execute(_SQL["watermarks"], {"rule_id": rule_id})).fetchall()
    return dict(rows)


async def enterprises_of(connection: Connection, subjects: Sequence[str]) -> list[tuple[str, int]]:
    """(subject, enterprise_id) of subjects that belong to an enterprise."""
    rows = await (await connection.execute(_SQL["enterprises_of"], {"subjects": list(subjects)})).fetchall()
    return [(subject, enterprise_id) for subject, enterprise_id in rows]


async def judged_through(connection: Connection) -> dict[str, datetime]:
    """Up to where each rule has judged any of its subjects, by rule; rules that never judged are absent."""
    rows = await (await connection.execute(_SQL["judged_through"])).fetchall()
    return dict(rows)


async def save_watermarks(
    connection: Connection, rule_id: str, rule_version: int, through: Mapping[str, datetime]
) -> None:
    """Set watermarks by subject."""
    if through:
        await connection.execute(
            _SQL["save_watermarks"],
            {
                "rule_id": rule_id,
                "rule_version": rule_version,
                "subjects": list(through),
                "ats": list(through.values()),
            },
        )


async def set_health(connection: Connection, health: Mapping[str, tuple[str, str | None]]) -> None:
    """Note how the evaluation of rules went: by rule unknown, ok or error, and what it says."""
    await connection.execute(
        _SQL["set_health"],
        {
            "rule_ids": list(health),
            "healths": [word for word, _ in health.values()],
            "last_errors": [error for _, error in health.values()],
        },
    )


async def set_evaluated(connection: Connection, rule_ids: Sequence[str], at: datetime, closed_at: datetime) -> None:
    """Note that these rules have judged everything that was closed at an instant: what had ended by closed_at. Where
    they had not for long, it is noted from when to when."""
    await connection.execute(_SQL["set_evaluated"], {"rule_ids": list(rule_ids), "at": at, "closed_at": closed_at})


async def listen(connection: Connection) -> None:
    """Have hints of new work delivered to this connection, which must be in autocommit."""
    await connection.execute(_SQL["listen"])


async def hint(connection: Connection, timeout_s: float) -> bool:
    """Wait for a hint; False when none came in time. All hints that have come meanwhile are one."""
    heard = [None async for _ in connection.notifies(timeout=timeout_s, stop_after=1)]
    return bool(heard)
