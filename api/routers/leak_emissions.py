"""What sealing points emit in a year, and how campaigns of tests went."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter
from api.models.leak_emissions import CampaignItem, CampaignPage, LeakEmissions, leak_emissions
from api.paging import Paging
from api.session import ReadSession
from domain.periods import local_day
from storage.listing.leak_emissions import emission_sums, list_campaigns

router = APIRouter(prefix="/ldar", tags=["ldar"])

YearParameter = Annotated[int | None, Query(ge=2000, le=2100, description="calendar year; without it the present one")]


@router.get("/emissions", summary="VOC that sealing points emit in a year", responses=problems(NOT_FOUND))
async def ldar_emissions(
    session: ReadSession, enterprise: EnterpriseParameter = None, year: YearParameter = None
) -> LeakEmissions:
    """Months that have closed, by method; by unit and kind where an enterprise is asked for."""
    enterprise_id = await session.enterprise_id(enterprise)
    chosen = year or local_day(session.now).year
    sums = await emission_sums(session.connection, date(chosen, 1, 1), date(chosen, 12, 1), enterprise_id=enterprise_id)
    return leak_emissions(chosen, sums)


@router.get("/campaigns", summary="Campaigns of tests: coverage, leaks, rates", responses=problems(NOT_FOUND))
async def ldar_campaigns(
    session: ReadSession, paging: Paging, enterprise: EnterpriseParameter = None, year: YearParameter = None
) -> CampaignPage:
    """By enterprise and code, as they stand now."""
    await session.enterprise_id(enterprise)
    after = paging.after(str, str, int)
    # later pages stay in the first page's year
    chosen = year or (local_day(session.now).year if after is None else after[2])
    rows = await list_campaigns(
        session.connection,
        date(chosen, 1, 1),
        date(chosen, 12, 31),
        enterprise=session.access.narrow(enterprise),
        after=None if after is None else (after[0], after[1]),
        limit=paging.fetch,
    )
    shown, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], row["campaign"], chosen))
    items = [CampaignItem.model_validate(row) for row in shown]
    return CampaignPage(items=items, next_cursor=next_cursor, year=chosen)
