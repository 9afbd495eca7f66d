"""Keeping times: what is dropped when, in portions that nobody has to wait for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from domain.clock import Clock
from domain.errors import StorageUnavailable
from domain.periods import local_day
from storage.database import Database
from storage.maintenance import (
    drop_quirks,
    drop_refused_messages,
    drop_refused_volumes,
    drop_stray_messages,
    maintain,
)

logger = logging.getLogger(__name__)

_PAUSE_S = 3600.0
#: Rows deleted in one transaction.
_PORTION = 1_000
#: Tolerated deviations are evidence in talks with a logger's vendor: two years, as long as a warranty lasts.
_QUIRK_DAYS = 2 * 365
#: Refused bytes are counted by local day; one more, for messages that are under way at midnight.
_VOLUME_DAYS = 2


@dataclass(frozen=True, slots=True)
class KeepingTimes:
    """Days after which raw readings, and refused messages and those of nobody, are dropped."""

    readings_days: int
    refusals_days: int


async def keep_house(database: Database, clock: Clock, times: KeepingTimes, *, pause_s: float = _PAUSE_S) -> None:
    """Tidy up once an hour, until cancelled; what failed is tried again: without it there is no room for readings."""
    while True:
        try:
            await tidy(database, clock(), times)
        except StorageUnavailable as error:
            logger.warning("maintenance waits for the database", exc_info=error)
        except Exception:
            logger.exception("maintenance failed, and is tried again")
        await asyncio.sleep(pause_s)


async def tidy(database: Database, now: datetime, times: KeepingTimes, *, portion: int = _PORTION) -> dict[str, int]:
    """Drop everything that is past its keeping time, and make room for coming readings. Returns how many of what.

    portion: rows deleted in one transaction. Raises StorageUnavailable; what was committed by then stays dropped.
    """
    async with database.transaction() as connection:
        dropped = {"partitions": await maintain(connection, now, times.readings_days)}
    messages_before = now - timedelta(days=times.refusals_days)
    today = local_day(now)
    works: dict[str, Callable[..., Awaitable[int]]] = {
        "refused_messages": partial(drop_refused_messages, before=messages_before),
        "stray_messages": partial(drop_stray_messages, before=messages_before),
        "quirks": partial(drop_quirks, before=today - timedelta(days=_QUIRK_DAYS)),
        "refused_volumes": partial(drop_refused_volumes, before=today - timedelta(days=_VOLUME_DAYS)),
    }
    for name, drop in works.items():
        dropped[name] = 0
        deleted = portion
        while deleted == portion:
            async with database.transaction() as connection:
                deleted = await drop(connection, limit=portion)
            dropped[name] += deleted
    if any(dropped.values()):
        logger.info("what was past its keeping time was dropped", extra=dropped)
    return dropped
