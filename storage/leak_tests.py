"""LDAR test records. A different record for the same component and instant becomes a further revision; all stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from storage.database import Connection
from storage.sql import queries

_SQL = queries("leak_tests")


@dataclass(frozen=True, slots=True)
class LeakTest:
    """One test of one component. Concentrations as methane, in umol/mol; net is the reading minus the background."""

    component_id: int
    tested_at: datetime
    net_umol_mol: float
    background_umol_mol: float | None
    instrument: str | None
    tester: str | None
    received_at: datetime

    @property
    def key(self) -> tuple[int, datetime]:
        """What one test is known by."""
        return self.component_id, self.tested_at

    @property
    def content(self) -> tuple[float, float | None, str | None, str | None]:
        """What makes two records of one test the same."""
        return self.net_umol_mol, self.background_umol_mol, self.instrument, self.tester


class Fate(Enum):
    """What became of a record."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CORRECTION = "correction"


async def store_leak_tests(connection: Connection, tests: Sequence[LeakTest]) -> list[Fate]:
    """Keep tests in the order given and append the rules' work; the fate of each."""
    if not tests:
        return []
    keys = sorted({test.key for test in tests})
    components = sorted({component_id for component_id, _ in keys})
    await connection.execute(_SQL["lock_components"], {"component_id": components})
    cursor = await connection.execute(
        _SQL["select_revisions"], {"component_id": [key[0] for key in keys], "tested_at": [key[1] for key in keys]}
    )
    known: dict[tuple[int, datetime], set[tuple[float, float | None, str | None, str | None]]] = {}
    for component_id, tested_at, _, *content in await cursor.fetchall():
        known.setdefault((component_id, tested_at), set()).add((content[0], content[1], content[2], content[3]))
    fates: list[Fate] = []
    fresh: list[tuple[LeakTest, int]] = []
    for test in tests:
        revisions = known.setdefault(test.key, set())
        if test.content in revisions:
            fates.append(Fate.DUPLICATE)
            continue
        fates.append(Fate.CORRECTION if revisions else Fate.STORED)
        fresh.append((test, len(revisions)))
        revisions.add(test.content)
    await _insert(connection, fresh)
    return fates


async def _insert(connection: Connection, fresh: Sequence[tuple[LeakTest, int]]) -> None:
    if not fresh:
        return
    parameters: dict[str, object] = {name: [getattr(test, name) for test, _ in fresh] for name in LeakTest.__slots__}
    parameters["revision"] = [revision for _, revision in fresh]
    await connection.execute(_SQL["insert_leak_tests"], parameters)
