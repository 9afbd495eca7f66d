"""Silences as the dispatcher reads them. Who writes them: storage/holds.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.matchers import Matcher, parse
from storage.database import Connection
from storage.sql import queries

_SQL = queries("dispatchfacts")


@dataclass(frozen=True, slots=True)
class StandingSilence:
    """A silence that stands; ends_at: when it ends unless somebody ends it before."""

    silence_id: int
    matchers: tuple[Matcher, ...]
    ends_at: datetime


async def standing(connection: Connection, now: datetime) -> list[StandingSilence]:
    """Silences of an instant. Raises BadInput for one whose matchers nobody could have written."""
    rows = await (await connection.execute(_SQL["silences"], {"now": now})).fetchall()
    return [StandingSilence(number, parse(matchers), ends_at) for number, matchers, ends_at in rows]
