"""The dispatcher against a slow model of what was promised, on days of alerts, holds and people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.dispatch.contract import SeriesHold
from domain.alerts import Severity
from domain.roster import Roster
from tests.unit.alerts.dispatch_memory import CITY, MINUTE, NIGHT, PEOPLE, ROUTES, START, Memory
from tests.unit.alerts.telling_model import Model, Telling

#: No floods, groups and flapping.
_ALONE = {"flood_count": 10**6, "group_interval": timedelta(0), "flap_changes": 10**6}
TEAMS = {
    code: replace(team, policy=replace(team.policy, **_ALONE)) for code, team in {"city": CITY, "night": NIGHT}.items()
}
RECEIVERS = {
    ("city", 0): ("robot/team:city", "sms/person:wang"),
    ("city", 1): ("robot/team:city", "sms/person:li"),
    ("night", 0): ("robot/team:night",),
    ("night", 1): ("robot/team:night",),
    ("night", 2): ("robot/team:night",),
}
SERIES = ("point:tianhe/P1", "point:beishan/P1", "point:beishan/P2")
ACTIONS = st.one_of(
    st.tuples(st.just("fire"), st.sampled_from(SERIES), st.sampled_from(tuple(Severity))),
    st.tuples(st.sampled_from(("resolve", "acknowledge", "release")), st.sampled_from(SERIES)),
    st.tuples(st.just("shelve"), st.sampled_from(SERIES), st.sampled_from((5, 20, 90, 400))),
)
MINUTES = st.one_of(st.integers(0, 20), st.integers(0, 300), st.integers(0, 1500))
TIMELINES = st.lists(st.tuples(MINUTES, st.lists(ACTIONS, min_size=1, max_size=3)), min_size=2, max_size=10)


class Both:
    """The dispatcher's plan and the model, told of the same."""

    def __init__(self) -> None:
        self.memory = Memory(roster=Roster(PEOPLE, TEAMS))
        self.model = Model(TEAMS, RECEIVERS)
        self.now = START

    def act(self, action: tuple[Any, ...]) -> None:
        kind, subject, *rest = action
        key = ("legal.hourly", subject)
        lasting = [a for a in self.memory.alerts.values() if a.is_firing and a.subject == subject]
        if kind == "fire":
            number = self.memory.fire(self.now, *key, rest[0])
            if number is not None:
                teams = ROUTES.teams(self.memory.alerts[number].labels)
                self.model.fire(number, subject, rest[0], teams)
        elif kind == "shelve" and self.model.held_until.get(subject, self.now) <= self.now:  # or it is on the shelf
            until = self.now + rest[0] * MINUTE
            self.memory.holds[key] = (SeriesHold("shelved", until),)
            self.model.held_until[subject] = until
        elif kind == "release":
            if self.memory.holds.pop(key, None) is not None:
                for alert in lasting:
                    self.memory.news.setdefault(alert.alert_id, []).append(("released", self.now))
            self.model.held_until.pop(subject, None)
        for alert in lasting:
            problem = self.model.problems[alert.alert_id]
            if kind == "resolve":
                self.memory.resolve(self.now, alert.alert_id)
                problem.is_firing = False
            elif kind == "acknowledge" and not alert.is_acknowledged and not problem.is_new:
                self.memory.acknowledge(self.now, alert.alert_id)
                problem.acknowledged_at = self.now

    def until(self, at: datetime) -> None:
        """Let time pass, to before an instant; both look whenever they want to."""
        while self.now + MINUTE < at:
            self.now += MINUTE
            self.look(only_due=True)
        self.now = at

    def look(self, *, only_due: bool = False) -> None:
        due = self.memory.next_at()
        if not only_due or (due is not None and due <= self.now):
            self.memory.step(self.now)
        self.model.minute(self.now)

    def found(self) -> list[Telling]:
        return sorted(
            Telling(at, number, event, message.team.code, f"{message.receiver.channel}/{message.receiver.name}")
            for at, message in self.memory.messages
            for number, event in message.alerts
        )


def _lines(said: list[Telling], since: datetime = START) -> list[str]:
    return [f"{(one.at - since) // MINUTE} #{one.alert} {one.event} {one.team} {one.receiver}" for one in sorted(said)]


@settings(max_examples=20, deadline=None)
@given(TIMELINES)
def test_the_dispatcher_tells_what_was_promised(timeline: Any) -> None:
    both = Both()
    for minutes, actions in timeline:
        both.until(both.now + minutes * MINUTE)
        for action in actions:
            both.act(action)
        both.look()
    both.until(both.now + 1600 * MINUTE)
    assert _lines(both.found()) == _lines(both.model.said)
