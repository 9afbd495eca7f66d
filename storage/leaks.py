"""Leaks, their repairs and the filings that put repairs off.

Repairs and filings are append-only: a different record of the same key supersedes the one before, and both stay. The
table `leak` is what `domain.leakstates` makes of a component's facts, written again whenever one of them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg.rows import dict_row

from domain.leaks import FIND_FROM_UMOL_MOL
from domain.leakstates import Fact, Filed, Leak, Measured, Repaired, StepFault, fold
from domain.leakstates import illegal as illegal_steps
from domain.periods import day_start
from storage.database import Connection
from storage.revisions import Blocks, Fate, keep
from storage.sql import queries

_SQL = queries("leaks")
_REPAIRS = Blocks(_SQL["history_repairs"], _SQL["supersede_repairs"], _SQL["add_repairs"])
_DELAYS = Blocks(_SQL["history_delays"], _SQL["supersede_delays"], _SQL["add_delays"])


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
    name: str
    unit_name: str
    tag: str | None
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
    """Wait until nobody else writes facts of these components or changes them, and keep it so until the transaction
    ends."""
    if not (asked := sorted(set(component_ids))):
        return
    await connection.execute(_SQL["lock_components"], {"component_ids": asked})


async def illegal(connection: Connection, facts: Sequence[tuple[int, Fact]]) -> list[StepFault | None]:
    """What is wrong with new (component, fact) pairs as steps of leaks' lives, None where nothing is.

    They are judged together with what is stored, in time order, before anything of the call is written. Give every test
    of the call: a retest rests on the finding that comes with it. Locks the components of which anything could be
    illegal; tens of thousands of others are not worth the row locks.
    """
    asked = {component_id for component_id, fact in facts if not isinstance(fact, Measured) or fact.purpose == "retest"}
    await lock(connection, asked)
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


async def candidates(connection: Connection, component_ids: Iterable[int]) -> list[int]:
    """Those of some components that ever leaked by any version of a test, by the lowest published definition."""
    asked = sorted(set(component_ids))
    if not asked:
        return []
    rows = await (await connection.execute(_SQL["candidates"], {"component_ids": asked})).fetchall()
    return sorted(component_id for (component_id,) in rows)


async def derive(connection: Connection, component_ids: Iterable[int], at: datetime) -> None:
    """Write again the leaks of components of which anything was written; costs nothing where nothing ever leaked.

    at: the instant of writing. The open leak of a component that is out of service by then is `removed`.
    """
    chosen = await candidates(connection, component_ids)
    if not chosen:
        return
    await lock(connection, chosen)
    leaks = [
        {"component_id": history.component_id, **_row(leak)}
        for history in (await histories(connection, chosen)).values()
        for leak in fold(history.facts, history.definition, history.out_by(at)).leaks
    ]
    given = {name: [leak[name] for leak in leaks] for name in _LEAK_COLUMNS}
    await connection.execute(_SQL["write_leaks"], {"component_ids": chosen, **given})


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

    back: see `storage.revisions.weigh`.
    """
    await lock(connection, (record.component_id for record in records))
    return await keep(connection, _REPAIRS, records, ("component_id", "repaired_at"), back=back)


async def store_delays(connection: Connection, records: Sequence[DelayRecord], *, back: bool = False) -> list[Fate]:
    """Keep filings in the order given and tell the rules; as `store_repairs`."""
    await lock(connection, (record.component_id for record in records))
    return await keep(connection, _DELAYS, records, ("component_id", "found_at", "filed_at"), back=back)
