"""The register as records of leak detection and repair need it: what codes mean, and who may write at a time."""

from __future__ import annotations

from collections.abc import Iterable

from storage.database import Connection
from storage.sql import queries

_SQL = queries("leak_register")


async def lock_ledgers(connection: Connection, enterprise_ids: Iterable[int]) -> None:
    """One writer at a time of an enterprise's records, until the transaction ends; always in the same order.

    A record is compared with what is there, and a leak is derived from all records of its component.
    """
    await connection.execute(_SQL["lock"], {"enterprise_ids": sorted(set(enterprise_ids))})
