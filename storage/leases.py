"""Slots that a session of the database holds, as advisory locks: gone with the session, however it ends.

They stand for identities at another server that exactly one process may use. All functions need a connection outside
any transaction (`Database.autocommit`), which is the lease: when it is lost, everything it held is.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Connection
from storage.sql import queries

_SQL = queries("leases")
#: Classes of the advisory locks: "slot", "wait".
_SLOTS, _WAITING = 0x736C6F74, 0x77616974


@dataclass(frozen=True, slots=True)
class Leases:
    """Who holds what at an instant."""

    taken: frozenset[int]
    """Slots that any session holds, this one included."""
    mine: frozenset[int]
    waiting: bool
    """Whether another session waits for a slot."""


async def list_leases(connection: Connection) -> Leases:
    """The slots of this database. An answer also proves that this session lives, hence still holds its own."""
    cursor = await connection.execute(_SQL["list_leases"], {"slots": _SLOTS, "waiting": _WAITING})
    row = await cursor.fetchone()
    assert row is not None, "an aggregate always has a row"
    return Leases(frozenset(row[0]), frozenset(row[1]), row[2])


async def end_soon_when_cut(connection: Connection) -> None:
    """Let the server end this session soon after its machine or cable is gone, instead of after two hours. Once."""
    await connection.execute(_SQL["end_soon_when_cut"])


async def take_slot(connection: Connection, slot: int) -> bool:
    """Whether the slot is this session's now. Asking twice takes it twice."""
    return await _ask(connection, "take_slot", {"slots": _SLOTS, "slot": slot})


async def give_slot_back(connection: Connection, slot: int) -> None:
    """Let others have the slot; what it stands for must not be in use any more."""
    await _ask(connection, "give_slot_back", {"slots": _SLOTS, "slot": slot})


async def start_waiting(connection: Connection) -> None:
    """Let those that hold more than one slot know that this session has none. Once, until `stop_waiting`."""
    await _ask(connection, "start_waiting", {"waiting": _WAITING})


async def stop_waiting(connection: Connection) -> None:
    """Take `start_waiting` back."""
    await _ask(connection, "stop_waiting", {"waiting": _WAITING})


async def rest(connection: Connection, seconds: float) -> None:
    """Sleep, but wake with an exception as soon as the server ends the session or dies."""
    async for _ in connection.notifies(timeout=seconds):
        pass


async def _ask(connection: Connection, block: str, parameters: dict[str, int]) -> bool:
    cursor = await connection.execute(_SQL[block], parameters)
    row = await cursor.fetchone()
    return bool(row and row[0])
