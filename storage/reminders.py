"""What reminders look at: the findings that are terms, with what makes them come to nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from storage.database import Connection
from storage.sql import queries

_SQL = queries("reminders")

#: How much later than its due day a term may end, for days of grace.
_GRACE_DAYS = 62


@dataclass(frozen=True, slots=True)
class Registered:
    """An enterprise with the day from which it is in the register."""

    enterprise_id: int
    code: str
    registered_from: date


@dataclass(frozen=True, slots=True)
class TermRow:
    """A current finding that is a term: begins and due are local days, both of them the term's.

    step: of a leak's terms, attempt or repair. done_on, attempted_on, repaired_on: None where it was not, or is no such
    term. filed_on: on which a delay of a repair was first filed; before, its term was `days`. moved_on: on which a
    restart or a release made the term what it is. The rest is of the component that it is about, None for others.
    """

    enterprise_id: int
    rule_id: str
    title: str
    subject: str
    evaluator: str
    step: str | None
    begins: date
    due: date
    done_on: date | None
    attempted_on: date | None
    repaired_on: date | None
    filed_on: date | None
    days: int | None
    moved_on: date | None
    in_service_to: date | None
    exempt_from: date | None
    exempt_to: date | None


async def enterprises(connection: Connection, enterprise_ids: Sequence[int] | None = None) -> list[Registered]:
    """Enterprises by code, all of them or some."""
    parameters = {"enterprise_ids": None if enterprise_ids is None else list(enterprise_ids)}
    async with connection.cursor(row_factory=class_row(Registered)) as cursor:
        await cursor.execute(_SQL["enterprises"], parameters)
        return await cursor.fetchall()


async def terms(connection: Connection, from_days: Mapping[int, date], to_day: date) -> list[TermRow]:
    """Terms of enterprises that may be due from a day, by enterprise, up to to_day; some of later ones too."""
    parameters = {
        "enterprise_ids": list(from_days),
        "from_days": list(from_days.values()),
        "to_day": to_day,
        "grace_days": _GRACE_DAYS,
    }
    async with connection.cursor(row_factory=class_row(TermRow)) as cursor:
        await cursor.execute(_SQL["terms"], parameters)
        return await cursor.fetchall()


async def counts_before(connection: Connection, rule_id: str, ats: Mapping[str, datetime]) -> dict[str, int]:
    """How many things the last current finding of each subject before an instant says are due; absent where none."""
    parameters = {"rule_id": rule_id, "subjects": list(ats), "ats": list(ats.values())}
    cursor = await connection.execute(_SQL["before"], parameters)
    return {subject: int(value) for subject, value in await cursor.fetchall()}
