"""Refused messages with the reasons and the bytes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import NotFound
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.sql import queries

_SQL = queries("listing_rejects")


@dataclass(frozen=True, slots=True)
class RejectFilter:
    """None: not filtered. from_at and to_at bound received_at, half-open; reason: at least one refusal has it."""

    enterprise_id: int | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    reason: str | None = None


async def list_rejects(
    connection: Connection, wanted: RejectFilter, *, head_bytes: int, after: int | None, limit: int
) -> list[Row]:
    """One page, newest first; `after` is a message id.

    Each row carries `refusals` and `payload_head`, the first `head_bytes` of what was kept of the payload.
    """
    messages = await fetch_all(
        connection,
        _SQL["rejects"],
        {**asdict(wanted), "head_bytes": head_bytes, "after_id": after, "limit": limit},
    )
    refusals = await fetch_all(
        connection, _SQL["refusals"], {"message_ids": [message["message_id"] for message in messages]}
    )
    of_message: dict[int, list[Row]] = {message["message_id"]: [] for message in messages}
    for refusal in refusals:
        of_message[refusal["message_id"]].append(refusal)
    for message in messages:
        message["refusals"] = of_message[message["message_id"]]
    return messages


async def get_payload(connection: Connection, message_id: int) -> tuple[str, bytes]:
    """Enterprise code and the bytes of a refused message, as far as they were kept. Raises NotFound."""
    row = await fetch_one(connection, _SQL["payload"], {"message_id": message_id})
    if row is None:
        raise NotFound(f"没有被拒报文 {message_id}")
    return str(row["enterprise"]), bytes(row["payload"])
