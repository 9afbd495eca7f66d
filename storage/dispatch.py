"""Between alerts and the outbox: news of alerts, how far telling has come, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.telling import NewsKind
from storage.database import Connection
from storage.sql import queries

_SQL = queries("dispatch")


@dataclass(frozen=True, slots=True)
class News:
    """Something to be decided about an alert. established_at: event time, end of the newest period that shows it; for
    what a person did the same instant as `at`. at: the platform's clock."""

    alert_id: int
    kind: NewsKind
    established_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """An alert as messages tell it."""

    alert_id: int
    rule_id: str
    subject: str
    severity: str
    condition: str
    resolution: str | None
    title: str
    summary: str
    details: dict[str, Any]
    occurred_at: datetime
    detected_at: datetime
    fired_at: datetime | None
    last_seen_at: datetime
    resolved_at: datetime | None
    finding_id: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class ToldTo:
    """Somebody whom an alert was told to; team: None in messages from before there were teams."""

    alert_id: int
    team: str | None
    channel: str
    receiver: str


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """How often a team was told that an alert lasts, when first and last (platform's clock), and last of how much."""

    alert_id: int
    team: str
    count: int
    first_at: datetime
    last_at: datetime
    last_value: float | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Who handed an alert over last, when, and what they wrote."""

    alert_id: int
    at: datetime
    actor: str
    comment: str


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A message to be queued. alerts: (alert_id, event, value) of each alert in it, the first one first."""

    event: str
    team: str
    channel: str
    receiver: str
    idempotency_key: str
    group_key: str
    body: Mapping[str, Any]
    alerts: Sequence[tuple[int, str, float | None]]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What was decided about telling somebody of an alert; key: of the message, None when there is none."""

    alert_id: int
    event: str
    team: str | None
    channel: str | None
    receiver: str | None
    decision: str
    reason: str
    detail: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """How far telling of an alert has come. progress: by team, with what concerns all of them under `*`."""

    alert_id: int
    state: str
    reason: str
    since_at: datetime
    cause_alert_id: int | None
    step: int
    told_at: datetime | None
    told_count: int
    next_at: datetime | None
    progress: Mapping[str, Any]


async def announce(connection: Connection, news: Iterable[News]) -> None:
    """Put news on the dispatcher's work list, in order, in the transaction that changes the alerts."""
    rows = list(news)
    if rows:
        await give_back(connection, rows)
        await connection.execute(_SQL["hint"])


async def give_back(connection: Connection, news: Iterable[News]) -> None:
    """Put news that could not be dealt with at the end of the work list; nobody is called to it."""
    rows = list(news)
    if not rows:
        return
    await connection.execute(
        _SQL["announce"],
        {
            "alert_ids": [one.alert_id for one in rows],
            "kinds": [one.kind for one in rows],
            "established_ats": [one.established_at for one in rows],
            "ats": [one.at for one in rows],
        },
    )


async def try_lock(connection: Connection) -> bool:
    """Whether this transaction is the one dispatcher now."""
    row = await (await connection.execute(_SQL["try_lock"])).fetchone()
    return row is not None and bool(row[0])


async def take_news(connection: Connection, limit: int) -> list[News]:
    """Take the oldest news off the work list, in order. A failed transaction gives them back."""
    rows = await (await connection.execute(_SQL["take_news"], {"limit": limit})).fetchall()
    return [News(alert_id, kind, established_at, at) for _, alert_id, kind, established_at, at in sorted(rows)]


async def contents(connection: Connection, alert_ids: Iterable[int]) -> dict[int, Content]:
    """Alerts by number."""
    async with connection.cursor(row_factory=class_row(Content)) as cursor:
        await cursor.execute(_SQL["contents"], {"alert_ids": sorted(alert_ids)})
        return {row.alert_id: row for row in await cursor.fetchall()}


async def told_to(connection: Connection, alert_ids: Iterable[int]) -> list[ToldTo]:
    """Whom alerts were told to, in any way."""
    async with connection.cursor(row_factory=class_row(ToldTo)) as cursor:
        await cursor.execute(_SQL["told_to"], {"alert_ids": sorted(alert_ids)})
        return await cursor.fetchall()


async def told_before(connection: Connection, alert_ids: Iterable[int]) -> list[ToldBefore]:
    """What teams were told of alerts so far, by any channel; a telling to several receivers counts once."""
    async with connection.cursor(row_factory=class_row(ToldBefore)) as cursor:
        await cursor.execute(_SQL["told_before"], {"alert_ids": sorted(alert_ids)})
        return await cursor.fetchall()


async def received_by(connection: Connection, asked: Sequence[tuple[int, str, datetime]]) -> dict[int, list[str]]:
    """Names in the message that a team got about an alert at an instant, by place in what is asked."""
    columns = {
        "alert_ids": [one[0] for one in asked],
        "teams": [one[1] for one in asked],
        "ats": [one[2] for one in asked],
    }
    rows = await (await connection.execute(_SQL["received_by"], columns)).fetchall()
    return {place - 1: [str(name) for name in names or ()] for place, names in rows}


async def handed_over(connection: Connection, alert_ids: Iterable[int]) -> list[HandedOver]:
    """Who handed alerts over last."""
    async with connection.cursor(row_factory=class_row(HandedOver)) as cursor:
        await cursor.execute(_SQL["handed_over"], {"alert_ids": sorted(alert_ids)})
        return await cursor.fetchall()


async def put_progress(connection: Connection, rows: Sequence[ProgressRow]) -> None:
    """Write how far telling of alerts has come."""
    if not rows:
        return
    await connection.execute(
        _SQL["put_progress"],
        {
            "alert_ids": [row.alert_id for row in rows],
            "states": [row.state for row in rows],
            "reasons": [row.reason for row in rows],
            "since_ats": [row.since_at for row in rows],
            "causes": [row.cause_alert_id for row in rows],
            "steps": [row.step for row in rows],
            "told_ats": [row.told_at for row in rows],
            "told_counts": [row.told_count for row in rows],
            "next_ats": [row.next_at for row in rows],
            "progresses": Jsonb([row.progress for row in rows]),
            "teams": [" ".join(sorted(row.progress.keys() - {"*"})) for row in rows],
        },
    )


async def mark_told(connection: Connection, alert_ids: Iterable[int], at: datetime) -> None:
    """The first message about alerts has been queued; those told before keep their instant."""
    await connection.execute(_SQL["mark_told"], {"alert_ids": sorted(alert_ids), "at": at})


async def forget_untold(connection: Connection, alert_ids: Iterable[int], at: datetime) -> None:
    """Of alerts that last, let those be told anew of which every message was given up. Take try_lock first."""
    await connection.execute(_SQL["forget_untold"], {"alert_ids": sorted(alert_ids), "at": at})


async def mark_realarmed(connection: Connection, alert_ids: Iterable[int], at: datetime) -> None:
    """Alerts have been told anew although somebody had acknowledged them."""
    await connection.execute(_SQL["mark_realarmed"], {"alert_ids": sorted(alert_ids), "at": at})


async def put_flaps(connection: Connection, rows: Sequence[tuple[str, str, datetime, datetime, int, int]]) -> None:
    """Write series that flap: (rule, subject, since, until, changes, alert that it was told with)."""
    if rows:
        names = ("rules", "subjects", "since_ats", "until_ats", "changes", "alert_ids")
        columns = zip(*rows, strict=True)
        await connection.execute(_SQL["put_flaps"], {k: list(v) for k, v in zip(names, columns, strict=True)})


async def put_flood(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a team's flood: flood_id (None: it begins), team, began_at, alerts, digests, last_digest_at, ended_at."""
    await connection.execute(_SQL["begin_flood" if row["flood_id"] is None else "update_flood"], row)


async def queue(connection: Connection, messages: Sequence[NewNotification], at: datetime) -> dict[str, int]:
    """Put messages into the outbox, with what they are about; numbers by idempotency key of those that are new."""
    if not messages:
        return {}
    cursor = await connection.execute(
        _SQL["queue"],
        {
            "alert_ids": [message.alerts[0][0] for message in messages],
            "events": [message.event for message in messages],
            "teams": [message.team for message in messages],
            "channels": [message.channel for message in messages],
            "receivers": [message.receiver for message in messages],
            "keys": [message.idempotency_key for message in messages],
            "group_keys": [message.group_key for message in messages],
            "bodies": Jsonb([message.body for message in messages]),
            "at": at,
        },
    )
    numbers = {str(key): int(number) for number, key in await cursor.fetchall()}
    rows = [
        (numbers[message.idempotency_key], *one)
        for message in messages
        if message.idempotency_key in numbers
        for one in message.alerts
    ]
    names = ("notification_ids", "alert_ids", "events", "values")
    await connection.execute(
        _SQL["put_contents"], {name: [row[place] for row in rows] for place, name in enumerate(names)}
    )
    return numbers


async def put_decisions(
    connection: Connection, decisions: Sequence[DecisionRow], numbers: Mapping[str, int], at: datetime
) -> None:
    """Record decisions, in order. numbers: of messages by idempotency key."""
    if not decisions:
        return
    await connection.execute(
        _SQL["put_decisions"],
        {
            "at": at,
            "alert_ids": [one.alert_id for one in decisions],
            "events": [one.event for one in decisions],
            "teams": [one.team for one in decisions],
            "channels": [one.channel for one in decisions],
            "receivers": [one.receiver for one in decisions],
            "decisions": [one.decision for one in decisions],
            "reasons": [one.reason for one in decisions],
            "details": [one.detail for one in decisions],
            "notification_ids": [None if one.key is None else numbers.get(one.key) for one in decisions],
        },
    )
