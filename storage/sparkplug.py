"""Sparkplug births: what the aliases of nodes and devices mean, for every process that hears them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.sql import queries

_SQL = queries("sparkplug")

#: (name, alias or None, datatype)
Metric = tuple[str, int | None, int]


@dataclass(frozen=True, slots=True)
class StoredBirth:
    """The last birth of a node (device empty) or device. number: a new one for each birth; 0 before it is stored."""

    node: str
    device: str
    bd_seq: int | None
    metrics: tuple[Metric, ...]
    number: int = 0


async def birth_numbers(connection: Connection, enterprise_id: int) -> dict[tuple[str, str], int]:
    """Number of the current birth by node and device."""
    cursor = await connection.execute(_SQL["birth_numbers"], {"enterprise_id": enterprise_id})
    return {(node, device): number for node, device, number in await cursor.fetchall()}


async def load_births(connection: Connection, enterprise_id: int) -> list[StoredBirth]:
    """Every current birth of an enterprise."""
    cursor = await connection.execute(_SQL["births"], {"enterprise_id": enterprise_id})
    return [
        StoredBirth(node, device, bd_seq, tuple((name, alias, kind) for name, alias, kind in metrics), number)
        for node, device, number, bd_seq, metrics in await cursor.fetchall()
    ]


async def set_births(connection: Connection, enterprise_id: int, births: Sequence[StoredBirth], at: datetime) -> None:
    """Let births take the place of those before; one a node and device."""
    await connection.execute(
        _SQL["set_births"],
        {
            "enterprise_id": enterprise_id,
            "node": [birth.node for birth in births],
            "device": [birth.device for birth in births],
            "bd_seq": [-1 if birth.bd_seq is None else birth.bd_seq for birth in births],
            "metrics": [json.dumps(birth.metrics) for birth in births],
            "born_at": at,
        },
    )
