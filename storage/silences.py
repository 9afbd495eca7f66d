"""Silences as the dispatcher reads them. Who writes them: storage/holds.py."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from domain.errors import BadInput
from domain.matchers import Matcher, parse
from storage.database import Connection
from storage.sql import queries

logger = logging.getLogger(__name__)

_SQL = queries("dispatchfacts")


@dataclass(frozen=True, slots=True)
class StandingSilence:
    """A silence that stands; ends_at: when it ends unless somebody ends it before."""

    silence_id: int
    matchers: tuple[Matcher, ...]
    ends_at: datetime


async def standing(connection: Connection, now: datetime) -> list[StandingSilence]:
    """Silences of an instant. One that cannot be read silences nothing, and an error is in the log: of two mistakes,
    telling too much is the smaller."""
    rows = await (await connection.execute(_SQL["silences"], {"now": now})).fetchall()
    found = []
    for number, matchers, ends_at in rows:
        try:
            found.append(StandingSilence(number, parse(matchers), ends_at))
        except BadInput as error:
            logger.error("a silence cannot be read", extra={"silence": number, "error": str(error)})
    return found
