"""Alerts and their history: what the alert stage writes, many at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from domain.alerts import EventKind, Severity, Span
from domain.findings import Subject
from storage.database import Connection
from storage.sql import queries

_SQL = queries("alerts")


@dataclass(frozen=True, slots=True)
class AlertContent:
    """What an alert is after an evaluation."""

    alert_id: int
    severity: Severity
    span: Span
    title: str
    summary: str
    details: Mapping[str, Any]
    finding_id: int


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert that there was not."""

    rule_id: str
    subject: Subject
    enterprise_id: int | None
    content: AlertContent


@dataclass(frozen=True, slots=True)
class Event:
    """A line of an alert's history; `at` is the platform's clock."""

    alert_id: int
    at: datetime
    kind: EventKind
    actor: str = "plantwatch"
    comment: str = ""
    finding_id: int | None = None


async def next_alert_ids(connection: Connection, count: int) -> list[int]:
    """Numbers for new alerts, ascending."""
    if not count:
        return []
    rows = await (await connection.execute(_SQL["next_alert_ids"], {"count": count})).fetchall()
    return sorted(int(row[0]) for row in rows)


async def insert_alerts(connection: Connection, alerts: Sequence[NewAlert], detected_at: datetime) -> set[int]:
    """Store new alerts; numbers of those stored. An open one of a series with another open alert is not."""
    if not alerts:
        return set()
    parameters = _columns([alert.content for alert in alerts]) | {
        "rule_ids": [alert.rule_id for alert in alerts],
        "subjects": [str(alert.subject) for alert in alerts],
        "enterprise_ids": [alert.enterprise_id for alert in alerts],
        "detected_at": detected_at,
    }
    rows = await (await connection.execute(_SQL["insert_alerts"], parameters)).fetchall()
    return {int(row[0]) for row in rows}


async def update_alerts(connection: Connection, contents: Sequence[AlertContent]) -> None:
    """Bring stored alerts to their contents of now."""
    if contents:
        await connection.execute(_SQL["update_alerts"], _columns(contents))


async def supersede_alerts(connection: Connection, summaries: Mapping[int, str]) -> None:
    """Mark alerts, with their summaries, as ones that do not stand any more."""
    if summaries:
        parameters = {"alert_ids": list(summaries), "summaries": list(summaries.values())}
        await connection.execute(_SQL["supersede_alerts"], parameters)


def _columns(contents: Sequence[AlertContent]) -> dict[str, Any]:
    spans = [content.span for content in contents]
    return {
        "alert_ids": [content.alert_id for content in contents],
        "severities": [content.severity for content in contents],
        "states": [span.state for span in spans],
        "titles": [content.title for content in contents],
        "summaries": [content.summary for content in contents],
        "details": [Jsonb(content.details) for content in contents],
        "occurred_ats": [span.occurred_at for span in spans],
        "fired_ats": [span.fired_at for span in spans],
        "last_seen_ats": [span.last_seen_at for span in spans],
        "resolved_ats": [span.resolved_at for span in spans],
        "resolutions": [span.resolution for span in spans],
        "finding_ids": [content.finding_id for content in contents],
        "conditions": [span.condition for span in spans],
        "no_data_sinces": [span.no_data_since for span in spans],
    }


async def append_events(connection: Connection, events: Iterable[Event]) -> None:
    """Add lines to alerts' histories, in order."""
    lines = list(events)
    if not lines:
        return
    await connection.execute(
        _SQL["append_events"],
        {
            "alert_ids": [line.alert_id for line in lines],
            "ats": [line.at for line in lines],
            "kinds": [line.kind for line in lines],
            "actors": [line.actor for line in lines],
            "comments": [line.comment for line in lines],
            "finding_ids": [line.finding_id for line in lines],
        },
    )


async def open_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Numbers of open alerts by (severity, state)."""
    rows = await (await connection.execute(_SQL["open_counts"])).fetchall()
    return {(severity, state): count for severity, state, count in rows}


async def work_count(connection: Connection) -> int:
    """How many findings wait for the alert stage."""
    row = await (await connection.execute(_SQL["work_count"])).fetchone()
    return 0 if row is None else int(row[0])


async def hints(connection: Connection) -> AsyncIterator[None]:
    """Yields whenever somebody says that there may be work. Needs a connection outside a transaction."""
    await connection.execute(_SQL["listen"])
    async for _ in connection.notifies():
        yield
