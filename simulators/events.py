"""The judgements that a correct platform reaches, in the order in which it can reach them.

An event says: at that clock value, the current finding of (rule, subject, period) becomes this outcome. The truth of
any moment is what the events up to it add up to; the alerts follow from replaying them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.periods import Period
from simulators.effects import Effects, Outcome

#: Reasons that say that data are wanting.
_WANTING = frozenset({"no_data", "too_few_valid_minutes", "o2_missing", "too_few_valid_o2_minutes"})

#: rule id, subject, start of the period: what identifies a current finding.
FindingKey = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True)
class Term:
    """Something that is to be done by a day. group: what counts once for one subject. begins: day on which it began;
    due: last day in time; over: day on which it was done, or the last one before it came to nothing."""

    group: str
    begins: date
    due: date
    over: date | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """clock: hours since the story's start. redundant: says nothing that the finding before it does not say.

    outcome: None where a finding is superseded without another. evidence: what a finding must hold besides.
    met_at: when a duty that was broken was met, where the finding itself says so. terms: what it asks
    for, as reminders count it. marked: somebody has said why the period is as it is.
    """

    clock: int
    rule_id: str
    subject: str
    period: Period
    outcome: Outcome | None
    redundant: bool = False
    evidence: Mapping[str, Any] | None = None
    met_at: datetime | None = None
    terms: tuple[Term, ...] = ()
    marked: bool = False

    @property
    def key(self) -> FindingKey:
        return (self.rule_id, self.subject, self.period.start)

    @property
    def is_wanting(self) -> bool:
        """Whether nothing is known because data are wanting, and nobody has said why."""
        said = self.outcome
        return said is not None and said.verdict == "undetermined" and said.reason in _WANTING and not self.marked


class Arrivals:
    """When the readings of an hour are at the platform; an hour closes ten minutes after its end.

    Data of hour n arrive at clock n + 1, those of a silent gateway with its backlog. Clock values are whole hours, so
    hour n is judged at clock n + 2 at the earliest, and a day at the first whole hour after its end.

    judged_first: readings that arrive at the very clock value of a judgement come after it. Which of the two happens
    in a running platform is open; the truth must not depend on it.
    """

    def __init__(self, effects: Effects, *, judged_first: bool = False) -> None:
        self._silences = effects.silences
        self._lost: dict[str, list[range]] = {}
        for lost in effects.lost:
            self._lost.setdefault(lost.point, []).append(range(lost.start, lost.end))
        self.judged_first = judged_first

    def at(self, enterprise: str, hour: int) -> int:
        """Clock value with which an hour's messages arrive."""
        for silence in self._silences:
            if silence.enterprise == enterprise and silence.start <= hour < silence.end:
                return silence.end + 1
        return hour + 1

    def lost(self, point: str, hour: int) -> bool:
        """Whether the hour's readings of a point never arrive."""
        return any(hour in hours for hours in self._lost.get(point, ()))

    def known(self, point: str, hour: int, clock: int) -> bool:
        """Whether a judgement at that clock value, the last one there, sees readings of the hour."""
        return not self.lost(point, hour) and self.at(point.split("/")[0], hour) <= clock

    def known_at_closing(self, point: str, hour: int, clock: int) -> bool:
        """The same for the first judgement at that clock value."""
        return self.known(point, hour, clock - 1 if self.judged_first else clock)

    def late(self) -> Iterator[tuple[str, int, range]]:
        """(enterprise, clock, hours) of each backlog."""
        for silence in self._silences:
            yield silence.enterprise, silence.end + 1, range(silence.start, silence.end)


def closing_clock(end_hour: int) -> int:
    """The first whole clock value at which a period that ends with hour `end_hour` (exclusive) is closed."""
    return end_hour + 1


def last_closed_day(clock: int) -> int:
    """Index of the last local day that is closed at a clock value; -1 before the first one."""
    return (clock - 1) // 24 - 1
