"""What the scoreboard is computed from, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Seen:
    """The last finding of a rule on the city in a month. as_of: last local day of its period."""

    month: date
    as_of: date
    finding_id: int
    verdict: str
    reason: str
    value: float | None
    judged_target: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many enterprises or lines of an industry a rule found so in a month."""

    month: date
    industry: str
    verdict: str
    reason: str
    grade: str | None
    subjects: int


@dataclass(frozen=True, slots=True)
class Linked:
    """Industrial enterprises of an industry registered in a month, and those that sent data."""

    month: date
    industry: str
    registered: int
    connected: int


@dataclass(frozen=True, slots=True)
class Summed:
    """A ledger item over the enterprises that reported it for a period."""

    period_kind: str
    first: date
    value: float
    enterprises: int


@dataclass(frozen=True, slots=True)
class DutyTerm:
    """A term of a duty of some subject: counted from `first`. done_on: None while nobody says that it was done."""

    subject: str
    first: date
    due: date
    reason: str
    done_on: date | None
    finding_id: int


@dataclass(frozen=True, slots=True)
class EnteredValue:
    """What a bureau entered."""

    part: str
    as_of: date
    value: float
    author: str
    evidence: str
    value_id: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything as of a local day. seen: by rule and path into its evidence, by month; counted: by ``enterprise`` or
    ``line`` and rule; rounds: (enterprise, components judged this year, tested ones among them); duties: current terms
    by rule."""

    today: date
    seen: Mapping[tuple[str, str], Sequence[Seen]] = field(default_factory=dict)
    counted: Mapping[tuple[str, str], Sequence[Counted]] = field(default_factory=dict)
    linked: Sequence[Linked] = ()
    rounds: Sequence[tuple[str, int, int]] = ()
    ledger: Ledger = field(default_factory=Ledger)
    sums: Mapping[str, Sequence[Summed]] = field(default_factory=dict)
    entered: Mapping[str, Sequence[EnteredValue]] = field(default_factory=dict)
    duties: Mapping[str, Sequence[DutyTerm]] = field(default_factory=dict)
