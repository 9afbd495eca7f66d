"""Alerts and their history, many at a time: what the alert stage writes, and every line of a history."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    """A line of an alert's history; `at` is the platform's clock. detail: what a text does not hold, as JSON."""

    alert_id: int
    at: datetime
    kind: EventKind
    actor: str = "plantwatch"
    comment: str = ""
    finding_id: int | None = None
    detail: Mapping[str, Any] | None = None


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
    rows = [
        _row(alert.content)
        | {"rule_id": alert.rule_id, "subject": str(alert.subject), "enterprise_id": alert.enterprise_id}
        for alert in alerts
    ]
    parameters = {"rows": json.dumps(rows), "detected_at": detected_at}
    stored = await (await connection.execute(_SQL["insert_alerts"], parameters)).fetchall()
    return {int(row[0]) for row in stored}


async def update_alerts(connection: Connection, contents: Sequence[AlertContent]) -> None:
    """Bring stored alerts to their contents of now."""
    if contents:
        numbers = [content.alert_id for content in contents]
        rows = json.dumps([_row(content) for content in contents])
        await connection.execute(_SQL["update_alerts"], {"alert_ids": numbers, "rows": rows})


async def supersede_alerts(connection: Connection, summaries: Mapping[int, str]) -> None:
    """Mark alerts, with their summaries, as ones that do not stand any more."""
    if summaries:
        parameters = {"alert_ids": list(summaries), "summaries": list(summaries.values())}
        await connection.execute(_SQL["supersede_alerts"], parameters)


async def retire_alerts(connection: Connection, summaries: Mapping[int, str]) -> set[int]:
    """End open alerts, with their summaries, that nobody will judge any more; the numbers of those that were open."""
    if not summaries:
        return set()
    parameters = {"alert_ids": list(summaries), "summaries": list(summaries.values())}
    return {int(row[0]) for row in await (await connection.execute(_SQL["retire_alerts"], parameters)).fetchall()}


def _row(content: AlertContent) -> dict[str, Any]:
    span = content.span
    return {
        "alert_id": content.alert_id,
        "severity": content.severity,
        "state": span.state,
        "title": content.title,
        "summary": content.summary,
        "details": content.details,
        "occurred_at": span.occurred_at.isoformat(),
        "fired_at": _text(span.fired_at),
        "last_seen_at": span.last_seen_at.isoformat(),
        "resolved_at": _text(span.resolved_at),
        "resolution": span.resolution,
        "finding_id": content.finding_id,
        "condition": span.condition,
        "no_data_since": _text(span.no_data_since),
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


async def append_events(connection: Connection, events: Iterable[Event]) -> None:
    """Add lines to alerts' histories, in order."""
    rows = [
        {
            "position": position,
            "alert_id": line.alert_id,
            "at": line.at.isoformat(),
            "kind": line.kind,
            "actor": line.actor,
            "comment": line.comment,
            "finding_id": line.finding_id,
            "detail": line.detail,
        }
        for position, line in enumerate(events)
    ]
    if rows:
        await connection.execute(_SQL["append_events"], {"rows": json.dumps(rows)})


async def open_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Numbers of open alerts by (severity, state)."""
    rows = await (await connection.execute(_SQL["open_counts"])).fetchall()
    return {(severity, state): count for severity, state, count in rows}


async def work_count(connection: Connection) -> int:
    """How many findings wait for the alert stage."""
    row = await (await connection.execute(_SQL["work_count"])).fetchone()
    return 0 if row is None else int(row[0])


async def hints(connection: Connection) -> AsyncIterator[str]:
    """Yields whenever somebody says that there may be work: `news` for the dispatcher, anything else for the engine.

    Needs a connection outside a transaction.
    """
    await connection.execute(_SQL["listen"])
    async for hint in connection.notifies():
        yield hint.payload
