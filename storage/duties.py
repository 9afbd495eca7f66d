"""Duties with a date: whom they concern, what was done, what proves it, and the records themselves, append-only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple

from psycopg.rows import class_row

from domain.errors import Conflict, NotFound
from storage.database import Connection
from storage.hourly import hint_rules
from storage.sql import queries

_SQL = queries("duties")

#: Of one record, together.
MAX_ATTACHMENTS, MAX_ATTACHED_BYTES = 50, 200 * 1_048_576


class Enterprise(NamedTuple):
    """An enterprise as duties look at it."""

    enterprise_id: int
    code: str
    industry: str
    park: str | None
    registered_from: date


class Group(NamedTuple):
    """A city or a park, with the first registration among its enterprises; None while it has none."""

    kind: str
    code: str
    first_day: date | None


class PlaceMeter(NamedTuple):
    """A meter at a metering place."""

    enterprise_id: int
    place: str
    in_service_from: date
    in_service_to: date | None
    serial: str
    verified_on: date
    verification_months: int
    removed_on: date | None


class Analyser(NamedTuple):
    """A point at an outlet."""

    enterprise_id: int
    code: str
    in_service_from: date
    in_service_to: date | None


class Record(NamedTuple):
    """A current record. documents: [{kind, reference}]; attached: kinds of its attachments."""

    subject: str
    record_id: int
    done_on: date
    documents: list[dict[str, str]]
    attached: list[str]


@dataclass(frozen=True, slots=True)
class DutyRule:
    """A duty as the table `rule` has it."""

    rule_id: str
    title: str
    standard: str
    clause: str
    enabled: bool
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to write; checked before, see `domain.dutyrecords.read_record`. enterprise_id None: the city's, a
    park's."""

    rule_id: str
    subject: str
    enterprise_id: int | None
    done_on: date
    documents: tuple[tuple[str, str], ...]
    note: str | None


class RecordFate(Enum):
    """What became of a record."""

    NEW = "new"
    CORRECTED = "corrected"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What became of a record, and its number: of the same again that of the one that stands."""

    fate: RecordFate
    record_id: int


@dataclass(frozen=True, slots=True)
class LockedRecord:
    """A record held by the transaction."""

    record_id: int
    rule_id: str
    subject: str
    enterprise_id: int | None
    done_on: date
    superseded_at: datetime | None
    withdrawn_by: str | None


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to attach; checked before, see `domain.attachments`."""

    kind: str
    name: str
    media_type: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was attached; enterprise: whose record it belongs to, None for the city's and parks'."""

    name: str
    media_type: str
    content: bytes
    sha256: str
    enterprise: str | None


async def enterprises(connection: Connection, enterprise_ids: Sequence[int] | None) -> list[Enterprise]:
    """All enterprises, or some, by code."""
    cursor = await connection.execute(_SQL["enterprises"], _ids(enterprise_ids))
    return [Enterprise(*row) for row in await cursor.fetchall()]


async def groups(connection: Connection) -> list[Group]:
    """The city and the parks."""
    cursor = await connection.execute(_SQL["groups"])
    return [Group(*row) for row in await cursor.fetchall()]


async def listings(
    connection: Connection, list_name: str, enterprise_ids: Sequence[int] | None
) -> list[tuple[int, date, date | None]]:
    """(enterprise_id, from, to) of enterprises on a list; `to` is the first day without."""
    cursor = await connection.execute(_SQL["listings"], {"list": list_name, **_ids(enterprise_ids)})
    return [(key, start, end) for key, start, end in await cursor.fetchall()]


async def component_steps(connection: Connection, enterprise_ids: Sequence[int] | None) -> list[tuple[int, date, int]]:
    """(enterprise_id, day, change in the number of components in service), by enterprise and day."""
    cursor = await connection.execute(_SQL["component_steps"], _ids(enterprise_ids))
    return [(key, day, step) for key, day, step in await cursor.fetchall()]


async def installations(
    connection: Connection, standard: str, enterprise_ids: Sequence[int] | None
) -> list[tuple[int, date, date | None]]:
    """(enterprise_id, from, to) of the service of installations under a standard; `to` is the first day without."""
    cursor = await connection.execute(_SQL["installations"], {"standard": standard, **_ids(enterprise_ids)})
    return [(key, start, end) for key, start, end in await cursor.fetchall()]


async def meters(connection: Connection, enterprise_ids: Sequence[int] | None) -> list[PlaceMeter]:
    """Meters at metering places, by place and day of verification."""
    cursor = await connection.execute(_SQL["meters"], _ids(enterprise_ids))
    return [PlaceMeter(*row) for row in await cursor.fetchall()]


async def analysers(
    connection: Connection, quantities: Sequence[str], enterprise_ids: Sequence[int] | None
) -> list[Analyser]:
    """Points of some quantities at outlets."""
    cursor = await connection.execute(_SQL["analysers"], {"quantities": list(quantities), **_ids(enterprise_ids)})
    return [Analyser(*row) for row in await cursor.fetchall()]


async def records(
    connection: Connection, rule_id: str, through: date, enterprise_ids: Sequence[int] | None
) -> list[Record]:
    """Current records of a duty up to a day, by subject and day; of some enterprises (0: of none) where given."""
    cursor = await connection.execute(_SQL["records"], {"rule_id": rule_id, "through": through, **_ids(enterprise_ids)})
    return [Record(*row) for row in await cursor.fetchall()]


async def past_terms(
    connection: Connection, rule_id: str, subjects: Sequence[str]
) -> list[tuple[str, str, date, date]]:
    """(subject, serial, verified on, due on) of verifications that were judged: the register keeps the newest alone."""
    cursor = await connection.execute(_SQL["past_terms"], {"rule_id": rule_id, "subjects": list(subjects)})
    return [
        (subject, serial, date.fromisoformat(verified), date.fromisoformat(due))
        for subject, serial, verified, due in await cursor.fetchall()
    ]


async def duty_rules(connection: Connection) -> dict[str, DutyRule]:
    """Duties by rule id, those that are not in force among them."""
    async with connection.cursor(row_factory=class_row(DutyRule)) as cursor:
        await cursor.execute(_SQL["duty_rules"])
        return {row.rule_id: row for row in await cursor.fetchall()}


async def keep_records(
    connection: Connection, new: Sequence[NewRecord], *, author: str, origin: str, at: datetime
) -> list[KeptRecord]:
    """Write records, and what became of each: the same again changes nothing, another one of the same duty, subject and
    day supersedes, both stay. origin: ``api`` or ``file``."""
    if not new:
        return []
    await connection.execute(_SQL["lock"], {"owners": [one.enterprise_id or 0 for one in new]})
    kept = [await _keep(connection, one, author, origin, at) for one in new]
    if any(one.fate is not RecordFate.SAME for one in kept):
        await hint_rules(connection)
    return kept


async def compare_records(connection: Connection, new: Sequence[NewRecord]) -> list[RecordFate]:
    """What would become of records, without writing any."""
    return [(await _fate(connection, one))[0] for one in new]


async def _fate(connection: Connection, one: NewRecord) -> tuple[RecordFate, int | None]:
    cursor = await connection.execute(
        _SQL["current_record"], {"rule_id": one.rule_id, "subject": one.subject, "done_on": one.done_on}
    )
    row = await cursor.fetchone()
    if row is None:
        return RecordFate.NEW, None
    same = row[1] == _documents(one) and row[2] == one.note
    return RecordFate.SAME if same else RecordFate.CORRECTED, row[0]


async def _keep(connection: Connection, one: NewRecord, author: str, origin: str, at: datetime) -> KeptRecord:
    fate, current = await _fate(connection, one)
    if fate is RecordFate.SAME and current is not None:
        return KeptRecord(fate, current)
    if current is not None:
        await connection.execute(_SQL["supersede_record"], {"record_id": current, "at": at})
    cursor = await connection.execute(
        _SQL["insert_record"],
        {
            "rule_id": one.rule_id,
            "subject": one.subject,
            "enterprise_id": one.enterprise_id,
            "done_on": one.done_on,
            "documents": json.dumps(_documents(one), ensure_ascii=False),
            "note": one.note,
            "author": author,
            "origin": origin,
            "at": at,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return KeptRecord(fate, int(row[0]))


async def lock_record(connection: Connection, record_id: int) -> LockedRecord:
    """A record, held. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(LockedRecord)) as cursor:
        await cursor.execute(_SQL["lock_record"], {"record_id": record_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"没有办理记录 {record_id}")
    return row


async def withdraw_record(connection: Connection, record: LockedRecord, author: str, reason: str, at: datetime) -> None:
    """A record that does not stand. Raises Conflict for one that another one, or nobody, stands behind already."""
    _must_stand(record)
    await connection.execute(
        _SQL["withdraw_record"], {"record_id": record.record_id, "author": author, "reason": reason, "at": at}
    )
    await hint_rules(connection)


async def add_attachment(
    connection: Connection, record: LockedRecord, new: NewAttachment, author: str, at: datetime
) -> tuple[int, bool]:
    """Attach a file: its number, and whether it is new; the same content again is not. Raises Conflict."""
    _must_stand(record)
    asked = {"record_id": record.record_id, "sha256": new.sha256}
    if (row := await (await connection.execute(_SQL["attached_already"], asked)).fetchone()) is not None:
        return int(row[0]), False
    row = await (await connection.execute(_SQL["attached_bytes"], {"record_id": record.record_id})).fetchone()
    assert row is not None
    if row[0] >= MAX_ATTACHMENTS or row[1] + len(new.content) > MAX_ATTACHED_BYTES:
        raise Conflict(
            f"办理记录 {record.record_id} 的附件已达上限：{MAX_ATTACHMENTS} 个，共 {MAX_ATTACHED_BYTES // 1_048_576} MB"
        )
    parameters = {
        **asked,
        "kind": new.kind,
        "name": new.name,
        "media_type": new.media_type,
        "content": new.content,
        "author": author,
        "at": at,
    }
    made = await (await connection.execute(_SQL["add_attachment"], parameters)).fetchone()
    assert made is not None, "the record is locked"
    await hint_rules(connection)
    return int(made[0]), True


async def attachment(connection: Connection, attachment_id: int) -> Attachment:
    """A file as it was attached. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Attachment)) as cursor:
        await cursor.execute(_SQL["attachment"], {"attachment_id": attachment_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"没有附件 {attachment_id}")
    return row


def _must_stand(record: LockedRecord) -> None:
    if record.withdrawn_by is not None:
        raise Conflict(f"办理记录 {record.record_id} 已由 {record.withdrawn_by} 撤回")
    if record.superseded_at is not None:
        raise Conflict(f"办理记录 {record.record_id} 已被同一天的另一条更正")


def _documents(one: NewRecord) -> list[dict[str, str]]:
    return [{"kind": kind, "reference": reference} for kind, reference in one.documents]


def _ids(enterprise_ids: Sequence[int] | None) -> dict[str, object]:
    return {"enterprise_ids": None if enterprise_ids is None else list(enterprise_ids)}
