"""From findings to spans of alert: pure, in event time, the same whenever and however often it is computed.

`for` and `keep_firing_for` are Prometheus's, measured on the findings' periods instead of on evaluation times:

- A violation opens a span at its start: pending, and firing as soon as violating periods reach as far as `for` after
  the opening. With `for` 0 that is at once. Only a violating period can do that, the mere passing of time cannot: a
  rule recorded on change only must therefore have `for` 0.
- A compliant period ends a pending span at its start. It ends a firing span when compliance has lasted for
  `keep_firing_for`; a violation before that continues the same span.
- Undetermined periods and gaps between periods neither open nor end nor restart anything.

Duties (rules whose alert settings say so) are different in one thing: their finding's period is the time allowed. The
duty is broken from the period's end on, until it is met: when its own finding says so (`met_at`: done late), else where
the subject's next period starts. A period after an overdue one that is itself not met, or says nothing (the next
calendar year, the next month's 15th), changes nothing; one in which the duty was met ends it when that was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from domain.alerts import AlertSettings, Breach, CurrentFinding, Per, Span
from domain.findings import SubjectKind, Verdict
from domain.periods import day_of

#: Reasons with which a duty's period says nothing about whether an earlier, overdue one has been met since.
_STILL_UNMET = frozenset({"scheduled", "due_soon", "overdue"})
#: Reasons with which a period that begins at its calendar date says when, in it, the duty was met.
_MET_WITHIN = frozenset({"tested", "done", "done_in_time", "done_late"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of the alert subject in [start, end)."""

    start: datetime
    end: datetime
    verdict: Verdict


class Lifecycle:
    """A fold over sightings in time order; `spans()` may be asked at any time."""

    def __init__(self, for_: timedelta, keep_firing_for: timedelta) -> None:
        self._for = for_
        self._keep = keep_firing_for
        self._closed: list[Span] = []
        self._open: Span | None = None
        self._compliant_since: datetime | None = None

    def see(self, sighting: Sighting) -> None:
        """Take the next sighting."""
        if sighting.verdict is Verdict.VIOLATION:
            self._violation(sighting)
        elif sighting.verdict is Verdict.COMPLIANT and self._open is not None:
            self._compliance(sighting, self._open)

    def _violation(self, seen: Sighting) -> None:
        span = self._open or Span(seen.start, seen.end)
        self._compliant_since = None
        span = replace(span, last_seen_at=max(span.last_seen_at, seen.end))
        if span.fired_at is None and seen.end - span.occurred_at >= self._for:
            span = replace(span, fired_at=max(span.occurred_at + self._for, seen.start))
        self._open = span

    def _compliance(self, seen: Sighting, span: Span) -> None:
        if span.fired_at is None:
            self._close(span, seen.start)
            return
        self._compliant_since = self._compliant_since or seen.start
        if seen.end - self._compliant_since >= self._keep:
            self._close(span, max(self._compliant_since + self._keep, seen.start, span.fired_at))

    def _close(self, span: Span, at: datetime) -> None:
        self._closed.append(replace(span, resolved_at=at))
        self._open = None
        self._compliant_since = None

    def spans(self) -> list[Span]:
        """Spans so far in time order; only the last may be open."""
        return [*self._closed, *([] if self._open is None else [self._open])]


def spans_of(sightings: Iterable[Sighting], for_: timedelta, keep_firing_for: timedelta) -> list[Span]:
    """Spans of a whole series of sightings in time order."""
    lifecycle = Lifecycle(for_, keep_firing_for)
    for sighting in sightings:
        lifecycle.see(sighting)
    return lifecycle.spans()


def judge(findings: Sequence[CurrentFinding], settings: AlertSettings) -> tuple[list[Span], list[Breach]]:
    """Spans of one (rule, alert subject), and the single violations that they are made of, in time order.

    findings: current findings of one subject, or of all violating subjects of an enterprise when settings.per says so.
    The state just before the first finding must be: no alert.
    """
    breaches = sorted(_breaches(findings, settings.duty), key=lambda b: (b.since_at, str(b.finding.subject)))
    if settings.per is Per.ENTERPRISE or settings.duty:
        sightings: Iterable[Sighting] = _joined(breaches)
    else:
        ordered = sorted(findings, key=lambda f: f.period)
        sightings = (Sighting(f.period.start, f.period.end, condition(f)) for f in ordered)
    return spans_of(sightings, settings.for_, settings.keep_firing_for), breaches


def breaches_of(span: Span, breaches: Iterable[Breach]) -> list[Breach]:
    """The violations that belong to a span."""
    return [b for b in breaches if span.occurred_at <= b.since_at < span.last_seen_at]


def condition(finding: CurrentFinding) -> Verdict:
    """What a finding says to an alert. A rule that cannot be evaluated is undetermined, and that is the problem."""
    if finding.subject.kind is SubjectKind.RULE and finding.verdict is Verdict.UNDETERMINED:
        return Verdict.VIOLATION
    return finding.verdict


def _breaches(findings: Sequence[CurrentFinding], duty: bool) -> Iterator[Breach]:
    for _, series in groupby(sorted(findings, key=lambda f: (f.subject, f.period)), key=lambda f: f.subject):
        if duty:
            yield from _duty_breaches(list(series))
        else:
            yield from _period_breaches([one for one in series if condition(one) is not Verdict.UNDETERMINED])


def _period_breaches(known: list[CurrentFinding]) -> Iterator[Breach]:
    """One for each violating period; it lasts until the subject's next known period."""
    for finding, after in zip(known, [*known, None][1:], strict=True):
        if condition(finding) is Verdict.VIOLATION:
            until = None if after is None else after.period.start
            yield Breach(finding, finding.period.start, until, finding.period.end)


def _duty_breaches(series: list[CurrentFinding]) -> Iterator[Breach]:
    """One for each duty broken, however many further periods pass until it is met."""
    covered: datetime | None = None
    for index, finding in enumerate(series):
        since = finding.period.end
        if finding.verdict is not Verdict.VIOLATION or (covered is not None and since <= covered):
            continue
        until = _met_at(finding, series[index + 1 :])
        covered = until or datetime.max.replace(tzinfo=UTC)
        if until is None or until > since:
            # overdue is said once the day after the due day has closed
            yield Breach(finding, since, until, day_of(since).end)


def _met_at(broken: CurrentFinding, later: Iterable[CurrentFinding]) -> datetime | None:
    """When a broken duty was met after all, None when it was not; never before it was broken."""
    if broken.met_at is not None:
        return max(broken.period.end, broken.met_at)
    is_overdue = broken.reason == "overdue"
    for after in later:
        if after.verdict is Verdict.UNDETERMINED or (is_overdue and after.reason in _STILL_UNMET):
            continue
        # a calendar year begins before the test that is made in it
        within = after.met_at if is_overdue and after.reason in _MET_WITHIN else None
        return max(broken.period.end, within or after.period.start)
    return None


def _joined(breaches: Sequence[Breach]) -> Iterator[Sighting]:
    """The violations of many subjects as one series: compliant only where no subject is in violation."""
    through = max((at for b in breaches for at in (b.since_at, b.until_at) if at is not None), default=None)
    until: datetime | None = None
    for index, breach in enumerate(breaches):
        if index and until is not None and until < breach.since_at:
            yield Sighting(until, breach.since_at, Verdict.COMPLIANT)
        seen = breach.established_at if breach.until_at is None else min(breach.established_at, breach.until_at)
        yield Sighting(breach.since_at, seen, Verdict.VIOLATION)
        if index == 0 or (until is not None and until < breach.since_at):
            until = breach.until_at
        elif until is not None:
            until = None if breach.until_at is None else max(until, breach.until_at)
    if until is not None and through is not None:
        yield Sighting(until, max(until, through), Verdict.COMPLIANT)
