"""From what is said of periods to stretches of trouble, in event time.

Assumptions, after the platform's published alert semantics. A violation opens a stretch (no rule here waits, so it
fires at once), the next compliant period ends it, undetermined does neither. Where nothing valid has been known for
as long as a rule asks, that is a stretch of its own, from the first such period on: it ends where anything is known
again, be it good or bad. No want of data ends or replaces a violation. What says why nothing is to be known (a mark,
a plant that stands) is no want of data: it breaks such a stretch until it has become one, and nothing after that.

A reminder's days are stretches each for itself: a day's is over at its end, as soon as a later day is known.

An LDAR finding's period is the time allowed, so the duty is broken from the period's end on, until the component's
next test; it is established a day later, when the day after the due day has closed. One stretch for each rule and
enterprise spans the broken duties of all its components.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulators.effects import Outcome
from simulators.events import Event

#: Prefixes of rules whose findings' periods are terms.
DUTIES = ("ldar.gb", "ldar.wuhai", "ldar.first_attempt", "ldar.repair", "duty.")
#: Rules whose violating periods are alerts each for itself.
EACH_PERIOD = frozenset({"remind.due_today"})
#: Rule: after how long without valid data that is an alert.
NO_DATA_FOR = {"legal.hourly": timedelta(hours=24), "ule.hourly": timedelta(hours=24)}

VIOLATION, NO_DATA = "violation", "no_data"


def is_duty(rule: str) -> bool:
    """Whether its findings' periods are terms."""
    return rule.startswith(DUTIES)


#: By start of its period what is said, without what was superseded.
Series = Mapping[datetime, Event]


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of trouble in event time. established_at: end of the newest period that shows it; None: not over."""

    occurred_at: datetime
    established_at: datetime
    resolved_at: datetime | None
    condition: str = VIOLATION


def episodes(rule: str, series: Series) -> Iterator[Episode]:
    """Of one subject, in order of event time."""
    ordered = [event for _, event in sorted(series.items())]
    return _each(ordered) if rule in EACH_PERIOD else iter(Stretches(rule, ordered).episodes)


def _each(ordered: list[Event]) -> Iterator[Episode]:
    known = [event for event in ordered if _said(event).verdict != "undetermined"]
    for event, after in zip(known, [*known, None][1:], strict=True):
        if _said(event).verdict == "violation":
            yield Episode(event.period.start, event.period.end, None if after is None else event.period.end)


class Stretches:
    """The stretches of one subject whose periods are taken in order of event time, so that a series that only grows
    need not be gone through again for each of them."""

    def __init__(self, rule: str, ordered: Iterable[Event] = ()) -> None:
        self._no_data_for = NO_DATA_FOR.get(rule)
        self._over: list[Episode] = []
        self._open: Episode | None = None
        self._wanting_since: datetime | None = None
        for event in ordered:
            self.take(event)

    @property
    def episodes(self) -> list[Episode]:
        """All so far; the last one may not be over."""
        return self._over if self._open is None else [*self._over, self._open]

    def take(self, event: Event) -> None:
        """The period after those taken so far."""
        period, verdict = event.period, _said(event).verdict
        if verdict == "undetermined":
            self._take_undetermined(event)
            return
        self._wanting_since = None
        if self._open is not None and (verdict == "compliant" or self._open.condition == NO_DATA):
            self._over.append(replace(self._open, resolved_at=period.start))
            self._open = None
        if verdict == "violation":
            since = period.start if self._open is None else self._open.occurred_at
            self._open = Episode(since, period.end, None)

    def _take_undetermined(self, event: Event) -> None:
        if self._no_data_for is None:
            return
        if not event.is_wanting:
            self._wanting_since = None
            return
        period = event.period
        since = self._wanting_since = self._wanting_since or period.start
        if self._open is not None:
            if self._open.condition == NO_DATA:
                self._open = replace(self._open, established_at=period.end)
        elif period.end - since >= self._no_data_for:
            self._open = Episode(since, period.end, None, NO_DATA)


def joined(members: Iterable[Series]) -> Iterator[Episode]:
    """The broken duties of many components, joined where they overlap or touch."""
    broken = sorted(
        (duty for series in members for duty in _broken(series)), key=lambda duty: (duty.occurred_at, str(duty))
    )
    span: Episode | None = None
    for duty in broken:
        if span is None or (span.resolved_at is not None and span.resolved_at < duty.occurred_at):
            if span is not None:
                yield span
            span = duty
            continue
        until = None if None in (span.resolved_at, duty.resolved_at) else max(_at(span), _at(duty))
        span = Episode(span.occurred_at, max(span.established_at, duty.established_at), until)
    if span is not None:
        yield span


def _at(episode: Episode) -> datetime:
    assert episode.resolved_at is not None
    return episode.resolved_at


def _said(event: Event) -> Outcome:
    assert event.outcome is not None
    return event.outcome


def _broken(series: Series) -> Iterator[Episode]:
    """One subject's broken duties; what was met on the day after the due day, which breaks nothing yet, is left out."""
    ordered = [event for _, event in sorted(series.items())]
    for number, event in enumerate(ordered):
        if _said(event).verdict != "violation":
            continue
        met = event.met_at or _met_later(event, ordered[number + 1 :])
        if met is None or met > event.period.end:
            yield Episode(event.period.end, event.period.end + timedelta(days=1), met)


def _met_later(broken: Event, later: Iterable[Event]) -> datetime | None:
    """Where the next period starts; the next calendar year begins without a word on the one that was missed."""
    end = broken.period.end
    for event in later:
        said = _said(event)
        follows = _said(broken).reason == "overdue" and event.period.start <= end
        if follows and (said.reason in ("scheduled", "due_soon", "overdue") or said.verdict == "undetermined"):
            end = max(end, event.period.end)
        elif said.verdict != "undetermined":
            return max(broken.period.end, event.met_at or event.period.start if follows else event.period.start)
    return None
