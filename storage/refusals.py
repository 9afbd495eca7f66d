"""Refused messages: raw bytes, topic, time and reasons, so that a sender can be told exactly what was wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.periods import local_day
from domain.refusals import Reason
from storage.database import Connection
from storage.sql import queries

_SQL = queries("refusals")
#: Refused bytes of an enterprise and local day that are kept whole; a device that repeats its mistake fills no disk.
KEPT_WHOLE_BYTES = 64 * 1024 * 1024
#: What is kept of each message beyond: enough to see what is wrong.
KEPT_HEAD_BYTES = 1024


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
    """Keep refused messages; each has at least one refusal, and no reason twice.

    Of a message that ends beyond the first KEPT_WHOLE_BYTES of its enterprise's day only KEPT_HEAD_BYTES are kept;
    it is recorded and counted all the same. Exact however many writers there are: one waits for the other's commit.
    """
    if not messages:
        return
    payloads = await _kept(connection, messages)
    cursor = await connection.execute(_SQL["next_message_ids"], {"count": len(messages)})
    ids = [int(row[0]) for row in await cursor.fetchall()]
    columns = ("enterprise_id", "gateway", "client_id", "topic", "received_at", "payload_size")
    parameters: dict[str, object] = {name: [getattr(message, name) for message in messages] for name in columns}
    parameters["payload"] = payloads
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


async def _kept(connection: Connection, messages: Sequence[RefusedMessage]) -> list[bytes]:
    """What is kept of each payload."""
    keys = [(message.enterprise_id, local_day(message.received_at)) for message in messages]
    added: Counter[tuple[int, date]] = Counter()
    for key, message in zip(keys, messages, strict=True):
        added[key] += len(message.payload)
    parameters = {
        "enterprise_id": [enterprise_id for enterprise_id, _ in added],
        "day": [day for _, day in added],
        "bytes": list(added.values()),
    }
    cursor = await connection.execute(_SQL["add_volumes"], parameters)
    counted = {(row[0], row[1]): int(row[2]) - added[row[0], row[1]] for row in await cursor.fetchall()}
    kept: list[bytes] = []
    for key, message in zip(keys, messages, strict=True):
        whole = counted[key] + len(message.payload) <= KEPT_WHOLE_BYTES
        counted[key] += len(message.payload)
        kept.append(message.payload if whole else message.payload[:KEPT_HEAD_BYTES])
    return kept
