"""Reads what the dispatcher decides by, in a bounded number of statements, and writes its plan."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.dispatch.audience import DUTY
from alerts.dispatch.contract import (
    AlertFacts,
    AlertNews,
    Cause,
    ChannelInfo,
    Flap,
    Flood,
    Notice,
    PlannedMessage,
    Progress,
    SeriesHold,
    Silence,
    Subject,
    TeamState,
    World,
)
from alerts.dispatch.inhibit import Table
from alerts.dispatch.late import Lateness
from alerts.dispatch.past import Past
from alerts.messages import Receiver
from domain.alerts import Condition, Occasion, Resolution, Severity
from domain.errors import BadInput
from domain.findings import Subject as AlertSubject
from domain.findings import SubjectKind
from domain.marks import LONGEST, STOPPED
from domain.periods import HOUR
from domain.roster import Roster, TeamPolicy
from domain.routing import Routes
from domain.telling import NewsKind, Reason
from storage import channels as channelstates
from storage import dispatchfacts as facts
from storage import roster as people
from storage import silences
from storage.database import Connection
from storage.dispatch import News, ToldTo, handed_over, received_by, told_before, told_to
from storage.dispatchfacts import FactsRow

logger = logging.getLogger(__name__)

#: As rules/packs say for data.gateway_offline: a gateway that another one has outlived for so long is no more.
FORGET = timedelta(days=7)
_LONGEST_FLAP = timedelta(days=31)
#: Occasions that tell once more that an alert lasts.
_AGAIN = frozenset({Occasion.REPEATED, Occasion.REALARMED, Occasion.ESCALATED})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a step looks at. findings: the newest finding of each alert, for its history."""

    world: World
    subjects: list[Subject]
    findings: Mapping[int, int]


async def people_and_routes(connection: Connection, at: datetime) -> tuple[Roster, Routes] | None:
    """The register's teams; None, and an error in the log, when they cannot be read."""
    try:
        return await people.load(connection, at)
    except BadInput:
        logger.exception("teams and routes cannot be read: the built-in team is told")
        return None


async def load(
    connection: Connection,
    now: datetime,
    *,
    news: Sequence[News],
    due: Iterable[int],
    floods: Mapping[str, Flood],
    came: Mapping[str, tuple[int, int]],
    roster: Roster,
    routes: Routes,
    channels: Sequence[ChannelInfo],
    notify_within_h: float,
    table: Table,
) -> Loaded:
    """All that the plan of a step needs."""
    ids = {one.alert_id for one in news} | set(due)
    rows = await facts.facts(connection, ids)
    by_alert = _news(news)
    moved = [number for number, one in by_alert.items() if one.kinds & {"fired", "resolved"}]
    policies = [team.policy for team in roster.teams.values()] or [TeamPolicy.DEFAULT]
    window = min(max(policy.flap_window for policy in policies), _LONGEST_FLAP)
    changes = await facts.changes(connection, moved, now - window, now) if moved else {}
    subjects = []
    for row in rows:
        alert = replace(_facts(row), changes=tuple(sorted(changes.get(row.alert_id, ()))))
        subjects.append(Subject(alert, by_alert.get(row.alert_id, AlertNews()), _progress(row)))
    over = [one.facts.alert_id for one in subjects if not one.facts.is_firing]
    firing = [one.facts for one in subjects if one.facts.is_firing]
    causes, dark = await _causes(connection, firing, table, now)
    stopped = await facts.stopped(connection, STOPPED, now, LONGEST)
    world = World(
        now=now,
        roster=roster,
        routes=routes,
        channels=tuple(channels),
        notify_within_h=notify_within_h,
        holds=_holds(await facts.holds(connection, ids, now)),
        silences=tuple(
            Silence(one.silence_id, one.matchers, one.ends_at) for one in await silences.standing(connection, now)
        ),
        stopped=stopped,
        causes=causes,
        dark=dark,
        notices=tuple(Notice(**row) for row in await facts.notices(connection, now)),
        flaps={
            (row["rule_id"], row["subject"]): Flap(until=row.pop("until_at"), **row)
            for row in await facts.flaps(connection, ids, now)
        },
        floods=floods,
        came=came,
        group_last=await facts.group_last(connection, now - max(p.group_interval for p in policies), now),
        told_to=_told_to(await told_to(connection, over)) if over else {},
        failing={
            one.channel: one.last_failure_at or one.failing_since
            for one in await channelstates.states(connection)
            if one.failing_since is not None
        },
        behind=await _behind(connection, firing, stopped),
        late=await _late(connection, subjects, now, HOUR * notify_within_h),
    )
    return Loaded(world, subjects, {row.alert_id: row.finding_id for row in rows})


def flood_windows(roster: Roster, floods: Mapping[str, Flood], now: datetime) -> dict[str, datetime]:
    """Since when alerts count for a flood, of every team."""
    windows = {code: now - team.policy.flood_window for code, team in roster.teams.items()}
    for code in (DUTY, *floods):
        windows.setdefault(code, now - TeamPolicy.DEFAULT.flood_window)
    return windows


def _news(news: Iterable[News]) -> dict[int, AlertNews]:
    kinds: dict[int, set[NewsKind]] = defaultdict(set)
    established: dict[int, datetime] = {}
    for one in news:
        kinds[one.alert_id].add(one.kind)
        if one.kind == "fired":
            established[one.alert_id] = max(one.established_at, established.get(one.alert_id, one.established_at))
    return {number: AlertNews(frozenset(found), established.get(number)) for number, found in kinds.items()}


async def load_past(connection: Connection, messages: Iterable[PlannedMessage], most: int) -> Past:
    """What messages that tell again need to know; of each message's alerts the first `most`.

    At most three statements, and none where alerts are only told for the first time or are over.
    """
    again: set[int] = set()
    handed: set[int] = set()
    waiting: dict[tuple[int, str, datetime], None] = {}
    for message in messages:
        again |= {number for number, event in message.alerts[:most] if event in _AGAIN}
        handed |= {number for number, event in message.alerts[:most] if event is Occasion.HANDED_OVER}
        if message.waits is not None:
            number, since = message.waits
            waiting[number, message.team.code, since] = None
    asked = list(waiting)
    received = await received_by(connection, asked) if asked else {}
    return Past(
        {(one.alert_id, one.team): one for one in (await told_before(connection, again) if again else ())},
        {asked[place]: names for place, names in received.items()},
        {one.alert_id: one for one in (await handed_over(connection, handed) if handed else ())},
    )


def labels(row: FactsRow) -> dict[str, str]:
    """An alert as matchers see it."""
    return {
        "rule": row.rule_id,
        "severity": row.severity,
        "condition": row.condition,
        "subject": row.subject,
        "kind": row.subject.partition(":")[0],
        "enterprise": row.enterprise or "",
        "district": row.district or "",
        "park": row.park or "",
    }


def _facts(row: FactsRow) -> AlertFacts:
    return AlertFacts(
        alert_id=row.alert_id,
        rule_id=row.rule_id,
        subject=row.subject,
        severity=Severity(row.severity),
        condition=Condition(row.condition),
        is_firing=row.state != "resolved",
        is_withdrawn=row.resolution == Resolution.SUPERSEDED,
        labels=labels(row),
        enterprise=row.enterprise,
        outlet=_outlet(AlertSubject.parse(row.subject), row.point_outlet),
        occurred_at=row.occurred_at,
        acknowledged_at=row.acknowledged_at,
        realarmed_at=row.realarmed_at,
        assignee=row.assignee,
    )


def _outlet(subject: AlertSubject, of_point: str | None = None) -> str | None:
    if subject.kind is SubjectKind.OUTLET:
        return subject.key
    if subject.kind is SubjectKind.POLLUTANT:
        return subject.key.rpartition("/")[0]
    return of_point


def _progress(row: FactsRow) -> Progress | None:
    if row.dispatch_state is None or row.dispatch_reason is None or row.since_at is None:
        return None
    stored = dict(row.progress or {})
    whole = stored.pop("*", {})
    return Progress(
        state=row.dispatch_state,  # type: ignore[arg-type]
        reason=Reason(row.dispatch_reason),
        since_at=row.since_at,
        teams={code: _team_state(state) for code, state in sorted(stored.items())},
        cause_alert_id=row.cause_alert_id,
        settle_at=_instant(whole.get("settle_at")),
        next_at=row.next_at,
    )


def _team_state(stored: Mapping[str, Any]) -> TeamState:
    held, waiting = stored.get("held"), stored.get("waiting")
    return TeamState(
        told_at=_instant(stored.get("told_at")),
        last_at=_instant(stored.get("last_at")),
        count=stored.get("count", 0),
        step=stored.get("step", 0),
        held=None if held is None else Reason(held),
        waiting=None if waiting is None else Occasion(waiting),
        next_at=_instant(stored.get("next_at")),
        by_digest=stored.get("by_digest", False),
    )


def stored_progress(progress: Progress) -> dict[str, Any]:
    """As JSON: by team, what is not as it is at first; under `*` what concerns all."""
    found: dict[str, Any] = {}
    for code, state in progress.teams.items():
        values = {
            "told_at": _text(state.told_at),
            "last_at": _text(state.last_at),
            "count": state.count,
            "step": state.step,
            "held": state.held,
            "waiting": state.waiting,
            "next_at": _text(state.next_at),
            "by_digest": state.by_digest,
        }
        found[code] = {key: value for key, value in values.items() if value}
    if progress.settle_at is not None:
        found["*"] = {"settle_at": _text(progress.settle_at)}
    return found


def _holds(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[SeriesHold, ...]]:
    found: dict[tuple[str, str], tuple[SeriesHold, ...]] = {}
    for row in rows:
        key = (row["rule_id"], row["subject"])
        held = SeriesHold(row["kind"], row["until_at"], row["author"])
        found[key] = (*(one for one in found.get(key, ()) if one != held), held)
    return found


def _told_to(rows: Iterable[ToldTo]) -> dict[int, dict[str, tuple[Receiver, ...]]]:
    found: dict[int, dict[str, tuple[Receiver, ...]]] = defaultdict(dict)
    for row in rows:
        code = row.team or DUTY
        found[row.alert_id][code] = (*found[row.alert_id].get(code, ()), Receiver(row.channel, row.receiver))
    return dict(found)


async def _causes(
    connection: Connection, alerts: Sequence[AlertFacts], table: Table, now: datetime
) -> tuple[tuple[Cause, ...], dict[str, int]]:
    """Open causes of the enterprises that alerts are of, and what lies behind gateways that are offline."""
    enterprises = {alert.enterprise for alert in alerts if alert.enterprise is not None}
    if not enterprises:
        return (), {}
    rows = await facts.causes(connection, table.cause_rules, enterprises, now)
    causes = tuple(
        Cause(outlet=_outlet(AlertSubject.parse(row["subject"]), row.pop("point_outlet")), **row) for row in rows
    )
    offline = {one.subject: one.alert_id for one in reversed(causes) if one.rule_id in table.gateway_rules}
    dark: dict[str, int] = {}
    if offline:
        for row in await facts.dark(connection, enterprises, list(offline), FORGET):
            number = min(offline[gateway] for gateway in row["gateways"])
            keys = [f"point:{row['enterprise']}/{row['point']}"]
            if row["outlet"] is not None:
                keys.append(f"outlet:{row['enterprise']}/{row['outlet']}")
            for key in keys:
                dark[key] = min(number, dark.get(key, number))
    return causes, dark


async def _behind(
    connection: Connection, alerts: Iterable[AlertFacts], stopped: Mapping[str, datetime]
) -> dict[str, frozenset[str]]:
    """The outlets behind gateways that alerts are about; asked for only where some plant stands still."""
    gateways = [one.subject for one in alerts if one.labels["kind"] == SubjectKind.GATEWAY] if stopped else []
    return await facts.behind(connection, gateways, FORGET) if gateways else {}


async def _late(
    connection: Connection, subjects: Iterable[Subject], now: datetime, within: timedelta
) -> dict[int, Lateness]:
    """How alerts came to be known that last, were last seen longer ago, and that nobody was told of."""
    numbers = [
        one.facts.alert_id
        for one in subjects
        if one.facts.is_firing
        and (
            (one.news.established_at is not None and now - one.news.established_at > within)
            or (one.progress is not None and one.progress.reason is Reason.HISTORICAL)
        )
    ]
    rows = await facts.lateness(connection, numbers, within) if numbers else []
    return {
        row.alert_id: Lateness(
            row.established_at, row.computed_at, row.evaluated_at, row.missed_from, row.missed_to, row.is_waiting
        )
        for row in rows
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
