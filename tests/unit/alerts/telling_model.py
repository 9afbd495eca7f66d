"""Who is told of what, minute by minute, the slow way: a model to compare the dispatcher with.

Written from what was promised, not from the dispatcher's code: every minute it looks at every alert and every team, and
remembers only what people would. It knows no floods, groups and flapping: the teams it is used with have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.alerts import Occasion, Severity
from domain.roster import Team

MINUTE = timedelta(minutes=1)
_REMINDERS = (Occasion.REPEATED, Occasion.REALARMED, Occasion.ESCALATED)


class Telling(NamedTuple):
    """Somebody is told of an alert."""

    at: datetime
    alert: int
    event: Occasion
    team: str
    receiver: str


@dataclass
class Ear:
    """What a team has heard of an alert. base: what escalation counts from; last: what repeats count from."""

    base: datetime | None = None
    last: datetime | None = None
    step: int = 0
    waived: bool = False


@dataclass
class Problem:
    """An alert as people know it. is_dammed: something was due while it was held."""

    number: int
    series: str
    severity: Severity
    teams: tuple[str, ...]
    ears: dict[str, Ear]
    is_firing: bool = True
    is_new: bool = True
    is_done: bool = False
    acknowledged_at: datetime | None = None
    realarmed_at: datetime | None = None
    is_dammed: bool = False
    owed: set[str] = field(default_factory=set)

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged_at is not None and (
            self.realarmed_at is None or self.realarmed_at <= self.acknowledged_at
        )


class Model:
    """receivers: by (team, number of the step), channels and people together."""

    def __init__(self, teams: Mapping[str, Team], receivers: Mapping[tuple[str, int], tuple[str, ...]]) -> None:
        self._teams = teams
        self._receivers = receivers
        self.problems: dict[int, Problem] = {}
        self.held_until: dict[str, datetime] = {}
        self.said: list[Telling] = []
        self._now = datetime.min.replace(tzinfo=UTC)
        self._seen: set[tuple[int, Occasion, str]] = set()

    def fire(self, number: int, series: str, severity: Severity, teams: Iterable[str]) -> None:
        """A new alert."""
        codes = tuple(sorted(teams))
        self.problems[number] = Problem(number, series, severity, codes, {code: Ear() for code in codes})

    def minute(self, now: datetime) -> None:
        """Tell what is to be told in this minute."""
        self._now = now
        self._seen = set()
        for problem in self.problems.values():
            if problem.is_firing:
                self._lasting(problem)
            elif not problem.is_done:
                self._over(problem)
            problem.is_new = False

    def _is_held(self, problem: Problem) -> bool:
        return self.held_until.get(problem.series, self._now) > self._now

    def _is_quiet(self, problem: Problem, code: str) -> bool:
        return problem.severity is not Severity.CRITICAL and self._teams[code].policy.quiet_until(self._now) is not None

    def _lasting(self, problem: Problem) -> None:
        untold = [code for code in problem.teams if problem.ears[code].base is None and not problem.ears[code].waived]
        if untold and problem.is_acknowledged and not problem.is_new:
            for code in untold:  # somebody is at it already
                problem.ears[code].waived = True
            untold = []
        told = [code for code in problem.teams if problem.ears[code].base is not None]
        due = {code: found for code in told or problem.teams if (found := self._due(problem, code))}
        if self._is_held(problem):
            problem.is_dammed = problem.is_dammed or bool(untold or due)
            return
        was_dammed, problem.is_dammed = problem.is_dammed and bool(told), False
        for code in problem.teams:
            if code in untold and not self._is_quiet(problem, code):
                self._say(problem, code, Occasion.FIRING, 0)
            elif code in due:
                if was_dammed and not problem.is_acknowledged:
                    # quiet hours after a hold: it waits for both
                    if not self._is_quiet(problem, code):
                        self._say(problem, code, Occasion.REPEATED, 0, anew=True)
                elif not self._is_quiet(problem, code):
                    # the group is told of a repeat first, and of the step only who is new in it
                    for event, step in sorted(due[code], key=lambda one: one[0] is Occasion.ESCALATED):
                        self._say(problem, code, event, step)

    def _due(self, problem: Problem, code: str) -> list[tuple[Occasion, int]]:
        ear, policy = problem.ears[code], self._teams[code].policy
        if problem.acknowledged_at is not None and problem.is_acknowledged:
            gap = policy.realarm[problem.severity]
            is_due = gap is not None and problem.acknowledged_at + gap <= self._now
            return [(Occasion.REALARMED, 0)] if is_due else []
        found = []
        for number, step in enumerate(self._teams[code].steps):
            if number > ear.step and step.concerns(problem.severity) and ear.base is not None:
                found += [(Occasion.ESCALATED, number)] if ear.base + step.after <= self._now else []
        gap = policy.repeat[problem.severity]
        if ear.last is not None and gap is not None and ear.last + gap <= self._now:
            found.append((Occasion.REPEATED, 0))
        return found

    def _over(self, problem: Problem) -> None:
        if problem.is_new:  # it came and went before anybody looked
            for code in problem.teams:
                if not self._is_held(problem) and not self._is_quiet(problem, code):
                    self._say(problem, code, Occasion.FIRING, 0)
                    self._say_over(problem, code)
            problem.is_done = True
            return
        heard = {one.team for one in self.said if one.alert == problem.number}
        done = {one.team for one in self.said if one.alert == problem.number and one.event is Occasion.RESOLVED}
        for code in sorted(heard - done):
            if not self._is_quiet(problem, code):
                self._say_over(problem, code)
                done.add(code)
        problem.is_done = done >= heard

    def _say_over(self, problem: Problem, code: str) -> None:
        heard = [one.receiver for one in self.said if (one.alert, one.team) == (problem.number, code)]
        for receiver in dict.fromkeys(heard):
            self._one(problem, code, Occasion.RESOLVED, receiver)

    def _say(self, problem: Problem, code: str, event: Occasion, step: int, *, anew: bool = False) -> None:
        for receiver in self._receivers[code, step]:
            self._one(problem, code, event, receiver)
        ear = problem.ears[code]
        ear.last = self._now
        if anew or event in (Occasion.FIRING, Occasion.REALARMED):
            ear.base, ear.step = self._now, 0
        if event is Occasion.ESCALATED:
            ear.step = max(ear.step, step)
        if event is Occasion.REALARMED:
            problem.realarmed_at = self._now

    def _one(self, problem: Problem, code: str, event: Occasion, receiver: str) -> None:
        events = (event,) if event in (Occasion.FIRING, Occasion.RESOLVED) else _REMINDERS
        if not any((problem.number, one, receiver) in self._seen for one in events):
            self._seen.add((problem.number, event, receiver))
            self.said.append(Telling(self._now, problem.number, event, code, receiver))
