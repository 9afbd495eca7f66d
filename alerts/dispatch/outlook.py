"""What comes if nobody acknowledges, in one sentence: who reads a message at night may go by it. Pure."""

from __future__ import annotations

from datetime import timedelta

from domain.alerts import Occasion, Severity
from domain.roster import Roster
from domain.teams import Team

_TO = {"on_duty": "当班人员", "next": "下一班", "lead": "负责人"}
_MINUTE = timedelta(minutes=1)
#: Occasions from which an escalation counts.
_BEGINS = frozenset({Occasion.FIRING, Occasion.REALARMED, Occasion.DIGEST})


def outlook(team: Team, severity: Severity, event: Occasion, roster: Roster, step: int | None = None) -> str:
    """Who is told next and when, or when the same people are told again; empty where nothing comes.

    step: the step of the team that an escalation is.
    """
    if event in (Occasion.RESOLVED, Occasion.HANDED_OVER, Occasion.TEST):
        return ""
    steps = sorted((s for s in team.steps if s.after and s.concerns(severity)), key=lambda step: step.after)
    if steps and event in _BEGINS:
        said = "；".join(f"{_span(step.after)}无人签收，通知{_who(step.to, roster)}" for step in steps)
        return f"{said}。"
    if event is Occasion.ESCALATED and step is not None and step < len(team.steps):
        since = team.steps[step].after
        later = [one for one in steps if one.after > since]
        if later:
            said = "；".join(f"再过 {_span(one.after - since)}仍无人签收，通知{_who(one.to, roster)}" for one in later)
            return f"{said}。"
    again = team.policy.repeat.get(severity)
    return f"一直无人签收，每 {_span(again)}再次提醒。" if again is not None else ""


def _who(to: str, roster: Roster) -> str:
    kind, _, code = to.partition(":")
    if kind == "person":
        person = roster.people.get(code)
        return code if person is None else person.name
    if kind == "team":
        team = roster.teams.get(code)
        return code if team is None else team.name
    return _TO.get(to, to)


def _span(span: timedelta) -> str:
    minutes = int(span / _MINUTE)
    return f"{minutes} 分钟" if minutes % 60 or not minutes else f"{minutes // 60} 小时"
