"""A duty room for the dispatcher's tests: teams and people of a case, alerts written as the engine would, what is told.

All instants of a case are local (`08:10` on 2 November 2026, or `2026-11-03 08:10`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from alerts.messages import Message
from alerts.templates import layouts
from alerts.templates.sheet import sheet
from domain.alerts import Occasion
from tests.integration.alerts.world import World, instant, local

#: What a case may say of the channels; these are configured.
CHANNELS = (("robot", "dingtalk", True), ("sms", "sms", False), ("log", "log", True), ("email", "email", False))
_RANGE = re.compile(r"^([a-z]+)(\d+)\.\.[a-z]+(\d+)$")


def when(text: str) -> datetime:
    """`08:10` is on 2 November 2026."""
    return instant(text if " " in text else f"2026-11-02 {text}")


def names(text: str) -> list[str]:
    """`a1..a3` is a1, a2, a3."""
    found = _RANGE.match(text)
    return [f"{found[1]}{n}" for n in range(int(found[2]), int(found[3]) + 1)] if found else [text]


class Room:
    """A world with a roster; alerts have short names of their own."""

    def __init__(self, world: World, case: Mapping[str, Any]) -> None:
        self.world = world
        self._url = world.url
        self._connection: psycopg.Connection[Any] | None = None
        self.ids: dict[str, int] = {}
        self._finding = world.finding("legal.hourly", "pollutant:tianhe/S1/so2", "2026-11-02T07", "violation")
        world.execute("delete from alert_work")
        self._seen = (0, 0)
        for person in case.get("person", ()):
            self._run(
                "insert into person (code, name, contacts) values (%s, %s, %s)",
                person["code"], person.get("name", person["code"]),
                json.dumps([{"channel": c, "address": "13800000000"} for c in person.get("channels", ["sms"])]),
            )  # fmt: skip
        for team in case.get("team", ()):
            self._run(
                "insert into team (code, name, lead, channels, escalation, policy) values (%s, %s, %s, %s, %s, %s)",
                team["code"], team.get("name", team["code"]), team.get("lead"), team.get("channels", []),
                json.dumps(team.get("escalation", [])), json.dumps(team.get("policy", {})),
            )  # fmt: skip
        for shift in case.get("shift", ()):
            self._run(
                "insert into duty_shift (team_id, code, name, starts_at, hours, members, anchor_on, valid_from, days)"
                " select team_id, %s, %s, %s, %s, %s, '2026-11-02', '2026-01-01', %s from team where code = %s",
                shift["code"], shift.get("name", shift["code"]), shift["starts_at"], shift["hours"], shift["members"],
                shift.get("days", "all"), shift["team"],
            )  # fmt: skip
        self._route(case.get("route", ()))
        for line in case.get("points", ()):
            place, outlet, *gateways = line.split()
            enterprise, code = place.split("/")
            (point,) = self._rows(
                "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id,"
                " in_service_from) select e.enterprise_id, %s, %s, 'instantaneous', 'so2', 'mg/m3', 60, o.outlet_id,"
                " '2025-01-01' from enterprise e left join outlet o on o.enterprise_id = e.enterprise_id"
                " and o.code = %s"
                " where e.code = %s returning point_id",
                code, code, outlet, enterprise,
            )  # fmt: skip
            for gateway in gateways:
                self._run(
                    "insert into gateway_point (enterprise_id, gateway, point_id, first_at, last_at)"
                    " values (%s, %s, %s, '2026-10-01Z', '2026-11-02Z')",
                    world.enterprises[enterprise], gateway, point[0],
                )  # fmt: skip

    def _route(self, routes: Iterable[Mapping[str, Any]]) -> None:
        for number, route in enumerate(routes, 1):
            self._run(
                "insert into alert_route (code, position, matchers, team_id, goes_on)"
                " select %s, %s, %s, team_id, %s from team where code = %s",
                f"r{number}", number, json.dumps(route.get("matchers", [])), route.get("goes_on", False), route["team"],
            )  # fmt: skip

    def _rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        if self._connection is not None:
            return self._connection.execute(query, parameters).fetchall()
        return self.world.rows(query, parameters)

    def _run(self, statement: str, *parameters: Any) -> None:
        self._rows(f"with done as ({statement} returning 1) select count(*) from done", *parameters)

    def act(self, step: Mapping[str, Any]) -> None:
        """What happens at an instant: fire, resolve, withdraw, acknowledge, hand_over, hold, end, silence, stop,
        failing, works, figures; and what a new site file brings: leave, join, lead, reroute."""
        with psycopg.connect(self._url) as self._connection:
            self._act(step)
        self._connection = None

    def _act(self, step: Mapping[str, Any]) -> None:
        at = when(step["at"])
        self._apply(step)
        for line in step.get("fire", ()):
            self._fire(line, at, step)
        for line in step.get("figures", ()):  # name value limit unit
            name, value, limit, unit = line.split()
            said = {"value": float(value), "limit": float(limit), "unit": unit}
            self._run(
                "update alert set details = details || %s::jsonb where alert_id = %s", json.dumps(said), self.ids[name]
            )
        for line in step.get("resolve", ()):
            self._end(line, at, "compliant", "resolved")
        for line in step.get("withdraw", ()):
            self._end(line, at, "superseded", "withdrawn")
        for name in step.get("acknowledge", ()):
            self._run(
                "update alert set acknowledged_at = %s, acknowledged_by = '王维' where alert_id = %s",
                at,
                self.ids[name],
            )
            self.news(name, "acknowledged", at)
        for line in step.get("hand_over", ()):
            name, person = line.split()
            self._run("update alert set assignee = %s where alert_id = %s", person, self.ids[name])
            self._event(self.ids[name], at, "handed_over", "请核实", actor="王维")
            self.news(name, "handed_over", at)
        for line in step.get("hold", ()):  # name kind [until]
            name, kind, *until = line.split(maxsplit=2)
            self._run(
                "insert into alert_hold (kind, rule_id, subject, from_at, until_at, author, reason)"
                " select %s, rule_id, subject, %s, %s, '王维', '检修' from alert where alert_id = %s",
                kind, at, when(until[0]) if until else None, self.ids[name],
            )  # fmt: skip
        for name in step.get("end_hold", ()):
            self._run(
                "update alert_hold h set ended_at = %s, ended_by = '王维' from alert a"
                " where a.alert_id = %s and h.rule_id = a.rule_id and h.subject = a.subject and h.ended_at is null",
                at, self.ids[name],
            )  # fmt: skip
            self.news(name, "released", at)
        for silence in step.get("silence", ()):
            self._run(
                "insert into silence (matchers, starts_at, ends_at, author, comment, created_at)"
                " values (%s, %s, %s, '赵磊', '检修', %s)",
                json.dumps(silence["matchers"]), when(silence.get("from", step["at"])), when(silence["until"]), at,
            )  # fmt: skip
        for line in step.get("stop", ()):  # outlet until
            outlet, until = line.split(maxsplit=1)
            enterprise, code = outlet.split("/")
            self._run(
                "insert into mark (enterprise_id, outlet_id, dimension, kind, start_at, end_at, origin, author, reason,"
                " created_at) select e.enterprise_id, o.outlet_id, 'process', 'stopped', %s, %s, 'manual', 'x', 'x', %s"
                " from enterprise e join outlet o using (enterprise_id) where e.code = %s and o.code = %s",
                at, when(until), at, enterprise, code,
            )  # fmt: skip
        for line in step.get("failing", ()):  # a channel that took nothing then
            self._run(
                "insert into channel_state (channel, failing_since, last_failure_at, failures) values (%s, %s, %s, 1)"
                " on conflict (channel) do update set last_failure_at = excluded.last_failure_at,"
                " failing_since = coalesce(channel_state.failing_since, excluded.failing_since)",
                line, at, at,
            )  # fmt: skip
        for line in step.get("works", ()):
            self._run("update channel_state set failing_since = null where channel = %s", line)
        for notice in step.get("notice", ()):
            self._run(
                "insert into history_notice (from_at, to_at, until_at, author, created_at)"
                " values (%s, %s, %s, 'x', %s)",
                when(notice["from"]), when(notice["to"]), when(notice["until"]), at,
            )  # fmt: skip

    def _apply(self, step: Mapping[str, Any]) -> None:
        for code in step.get("leave", ()):
            self._run("update person set active = false where code = %s", code)
        for code in step.get("join", ()):
            self._run("update person set active = true where code = %s", code)
        for line in step.get("lead", ()):  # team person
            team, person = line.split()
            self._run("update team set lead = %s where code = %s", person, team)
        if "reroute" in step:
            self._run("delete from alert_route")
            self._route(step["reroute"])

    def _fire(self, line: str, at: datetime, step: Mapping[str, Any]) -> None:
        """`name rule subject severity [condition]`, a `#` in the subject is the number of the name."""
        name, rule, subject, severity, *condition = line.split()
        established = when(step["established"]) if "established" in step else at
        for one in names(name):
            about = subject.replace("#", one.lstrip("abcdefghijklmnopqrstuvwxyz"))
            enterprise = about.partition(":")[2].partition("/")[0]
            ((alert_id,),) = self._rows(
                "insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details,"
                " occurred_at, detected_at, fired_at, last_seen_at, finding_id, condition)"
                " values (%s, %s, %s, %s, 'firing', %s, '', %s, %s, %s, %s, %s, %s, %s) returning alert_id",
                rule, about, self.world.enterprises.get(enterprise), severity, f"【警告】{one}",
                json.dumps({"enterprise_name": enterprise}), established, at, established, established, self._finding,
                condition[0] if condition else "violation",
            )  # fmt: skip
            self.ids[one] = alert_id
            self._event(alert_id, at, "firing")
            self.news(one, "fired", at, established)

    def _end(self, line: str, at: datetime, resolution: str, kind: str) -> None:
        for name in names(line):
            self._run(
                "update alert set state = 'resolved', resolution = %s, resolved_at = greatest(occurred_at, %s)"
                " where alert_id = %s",
                resolution, at, self.ids[name],
            )  # fmt: skip
            self._event(self.ids[name], at, "resolved", "superseded" if resolution == "superseded" else "compliant")
            self.news(name, kind, at)

    def _event(self, alert_id: int, at: datetime, kind: str, comment: str = "", actor: str = "plantwatch") -> None:
        self._run(
            "insert into alert_event (alert_id, at, kind, actor, comment) values (%s, %s, %s, %s, %s)",
            alert_id, at, kind, actor, comment,
        )  # fmt: skip

    def news(self, name: str, kind: str, at: datetime, established: datetime | None = None) -> None:
        """Leave news of an alert."""
        self._run(
            "insert into alert_news (alert_id, kind, established_at, at) values (%s, %s, %s, %s)",
            self.ids[name], kind, established or at, at,
        )  # fmt: skip

    def texts(self) -> list[str]:
        """New messages as people read them who get plain text; each text once. Asked before `told`."""
        rows = self._rows(
            "select event, body from notification where notification_id > %s order by notification_id", self._seen[0]
        )
        messages = (Message(1, Occasion(event), "log", "", "", 1, body) for event, body in rows)
        return list(dict.fromkeys(layouts.text(sheet(message), 4096) for message in messages))

    def told(self) -> list[str]:
        """New messages: `team event alerts > receivers`; alerts by name, with `:resolved` where they are over in a
        digest; messages of the same content are one line."""
        rows = self._rows(
            "select n.team, n.event, n.group_key, n.channel || '/' || n.receiver, n.body ->> 'reason',"
            " array_agg(na.alert_id order by na.alert_id), array_agg(na.event order by na.alert_id), n.notification_id"
            " from notification n join notification_alert na using (notification_id)"
            " where n.notification_id > %s group by n.notification_id order by n.notification_id",
            self._seen[0],
        )  # fmt: skip
        lines: dict[tuple[Any, ...], list[str]] = {}
        for team, event, key, receiver, reason, alerts, events, number in rows:
            lines.setdefault((team, event, key, reason, tuple(alerts), tuple(events)), []).append(receiver)
            self._seen = (max(self._seen[0], number), self._seen[1])
        return [
            f"{team} {event}/{reason} {self._many(alerts, events)} > {' '.join(receivers)}"
            for (team, event, _, reason, alerts, events), receivers in lines.items()
        ]

    def not_told(self) -> list[str]:
        """New decisions that are no messages: `alerts team event decision/reason`."""
        rows = self._rows(
            "select alert_id, team, event, decision || '/' || reason, decision_id from notification_decision"
            " where decision_id > %s and decision <> 'send' order by decision_id",
            self._seen[1],
        )
        lines: dict[tuple[Any, ...], list[int]] = {}
        for alert_id, team, event, decided, number in rows:
            lines.setdefault((team, event, decided), []).append(alert_id)
            self._seen = (self._seen[0], max(self._seen[1], number))
        return [f"{self._many(alerts)} {team} {event} {decided}" for (team, event, decided), alerts in lines.items()]

    def next_looks(self) -> dict[str, str]:
        """When each alert is to be looked at again, local; those that are not are left out."""
        known = {number: name for name, number in self.ids.items()}
        rows = self._rows("select alert_id, next_at from alert_dispatch where next_at is not null order by alert_id")
        return {known[number]: _short(at) for number, at in rows}

    def _many(self, alerts: Iterable[int], events: Sequence[str] = ()) -> str:
        known = {number: name for name, number in self.ids.items()}
        ended = {a for a, event in zip(alerts, events, strict=False) if event == "resolved"}
        mixed = ended and len(ended) < len(events)
        found = [known[a] + (":resolved" if mixed and a in ended else "") for a in alerts]
        return "+".join(_ranges(found))


def _ranges(found: list[str]) -> Iterator[str]:
    """a1, a2, a3, a4 as a1..a4."""
    run: list[str] = []
    for name in [*found, ""]:
        numbered = re.fullmatch(r"([a-z]+)(\d+)", name)
        if run and numbered and name == f"{numbered[1]}{int(re.sub(r'[a-z]', '', run[-1])) + 1}":
            run.append(name)
            continue
        if run:
            yield from [f"{run[0]}..{run[-1]}"] if len(run) > 3 else run
        run = [name] if numbered else []
        if name and not numbered:
            yield name


def _short(at: datetime) -> str:
    text = local(at)
    assert text is not None
    return text.removeprefix("2026-11-02 ")
