"""The books: what became of every item, by enterprise and local day. The table checks the accounting law itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from storage.database import Connection
from storage.sql import queries

_SQL = queries("accounting")
#: Class of the advisory locks by which concurrent transactions keep to shards of their own ("acct").
_LOCK_CLASS = 0x61636374


@dataclass(slots=True)
class Account:
    """Items of one enterprise on one local day of receipt; received = stored + duplicates + corrections + refused."""

    enterprise_id: int
    day: date
    messages: int = 0
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    corrections: int = 0
    refused: int = 0


async def add_accounts(connection: Connection, accounts: Sequence[Account]) -> None:
    """Add to the books; no two entries of one enterprise and day."""
    if not accounts:
        return
    parameters: dict[str, object] = {
        name: [getattr(account, name) for account in accounts] for name in Account.__slots__
    }
    await connection.execute(_SQL["add_accounting"], {**parameters, "lock_class": _LOCK_CLASS})
