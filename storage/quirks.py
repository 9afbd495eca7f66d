"""Deviations from a standard that were tolerated, counted by device and local day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from storage.database import Connection
from storage.sql import queries


@dataclass(frozen=True, slots=True)
class Quirk:
    """Frames of a device that deviated in one way on a day."""

    enterprise_id: int
    device: str
    day: date
    quirk: str
    frames: int


async def add_quirks(connection: Connection, quirks: Sequence[Quirk]) -> None:
    """Add to the counts; each (enterprise, device, day, quirk) once."""
    if quirks:
        await connection.execute(
            queries("quirks")["add_quirks"],
            {
                "enterprise_id": [quirk.enterprise_id for quirk in quirks],
                "device": [quirk.device for quirk in quirks],
                "day": [quirk.day for quirk in quirks],
                "quirk": [quirk.quirk for quirk in quirks],
                "frames": [quirk.frames for quirk in quirks],
            },
        )
