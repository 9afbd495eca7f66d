"""An alert is a problem that lasts: it is opened by a violation, told to people, and ends when the rule is met again.

Findings say what was true in a period; an alert joins the findings of one rule on one alert subject into a span of
event time. The alert subject is the finding's subject, or the enterprise when a rule tells per enterprise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.channelhealth import CHANNEL_REMOVED
from domain.errors import BadInput
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import HOUR, Period


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class AlertState(StrEnum):
    PENDING = "pending"  # in violation, but not for as long as the rule's `for`
    FIRING = "firing"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """Why an alert is over."""

    COMPLIANT = "compliant"  # the rule is met again
    VIOLATION = "violation"  # nothing was known, and then a violation was: it has an alert of its own
    SUPERSEDED = "superseded"  # late or corrected data: this span of violation does not stand any more
    RETIRED = "retired"  # nobody will judge whether it is over: the rule, or what it was about, is no more


class EventKind(StrEnum):
    """What can happen to an alert; its history is append-only."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"  # an alert already resolved turned out not to stand
    REOPENED = "reopened"  # late data joined it to an earlier, resolved alert, which this one replaces
    CORRECTED = "corrected"  # late data moved its times
    ACKNOWLEDGED = "acknowledged"
    NOTIFY = "notify"  # a message was put into the outbox
    NOT_NOTIFIED = "not_notified"  # nobody is told, and why
    NOTIFY_FAILED = "notify_failed"  # the outbox gave up on a message
    REALARMED = "realarmed"  # told anew although acknowledged
    RETURN_CONFIRMED = "return_confirmed"  # somebody has seen that it is over
    COMMENTED = "commented"
    HANDED_OVER = "handed_over"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    NO_DATA = "no_data"  # what lasts cannot be seen any more
    DATA_RETURNED = "data_returned"


class Occasion(StrEnum):
    """What a notification is about."""

    FIRING = "firing"
    RESOLVED = "resolved"
    REPEATED = "repeated"  # it lasts, and nobody has acknowledged it
    REALARMED = "realarmed"  # it lasts, long after it was acknowledged
    ESCALATED = "escalated"  # nobody acknowledged it: the next person is told
    HANDED_OVER = "handed_over"
    DIGEST = "digest"  # a flood of alerts in one message
    TEST = "test"  # somebody tries a channel


class Condition(StrEnum):
    """What lasts while an alert is open."""

    VIOLATION = "violation"
    NO_DATA = "no_data"  # nothing valid has been known for longer than the rule's `no_data_for`


#: Reasons of undetermined findings that mean want of data: somebody must look after an instrument or its connection.
#: Closed, because other reasons want nothing of the kind: `excluded_*` and `not_operating` say what the plant does;
#: `o2_near_ambient` and `o2_invalid` (21% and more) are what a duct shows that stands still, with data complete;
#: `negative_mean` and `unit_unknown` are faults of figures that do come. A finding that names a mark (标记) is none of
#: these either, whatever its reason: the plant has said why its minutes are missing.
NO_DATA_REASONS = frozenset(
    {
        "no_data",  # no reading of the pollutant in the hour
        "too_few_valid_minutes",  # fewer than 45 valid minutes of it (HJ 212-2017 D.2)
        "o2_missing",  # the limit asks for conversion, and there is no reading of oxygen
        "too_few_valid_o2_minutes",  # fewer than 45 valid minutes of oxygen
    }
)

#: Reasons of undetermined findings after which a subject is not judged any more: what was open ends without being met.
LAST_REASONS = frozenset({CHANNEL_REMOVED})


class Per(StrEnum):
    """One alert per what."""

    SUBJECT = "subject"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The [alert] table of a rule. subjects: kinds of finding subjects that alert; empty means all.

    duty: the rule's findings say whether something was done in the time allowed, which is their period.
    no_data_for: how long nothing valid may be known of a subject before that is told; None: it never is.
    each_period: every violating period is an alert of its own, told anew.
    """

    severity: Severity
    for_: timedelta
    keep_firing_for: timedelta
    per: Per
    subjects: frozenset[SubjectKind]
    duty: bool = False
    no_data_for: timedelta | None = None
    each_period: bool = False

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> AlertSettings:
        """From the JSON that the rules service stores. Raises BadInput saying which key is wrong."""
        try:
            no_data_for_h = table.get("no_data_for_h")
            subjects = frozenset(SubjectKind(kind) for kind in table.get("subjects", ()))
            return cls(
                severity=Severity(table["severity"]),
                for_=HOUR * float(table.get("for_h", 0)),
                keep_firing_for=HOUR * float(table.get("keep_firing_for_h", 0)),
                per=Per(table.get("per", Per.SUBJECT)),
                subjects=subjects,
                # rules stored before there was the word were of components alone
                duty=bool(table.get("duty", subjects == {SubjectKind.COMPONENT})),
                no_data_for=None if no_data_for_h is None else HOUR * float(no_data_for_h),
                each_period=bool(table.get("each_period", False)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"alert settings {dict(table)!r}: {error!r}") from error

    def severity_of(self, condition: Condition) -> Severity:
        """How severe an alert is. That nothing is known is no exceedance: nobody is called out of bed for it."""
        is_lowered = condition is Condition.NO_DATA and self.severity is Severity.CRITICAL
        return Severity.WARNING if is_lowered else self.severity

    def may_be_about(self, subject: Subject) -> bool:
        """Whether any finding's alert would be about a subject."""
        if self.per is Per.ENTERPRISE:
            return subject.kind is SubjectKind.ENTERPRISE
        return not self.subjects or subject.kind in self.subjects

    def alert_subject(self, subject: Subject) -> Subject | None:
        """What a finding's alert would be about, None when it does not alert."""
        if self.subjects and subject.kind not in self.subjects:
            return None
        if self.per is Per.SUBJECT:
            return subject
        return None if subject.enterprise is None else Subject(SubjectKind.ENTERPRISE, subject.enterprise)


@dataclass(frozen=True, slots=True)
class CurrentFinding:
    """A finding that is not superseded, without its evidence.

    met_at: for a duty, when it was met, in time or not; None when it was not, or the evidence does not say.
    is_marked: the plant has marked some of the period.
    """

    finding_id: int
    subject: Subject
    period: Period
    verdict: Verdict
    reason: str
    met_at: datetime | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    is_marked: bool = False

    @property
    def is_want_of_data(self) -> bool:
        """Whether nothing is known of the period for want of data."""
        return self.verdict is Verdict.UNDETERMINED and self.reason in NO_DATA_REASONS and not self.is_marked

    @property
    def is_last(self) -> bool:
        """Whether the subject is not judged from then on."""
        return self.verdict is Verdict.UNDETERMINED and self.reason in LAST_REASONS


@dataclass(frozen=True, slots=True)
class Span:
    """A violation, or a want of data, from beginning to end, in event time: occurred_at <= fired_at <= resolved_at.

    occurred_at: start of the first violation; fired_at: when it had lasted for the rule's `for`, None before;
    resolved_at: when the rule was met again (and stayed so for `keep_firing_for`), None while it lasts;
    last_seen_at: end of the last period known to be in violation, or without data; resolution: what ended it, None
    while it lasts; no_data_since: of a violation that lasts, since when nothing is known of it, once that has been so
    for the rule's `no_data_for`.
    """

    occurred_at: datetime
    last_seen_at: datetime
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    condition: Condition = Condition.VIOLATION
    resolution: Resolution | None = None
    no_data_since: datetime | None = None

    @property
    def state(self) -> AlertState:
        """The state that an alert of this span is in."""
        if self.resolved_at is not None:
            return AlertState.RESOLVED
        return AlertState.PENDING if self.fired_at is None else AlertState.FIRING


@dataclass(frozen=True, slots=True)
class Breach:
    """One subject's violation within an alert, or a period without data within one of that. until_at: None while it
    lasts.

    established_at: end of the last period that shows it; a message about it is news for some hours after that.
    """

    finding: CurrentFinding
    since_at: datetime
    until_at: datetime | None
    established_at: datetime
    condition: Condition = Condition.VIOLATION
