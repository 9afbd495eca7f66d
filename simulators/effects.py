"""What is not ordinary in a story, hour by hour: what each device does differently, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from domain.errors import BadInput
from domain.refusals import Reason
from simulators.scenario import Scenario


class Outcome(NamedTuple):
    """What a rule must say: verdict, reason and, where it is known, the value."""

    verdict: str
    reason: str
    value: float | None = None

    @classmethod
    def parse(cls, text: str) -> Outcome:
        verdict, reason, *value = text.split()
        if verdict not in ("compliant", "violation", "undetermined") or len(value) > 1:
            raise BadInput(f"outcome {text!r}: expected 'verdict reason [value]'")
        return cls(verdict, reason, float(value[0]) if value else None)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a point shows in minutes [minute_from, minute_to) of each hour of [start, end).

    In this order: the values of another day (0 is the month's first) at the same time, times factor plus offset, then
    values around `value`, whose mean it is (the very value with a spread of 0), then at most cap. flag: besides.
    """

    point: str
    start: int
    end: int
    minute_from: int = 0
    minute_to: int = 60
    value: float | None = None
    flag: str | None = None
    spread: float = 0.01
    factor: float = 1.0
    offset: float = 0.0
    cap: float | None = None
    copied_from: int | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Readings of a point that are never sent, hours [start, end)."""

    point: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Silence:
    """A gateway sends nothing in [start, end) and everything with the messages of hour `end`."""

    enterprise: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LoggerSilence:
    """The data loggers of an enterprise send nothing in [start, end) and everything with the frames of hour `end`.

    Only for loggers whose outlets no rule judges: when their data arrive changes nothing then.
    """

    enterprise: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Correction:
    """All minute values of a point in one hour sent again with another value, with the messages of hour `sent`."""

    enterprise: str
    point: str
    outlet: str
    quantity: str
    hour: int
    value: float
    sent: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Redelivery:
    """The messages of hours [start, end) sent again, byte by byte, with those of hour `sent`."""

    enterprise: str
    start: int
    end: int
    sent: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A message of which `items` are refused for `reason` and `stored` are kept; no reason where nothing is refused."""

    enterprise: str
    sent: int
    topic: str
    payload: bytes
    reason: Reason | None
    items: int
    stored: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message made wrong on purpose in the format of its sender; `what` names the way, see malformed.py.

    reason: None when nothing of it is refused.
    """

    enterprise: str
    sent: int
    what: str
    reason: Reason | None
    items: int
    stored: int


@dataclass(frozen=True, slots=True)
class Marking:
    """A mark that an enterprise posts at clock value `posted`, and what the bureau thinks of it.

    point: key of the analyser, None for all of the outlet. start, end: minutes since the story's start. rejected: clock
    value at which the bureau rejects it.
    """

    outlet: str
    point: str | None
    dimension: str
    kind: str
    start: int
    end: int
    posted: int
    reason: str
    rejected: int | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A meter that is taken off in the middle of an hour for another one that begins at `initial` counts.

    posted: clock value at which the enterprise enters it.
    """

    point: str
    hour: int
    initial: int
    posted: int
    reason: str


@dataclass(frozen=True, slots=True)
class Misread:
    """An hour's reading of a register that is first sent as `counts` more than the hour before, and right with the
    messages of hour `sent`."""

    point: str
    hour: int
    counts: int
    sent: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """Hours [start, end) in which a meter counts the same number each hour, whatever passes; 0: it stands still."""

    point: str
    start: int
    end: int
    counts: int


@dataclass(frozen=True, slots=True)
class LeakTest:
    """A test record that arrives during the story; becomes: stored, correction or duplicate."""

    enterprise: str
    component: str
    tested_at: datetime
    sent: int
    net_umol_mol: float
    becomes: str


@dataclass(slots=True)
class Effects:
    """Everything that is not ordinary.

    outcomes: by (legal or ule, outlet key, pollutant, hour) what a scenario says of the first judgement with all data.
    signs: (outlet key, sign, day from 0) of what looks like false data.
    """

    edits: list[Edit] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    logger_silences: list[LoggerSilence] = field(default_factory=list)
    rollovers: dict[str, int] = field(default_factory=dict)
    resets: dict[str, int] = field(default_factory=dict)
    replacements: list[Replacement] = field(default_factory=list)
    misreads: list[Misread] = field(default_factory=list)
    stuck: list[Stuck] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    redeliveries: list[Redelivery] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    leak_tests: list[LeakTest] = field(default_factory=list)
    leak_scenarios: list[Scenario] = field(default_factory=list)
    marks: list[Marking] = field(default_factory=list)
    signs: dict[tuple[str, str, int], None] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str, int], Outcome] = field(default_factory=dict)

    def claim(self, kind: str, outlet: str, quantity: str, hour: int, outcome: Outcome) -> None:
        """Two scenarios may not speak of the same hour."""
        key = (kind, outlet, quantity, hour)
        if key in self.outcomes:
            raise BadInput(f"two scenarios speak of {quantity} at {outlet} in hour {hour}")
        self.outcomes[key] = outcome
