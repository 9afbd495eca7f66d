"""What the engine asks of a family of rules: to judge what has closed, to judge again what has changed.

A family is the shell around evaluators that share a window type: it knows their subjects and periods, fetches their
windows and keeps their watermarks. Every method runs inside a transaction of the engine's and is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from domain.findings import Subject, SubjectKind
from domain.periods import day_start, hour_number, local_day
from rules.evaluators.contract import Judgement
from rules.pack import Rule
from storage.database import Connection
from storage.rule_state import Work

#: Before and after everything that is judged: a window of all findings of a subject.
EVER = datetime(1900, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One rule, to be judged as at a clock: periods that end by closed_at are closed. rules: its variants, those that
    are not in force among them."""

    rule_id: str
    rules: Sequence[Rule]
    now: datetime
    closed_at: datetime
    batch_rows: int

    @property
    def rule(self) -> Rule:
        """Any variant, for what all variants share: evaluator and selection."""
        return self.rules[0]

    @property
    def day_closed_at(self) -> datetime:
        """End of the last local day that has closed."""
        return day_start(local_day(self.closed_at))

    @property
    def valid_from_at(self) -> datetime:
        """First instant at which any variant is valid."""
        return self.rules[0].valid_from_at

    def variant_at(self, at: datetime) -> Rule | None:
        """The variant that judges a period starting at an instant, None where none is in force."""
        return next((rule for rule in self.rules if rule.enabled and rule.is_valid_at(at)), None)


@dataclass(slots=True)
class Advance:
    """What one bounded piece of work did.

    judged: judgements made; written, superseded: findings. more: there is more to do at once. deferred: something
    closed could not be judged yet. subjects: how many the selector found; None when it was not asked.
    """

    judged: int = 0
    written: int = 0
    superseded: int = 0
    more: bool = False
    deferred: bool = False
    subjects: int | None = None

    def add(self, other: Advance) -> None:
        """Sum up."""
        self.judged += other.judged
        self.written += other.written
        self.superseded += other.superseded


@dataclass(slots=True)
class Worklist:
    """What has changed: hours by point, tests by component, registers by enterprise from an instant on (metering:
    what rates and accounts rest on, from the first day that is concerned), ledger entries of periods that start at an
    instant, monthly totals of counters by the first local day of the month.

    component_days: local days of the tests, repairs, filings and events by component. ldar: enterprises whose
    instruments, calibrations, testers or campaigns changed, from an instant on. duties: enterprises (0: the city and
    what belongs to nobody) with duties that were done, by the first instant concerned.

    read: what families have read to judge by this list, for the others to use: see `rules.families.registers`.
    """

    hours: dict[int, set[int]] = field(default_factory=dict)
    component_days: dict[int, set[date]] = field(default_factory=dict)
    ldar: dict[int, datetime] = field(default_factory=dict)
    duties: dict[int, datetime] = field(default_factory=dict)
    registers: dict[int, datetime] = field(default_factory=dict)
    metering: dict[int, datetime] = field(default_factory=dict)
    ledger: set[datetime] = field(default_factory=set)
    months: set[date] = field(default_factory=set)
    read: dict[str, object] = field(default_factory=dict)

    @property
    def components(self) -> set[int]:
        """Components of which anything was recorded."""
        return set(self.component_days)

    def concerns(self, judged_through: datetime | None) -> bool:
        """Whether anything may have changed that a rule has judged; hours after its furthest watermark are to come.

        The watermark, not a clock, says what is judged: another engine's clock may be ahead of ours.
        """
        if self.registers or self.metering or self.component_days or self.ledger or self.months:
            return True
        if self.ldar or self.duties:
            return True
        if judged_through is None:
            return False
        bound = hour_number(judged_through)
        return any(min(hours) < bound for hours in self.hours.values())

    @classmethod
    def of(cls, rows: Iterable[Work]) -> Worklist:
        """From the rows of the work list."""
        work = cls()
        for row in rows:
            if row.kind == "hour":
                work.hours.setdefault(row.key, set()).add(hour_number(row.at))
            elif row.kind == "leak_test":
                work.component_days.setdefault(row.key, set()).add(local_day(row.at))
            elif row.kind == "ledger":
                work.ledger.add(row.at)
            elif row.kind == "ldar":
                work.ldar[row.key] = min(row.at, work.ldar.get(row.key, row.at))
            elif row.kind == "duty":
                work.duties[row.key] = min(row.at, work.duties.get(row.key, row.at))
            elif row.kind == "metering":
                work.metering[row.key] = min(row.at, work.metering.get(row.key, row.at))
            else:
                work.registers[row.key] = min(row.at, work.registers.get(row.key, row.at))
        return work


class Coded(Protocol):
    """An enterprise, by whatever row tells its code."""

    @property
    def code(self) -> str: ...


class Family(Protocol):
    """Shell of one window type."""

    def latest(self, job: Job) -> datetime:
        """Start of the period, of the kind that the family judges, which is open at the job's closing instant.

        As long as it stays the same, nothing more has closed and `advance` would find nothing to do.
        """

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge a bounded piece of what has closed since the watermarks, and move these."""

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again what is judged already and may have changed."""

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """Set watermarks back to before what has changed, so that it is judged again when the rule works again."""


def judge(rule: Rule, window: Any) -> list[Judgement]:
    """The evaluator's judgements on a window of its type."""
    return rule.kind.judge(window, rule.typed_params)


def key_of(enterprise: Coded) -> str:
    """The subject of an enterprise's watermark."""
    return str(Subject(SubjectKind.ENTERPRISE, enterprise.code))
