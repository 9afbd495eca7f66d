"""Alerts and their history, and the findings as the alert stage reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.alerts import NO_DATA_REASONS, CurrentFinding, EventKind, Severity, Span
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period, require_aware
from storage.database import Connection, fetch_all
from storage.sql import queries

_SQL = queries("alerts")


@dataclass(frozen=True, slots=True)
class Work:
    """A finding that is new to the alert stage; changed_from: start of the earliest period that it changes."""

    finding_id: int
    rule_id: str
    subject: str
    enterprise_id: int | None
    changed_from: datetime


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What alerts say about a rule; alert is its [alert] table, None when it has none."""

    rule_id: str
    title: str
    standard: str
    clause: str
    alert: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as stored. was_notified: a message about it was put into the outbox."""

    alert_id: int
    state: str
    severity: str
    title: str
    summary: str
    details: dict[str, Any]
    occurred_at: datetime
    detected_at: datetime
    last_seen_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    condition: str
    no_data_since: datetime | None
    finding_id: int
    was_notified: bool


@dataclass(frozen=True, slots=True)
class AlertContent:
    """What an alert is after an evaluation."""

    severity: Severity
    span: Span
    title: str
    summary: str
    details: Mapping[str, Any]
    finding_id: int

    def parameters(self) -> dict[str, Any]:
        return {
            "severity": self.severity,
            "state": self.span.state,
            "title": self.title,
            "summary": self.summary,
            "details": Jsonb(self.details),
            "occurred_at": self.span.occurred_at,
            "fired_at": self.span.fired_at,
            "last_seen_at": self.span.last_seen_at,
            "resolved_at": self.span.resolved_at,
            "resolution": self.span.resolution,
            "condition": self.span.condition,
            "no_data_since": self.span.no_data_since,
            "finding_id": self.finding_id,
        }


async def take_work(connection: Connection, limit: int) -> list[Work]:
    """Take the oldest new findings off the work list, with all others of their series. A failed transaction gives
    them back."""
    async with connection.cursor(row_factory=class_row(Work)) as cursor:
        await cursor.execute(_SQL["take_work"], {"limit": limit})
        return await cursor.fetchall()


async def put_back(connection: Connection, finding_ids: Iterable[int]) -> None:
    """Leave findings for a later evaluation."""
    await connection.execute(_SQL["put_back"], {"finding_ids": list(finding_ids)})


async def rules(connection: Connection, rule_ids: Iterable[str]) -> dict[str, RuleRow]:
    """Rules by id; unknown ids are left out."""
    async with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        await cursor.execute(_SQL["rules"], {"rule_ids": sorted(rule_ids)})
        return {row.rule_id: row for row in await cursor.fetchall()}


async def lock_series(connection: Connection, rule_id: str, subject: Subject) -> None:
    """Wait until no other worker evaluates this (rule, alert subject). Take several in a fixed order."""
    await connection.execute(_SQL["lock_series"], {"rule_id": rule_id, "subject": str(subject)})


async def lock_and_listen(
    connection: Connection, series: Sequence[tuple[str, Subject, datetime, timedelta | None]]
) -> set[int]:
    """Lock several (rule, alert subject, from, no_data_for) as lock_series does, in the order given; positions of those
    that have an alert, a violation or long want of data from an instant on. In the others nothing can begin or end."""
    given = {"rule_ids": [one[0] for one in series], "subjects": [str(one[1]) for one in series]}
    await connection.execute(_SQL["lock_many_series"], given)
    # a statement of its own: what others have written under these locks is seen by now
    asked = {"from_ats": [one[2] for one in series], "no_data_fors": [one[3] for one in series]}
    reasons = {"no_data_reasons": sorted(NO_DATA_REASONS)}
    cursor = await connection.execute(_SQL["loud_series"], given | asked | reasons)
    return {int(row[0]) for row in await cursor.fetchall()}


async def stored(connection: Connection, rule_id: str, subject: Subject, from_at: datetime) -> list[AlertRow]:
    """Alerts of a series that stand, and that are open or ended at or after an instant; by occurred_at."""
    async with connection.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_SQL["stored"], {"rule_id": rule_id, "subject": str(subject), "from_at": from_at})
        return await cursor.fetchall()


async def subject_findings(
    connection: Connection, rule_id: str, subject: Subject, from_at: datetime
) -> list[CurrentFinding]:
    """Current findings of a subject from its last compliant one before an instant; by period."""
    rows = await fetch_all(
        connection, _SQL["subject_findings"], {"rule_id": rule_id, "subject": str(subject), "from_at": from_at}
    )
    return [_current(row) for row in rows]


async def duty_findings(
    connection: Connection, rule_id: str, subject: Subject, from_at: datetime
) -> list[CurrentFinding]:
    """Current findings of a subject's duty from the first one broken that may still have been unmet at an instant."""
    rows = await fetch_all(
        connection, _SQL["duty_findings"], {"rule_id": rule_id, "subject": str(subject), "from_at": from_at}
    )
    return [_current(row) for row in rows]


async def enterprise_findings(
    connection: Connection, rule_id: str, enterprise_id: int, from_at: datetime
) -> list[CurrentFinding]:
    """Current findings of each subject of an enterprise from its first violation on that lasted to an instant."""
    rows = await fetch_all(
        connection,
        _SQL["enterprise_findings"],
        {"rule_id": rule_id, "enterprise_id": enterprise_id, "from_at": from_at},
    )
    return [_current(row) for row in rows]


def _current(row: dict[str, Any]) -> CurrentFinding:
    met_at = None
    with suppress(TypeError, ValueError):
        met_at = require_aware(datetime.fromisoformat(row["met_at"]))
    return CurrentFinding(
        finding_id=row["finding_id"],
        subject=Subject.parse(row["subject"]),
        period=Period(row["period_start"], row["period_end"]),
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        met_at=met_at,
        value=row["value"],
        limit=row["limit_value"],
        unit=row["unit"],
        is_marked=bool(row["is_marked"]),
    )


async def evidence(connection: Connection, finding_id: int) -> dict[str, Any]:
    """What a finding rests on."""
    row = await (await connection.execute(_SQL["evidence"], {"finding_id": finding_id})).fetchone()
    return row[0] if row is not None and isinstance(row[0], dict) else {}


async def evidences(connection: Connection, finding_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What findings rest on, by id."""
    rows = await (await connection.execute(_SQL["evidences"], {"finding_ids": list(finding_ids)})).fetchall()
    return {finding_id: found for finding_id, found in rows if isinstance(found, dict)}


async def component_groups(connection: Connection, finding_ids: Iterable[int]) -> list[tuple[str, str, int]]:
    """(unit, kind, number) of the components that findings are about, the most first."""
    rows = await (await connection.execute(_SQL["component_groups"], {"finding_ids": list(finding_ids)})).fetchall()
    return [(unit, kind, count) for unit, kind, count in rows]


async def subject_name(connection: Connection, subject: Subject) -> tuple[str | None, str | None]:
    """Names of the subject's enterprise and of the subject, None where the register has none."""
    enterprise = subject.enterprise
    _, _, code = subject.key.partition("/")
    if subject.kind is SubjectKind.POLLUTANT:  # a pollutant is called by its outlet; its own name is no register's
        code = code.partition("/")[0]
    parameters = {"enterprise": enterprise, "kind": subject.kind, "key": subject.key, "code": code}
    row = await (await connection.execute(_SQL["subject_name"], parameters)).fetchone()
    return (None, None) if row is None else (row[0], row[1])


async def next_alert_id(connection: Connection) -> int:
    """A number for a new alert."""
    row = await (await connection.execute(_SQL["next_alert_id"])).fetchone()
    assert row is not None
    return int(row[0])


async def insert_alert(
    connection: Connection,
    alert_id: int,
    rule_id: str,
    subject: Subject,
    enterprise_id: int | None,
    content: AlertContent,
    detected_at: datetime,
) -> bool:
    """Store a new alert. False when it is open and another open alert of the series exists."""
    parameters = content.parameters() | {
        "alert_id": alert_id,
        "rule_id": rule_id,
        "subject": str(subject),
        "enterprise_id": enterprise_id,
        "detected_at": detected_at,
    }
    return await (await connection.execute(_SQL["insert_alert"], parameters)).fetchone() is not None


async def update_alert(connection: Connection, alert_id: int, content: AlertContent) -> None:
    """Bring a stored alert to its content of now."""
    await connection.execute(_SQL["update_alert"], content.parameters() | {"alert_id": alert_id})


async def supersede_alert(connection: Connection, alert_id: int, summary: str) -> None:
    """Mark an alert as one that does not stand any more."""
    await connection.execute(_SQL["supersede_alert"], {"alert_id": alert_id, "summary": summary})


@dataclass(frozen=True, slots=True)
class Event:
    """A line of an alert's history; `at` is the platform's clock."""

    alert_id: int
    at: datetime
    kind: EventKind
    actor: str = "plantwatch"
    comment: str = ""
    finding_id: int | None = None


async def append_events(connection: Connection, events: Iterable[Event]) -> None:
    """Add lines to alerts' histories, in order."""
    lines = [asdict(event) for event in events]
    if not lines:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(_SQL["append_event"], lines)


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
