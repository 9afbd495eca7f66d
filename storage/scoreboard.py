"""Where the city's targets stand: what that is computed from, the figures that bureaus enter, and the rows themselves.

Every question is bounded by targets, months and the register, and goes by key: never over all findings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg.rows import class_row

from domain.ledger import Entry
from domain.periods import add_months, day_start
from storage.database import Connection, fetch_all
from storage.sql import queries

_SQL = queries("scoreboard")


class CityFinding(NamedTuple):
    """The last current finding of a rule on the city in a month. number: of the asked (rule, path), from 1."""

    number: int
    month: date
    finding_id: int
    period_start: datetime
    period_end: datetime
    verdict: str
    reason: str
    value: float | None
    judged_target: str | None


class SubjectCount(NamedTuple):
    """How many enterprises or lines of an industry a rule found so in a month. grade: of lines."""

    month: date
    industry: str
    verdict: str
    reason: str
    grade: str | None
    subjects: int


class Connected(NamedTuple):
    """Industrial enterprises of an industry registered in a month, and those of which data were stored in it."""

    month: date
    industry: str
    registered: int
    connected: int


class DutyTerm(NamedTuple):
    """A current term of a duty."""

    rule_id: str
    subject: str
    first: date
    due: date
    reason: str
    done_on: date | None
    finding_id: int


class PeriodSum(NamedTuple):
    """An item summed over the enterprises that reported it for a period."""

    item: str
    period_kind: str
    first: date
    value: float
    enterprises: int


@dataclass(frozen=True, slots=True)
class TargetValue:
    """A current figure that a bureau entered. part: of a target that has several kinds of numbers, else ''."""

    target_id: str
    part: str
    as_of: date
    value: float
    author: str
    evidence: str
    value_id: int


@dataclass(frozen=True, slots=True)
class NewValue:
    """A figure to enter."""

    target_id: str
    part: str
    as_of: date
    value: float
    evidence: str


class Entered(NamedTuple):
    """What became of entered figures."""

    new: int
    corrected: int
    same: int


async def city(connection: Connection) -> str | None:
    """The city whose findings speak of targets, None before it is registered."""
    row = await (await connection.execute(_SQL["city"])).fetchone()
    return None if row is None else str(row[0])


async def city_findings(
    connection: Connection, city_code: str, asked: Sequence[tuple[str, str]], months: Sequence[date]
) -> list[CityFinding]:
    """For each (rule, path into its evidence, '' for the value): the last finding in each local month."""
    cursor = await connection.execute(
        _SQL["city_findings"],
        {
            "rules": [rule for rule, _ in asked],
            "paths": [path for _, path in asked],
            "firsts": list(months),
            "froms": [day_start(first) for first in months],
            "tos": [day_start(add_months(first, 1)) for first in months],
            "subject": f"city:{city_code}",
        },
    )
    return [CityFinding(*row) for row in await cursor.fetchall()]


async def enterprise_counts(connection: Connection, rule: str, months: Sequence[date]) -> list[SubjectCount]:
    """What a monthly rule found of enterprises."""
    cursor = await connection.execute(
        _SQL["enterprise_counts"],
        {"rule": rule, "firsts": list(months), "froms": [day_start(first) for first in months]},
    )
    found = await cursor.fetchall()
    return [SubjectCount(first, industry, verdict, reason, None, n) for first, industry, verdict, reason, n in found]


async def line_counts(connection: Connection, rule: str, months: Sequence[date]) -> list[SubjectCount]:
    """What a monthly rule found of production lines."""
    cursor = await connection.execute(
        _SQL["line_counts"], {"rule": rule, "firsts": list(months), "froms": [day_start(first) for first in months]}
    )
    return [SubjectCount(*row) for row in await cursor.fetchall()]


async def connected(connection: Connection, months: Sequence[date]) -> list[Connected]:
    """From how many enterprises data came, by month and industry."""
    nexts = [add_months(first, 1) for first in months]
    cursor = await connection.execute(_SQL["connected"], {"firsts": list(months), "nexts": nexts})
    return [Connected(*row) for row in await cursor.fetchall()]


async def ldar_rounds(connection: Connection, from_at: datetime) -> list[tuple[str, int, int]]:
    """(enterprise, components judged in the year from an instant on, tested ones among them)."""
    cursor = await connection.execute(_SQL["ldar_rounds"], {"from_at": from_at})
    return [(str(code), int(judged), int(tested)) for code, judged, tested in await cursor.fetchall()]


async def duty_terms(connection: Connection, rules: Sequence[str], from_at: datetime) -> list[DutyTerm]:
    """Current terms of some duties that began at or after an instant, by rule, subject and beginning."""
    cursor = await connection.execute(_SQL["duty_terms"], {"rules": list(rules), "from_at": from_at})
    return [DutyTerm(*row) for row in await cursor.fetchall()]


async def city_entries(connection: Connection, items: Sequence[str]) -> list[Entry]:
    """The city's own figures of some ledger items, of all periods."""
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(_SQL["city_entries"], {"items": list(items)})
        return await cursor.fetchall()


async def enterprise_sums(connection: Connection, asked: Sequence[tuple[str, date]]) -> list[PeriodSum]:
    """(item, first day of a month or year) summed over enterprises."""
    cursor = await connection.execute(
        _SQL["enterprise_sums"], {"items": [item for item, _ in asked], "firsts": [first for _, first in asked]}
    )
    return [PeriodSum(*row) for row in await cursor.fetchall()]


async def values(connection: Connection) -> list[TargetValue]:
    """Current entered figures by target, part and day, the newest 120 of each target."""
    async with connection.cursor(row_factory=class_row(TargetValue)) as cursor:
        await cursor.execute(_SQL["values"])
        return await cursor.fetchall()


async def newest_figures(connection: Connection) -> tuple[int, int]:
    """Ids of the newest entered figure and of the newest ledger entry, 0 for none."""
    row = await (await connection.execute(_SQL["newest_figures"])).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


async def statuses(connection: Connection) -> dict[str, dict[str, Any]]:
    """Rows as last written, by target, without when."""
    return {row["target_id"]: row for row in await fetch_all(connection, _SQL["statuses"], {})}


async def write(connection: Connection, rows: Sequence[Mapping[str, Any]], kept: Sequence[str], at: datetime) -> None:
    """Write rows that differ; rows of targets that are not `kept` go."""
    async with connection.cursor() as cursor:
        prepared = [
            {**row, **{key: json.dumps(row[key], ensure_ascii=False) for key in _JSON}, "at": at} for row in rows
        ]
        await cursor.executemany(_SQL["write"], prepared)
    await connection.execute(_SQL["delete_others"], {"target_ids": list(kept)})


async def add_values(
    connection: Connection, new: Sequence[NewValue], *, author: str, origin: str, at: datetime
) -> Entered:
    """Enter figures; the same again changes nothing, another one supersedes. No (target, part, day) twice in `new`.

    origin: ``api`` or ``file``.
    """
    cursor = await connection.execute(
        _SQL["add_values"],
        {
            "target_ids": [one.target_id for one in new],
            "parts": [one.part for one in new],
            "as_ofs": [one.as_of for one in new],
            "values": [one.value for one in new],
            "evidences": [one.evidence for one in new],
            "author": author,
            "origin": origin,
            "at": at,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    await connection.execute(_SQL["hint"])
    return Entered(*row)


_JSON = ("trend", "parts", "conflicts", "source")
