"""Keeps messages of nobody in the register, few enough that a flood of them harms nobody.

They belong into no enterprise's books. A person who looks for a station that does not come in needs one of them,
not all: so many a minute are kept, the others are only counted.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter

from storage.database import Database
from storage.strays import Stray, add_stray

logger = logging.getLogger(__name__)

#: Kept within any minute, and bytes kept of each.
KEPT_A_MINUTE = 60
KEPT_BYTES = 4 * 1024
_MINUTE = timedelta(minutes=1)
_SHOWN_CHARACTERS = 200


class StrayBook:
    """Where the doors of one process note what belongs to nobody."""

    def __init__(self, database: Database, metrics: CollectorRegistry) -> None:
        self._database = database
        self._kept: deque[datetime] = deque()
        self._told_at: datetime | None = None
        counted = Counter(
            "plantwatch_ingest_strays_total",
            "Messages of nobody in the register, by door and whether the message itself was kept",
            ["door", "kept"],
            registry=metrics,
        )
        self._counted = {
            (door, kept): counted.labels(door=door, kept="yes" if kept else "no")
            for door in ("subscriber", "hj212")
            for kept in (True, False)
        }

    async def note(
        self, door: str, sender: str, topic: str, payload: bytes, payload_size: int, reason: str, at: datetime
    ) -> None:
        """Return once it is committed, or at once when enough of them were kept within the minute before `at`.

        door: "subscriber" or "hj212"; sender: what it calls itself. Raises StorageUnavailable.
        """
        if not self._has_room(at):
            self._counted[door, False].inc()
            self._tell(at)
            return
        self._kept.append(at)
        stray = Stray(door, _text(sender), _text(topic), at, payload[:KEPT_BYTES], payload_size, _text(reason))
        try:
            async with self._database.transaction() as connection:
                await add_stray(connection, stray)
        except BaseException:
            self._kept.remove(at)  # it was not kept: another one may be
            raise
        self._counted[door, True].inc()

    def _has_room(self, at: datetime) -> bool:
        # both ways, because a clock may be set back
        while self._kept and abs(at - self._kept[0]) >= _MINUTE:
            self._kept.popleft()
        return len(self._kept) < KEPT_A_MINUTE

    def _tell(self, at: datetime) -> None:
        if self._told_at is None or abs(at - self._told_at) >= _MINUTE:
            self._told_at = at
            logger.warning(
                "more strays than are kept: the rest is only counted", extra={"kept_a_minute": KEPT_A_MINUTE}
            )


def _text(text: str) -> str:
    """As PostgreSQL can keep it, which has no U+0000 and no lone surrogates; cut to what a person reads."""
    return text[:_SHOWN_CHARACTERS].encode("utf-8", "backslashreplace").decode().replace("\0", "\ufffd")
