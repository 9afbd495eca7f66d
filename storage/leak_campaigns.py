"""Campaigns (检测轮次) as the LDAR signs look at them: their tests, what was in service, leaks and retests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from psycopg.rows import class_row

from domain.leaks import FIND_FROM_UMOL_MOL
from domain.periods import day_period
from storage.database import Connection
from storage.leak_days import LeakRow
from storage.schedules import ComponentOwner
from storage.sql import queries

_SQL = queries("leak_campaigns")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as declared; days are local and both included. installations: codes, None for all."""

    code: str
    from_day: date
    to_day: date
    installations: list[str] | None
    declared_components: int | None
    declared_unreachable: int | None
    declared_leaks: int | None


@dataclass(frozen=True, slots=True)
class InServiceRow:
    """Components in service that are not exempt."""

    unit: str
    kind: str
    components: int


@dataclass(frozen=True, slots=True)
class CampaignLeakRow:
    """A leak of the ledger; repairs_ms: instants of its repairs."""

    component_id: int
    component: str
    medium: str
    standard: str
    found_at: datetime
    net_umol_mol: float | None
    visible: bool
    is_filed: bool
    is_settled: bool
    repairs_ms: list[int]


async def enterprises(connection: Connection) -> list[ComponentOwner]:
    """Enterprises that have campaigns, by code."""
    return await _fetch(connection, "enterprises", ComponentOwner, {})


async def campaigns(connection: Connection, enterprise_id: int) -> list[CampaignRow]:
    """An enterprise's campaigns in order of their first day."""
    return await _fetch(connection, "campaigns", CampaignRow, {"enterprise_id": enterprise_id})


async def rows(connection: Connection, enterprise_id: int, campaign: CampaignRow) -> list[LeakRow]:
    """Tests of a campaign, in no order: those that name it, and those of its days that name none."""
    return await _fetch(connection, "rows", LeakRow, _of(enterprise_id, campaign))


async def in_service(connection: Connection, enterprise_id: int, campaign: CampaignRow) -> list[InServiceRow]:
    """Components in service on a campaign's last day, by unit and kind."""
    parameters = _of(enterprise_id, campaign) | {"day": campaign.to_day}
    return await _fetch(connection, "in_service", InServiceRow, parameters)


async def leaks(connection: Connection, enterprise_id: int, campaign: CampaignRow) -> list[CampaignLeakRow]:
    """Leaks that were found on a campaign's days, in order."""
    return await _fetch(connection, "leaks", CampaignLeakRow, _of(enterprise_id, campaign))


async def retests(connection: Connection, component_ids: Sequence[int], from_at: datetime) -> list[LeakRow]:
    """Retests of components from an instant on, in no order. Units and standards are not looked up."""
    parameters = {"component_ids": list(component_ids), "from_at": from_at}
    return await _fetch(connection, "retests", LeakRow, parameters)


async def counted(connection: Connection, enterprise_id: int, campaign: CampaignRow) -> tuple[int, int]:
    """(points, leaks by the lowest published definition) of a campaign."""
    definition = {"heavy": FIND_FROM_UMOL_MOL["heavy_liquid"], "other": FIND_FROM_UMOL_MOL["gas"]}
    cursor = await connection.execute(_SQL["counted"], _of(enterprise_id, campaign) | definition)
    row = await cursor.fetchone()
    return (0, 0) if row is None else (row[0], row[1])


async def touched(connection: Connection, component_days: Iterable[tuple[int, date]]) -> list[tuple[int, str]]:
    """(enterprise_id, campaign) of the campaigns that records of components on local days concern."""
    asked = sorted(component_days)
    periods = [day_period(day) for _, day in asked]
    cursor = await connection.execute(
        _SQL["touched"],
        {
            "component_ids": [component_id for component_id, _ in asked],
            "from_ats": [period.start for period in periods],
            "to_ats": [period.end for period in periods],
            "days": [day for _, day in asked],
        },
    )
    return [(enterprise_id, code) for enterprise_id, code in await cursor.fetchall()]


def _of(enterprise_id: int, campaign: CampaignRow) -> dict[str, object]:
    return {
        "enterprise_id": enterprise_id,
        "campaign": campaign.code,
        "from_at": day_period(campaign.from_day).start,
        "to_at": day_period(campaign.to_day).end,
        "installations": campaign.installations,
    }


async def _fetch(connection: Connection, name: str, kind: type[T], parameters: dict[str, object]) -> list[T]:
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(_SQL[name], parameters)
        return await cursor.fetchall()
