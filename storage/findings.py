"""Findings: read the current ones, write new ones, supersede. A finding is never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("findings")


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A current finding of a known rule."""

    finding_id: int
    subject: str
    period_start: datetime
    period_end: datetime
    verdict: str
    reason: str
    value: float | None
    limit_value: float | None
    unit: str | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding to write. supersedes: id of the current finding of the same period start, None for none."""

    rule_id: str
    rule_version: int
    subject: str
    enterprise_id: int | None
    period_start: datetime
    period_end: datetime
    verdict: str
    reason: str
    value: float | None
    limit_value: float | None
    unit: str | None
    evidence: dict[str, Any]
    supersedes: int | None = None


async def current_in_windows(
    connection: Connection, rule_id: str, windows: Sequence[tuple[str, datetime, datetime]]
) -> list[StoredFinding]:
    """Current findings of a rule whose period starts in [from, to), by (subject, from, to), not overlapping."""
    subjects, froms, tos = _columns(windows)
    async with connection.cursor(row_factory=class_row(StoredFinding)) as cursor:
        await cursor.execute(
            _SQL["current_in_windows"], {"rule_id": rule_id, "subjects": subjects, "froms": froms, "tos": tos}
        )
        return await cursor.fetchall()


async def subjects_at(connection: Connection, rule_id: str, period_start: datetime) -> list[str]:
    """Subjects of a rule's current findings of the period that starts at an instant."""
    cursor = await connection.execute(_SQL["subjects_at"], {"rule_id": rule_id, "period_start": period_start})
    return [subject for (subject,) in await cursor.fetchall()]


async def subjects_between(connection: Connection, rule_id: str, from_at: datetime, to_at: datetime) -> list[str]:
    """Subjects of a rule's current findings of periods that start in [from, to)."""
    cursor = await connection.execute(
        _SQL["subjects_between"], {"rule_id": rule_id, "from_at": from_at, "to_at": to_at}
    )
    return [subject for (subject,) in await cursor.fetchall()]


async def last_before(
    connection: Connection, rule_id: str, subjects: Sequence[tuple[str, datetime]]
) -> dict[str, tuple[str, str]]:
    """(verdict, reason) of the last current finding before an instant, by subject; absent where there is none."""
    cursor = await connection.execute(
        _SQL["last_before"],
        {"rule_id": rule_id, "subjects": [s for s, _ in subjects], "ats": [at for _, at in subjects]},
    )
    return {subject: (verdict, reason) for subject, verdict, reason in await cursor.fetchall()}


async def verdict_counts(
    connection: Connection, rule_id: str, windows: Sequence[tuple[str, datetime, datetime]]
) -> list[tuple[int, str, str, int]]:
    """(position of the window, verdict, reason, count) of current findings of a rule in some windows."""
    subjects, froms, tos = _columns(windows)
    cursor = await connection.execute(
        _SQL["verdict_counts"], {"rule_id": rule_id, "subjects": subjects, "froms": froms, "tos": tos}
    )
    return [(number - 1, verdict, reason, count) for number, verdict, reason, count in await cursor.fetchall()]


async def record(
    connection: Connection, new: Sequence[NewFinding], gone: Sequence[int], now: datetime
) -> tuple[int, int]:
    """Write findings, supersede what they replace and what is gone without successor, leave work for the alerts.

    Returns how many were written and how many superseded. Uses COPY with ids taken before: an insert that returns its
    ids costs three times as much.
    """
    replaced = [finding.supersedes for finding in new if finding.supersedes is not None]
    if replaced or gone:
        await connection.execute(_SQL["supersede"], {"ids": [*replaced, *gone], "at": now})
    ids: list[int] = []
    if new:
        cursor = await connection.execute(_SQL["next_ids"], {"count": len(new)})
        ids = [int(row[0]) for row in await cursor.fetchall()]
        await _copy(connection, new, ids, now)
    if replaced:
        successors = [own for own, finding in zip(ids, new, strict=True) if finding.supersedes is not None]
        await connection.execute(_SQL["name_successors"], {"ids": replaced, "successors": successors})
    if ids or gone:
        await connection.execute(_SQL["add_alert_work"], {"ids": [*ids, *gone]})
        await connection.execute(_SQL["hint"])
    return len(ids), len(replaced) + len(gone)


async def _copy(connection: Connection, new: Sequence[NewFinding], ids: Sequence[int], now: datetime) -> None:
    async with connection.cursor() as cursor, cursor.copy(_SQL["copy_findings"]) as copy:
        for own, finding in zip(ids, new, strict=True):
            await copy.write_row(
                (
                    own,
                    finding.rule_id,
                    finding.rule_version,
                    finding.subject,
                    finding.enterprise_id,
                    finding.period_start,
                    finding.period_end,
                    finding.verdict,
                    finding.reason,
                    finding.value,
                    finding.limit_value,
                    finding.unit,
                    msgspec.json.encode(finding.evidence).decode(),
                    now,
                )
            )


def _columns(
    windows: Sequence[tuple[str, datetime, datetime]],
) -> tuple[list[str], list[datetime], list[datetime]]:
    return [w[0] for w in windows], [w[1] for w in windows], [w[2] for w in windows]
