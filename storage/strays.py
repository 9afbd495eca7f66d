"""Messages of nobody in the register. They belong into no enterprise's books, yet an operator wants to see them: it is
how a new station whose MN was misspelt announces itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.sql import queries


@dataclass(frozen=True, slots=True)
class Stray:
    """door: "subscriber" or "hj212"; sender: what it calls itself; payload: its first bytes."""

    door: str
    sender: str
    topic: str
    received_at: datetime
    payload: bytes
    payload_size: int
    reason: str


async def add_stray(connection: Connection, stray: Stray) -> None:
    """Keep one."""
    await connection.execute(
        queries("strays")["add_stray"],
        {
            "door": stray.door,
            "sender": stray.sender,
            "topic": stray.topic,
            "received_at": stray.received_at,
            "payload": stray.payload,
            "payload_size": stray.payload_size,
            "reason": stray.reason,
        },
    )
