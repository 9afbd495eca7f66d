"""Both judgements of pollutants of outlets in one month, side by side: the legal limit and ultra-low emission."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, InstantIn, MonthIn, PointCode, parse_month
from api.models.emissions import EmissionPage, emission_item
from api.paging import Paging
from api.session import ReadSession
from domain.periods import SITE_ZONE, month_period, quarter_of
from storage.listing.emissions import MonthQuestion, list_emissions
from storage.listing.quality import outlet_quality, pollutant_capture
from storage.listing.session import Row

router = APIRouter(prefix="/emissions", tags=["reports"])


@router.get("", summary="Both judgements of a month by outlet and pollutant", responses=problems(NOT_FOUND))
async def emissions(
    session: ReadSession,
    paging: Paging,
    month: Annotated[
        MonthIn | None, Query(description="local month (Asia/Shanghai); without it the present one")
    ] = None,
    enterprise: EnterpriseParameter = None,
    outlet: Annotated[PointCode | None, Query(description="outlet code")] = None,
    as_known_at: Annotated[
        InstantIn | None, Query(description="as the platform held it at that instant; without it as known now")
    ] = None,
    quality: Annotated[bool, Query(description="also count capture and transmission to date; takes seconds")] = False,
) -> EmissionPage:
    """Legal: every valid hour counts. Ultra-low: a share of them. Hours that neither counts stand beside, by reason."""
    after = paging.after(str, str)
    if month is None:
        # later pages stay on the first page's month
        month = f"{session.now.astimezone(SITE_ZONE):%Y-%m}" if after is None else after[1]
    period = month_period(*parse_month(month))
    question = MonthQuestion(period, await session.enterprise_id(enterprise), outlet, as_known_at)
    rows = await list_emissions(
        session.connection, question, after=None if after is None else after[0], limit=paging.fetch
    )
    shown, next_cursor = paging.cut(rows, lambda row: (row["subject"], month))
    captures: dict[tuple[str, str], Row] = {}
    transmissions: dict[str, Row] = {}
    if quality and shown:
        whose = session.access.narrow(enterprise)
        quarter = quarter_of(period.start)
        found = await pollutant_capture(session.connection, quarter, session.now, whose)
        captures = {(row["outlet"], row["pollutant"]): row for row in found}
        counted = await outlet_quality(session.connection, period, session.now, whose)
        transmissions = {row["outlet"]: row for row in counted}
    items = []
    for row in shown:
        place = f"{row['enterprise']}/{row['outlet']}"
        items.append(emission_item(row, captures.get((place, row["pollutant"])), transmissions.get(place)))
    return EmissionPage(items=items, next_cursor=next_cursor, month=month)
