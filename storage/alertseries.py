"""What the alert stage reads: its work list, and everything of many (rule, alert subject) by one statement a kind.

Sequences of series give sequences of answers, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, dict_row

from domain.alerts import NO_DATA_REASONS, CurrentFinding
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period, require_aware
from storage.database import Connection
from storage.limits import LimitBasis
from storage.sql import queries

_SQL = queries("alertseries")

#: (rule, alert subject, instant from which on).
Asked = tuple[str, Subject, datetime]


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
    """What alerts say about a rule; alert is its [alert] table, None when it has none. is_retired: no pack has it;
    is_off: it is not in force, as when a decision ended it."""

    rule_id: str
    title: str
    standard: str
    clause: str
    alert: dict[str, Any] | None
    is_retired: bool = False
    is_off: bool = False

    @property
    def is_judged(self) -> bool:
        """Whether anybody will judge anything by it."""
        return not (self.is_retired or self.is_off)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as stored. was_notified: a message about it was put into the outbox."""

    position: int
    alert_id: int
    state: str
    severity: str
    title: str
    summary: str
    details: dict[str, Any]
    occurred_at: datetime
    last_seen_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    condition: str
    no_data_since: datetime | None
    finding_id: int
    was_notified: bool


@dataclass(frozen=True, slots=True)
class OpenAlert(AlertRow):
    """An open alert with what it is about."""

    rule_id: str
    subject: str


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


async def open_of(connection: Connection, finding_ids: Iterable[int]) -> list[OpenAlert]:
    """Open alerts that some findings are the newest of, by rule and subject."""
    async with connection.cursor(row_factory=class_row(OpenAlert)) as cursor:
        await cursor.execute(_SQL["open_of"], {"finding_ids": list(finding_ids)})
        return await cursor.fetchall()


async def lock(connection: Connection, series: Sequence[tuple[str, Subject]]) -> None:
    """Wait until no other worker evaluates any of these, locking them in the order given: always give the same one.

    What others have written under these locks is seen by the statements that follow.
    """
    parameters = {"rule_ids": [rule_id for rule_id, _ in series], "subjects": [str(subject) for _, subject in series]}
    await connection.execute(_SQL["lock"], parameters)


async def loud(connection: Connection, asked: Sequence[Asked], no_data_fors: Sequence[timedelta | None]) -> set[int]:
    """Positions of the series that have an alert, a violation or long want of data from an instant on. In the others
    nothing can begin or end."""
    if not asked:
        return set()
    more = {"no_data_fors": list(no_data_fors), "no_data_reasons": sorted(NO_DATA_REASONS)}
    cursor = await connection.execute(_SQL["loud"], _given(asked) | more)
    return {int(row[0]) for row in await cursor.fetchall()}


async def stored(connection: Connection, asked: Sequence[Asked]) -> list[list[AlertRow]]:
    """Alerts that stand, and that are open or ended at or after an instant; by occurred_at."""
    found: list[list[AlertRow]] = [[] for _ in asked]
    async with connection.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_SQL["stored"], _given(asked))
        for row in await cursor.fetchall():
            found[row.position].append(row)
    return found


async def subject_findings(connection: Connection, asked: Sequence[Asked]) -> list[list[CurrentFinding]]:
    """Current findings of each subject from its last compliant one before an instant; by period."""
    return await _findings(connection, "subject_findings", _given(asked), len(asked))


async def duty_findings(connection: Connection, asked: Sequence[Asked]) -> list[list[CurrentFinding]]:
    """Current findings of each subject's duty from the first one broken that may still have been unmet at an
    instant."""
    return await _findings(connection, "duty_findings", _given(asked), len(asked))


async def enterprise_findings(
    connection: Connection, asked: Sequence[tuple[str, int | None, datetime]]
) -> list[list[CurrentFinding]]:
    """Current findings of each subject of an enterprise from its first violation on that lasted to an instant; of
    (rule, enterprise_id, instant). None for no enterprise."""
    parameters = {
        "rule_ids": [one[0] for one in asked],
        "enterprise_ids": [one[1] for one in asked],
        "from_ats": [one[2] for one in asked],
    }
    return await _findings(connection, "enterprise_findings", parameters, len(asked))


def _given(asked: Sequence[Asked]) -> dict[str, Any]:
    return {
        "rule_ids": [one[0] for one in asked],
        "subjects": [str(one[1]) for one in asked],
        "from_ats": [one[2] for one in asked],
    }


async def _findings(
    connection: Connection, block: str, parameters: dict[str, Any], count: int
) -> list[list[CurrentFinding]]:
    found: list[list[CurrentFinding]] = [[] for _ in range(count)]
    if not count:
        return found
    cursor = await connection.execute(_SQL[block], parameters)
    subjects: dict[str, Subject] = {}
    for row in await cursor.fetchall():
        position, finding_id, text, start, end, verdict, reason, value, limit, unit, met_at, is_marked = row
        if (subject := subjects.get(text)) is None:
            subject = subjects[text] = Subject.parse(text)
        found[position].append(
            CurrentFinding(
                finding_id,
                subject,
                Period(start, end),
                Verdict(verdict),
                reason,
                _instant(met_at),
                value,
                limit,
                unit,
                bool(is_marked),
            )
        )
    return found


def _instant(text: object) -> datetime | None:
    """An instant of the evidence, which is the rules' own JSON: None for anything else."""
    with suppress(TypeError, ValueError):
        return require_aware(datetime.fromisoformat(text))  # type: ignore[arg-type]
    return None


async def evidences(connection: Connection, finding_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What findings rest on, by id."""
    rows = await (await connection.execute(_SQL["evidences"], {"finding_ids": list(finding_ids)})).fetchall()
    return {finding_id: found for finding_id, found in rows if isinstance(found, dict)}


async def component_groups(
    connection: Connection, finding_ids: Sequence[Sequence[int]]
) -> list[list[tuple[str, str, int]]]:
    """(unit, kind, number) of the components that each of several lots of findings are about, the most first."""
    found: list[list[tuple[str, str, int]]] = [[] for _ in finding_ids]
    pairs = [(position, finding_id) for position, ids in enumerate(finding_ids) for finding_id in ids]
    if pairs:
        parameters = {"positions": [pair[0] for pair in pairs], "finding_ids": [pair[1] for pair in pairs]}
        rows = await (await connection.execute(_SQL["component_groups"], parameters)).fetchall()
        for position, unit, kind, count in rows:
            found[position].append((unit, kind, count))
    return found


async def subject_names(
    connection: Connection, subjects: Iterable[Subject]
) -> dict[Subject, tuple[str | None, str | None]]:
    """Names of each subject's enterprise and of the subject, None where the register has none."""
    given = sorted(set(subjects), key=str)
    parameters = {
        "enterprises": [subject.enterprise for subject in given],
        "kinds": [subject.kind for subject in given],
        "keys": [subject.key for subject in given],
        "codes": [_code(subject) for subject in given],
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL["subject_names"], parameters)
        rows = await cursor.fetchall()
    return {given[row["position"]]: (row["enterprise"], row["subject"]) for row in rows}


def _code(subject: Subject) -> str:
    """The subject's own code. A pollutant is called by its outlet; its own name is no register's."""
    code = subject.key.partition("/")[2]
    return code.partition("/")[0] if subject.kind is SubjectKind.POLLUTANT else code


async def limit_bases(connection: Connection, limit_ids: Iterable[int]) -> dict[int, LimitBasis]:
    """What limits rest on, by id, whether they still hold or not; numbers that were never given are left out."""
    given = sorted(set(limit_ids))
    if not given:
        return {}
    rows = await (await connection.execute(_SQL["limit_bases"], {"limit_ids": given})).fetchall()
    return {row[0]: LimitBasis(*row[1:]) for row in rows}
