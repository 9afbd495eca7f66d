"""Refused messages: raw bytes, topic, time and reasons, so that a sender can be told exactly what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.refusals import Reason
from storage.database import Connection
from storage.sql import queries

_SQL = queries("refusals")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Items of one message that were refused for one reason."""

    reason: Reason
    items: int
    first_item: str
    """Path and value of the first one; printable."""
    expected: str


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message of which something was refused.

    payload: as much of the raw bytes as was kept; payload_size: bytes on the wire.
    """

    enterprise_id: int
    gateway: str | None
    client_id: str
    topic: str
    received_at: datetime
    payload: bytes
    payload_size: int
    refusals: Sequence[Refusal]


async def insert_refused_messages(connection: Connection, messages: Sequence[RefusedMessage]) -> None:
    """Keep refused messages; each has at least one refusal, and no reason twice."""
    if not messages:
        return
    cursor = await connection.execute(_SQL["next_message_ids"], {"count": len(messages)})
    ids = [int(row[0]) for row in await cursor.fetchall()]
    columns = ("enterprise_id", "gateway", "client_id", "topic", "received_at", "payload", "payload_size")
    parameters = {name: [getattr(message, name) for message in messages] for name in columns}
    await connection.execute(_SQL["insert_messages"], {"message_id": ids, **parameters})
    refusals = [
        (message_id, refusal) for message_id, message in zip(ids, messages, strict=True) for refusal in message.refusals
    ]
    await connection.execute(
        _SQL["insert_refusals"],
        {
            "message_id": [message_id for message_id, _ in refusals],
            "reason": [refusal.reason.value for _, refusal in refusals],
            "items": [refusal.items for _, refusal in refusals],
            "first_item": [refusal.first_item for _, refusal in refusals],
            "expected": [refusal.expected for _, refusal in refusals],
        },
    )
