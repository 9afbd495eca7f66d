"""Rules, as the engine last loaded them."""

from __future__ import annotations

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_rules")


async def list_rules(connection: Connection, *, after: str | None, limit: int) -> list[Row]:
    """One page by id; `after` is a rule id."""
    return await fetch_all(connection, _SQL["rules"], {"after_rule_id": after, "limit": limit})


async def get_rule(connection: Connection, rule_id: str) -> Row:
    """One rule with its definition. Raises NotFound."""
    row = await fetch_one(connection, _SQL["rule"], {"rule_id": rule_id})
    if row is None:
        raise NotFound(f"没有规则 {rule_id}")
    return row


async def list_decisions(connection: Connection, rule_id: str, *, after: int | None, limit: int) -> list[Row]:
    """One page of operators' decisions on a rule, newest first; `after` is a decision_id."""
    return await fetch_all(connection, _SQL["decisions"], {"rule_id": rule_id, "after": after, "limit": limit})


async def decide_alone(connection: Connection) -> None:
    """Let nobody else decide on a rule until the transaction ends."""
    await connection.execute(_SQL["one_writer"])
