"""What is due for a team by the passing of time: repeats, re-alarms, steps of escalation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.dispatch.contract import AlertFacts, TeamState
from domain.alerts import Occasion
from domain.roster import Step, Team

#: No interval is shorter: one of nothing would be due for ever.
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """An occasion that is due at an instant; step: of an escalation."""

    at: datetime
    event: Occasion
    step: int | None = None


def first_steps(team: Team, alert: AlertFacts) -> tuple[Step, ...]:
    """The steps that are told at first."""
    return tuple(step for step in team.steps if not step.after and step.concerns(alert.severity))


def last_first_step(team: Team) -> int:
    """Number of the last of the steps without delay: where escalation starts from."""
    return max(sum(not step.after for step in team.steps) - 1, 0)


def dues(alert: AlertFacts, team: Team, state: TeamState, now: datetime) -> list[Due]:
    """All that is due now or later for a team as it stands, by time. An acknowledged alert is only re-alarmed; an
    unacknowledged one that the team was told of is repeated and escalates."""
    if alert.acknowledged_at is not None and alert.is_acknowledged:
        gap = team.policy.realarm[alert.severity]
        return [] if gap is None else [Due(min(alert.acknowledged_at, now) + max(gap, _SHORTEST), Occasion.REALARMED)]
    found = []
    if state.told_at is not None:
        told_at = min(state.told_at, now)
        found += [
            Due(told_at + step.after, Occasion.ESCALATED, number)
            for number, step in enumerate(team.steps)
            if number > state.step and step.after and step.concerns(alert.severity)
        ]
    gap = team.policy.repeat[alert.severity]
    if state.last_at is not None and gap is not None:
        found.append(Due(min(state.last_at, now) + max(gap, _SHORTEST), Occasion.REPEATED))
    return sorted(found, key=lambda due: (due.at, due.event != Occasion.ESCALATED, due.step or 0))
