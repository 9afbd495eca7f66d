"""What is known of an alert at the duty desk, and that somebody is told of it; times are minutes of the story."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from simulators.truth_alerts import AlertKey


@dataclass(frozen=True, slots=True)
class Telling:
    """A team is told of an alert. people: codes, besides the team's own channels. is_open: whether it happens is open,
    because what asks for it and what forbids it fall on the same instant."""

    minute: int
    event: str
    team: str
    key: AlertKey
    people: tuple[str, ...]
    is_open: bool = False

    @property
    def hour(self) -> int:
        """Whole hours since the story's start."""
        return self.minute // 60

    @property
    def to_team(self) -> bool:
        """Whether the team's own channels are told as well."""
        return self.event != "handed_over"


@dataclass(slots=True)
class TeamOf:
    """Of an alert. told: minute that escalation counts from; last: of the last telling, which repeats count from;
    waits: for the morning."""

    code: str
    told: int | None = None
    last: int = 0
    waits: bool = False
    people: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Alert:
    key: AlertKey
    condition: str
    severity: str
    teams: list[TeamOf]
    fired: int
    established: datetime
    is_firing: bool = True
    is_silent: bool = False
    held: str | None = None
    settling: int | None = None
    acknowledged: int | None = None
    is_realarmed: bool = False
    over: int | None = None
    is_open: bool = False

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged is not None and not self.is_realarmed
