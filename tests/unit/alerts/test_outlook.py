"""What comes if nobody acknowledges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.dispatch.outlook import outlook
from domain.alerts import Occasion, Severity
from domain.roster import Person, Roster
from domain.teams import Step, Team

CRITICAL = frozenset({Severity.CRITICAL})
STEPS = (
    Step(timedelta(0), "on_duty"),
    Step(timedelta(minutes=90), "person:li", CRITICAL),
    Step(timedelta(minutes=15), "next", CRITICAL),
    Step(timedelta(hours=2), "team:absent", CRITICAL),
)


@pytest.mark.parametrize(
    ("severity", "event", "said"),
    [
        ("critical", "firing", "15 分钟无人签收，通知下一班；90 分钟无人签收，通知李强；2 小时无人签收，通知absent。"),
        ("critical", "escalated", "一直无人签收，每 4 小时再次提醒。"),
        ("critical", "repeated", "一直无人签收，每 4 小时再次提醒。"),
        ("warning", "firing", "一直无人签收，每 24 小时再次提醒。"),
        ("info", "firing", ""),
        ("critical", "resolved", ""),
    ],
)
def test_outlook(severity: str, event: str, said: str) -> None:
    person = Person("li", "李强", None, (), True)
    roster = Roster(people={"li": person}, teams={}, shifts=(), overrides=())
    team = Team("duty", "值班", None, None, None, (), STEPS)
    assert outlook(team, Severity(severity), Occasion(event), roster) == said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (2, "再过 75 分钟仍无人签收，通知李强；再过 105 分钟仍无人签收，通知absent。"),
        (1, "再过 30 分钟仍无人签收，通知absent。"),
        (3, "一直无人签收，每 4 小时再次提醒。"),
    ],
)
def test_an_escalation_says_which_steps_are_left(step: int, said: str) -> None:
    person = Person("li", "李强", None, (), True)
    roster = Roster(people={"li": person}, teams={}, shifts=(), overrides=())
    team = Team("duty", "值班", None, None, None, (), STEPS)
    assert outlook(team, Severity.CRITICAL, Occasion.ESCALATED, roster, step) == said
