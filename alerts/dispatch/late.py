"""Whose fault it is that an alert is known late. Pure.

What is old when the platform hears of it (a file of history, a record entered late, an enterprise that is registered
with a duty long overdue) is history. What is old because the platform itself was down is news for as long as it lasts:
most of all where a rule gives a finding only when its verdict changes, so that no newer one ever follows.

Two cases are the platform's own lateness. The finding was made in time and the alert stage was down. Or the rule was
not judged when the problem came up, by an outage or its own failure, and found it on catching up (`rule.missed_from`,
`missed_to`). Which it is is known once the rule has caught up and the alert stage has looked at all it found: until
then a replayed violation may still turn out to be over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lateness:
    """How an old alert came to be known; fields as in storage.dispatchfacts.LatenessRow."""

    established_at: datetime
    computed_at: datetime | None = None
    evaluated_at: datetime | None = None
    missed_from: datetime | None = None
    missed_to: datetime | None = None
    is_waiting: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it cannot be said yet: the rule is catching up, or findings wait. A rule that was never judged to
        the end before has missed nothing."""
        if self.computed_at is None or self.evaluated_at is None:
            return False
        return self.is_waiting or self.evaluated_at < self.computed_at

    def is_ours(self, established_at: datetime, within: timedelta) -> bool:
        """Whether people would have been told had the platform been at work. within: what is older is history."""
        if self.computed_at is None or self.evaluated_at is None or self.is_open:
            return False
        if self.computed_at - established_at <= within:
            return True
        if self.missed_from is None or self.missed_to is None:
            return False
        return self.missed_from < established_at <= self.missed_to and self.computed_at <= self.missed_to
