"""Decides whom to tell of what has become of alerts, and puts the messages into the outbox.

One step is one transaction: news taken, messages queued, decisions and progress written, or none of it. One dispatcher
works at a time, by an advisory lock that ends with the transaction; others find nothing to do. The number of statements
of a step does not depend on the number of alerts.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.dispatch.audience import DUTY
from alerts.dispatch.bodies import MOST, Bodies
from alerts.dispatch.contract import ChannelInfo, Flood, Plan, PlannedMessage, Progress
from alerts.dispatch.inhibit import shipped
from alerts.dispatch.loading import Loaded, flood_windows, load, load_past, people_and_routes, stored_progress
from alerts.dispatch.plan import plan
from alerts.messages import idempotency_key
from domain.alerts import EventKind, Occasion
from domain.roster import Roster, TeamPolicy
from domain.routing import Routes
from domain.telling import Decision, Reason
from storage import dispatch as store
from storage import dispatchfacts
from storage.alerts import Event, append_events
from storage.database import PASSING, Connection, Database

__all__ = ["DUTY", "ChannelInfo", "DispatchReport", "DispatchSettings", "Dispatcher"]

logger = logging.getLogger(__name__)

#: Occasions that tell that an alert lasts; that it was handed over to somebody is not that people know of it.
_TOLD = frozenset({Occasion.FIRING, Occasion.REPEATED, Occasion.REALARMED, Occasion.ESCALATED})


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """public_url: how people reach the duty desk, without a slash at the end. notify_within_h: nobody is told of
    violations whose last period ended longer ago. batch: news, and alerts that are due, of one step."""

    public_url: str = "http://127.0.0.1:8080"
    notify_within_h: float = 24.0
    batch: int = 20_000


@dataclass(slots=True)
class DispatchReport:
    """What a step did. taken: news and alerts looked at; notified: messages queued; not_notified: alerts that nobody
    will be told of; failed: of those taken, left for later; decisions: by (decision, reason)."""

    taken: int = 0
    failed: int = 0
    notified: int = 0
    not_notified: int = 0
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing that could be decided, or another dispatcher is at it."""
        return self.taken == self.failed

    def add(self, part: DispatchReport) -> None:
        """Count what a part of the step did."""
        self.notified += part.notified
        self.not_notified += part.not_notified
        self.decisions += part.decisions


class Dispatcher:
    """Any number may run on one database; one works at a time. channels: those that the outbox can deliver to."""

    def __init__(self, database: Database, channels: Sequence[ChannelInfo], settings: DispatchSettings) -> None:
        self._database = database
        self._channels = tuple(channels)
        self._settings = settings
        self._latest: datetime | None = None
        self._routes: Routes | None = None
        #: Of the alerts that wait for a time to come, those up to this number have been looked at; None: all.
        self._reviewed: int | None = 0

    async def step(self, now: datetime) -> DispatchReport:
        """Decide about what is new or due. now: the platform's clock, which may have been set: at first, and whenever
        it was set back or the routes have changed, everything that waits is looked at once, a batch a step.

        Raises StorageUnavailable; then nothing has changed.
        """
        report = DispatchReport()
        async with self._database.transaction() as connection:
            if not await store.try_lock(connection):
                return report
            news = await store.take_news(connection, self._settings.batch)
            ended = {one.alert_id for one in news if one.kind in ("resolved", "withdrawn")}
            due = await dispatchfacts.due(connection, now, ended, self._settings.batch)
            reviewed = 0 if self._latest is not None and now < self._latest else self._reviewed
            if reviewed is not None:
                ahead = await dispatchfacts.ahead(connection, now, reviewed, self._settings.batch)
                due |= set(ahead)
                reviewed = ahead[-1] if len(ahead) == self._settings.batch else None
            report.taken = len(news) + len(due)
            routes = await self._decide_all(connection, now, news, due, report)
            if routes is not None and routes != self._routes:
                # what lasts may be for other teams now
                reviewed = reviewed if self._routes is None else 0
        self._latest, self._reviewed, self._routes = now, reviewed, routes or self._routes
        return report

    async def _decide_all(
        self,
        connection: Connection,
        now: datetime,
        news: Sequence[store.News],
        due: set[int],
        report: DispatchReport,
        *,
        whole: bool = True,
    ) -> Routes | None:
        """All together; where that fails, each half of the alerts by itself, until those that fail stand alone: they
        keep nobody from hearing of the others. Gives the routes, None when they were not needed or cannot be read."""
        counted = DispatchReport()
        try:
            async with connection.transaction():
                routes = await self._decide(connection, now, news, due, counted, whole=whole)
        except PASSING:
            raise
        except Exception:  # whatever is wrong with one alert, the others are told
            numbers = sorted({one.alert_id for one in news} | due)
            if len(numbers) > 1:
                routes = None
                for part in (set(numbers[: len(numbers) // 2]), set(numbers[len(numbers) // 2 :])):
                    own = [one for one in news if one.alert_id in part]
                    found = await self._decide_all(connection, now, own, due & part, report, whole=False)
                    routes = found or routes
                return routes
            await store.give_back(connection, news)
            report.failed += len(news) + len(due)
            logger.exception("nobody can be told of an alert: it is tried again", extra={"alerts": numbers})
            return None
        report.add(counted)
        return routes

    async def _decide(
        self,
        connection: Connection,
        now: datetime,
        news: Sequence[store.News],
        due: set[int],
        report: DispatchReport,
        *,
        whole: bool,
    ) -> Routes | None:
        """whole: what waits for a digest is looked at with the rest; it may be what failed."""
        floods = {row["team"]: Flood(**row) for row in await dispatchfacts.floods(connection)}
        if not (news or due or floods):
            return None
        read = await people_and_routes(connection, now)
        roster, routes = read or (Roster(), Routes())
        came = await dispatchfacts.came(connection, flood_windows(roster, floods, now), now)
        waiting, is_over = await self._waiting(connection, floods, came, roster, now) if whole else (set(), False)
        if news or due or waiting or is_over:
            loaded = await load(
                connection,
                now,
                news=news,
                due=due | waiting,
                floods=floods,
                came=came,
                roster=roster,
                routes=routes,
                channels=self._channels,
                notify_within_h=self._settings.notify_within_h,
                table=shipped(),
            )
            await self._write(connection, loaded, plan(loaded.world, loaded.subjects), report)
        return None if read is None else routes

    async def _waiting(
        self,
        connection: Connection,
        floods: Mapping[str, Flood],
        came: Mapping[str, tuple[int, int]],
        roster: Roster,
        now: datetime,
    ) -> tuple[set[int], bool]:
        """Alerts that wait for a digest which may be due, or for a flood that may be over; and whether one may be."""
        teams, is_over = [], False
        for code, flood in floods.items():
            team = roster.teams.get(code)
            policy = TeamPolicy.DEFAULT if team is None else team.policy
            ends = came.get(code, (0, 0))[0] < policy.flood_over
            is_over = is_over or ends
            last = flood.last_digest_at
            if ends or last is None or min(last, now) + policy.digest_every_critical <= now:
                teams.append(code)
        return (await dispatchfacts.waiting(connection, teams) if teams else set()), is_over

    async def _write(self, connection: Connection, loaded: Loaded, todo: Plan, report: DispatchReport) -> None:
        now = loaded.world.now
        shown = {number for message in todo.messages for number, _ in message.alerts[:MOST]}
        contents = await store.contents(connection, shown) if shown else {}
        past = await load_past(connection, todo.messages, MOST)
        bodies = Bodies(contents, loaded.world.roster, self._settings.public_url, now, past)
        keys = [_key(message, contents[message.alerts[0][0]]) for message in todo.messages]
        queued = [
            store.NewNotification(
                message.event,
                message.team.code,
                message.receiver.channel,
                message.receiver.name,
                key,
                message.group_key,
                bodies.body(message),
                [(number, event, _value(contents.get(number))) for number, event in message.alerts],
            )
            for message, key in zip(todo.messages, keys, strict=True)
        ]
        numbers = await store.queue(connection, queued, now)
        for key in keys:
            if key not in numbers:  # never so, as long as a step is one transaction
                logger.error("a message was queued before", extra={"idempotency_key": key})
        await store.put_decisions(connection, _decision_rows(todo, keys), numbers, now)
        told = {one.alert_id for one in todo.decisions if one.decision is Decision.SEND and one.event in _TOLD}
        if told:
            await store.mark_told(connection, told, now)
        if todo.realarmed:
            await store.mark_realarmed(connection, todo.realarmed, now)
        await store.put_progress(connection, [_progress_row(*item) for item in todo.progress.items()])
        await store.put_flaps(
            connection,
            [(f.rule_id, f.subject, f.since_at, f.until, f.changes, f.alert_id) for f in todo.flaps.values()],
        )
        for flood in todo.floods:
            await store.put_flood(
                connection,
                {
                    "flood_id": flood.flood_id,
                    "team": flood.team,
                    "began_at": flood.began_at,
                    "alerts": flood.alerts,
                    "digests": flood.digests,
                    "last_digest_at": flood.last_digest_at,
                    "ended_at": flood.ended_at,
                },
            )
        await append_events(connection, _history(todo, loaded.findings, now))
        report.notified = len(numbers)
        report.decisions.update((one.decision, one.reason) for one in todo.decisions)
        report.not_notified = len(
            {one.alert_id for one in todo.decisions if one.decision is Decision.DROP} - told
            - {one.alert_id for one in todo.decisions if one.decision is Decision.SEND}
        )  # fmt: skip


def _value(content: store.Content | None) -> float | None:
    value = None if content is None else content.details.get("value")
    return float(value) if isinstance(value, int | float) else None


def _key(message: PlannedMessage, first: store.Content) -> str:
    return idempotency_key(
        first.rule_id,
        first.subject,
        first.alert_id,
        first.detected_at,
        message.event,
        message.receiver,
        message.team.code,
        message.nth,
    )


def _decision_rows(todo: Plan, keys: Sequence[str]) -> list[store.DecisionRow]:
    return [
        store.DecisionRow(
            one.alert_id,
            one.event,
            one.team,
            None if one.receiver is None else one.receiver.channel,
            None if one.receiver is None else one.receiver.name,
            one.decision,
            one.reason,
            one.detail,
            None if one.message is None else keys[one.message],
        )
        for one in todo.decisions
    ]


def _progress_row(alert_id: int, progress: Progress) -> store.ProgressRow:
    told = [state for state in progress.teams.values() if state.count]
    return store.ProgressRow(
        alert_id,
        progress.state,
        progress.reason,
        progress.since_at,
        progress.cause_alert_id,
        max((state.step for state in told), default=0),
        progress.told_at,
        sum(state.count for state in told),
        progress.next_at,
        stored_progress(progress),
    )


def _history(todo: Plan, findings: Mapping[int, int], now: datetime) -> Iterable[Event]:
    """What alerts' own histories say of the decisions, which are the record: each message once, why nobody is told once
    for all teams. Whoever reads a history, or watches for anything new by its numbers, finds all in one list; whoever
    counts, counts decisions."""
    said: set[tuple[int, str]] = set()
    for number in sorted(todo.realarmed):
        yield Event(number, now, EventKind.REALARMED, finding_id=findings.get(number))
    for one in todo.decisions:
        if one.decision is Decision.SEND and one.receiver is not None:
            comment = f"{one.event} {one.receiver.channel}/{one.receiver.name}"
            yield Event(one.alert_id, now, EventKind.NOTIFY, comment=comment, finding_id=findings.get(one.alert_id))
        elif one.reason is not Reason.DUPLICATE and (one.alert_id, one.reason) not in said:
            said.add((one.alert_id, one.reason))
            yield Event(one.alert_id, now, EventKind.NOT_NOTIFIED, comment=one.reason)
