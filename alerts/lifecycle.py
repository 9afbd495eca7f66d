"""From findings to spans of alert: pure, in event time, the same whenever and however often it is computed.

`for` and `keep_firing_for` are Prometheus's, measured on the findings' periods instead of on evaluation times:

- A violation opens a span at its start: pending, and firing as soon as violating periods reach as far as `for` after
  the opening. With `for` 0 that is at once. Only a violating period can do that, the mere passing of time cannot: a
  rule recorded on change only must therefore have `for` 0.
- A compliant period ends a pending span at its start. It ends a firing span when compliance has lasted for
  `keep_firing_for`; a violation before that continues the same span.
- Undetermined periods and gaps between periods neither open nor end nor restart a violation, but for those after which
  the subject is not judged any more (`CurrentFinding.is_last`): what was open is over at their start, as retired.

Want of data has a `for` of its own, `no_data_for`, where a rule says so:

- Consecutive periods undetermined for want of data (`CurrentFinding.is_want_of_data`) that together reach as far as
  `no_data_for` open a span of condition no_data, from the start of the first, where none is open. A period that is
  undetermined for another reason makes them begin anew, until they have lasted so long; a known one always does.
- A known period ends it at its start. A violation then opens its own span: there are never two.
- While a violation lasts, want of data that has lasted for `no_data_for` is noted in its span and ends nothing.

`each_period`: every violating period is a span of its own; it ends with its period as soon as a later one is known.

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

from domain.alerts import AlertSettings, Breach, Condition, CurrentFinding, Per, Resolution, Span
from domain.findings import SubjectKind, Verdict
from domain.periods import day_of

#: Reasons with which a duty's period says nothing about whether an earlier, overdue one has been met since.
_STILL_UNMET = frozenset({"scheduled", "due_soon", "overdue"})
#: Reasons with which a period that begins at its calendar date says when, in it, the duty was met.
_MET_WITHIN = frozenset({"tested", "done", "done_in_time", "done_late"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of the alert subject in [start, end). is_want_of_data: undetermined because of that; is_last: the
    subject is not judged from then on."""

    start: datetime
    end: datetime
    verdict: Verdict
    is_want_of_data: bool = False
    is_last: bool = False


class Lifecycle:
    """A fold over sightings in time order; `spans()` may be asked at any time."""

    def __init__(self, for_: timedelta, keep_firing_for: timedelta, no_data_for: timedelta | None = None) -> None:
        self._for = for_
        self._keep = keep_firing_for
        self._no_data_for = no_data_for
        self._closed: list[Span] = []
        self._open: Span | None = None
        self._compliant_since: datetime | None = None
        #: Start of the first of the periods without data that are the newest so far; None when the newest is none.
        self._no_data_since: datetime | None = None
        self._no_data_lasted = False

    def see(self, sighting: Sighting) -> None:
        """Take the next sighting."""
        if sighting.is_last:
            self._forget_no_data()
            if self._open is not None:
                self._close(self._open, sighting.start, Resolution.RETIRED)
            return
        if sighting.verdict is Verdict.UNDETERMINED:
            if self._no_data_for is not None:
                self._undetermined(sighting, self._no_data_for)
            return
        self._forget_no_data()
        if self._open is not None and self._open.condition is Condition.NO_DATA:
            ended_by = Resolution.VIOLATION if sighting.verdict is Verdict.VIOLATION else Resolution.COMPLIANT
            self._close(self._open, sighting.start, ended_by)
        elif self._open is not None and self._open.no_data_since is not None:
            self._open = replace(self._open, no_data_since=None)
        if sighting.verdict is Verdict.VIOLATION:
            self._violation(sighting)
        elif self._open is not None:
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

    def _undetermined(self, seen: Sighting, no_data_for: timedelta) -> None:
        if not seen.is_want_of_data:
            if not self._no_data_lasted:
                self._forget_no_data()
            return
        since = self._no_data_since = self._no_data_since or seen.start
        self._no_data_lasted = self._no_data_lasted or seen.end - since >= no_data_for
        if not self._no_data_lasted:
            return
        if self._open is None:
            fired_at = max(since + no_data_for, seen.start)
            self._open = Span(since, seen.end, fired_at, condition=Condition.NO_DATA)
        elif self._open.condition is Condition.NO_DATA:
            self._open = replace(self._open, last_seen_at=max(self._open.last_seen_at, seen.end))
        else:
            self._open = replace(self._open, no_data_since=since)

    def _forget_no_data(self) -> None:
        self._no_data_since = None
        self._no_data_lasted = False

    def _close(self, span: Span, at: datetime, ended_by: Resolution = Resolution.COMPLIANT) -> None:
        self._closed.append(replace(span, resolved_at=at, resolution=ended_by, no_data_since=None))
        self._open = None
        self._compliant_since = None

    def spans(self) -> list[Span]:
        """Spans so far in time order; only the last may be open."""
        return [*self._closed, *([] if self._open is None else [self._open])]


def spans_of(
    sightings: Iterable[Sighting], for_: timedelta, keep_firing_for: timedelta, no_data_for: timedelta | None = None
) -> list[Span]:
    """Spans of a whole series of sightings in time order."""
    lifecycle = Lifecycle(for_, keep_firing_for, no_data_for)
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
        if settings.each_period:
            return list(_each_period([f for f in ordered if condition(f) is not Verdict.UNDETERMINED])), breaches
        sightings = (
            Sighting(f.period.start, f.period.end, condition(f), f.is_want_of_data, f.is_last) for f in ordered
        )
        if settings.no_data_for is not None:
            breaches += [_without_data(f) for f in ordered if f.is_want_of_data]
    return spans_of(sightings, settings.for_, settings.keep_firing_for, settings.no_data_for), breaches


def ended(spans: Iterable[Span]) -> list[Span]:
    """Spans of a rule that nobody judges any more: what lasted is over where it was last seen."""
    return [
        span
        if span.resolved_at is not None
        else replace(
            span,
            resolved_at=max(span.last_seen_at, span.fired_at or span.occurred_at),
            resolution=Resolution.RETIRED,
            no_data_since=None,
        )
        for span in spans
    ]


def breaches_of(span: Span, breaches: Iterable[Breach]) -> list[Breach]:
    """The violations, or periods without data, that belong to a span."""
    inside = (b for b in breaches if span.occurred_at <= b.since_at < span.last_seen_at)
    return [b for b in inside if b.condition is span.condition]


def condition(finding: CurrentFinding) -> Verdict:
    """What a finding says to an alert. A rule that cannot be evaluated is undetermined, and that is the problem."""
    if finding.subject.kind is SubjectKind.RULE and finding.verdict is Verdict.UNDETERMINED:
        return Verdict.VIOLATION
    return finding.verdict


def _each_period(known: Sequence[CurrentFinding]) -> Iterator[Span]:
    """A span for every violating one of a subject's known periods, over at its end once another one follows."""
    for number, finding in enumerate(known, 1):
        if condition(finding) is Verdict.VIOLATION:
            start, end = finding.period.start, finding.period.end
            lasting = Span(start, end, fired_at=start)
            is_over = number < len(known)
            yield replace(lasting, resolved_at=end, resolution=Resolution.COMPLIANT) if is_over else lasting


def _without_data(finding: CurrentFinding) -> Breach:
    return Breach(finding, finding.period.start, None, finding.period.end, Condition.NO_DATA)


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
