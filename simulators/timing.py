"""When something of a story happens: scenario files count days of the story month, this module counts hours.

``d18 03:00`` is 03:00 local time on the month's 18th day, ``end-4d 00:00`` four days before the month's end (which is
midnight after its last day), ``end+10h`` ten hours after it. Hour n of a story is the n-th clock hour of the local
month, from 0; its data arrive when the platform's clock shows n + 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.periods import HOUR, SITE_ZONE, Period, local_day

#: A short story goes on until its last day has closed.
_AFTER_H = 2
_DAY = re.compile(r"d(\d\d) (\d\d):(\d\d)")
_END = re.compile(r"end(?:([+-]\d+)d)?(?:([+-]\d+)h)?(?: (\d\d):(\d\d))?")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The hours of a story: the month's own and `live_hours` of the next one, or only its first `days`."""

    month: Period
    live_hours: int
    days: int | None = None

    @property
    def month_hours(self) -> int:
        return round(self.month.hours)

    @property
    def hours(self) -> int:
        """Scenarios happen before this hour; afterwards every hour is normal."""
        return self.month_hours + self.live_hours if self.days is None else self.days * 24 + _AFTER_H

    @property
    def first_day(self) -> date:
        return local_day(self.month.start)

    def at(self, hour: int) -> datetime:
        """Start of hour n, which is also clock value n. Aware, UTC."""
        return self.month.start + hour * HOUR

    def period(self, hour: int) -> Period:
        return Period(self.at(hour), self.at(hour + 1))

    def clock_of(self, until: datetime) -> int:
        """Number of whole hours from the story's start to an instant that must lie on the hour."""
        hours, rest = divmod(until - self.month.start, HOUR)
        if rest or hours < 0:
            raise ValueError(f"{until.isoformat()} is not a clock value of this story")
        return hours

    def day_of(self, hour: int) -> date:
        return self.first_day + timedelta(days=hour // 24)

    def instant(self, text: str) -> datetime:
        """The instant a scenario file names. Raises ValueError on anything else."""
        if text == "story-end":
            return self.at(self.hours)
        if match := _DAY.fullmatch(text):
            day, hour, minute = map(int, match.groups())
            return self.month.start + timedelta(days=day - 1, hours=hour, minutes=minute)
        if match := _END.fullmatch(text):
            days, hours, hour, minute = (int(part or 0) for part in match.groups())
            return self.month.end + timedelta(days=days, hours=hours + hour, minutes=minute)
        raise ValueError(f"{text!r}: expected d18 03:00, end-4d 00:00, end+10h or story-end")

    def hour(self, text: str) -> int:
        """The hour a scenario file names; it must be a whole one."""
        return self.clock_of(self.instant(text))

    def local_text(self, at: datetime) -> str:
        """RFC 3339 with the site's offset."""
        return at.astimezone(SITE_ZONE).isoformat()
