"""That alerts on what a backfill takes in be told: `plantwatch backfill --notify`. Without it history wakes nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clock import Clock
from domain.periods import Period, hour_of, month_of
from domain.readings import from_us, to_us
from ingest.decode.samples import Samples
from storage.database import Database
from storage.historynotices import open_notice, widen_notice

#: How long after the last reading of the file was taken in its alerts may be decided about: they come when hours, days
#: and months have been judged.
_DECIDED_WITHIN = timedelta(days=1)


@dataclass(slots=True)
class HistoryNotice:
    """The notice of one run. It grows before the readings that it is about are stored, never after."""

    database: Database
    enterprise_id: int
    author: str
    clock: Clock
    _notice_id: int | None = None
    _span: Period | None = None

    async def cover(self, samples: Samples | None) -> None:
        """Ask for the periods that samples belong to, from the beginning of their month on; not for times to come."""
        now = self.clock()
        now_us = to_us(now)
        past_us = [] if samples is None else [us for us in samples.at_us if us <= now_us]
        if not past_us:
            return
        span = Period(month_of(from_us(min(past_us))).start, hour_of(from_us(max(past_us))).end)
        known = self._span
        if known is not None:
            span = Period(min(known.start, span.start), max(known.end, span.end))
        if span != known:
            await self._ask(span, now)
            self._span = span

    async def finish(self) -> None:
        """The time in which alerts are decided about counts from the end of the run."""
        if self._span is not None:
            await self._ask(self._span, self.clock())

    async def _ask(self, span: Period, now: datetime) -> None:
        until = now + _DECIDED_WITHIN
        async with self.database.transaction() as connection:
            if self._notice_id is None:
                self._notice_id = await open_notice(connection, self.enterprise_id, span, until, self.author, now)
            else:
                await widen_notice(connection, self._notice_id, span, until)
