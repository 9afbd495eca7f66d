"""Leaks, their repairs and the filings that put repairs off.

Repairs and filings are append-only: a different record of the same key supersedes the one before, and both stay. The
table `leak` is what `domain.leakstates` makes of a component's facts, written again whenever one of them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, TypeVar

from psycopg.rows import dict_row

from domain.leaks import FIND_FROM_UMOL_MOL
from domain.leakstates import Fact, Filed, Leak, Measured, Repaired, StepFault, fold
from domain.leakstates import illegal as illegal_steps
from domain.periods import day_start
from storage.database import Connection
from storage.leak_tests import Fate
from storage.sql import queries

_SQL = queries("leaks")


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """One repair of one component. origin: api, file or mqtt."""

    component_id: int
    repaired_at: datetime
    measure: str
    repaired_by: str | None
    author: str
    origin: str
    received_at: datetime

    @property
    def key(self) -> tuple[object, ...]:
        """What one repair is known by."""
        return self.component_id, self.repaired_at

    @property
    def content(self) -> tuple[object, ...]:
        """What makes two records of one repair the same."""
        return self.measure, self.repaired_by


@dataclass(frozen=True, slots=True)
class DelayRecord:
    """One filing of a delay of repair. repair_by: last local day."""

    component_id: int
    found_at: datetime
    filed_at: datetime
    ground: str
    repair_by: date
    document: str
    author: str
    origin: str
    received_at: datetime

    @property
    def key(self) -> tuple[object, ...]:
        """What one filing is known by."""
        return self.component_id, self.found_at, self.filed_at

    @property
    def content(self) -> tuple[object, ...]:
        """What makes two records of one filing the same."""
        return self.ground, self.repair_by, self.document


@dataclass(slots=True)
class History:
    """A component with everything known of its leaks. standard: of its installation, None where that is not given.

    registered_from: of the enterprise. in_service_to: first day without, None while in service.
    """

    component_id: int
    enterprise_id: int
    enterprise: str
    registered_from: date
    code: str
    kind: str
    medium: str
    in_service_from: date
    in_service_to: date | None
    standard: str | None
    facts: list[Fact] = field(default_factory=list)

    @property
    def definition(self) -> float:
        """The lowest published leak definition of its medium, umol/mol."""
        return FIND_FROM_UMOL_MOL[self.medium]

    @property
    def out_at(self) -> datetime | None:
        """Since when it is, or will be, out of service."""
        return None if self.in_service_to is None else day_start(self.in_service_to)

    def out_by(self, at: datetime) -> datetime | None:
        """Since when it is out of service, None where it still serves at an instant."""
        return None if self.out_at is None or self.out_at > at else self.out_at


async def lock(connection: Connection, component_ids: Iterable[int]) -> None:
    """Wait until nobody else writes facts of these components, and keep it so until the transaction ends."""
    await connection.execute(_SQL["lock_components"], {"component_ids": sorted(set(component_ids))})


async def illegal(connection: Connection, facts: Sequence[tuple[int, Fact]]) -> list[StepFault | None]:
    """What is wrong with new (component, fact) pairs as steps of leaks' lives, None where nothing is.

    They are judged together with what is stored, in time order, before anything of the call is written; locks the
    components. Give every test of the call: a retest rests on the finding that comes with it.
    """
    asked = {component_id for component_id, fact in facts if not isinstance(fact, Measured) or fact.purpose == "retest"}
    await lock(connection, (component_id for component_id, _ in facts))
    found: list[StepFault | None] = [None] * len(facts)
    if not asked:
        return found
    by_component: dict[int, list[int]] = {}
    for number, (component_id, _) in enumerate(facts):
        if component_id in asked:
            by_component.setdefault(component_id, []).append(number)
    for history in (await histories(connection, asked)).values():
        numbers = by_component[history.component_id]
        new = [facts[number][1] for number in numbers]
        faults = illegal_steps(new, history.facts, history.medium, history.definition, history.out_at)
        for number, fault in zip(numbers, faults, strict=True):
            found[number] = fault
    return found


async def histories(connection: Connection, component_ids: Iterable[int]) -> dict[int, History]:
    """Components with all their current tests, repairs and filings, by id; those that there are not are left out."""
    asked = {"component_ids": sorted(set(component_ids))}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL["components"], asked)
        found = {row["component_id"]: History(**row) for row in await cursor.fetchall()}
    makers: Mapping[str, Callable[..., Fact]] = {"tests": Measured, "repairs": Repaired, "delays": Filed}
    for block, make in makers.items():
        for component_id, *content in await (await connection.execute(_SQL[block], asked)).fetchall():
            found[component_id].facts.append(make(*content))
    return found


async def derive(connection: Connection, component_ids: Iterable[int], at: datetime) -> None:
    """Write again the leaks of components of which anything was written; costs nothing where nothing ever leaked.

    at: the instant of writing. The open leak of a component that is out of service by then is `removed`.
    """
    asked = sorted(set(component_ids))
    if not asked:
        return
    rows = await (await connection.execute(_SQL["candidates"], {"component_ids": asked})).fetchall()
    candidates = sorted(component_id for (component_id,) in rows)
    if not candidates:
        return
    await lock(connection, candidates)
    leaks = [
        {"component_id": history.component_id, **_row(leak)}
        for history in (await histories(connection, candidates)).values()
        for leak in fold(history.facts, history.definition, history.out_by(at)).leaks
    ]
    columns = {name: [leak[name] for leak in leaks] for name in _LEAK_COLUMNS}
    await connection.execute(_SQL["write_leaks"], {"component_ids": candidates, **columns})


async def of_enterprises(
    connection: Connection, enterprise_ids: Iterable[int], *, only_open: bool
) -> dict[int, list[int]]:
    """Components that have leaks, or open ones only, by enterprise."""
    asked = {"enterprise_ids": sorted(set(enterprise_ids)), "only_open": only_open}
    found: dict[int, list[int]] = {}
    for component_id, enterprise_id in await (await connection.execute(_SQL["of_enterprises"], asked)).fetchall():
        found.setdefault(enterprise_id, []).append(component_id)
    return found


async def retire(connection: Connection, day: date) -> None:
    """Note as `removed` the open leaks of components that are out of service on a local day."""
    await connection.execute(_SQL["retire"], {"day": day})


_LEAK_COLUMNS = (
    "component_id", "found_at", "net_umol_mol", "visible", "state", "attempts", "first_attempt_at", "last_repair_at",
    "closed_at", "closed_net_umol_mol", "delay_ground", "delay_filed_at", "delay_until",
)  # fmt: skip


def _row(leak: Leak) -> dict[str, Any]:
    filing = max(leak.filings, key=lambda one: one.repair_by, default=None)
    return {
        "found_at": leak.found_at,
        "net_umol_mol": leak.net_umol_mol,
        "visible": leak.visible,
        "state": leak.state,
        "attempts": len(leak.repairs),
        "first_attempt_at": leak.first_attempt_at,
        "last_repair_at": leak.last_repair_at,
        "closed_at": leak.closed_at,
        "closed_net_umol_mol": leak.closed_net_umol_mol,
        "delay_ground": None if filing is None else filing.ground,
        "delay_filed_at": None if filing is None else filing.at,
        "delay_until": None if filing is None else filing.repair_by,
    }


async def store_repairs(connection: Connection, records: Sequence[RepairRecord], *, back: bool = False) -> list[Fate]:
    """Keep repairs in the order given and tell the rules; the fate of each. Whether they may be is `illegal`'s affair.

    back: a record that was superseded before holds again (a person says so); else it is a copy sent twice.
    """
    asked = {
        "component_ids": [record.component_id for record in records],
        "repaired_ats": [record.repaired_at for record in records],
    }
    return await _store(connection, records, "repairs", asked, 2, back=back)


async def store_delays(connection: Connection, records: Sequence[DelayRecord], *, back: bool = False) -> list[Fate]:
    """Keep filings in the order given and tell the rules; as `store_repairs`."""
    asked = {
        "component_ids": [record.component_id for record in records],
        "found_ats": [record.found_at for record in records],
        "filed_ats": [record.filed_at for record in records],
    }
    return await _store(connection, records, "delays", asked, 3, back=back)


_Record = TypeVar("_Record", RepairRecord, DelayRecord)


@dataclass(slots=True)
class _Versions:
    """What is known of one record. current: id of the stored version that holds; newest: number of the new one."""

    contents: set[tuple[object, ...]] = field(default_factory=set)
    current: int | None = None
    holds: tuple[object, ...] | None = None
    newest: int | None = None


async def _store(
    connection: Connection, records: Sequence[_Record], noun: str, asked: Mapping[str, Any], width: int, *, back: bool
) -> list[Fate]:
    if not records:
        return []
    await lock(connection, asked["component_ids"])
    known: dict[tuple[object, ...], _Versions] = {}
    for row in await (await connection.execute(_SQL[f"known_{noun}"], asked)).fetchall():
        versions, (number, is_current, *content) = known.setdefault(row[:width], _Versions()), row[width:]
        versions.contents.add(tuple(content))
        if is_current:
            versions.current, versions.holds = number, tuple(content)
    fates: list[Fate] = []
    ends: dict[int, datetime] = {}
    fresh: list[_Record] = []
    superseded: list[datetime | None] = []
    for record in records:
        versions = known.setdefault(record.key, _Versions())
        if record.content == versions.holds or (record.content in versions.contents and not back):
            fates.append(Fate.DUPLICATE)
            continue
        fates.append(Fate.CORRECTION if versions.contents else Fate.STORED)
        if versions.newest is not None:
            superseded[versions.newest] = record.received_at
        elif versions.current is not None:
            ends[versions.current] = record.received_at
        versions.newest, versions.holds = len(fresh), record.content
        versions.contents.add(record.content)
        fresh.append(record)
        superseded.append(None)
    if ends:
        await connection.execute(_SQL[f"supersede_{noun}"], {"ids": list(ends), "ats": list(ends.values())})
    if fresh:
        columns = {f.name: [getattr(record, f.name) for record in fresh] for f in fields(fresh[0])}
        await connection.execute(_SQL[f"insert_{noun}"], {**columns, "superseded_at": superseded})
    return fates
