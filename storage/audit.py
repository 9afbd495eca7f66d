"""What people did and what they were refused: append-only. Never a secret in it; the callers see to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from domain.accounts import Actor
from storage.database import Connection
from storage.sql import queries

_SQL = queries("audit")


@dataclass(frozen=True, slots=True)
class Entry:
    """action: a `domain.accounts.Action`, or the name of an endpoint; object: what it was done to, such as `alert:12`;
    at: the platform's clock."""

    at: datetime
    actor: Actor
    action: str
    object: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    outcome: Literal["done", "refused"] = "done"


async def write(connection: Connection, entry: Entry) -> None:
    """Append a line."""
    await connection.execute(
        _SQL["append"],
        {
            "at": entry.at,
            "actor": entry.actor.signature,
            "role": entry.actor.role,
            "action": entry.action,
            "object": entry.object,
            "detail": Jsonb(entry.detail),
            "outcome": entry.outcome,
            "address": entry.actor.address,
        },
    )
