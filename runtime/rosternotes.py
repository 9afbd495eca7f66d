"""What should be looked at in the roster, wherever it may come to somebody's eyes: when a site is applied or imported,
by hand or with `plantwatch all --site`, and when the alert stage starts.

A roster is right for so long only: shifts end, people leave, a channel is taken out of its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from alerts.dispatch.contract import ChannelInfo
from rules.pack import load_packs
from runtime.siteregister import Fault, Register, keyed
from runtime.siterosterchecks import roster_warnings
from storage.database import Connection, Database
from storage.roster import overrides
from storage.site import read_register

#: What rosters and routes speak of.
_NOUNS = ("district", "park", "enterprise", "person", "team", "shift", "route")


async def notes_of(
    connection: Connection, register: Register, at: datetime, channels: Sequence[ChannelInfo] | None = None
) -> Iterator[Fault]:
    """Notes on a register as it is to be, with the stored changes by hand. channels: None where they are not known."""
    return roster_warnings(register, await overrides(connection), at, channels=channels, rules=_rules())


async def stored_notes(database: Database, at: datetime, channels: Sequence[ChannelInfo]) -> list[str]:
    """Notes on the stored roster, one a line. Raises StorageUnavailable."""
    async with database.transaction() as connection:
        register = keyed(await read_register(connection, _NOUNS))
        return [str(fault) for fault in await notes_of(connection, register, at, channels)]


@cache
def _rules() -> frozenset[str]:
    return frozenset(load_packs().variants)
