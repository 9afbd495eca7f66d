"""What messages say: the body that is stored with a notification, for every channel to make its own text of. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from alerts.dispatch.contract import PlannedMessage
from alerts.dispatch.outlook import outlook
from alerts.dispatch.past import Past
from alerts.messages import OCCASION_WORDS, alert_body
from alerts.wording import SEVERITY_WORDS
from domain.alerts import Condition, Occasion, Resolution, Severity, Span
from domain.findings import Subject
from domain.roster import Roster, Turn

#: A message tells so many alerts one by one; the others are counted.
MOST = 500
_GROUP_WORDS = OCCASION_WORDS | {Occasion.RESOLVED: "已恢复", Occasion.DIGEST: "汇总"}


class Content(Protocol):
    """An alert as messages tell it."""

    @property
    def alert_id(self) -> int: ...
    @property
    def rule_id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def condition(self) -> str: ...
    @property
    def resolution(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Any]: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def detected_at(self) -> datetime: ...
    @property
    def fired_at(self) -> datetime | None: ...
    @property
    def last_seen_at(self) -> datetime: ...
    @property
    def resolved_at(self) -> datetime | None: ...
    @property
    def finding_id(self) -> int: ...
    @property
    def acknowledged_at(self) -> datetime | None: ...
    @property
    def acknowledged_by(self) -> str | None: ...


class Bodies:
    """Writes the bodies of one step; each alert's part is made once for each occasion."""

    def __init__(
        self,
        contents: Mapping[int, Content],
        roster: Roster,
        public_url: str,
        now: datetime,
        past: Past | None = None,
    ) -> None:
        self._contents = contents
        self._roster = roster
        self._public_url = public_url
        self._now = now
        self._past = past or Past()
        self._alerts: dict[tuple[int, Occasion, str], dict[str, Any]] = {}
        self._turns: dict[str, tuple[Turn, ...]] = {}

    def body(self, message: PlannedMessage) -> dict[str, Any]:
        """The body of a message; its alerts' contents must be known, at least of the first MOST."""
        alerts = [self._alert(number, event, message.team.code) for number, event in message.alerts[:MOST]]
        first, count = alerts[0], len(message.alerts)
        # what comes next, comes of what lasts
        lasting = next((Severity(alert["severity"]) for alert in alerts if alert["event"] != Occasion.RESOLVED), None)
        turns = self._on_duty(message.team.code)
        shifts = {person: turn.shift_name for turn in turns for person in turn.people}
        return {
            "event": str(message.event),
            "team": message.team.code,
            "team_name": message.team.name,
            "to": [self._name(person, shifts) for person in message.people],
            "people": list(message.people),
            "next": ""
            if lasting is None
            else outlook(message.team, lasting, message.event, self._roster, message.step),
            "reason": str(message.reason),
            "count": count,
            "title": first["title"] if count == 1 else _title(message, alerts, count),
            "url": first["url"] if count == 1 else f"{self._public_url}/{_query(message, alerts)}",
            "sent_at": self._now.isoformat(),
            "waited": self._waited(message),
            "shift": None if not turns else _shift(turns[0]),
            "alert": first,
            "alerts": alerts,
            "left_off": count - len(alerts),
        }

    def _waited(self, message: PlannedMessage) -> dict[str, Any] | None:
        """Since when nobody has acknowledged what an escalation is about, and who was told then."""
        if message.waits is None:
            return None
        number, since = message.waits
        names = self._past.received.get((number, message.team.code, since), ())
        return {"since": since.isoformat(), "minutes": int((self._now - since).total_seconds() // 60), "to": [*names]}

    def _told(self, number: int, team: str) -> dict[str, Any] | None:
        found = self._past.told.get((number, team))
        if found is None:
            return None
        return {
            "count": found.count,
            "first_at": found.first_at.isoformat(),
            "last_at": found.last_at.isoformat(),
            "last_value": found.last_value,
        }

    def _handed(self, number: int, event: Occasion) -> dict[str, Any] | None:
        found = self._past.handed.get(number) if event is Occasion.HANDED_OVER else None
        return None if found is None else {"by": found.actor, "at": found.at.isoformat(), "comment": found.comment}

    def _alert(self, number: int, event: Occasion, team: str) -> dict[str, Any]:
        key = (number, event, team)
        if key not in self._alerts:
            one = self._contents[number]
            self._alerts[key] = alert_body(
                event,
                alert_id=one.alert_id,
                rule_id=one.rule_id,
                subject=one.subject,
                enterprise=Subject.parse(one.subject).enterprise,
                severity=Severity(one.severity),
                span=Span(one.occurred_at, one.last_seen_at, one.fired_at, one.resolved_at),
                resolution=None if one.resolution is None else Resolution(one.resolution),
                detected_at=one.detected_at,
                notified_at=self._now,
                title=one.title,
                summary=one.summary,
                details=one.details,
                finding_id=one.finding_id,
                url=f"{self._public_url}/alerts/{number}",
                api_url=f"{self._public_url}/v1/alerts/{number}",
                condition=Condition(one.condition),
                acknowledged_at=one.acknowledged_at,
                acknowledged_by=one.acknowledged_by,
            ) | {"event": str(event), "told": self._told(number, team), "handed_over": self._handed(number, event)}
        return self._alerts[key]

    def _on_duty(self, team: str) -> tuple[Turn, ...]:
        if team not in self._turns:
            self._turns[team] = self._roster.on_duty(team, self._now) if team in self._roster.teams else ()
        return self._turns[team]

    def _name(self, person: str, shifts: Mapping[str, str]) -> str:
        known = self._roster.people.get(person)
        name = person if known is None else known.name
        return f"{name}（{shifts[person]}）" if shifts.get(person) else name


def _shift(turn: Turn) -> dict[str, Any]:
    return {
        "code": turn.shift,
        "name": turn.shift_name,
        "from": turn.period.start.isoformat(),
        "until": turn.period.end.isoformat(),
    }


def _query(message: PlannedMessage, alerts: Sequence[Mapping[str, Any]]) -> str:
    """What narrows the desk's list to about what a message is about: its plant, or else its team."""
    plants = {alert["enterprise"] for alert in alerts}
    is_known = len(plants) == 1 and None not in plants and len(alerts) == len(message.alerts)
    asked = {"enterprise": plants.pop()} if is_known else {"team": message.team.code}
    severities = {alert["severity"] for alert in alerts}
    if message.event is Occasion.ESCALATED and len(severities) == 1:
        asked["severity"] = severities.pop()
    return f"?{urlencode(asked)}"


def _title(message: PlannedMessage, alerts: Sequence[Mapping[str, Any]], count: int) -> str:
    """The title of a message about several alerts: what has become of them, whose they are, how many of what weight."""
    severities = Counter(Severity(alert["severity"]) for alert in alerts)
    word = _GROUP_WORDS.get(message.event, SEVERITY_WORDS[Severity(alerts[0]["severity"])])
    owners = {alert["enterprise_name"] or alert["subject_name"] for alert in alerts}
    owner = next(iter(owners)) if len(owners) == 1 and None not in owners else f"{len(owners)} 家单位"
    if count > len(alerts):
        owner = message.team.name
    weights = "、".join(f"{SEVERITY_WORDS[one]} {severities[one]}" for one in Severity if severities[one])
    over = sum(event is Occasion.RESOLVED for _, event in message.alerts)
    ended = f"，其中 {over} 条已恢复" if message.event is Occasion.DIGEST and over else ""
    told = f"（{weights}）" if count == len(alerts) else ""
    return f"【{word}】{owner}：{count} 条告警{told}{ended}"
