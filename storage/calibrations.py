"""Calibrations of the instruments that test sealing points. Another reading of the same one corrects it; both stay."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection
from storage.revisions import Blocks, Fate, keep
from storage.sql import queries

_SQL = queries("calibrations")
_BLOCKS = Blocks(_SQL["history"], _SQL["supersede"], _SQL["add"])


@dataclass(frozen=True, slots=True)
class Calibration:
    """One calibration of a declared instrument. kind: zero, span, drift, response_time or flow; expected: of the gas,
    umol/mol, None where the kind has none; shown: umol/mol, of a response time s, of a flow L/min."""

    instrument_id: int
    done_at: datetime
    kind: str
    expected: float | None
    shown: float
    author: str
    origin: str
    received_at: datetime

    @property
    def key(self) -> tuple[int, datetime, str, float | None]:
        """What one calibration is known by."""
        return self.instrument_id, self.done_at, self.kind, self.expected

    @property
    def content(self) -> Hashable:
        """What makes two records of one calibration the same."""
        return (self.shown,)


async def store_calibrations(
    connection: Connection, calibrations: Sequence[Calibration], *, back: bool = False
) -> list[Fate]:
    """Keep calibrations in the order given and append the rules' work; the fate of each.

    Writers of one enterprise must come one after the other, see `storage.leak_register.lock_ledgers`. back: see
    `storage.revisions.weigh`.
    """
    return await keep(connection, _BLOCKS, calibrations, ("instrument_id", "done_at", "kind", "expected"), back=back)
