"""What the LDAR schedules look at, components, when they were tested and what happened to them, and the duties that
follow: table component_due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from domain.leaks import SCHEDULED_PURPOSES
from storage.database import Connection
from storage.sql import queries

_SQL = queries("schedules")


@dataclass(frozen=True, slots=True)
class ComponentOwner:
    """An enterprise that has components."""

    enterprise_id: int
    code: str
    registered_from: date


@dataclass(frozen=True, slots=True)
class Component:
    """A component (密封点) as the schedules see it.

    started_on, standard: of its installation, None without one. exempt_from: first day of the exemption (豁免), None
    for none; exempt_to: first day without it again, None while it lasts.
    """

    component_id: int
    code: str
    kind: str
    medium: str
    in_service_from: date
    in_service_to: date | None
    started_on: date | None = None
    standard: str | None = None
    exempt_from: date | None = None
    exempt_to: date | None = None


@dataclass(frozen=True, slots=True)
class ComponentEvent:
    """A restart after maintenance, of the component or its whole installation, or a release of a relief device."""

    component_id: int
    is_release: bool
    happened_s: int


@dataclass(frozen=True, slots=True)
class NewDue:
    """A row of component_due."""

    component_id: int
    anchor: str
    anchor_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Step:
    """An enterprise to be judged as at the end of a day `to_day`, that was as at the end of `from_day`."""

    enterprise_id: int
    from_day: date
    to_day: date


async def enterprises(connection: Connection) -> list[ComponentOwner]:
    """Enterprises that have components, by code."""
    async with connection.cursor(row_factory=class_row(ComponentOwner)) as cursor:
        await cursor.execute(_SQL["enterprises"])
        return await cursor.fetchall()


async def in_service_counts(connection: Connection, enterprise_ids: Sequence[int], days: Sequence[date]) -> list[int]:
    """How many components each enterprise has in service on its day, exempt ones too; enterprises may repeat."""
    cursor = await connection.execute(
        _SQL["in_service_counts"], {"enterprise_ids": list(enterprise_ids), "days": list(days)}
    )
    return [int(count) for (count,) in await cursor.fetchall()]


async def components(
    connection: Connection, enterprise_id: int, component_ids: Sequence[int] | None = None
) -> list[Component]:
    """An enterprise's components by code; only some of them where these are given."""
    async with connection.cursor(row_factory=class_row(Component)) as cursor:
        await cursor.execute(_SQL["components"], _chosen(enterprise_id, component_ids))
        return await cursor.fetchall()


async def leak_tests(
    connection: Connection, enterprise_id: int, through: datetime, component_ids: Sequence[int] | None
) -> list[tuple[int, int]]:
    """(component_id, epoch seconds) of tests up to an instant that meet a schedule, by their newest revision: of a
    purpose that does, and by a probe unless the component cannot be reached."""
    parameters = _chosen(enterprise_id, component_ids) | {"through": through, "purposes": sorted(SCHEDULED_PURPOSES)}
    query = "leak_tests_of_all" if component_ids is None else "leak_tests_of_some"
    cursor = await connection.execute(_SQL[query], parameters)
    return [(component_id, tested_s) for component_id, tested_s in await cursor.fetchall()]


async def component_events(
    connection: Connection, enterprise_id: int, through: datetime, component_ids: Sequence[int] | None
) -> list[ComponentEvent]:
    """What happened to components up to an instant."""
    async with connection.cursor(row_factory=class_row(ComponentEvent)) as cursor:
        await cursor.execute(_SQL["component_events"], _chosen(enterprise_id, component_ids) | {"through": through})
        return await cursor.fetchall()


async def owners(connection: Connection, component_ids: Sequence[int]) -> dict[int, int]:
    """enterprise_id by component_id."""
    cursor = await connection.execute(_SQL["owners"], {"component_ids": list(component_ids)})
    return dict(await cursor.fetchall())


async def changed(
    connection: Connection, rule_id: str, due_soon_days: int, steps: Sequence[Step]
) -> dict[int, list[int]]:
    """component_ids by enterprise whose state in a schedule may differ between the two days of a step: duties that
    have come near or passed, service that has begun or ended, exemptions that have. Tests and events are not among
    them: these tell the rules themselves."""
    parameters = {
        "rule_id": rule_id,
        "due_soon_days": due_soon_days,
        "enterprise_ids": [step.enterprise_id for step in steps],
        "from_days": [step.from_day for step in steps],
        "to_days": [step.to_day for step in steps],
    }
    found: dict[int, list[int]] = {}
    for enterprise_id, component_id in await (await connection.execute(_SQL["changed"], parameters)).fetchall():
        found.setdefault(enterprise_id, []).append(component_id)
    return found


async def save_dues(
    connection: Connection,
    rule_id: str,
    enterprise_id: int,
    dues: Sequence[NewDue],
    component_ids: Sequence[int] | None,
) -> None:
    """Bring the open duties of an enterprise's components in one schedule to what they are, of some components only
    where these are given: those without a row in `dues` have none any more."""
    parameters = _chosen(enterprise_id, component_ids) | {
        "rule_id": rule_id,
        "due_ids": [due.component_id for due in dues],
        "anchors": [due.anchor for due in dues],
        "anchor_days": [due.anchor_on for due in dues],
        "due_days": [due.due_on for due in dues],
    }
    await connection.execute(_SQL["delete_dues"], parameters)
    if dues:
        await connection.execute(_SQL["upsert_dues"], parameters)


async def versions(connection: Connection, rule_id: str) -> Mapping[str, int]:
    """With which version of a rule each of its subjects was judged last."""
    cursor = await connection.execute(_SQL["versions"], {"rule_id": rule_id})
    return dict(await cursor.fetchall())


def _chosen(enterprise_id: int, component_ids: Sequence[int] | None) -> dict[str, object]:
    return {
        "enterprise_id": enterprise_id,
        "component_ids": None if component_ids is None else list(component_ids),
    }
