"""What gateways say of themselves: online or offline, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.sql import queries

_SQL = queries("gateways")


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """A gateway's word at an instant."""

    enterprise_id: int
    gateway: str
    online: bool
    changed_at: datetime


async def set_statuses(connection: Connection, statuses: Sequence[GatewayStatus]) -> None:
    """Record the words of some gateways, no gateway twice; a word older than the stored one changes nothing."""
    if statuses:
        parameters: dict[str, object] = {
            name: [getattr(status, name) for status in statuses] for name in GatewayStatus.__slots__
        }
        await connection.execute(_SQL["set_status"], parameters)
