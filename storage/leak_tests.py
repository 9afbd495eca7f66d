"""LDAR test records. A different record for the same component and instant becomes a further revision; all stay."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from storage.database import Connection
from storage.revisions import Fate, Fresh, History, columns, histories, weigh
from storage.sql import queries

__all__ = ["Fate", "LeakTest", "known_leak_tests", "store_leak_tests", "write_leak_tests"]

_SQL = queries("leak_tests")


@dataclass(frozen=True, slots=True)
class LeakTest:
    """One test of one component. Concentrations as methane, in umol/mol; net is the reading minus the background.

    net_umol_mol is None only where no probe was used; purpose and method: see `domain.leaks`. visible: liquid drips, or
    the method saw a leak. has_time: False when only the day is known, of which tested_at is the beginning. author and
    origin (``api``, ``file``, ``mqtt``): who says it, and by which door.
    """

    component_id: int
    tested_at: datetime
    net_umol_mol: float | None
    background_umol_mol: float | None
    instrument: str | None
    tester: str | None
    received_at: datetime
    purpose: str = "routine"
    method: str = "instrument"
    reading_umol_mol: float | None = None
    response_factor: float | None = None
    dwell_s: float | None = None
    visible: bool = False
    has_time: bool = True
    campaign: str | None = None
    video: str | None = None
    author: str | None = None
    origin: str | None = None

    @staticmethod
    def purpose_of(content: Hashable) -> str:
        """The purpose in a `content`."""
        assert isinstance(content, tuple)
        return str(content[_CONTENT.index("purpose")])

    @property
    def key(self) -> tuple[int, datetime]:
        """What one test is known by."""
        return self.component_id, self.tested_at

    @property
    def content(self) -> Hashable:
        """What makes two records of one test the same."""
        return _content(self)


#: The key, and who said it when: the same test said by another is the same.
_SAID_BY = ("component_id", "tested_at", "received_at", "author", "origin")
_CONTENT = tuple(name for name in LeakTest.__slots__ if name not in _SAID_BY)
_content: Callable[[LeakTest], Hashable] = attrgetter(*_CONTENT)


async def known_leak_tests(connection: Connection, tests: Sequence[LeakTest]) -> dict[Hashable, History]:
    """What was stored before of these tests, by their keys; for `storage.revisions.weigh`."""
    if not tests:
        return {}
    keys = sorted({test.key for test in tests})
    cursor = await connection.execute(
        _SQL["select_revisions"], {"component_id": [key[0] for key in keys], "tested_at": [key[1] for key in keys]}
    )
    return histories(((row[0], row[1]), tuple(row[2:])) for row in await cursor.fetchall())


async def write_leak_tests(connection: Connection, fresh: Sequence[Fresh[LeakTest]]) -> None:
    """Write weighed tests and append the rules' work."""
    if not fresh:
        return
    parameters: dict[str, object] = dict(columns(fresh, LeakTest.__slots__))
    parameters["revision"] = [one.revision for one in fresh]
    await connection.execute(_SQL["insert_leak_tests"], parameters)


async def store_leak_tests(connection: Connection, tests: Sequence[LeakTest], *, back: bool = False) -> list[Fate]:
    """Keep tests in the order given and append the rules' work; the fate of each.

    Writers of one enterprise must come one after the other, see `storage.leak_register.lock_ledgers`. back: see
    `storage.revisions.weigh`.
    """
    fates, fresh = weigh(tests, await known_leak_tests(connection, tests), back=back)
    await write_leak_tests(connection, fresh)
    return fates
