"""The register as records of leak detection and repair need it: what codes mean, and who may write at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.leakchecks import Code, Known, Part
from domain.leakrecords import CalibrationRecord, EventRecord, Record, TestRecord
from storage.database import Connection
from storage.sql import queries

_SQL = queries("leak_register")


async def lock_ledgers(connection: Connection, enterprise_ids: Iterable[int]) -> None:
    """One writer at a time of an enterprise's records, until the transaction ends; always in the same order.

    A record is compared with what is there, and a leak is derived from all records of its component.
    """
    await connection.execute(_SQL["lock"], {"enterprise_ids": sorted(set(enterprise_ids))})


async def known_parts(connection: Connection, records: Sequence[tuple[int, Record]]) -> Known:
    """What the register has of the codes that records of enterprises give, (enterprise_id, record)."""
    components: set[Code] = set()
    installations: set[Code] = set()
    campaigns: set[Code] = set()
    instruments: set[Code] = set()
    for enterprise_id, record in records:
        if isinstance(record, CalibrationRecord):
            instruments.add((enterprise_id, record.instrument))
            continue
        if record.component is not None:
            components.add((enterprise_id, record.component))
        if isinstance(record, EventRecord) and record.installation is not None:
            installations.add((enterprise_id, record.installation))
        if isinstance(record, TestRecord) and record.campaign is not None:
            campaigns.add((enterprise_id, record.campaign))
    return Known(
        components={(row[0], row[1]): Part(*row[2:]) for row in await _rows(connection, "components", components)},
        installations={
            (row[0], row[1]): Part(*row[2:]) for row in await _rows(connection, "installations", installations)
        },
        campaigns={(row[0], row[1]) for row in await _rows(connection, "campaigns", campaigns)},
        instruments={(row[0], row[1]): row[2] for row in await _rows(connection, "instruments", instruments)},
    )


async def _rows(connection: Connection, noun: str, codes: set[Code]) -> list[Any]:
    if not codes:
        return []
    asked = sorted(codes)
    parameters = {"enterprise_id": [code[0] for code in asked], "code": [code[1] for code in asked]}
    cursor = await connection.execute(_SQL[noun], parameters)
    return await cursor.fetchall()
