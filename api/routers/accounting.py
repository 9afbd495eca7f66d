"""The accounting law, visible: received = stored + duplicates + corrections + refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, OptionalFrom, OptionalTo, span
from api.paging import Page, Paging
from api.session import ReadSession
from domain.periods import day_start, local_day
from storage.listing.accounting import list_accounting
from storage.listing.session import Row

router = APIRouter(prefix="/accounting", tags=["intake"])


class AccountingDay(BaseModel):
    """One enterprise and local day of reception, in items."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "day": "2026-11-02",
                    "messages": 1440,
                    "received": 20160,
                    "stored": 20150,
                    "duplicates": 6,
                    "corrections": 1,
                    "refused": 3,
                    "law_holds": True,
                }
            ]
        }
    )

    enterprise: str
    day: date = Field(description="local day (Asia/Shanghai) of reception")
    messages: int
    received: int
    stored: int
    duplicates: int
    corrections: int
    refused: int
    law_holds: bool = Field(description="received = stored + duplicates + corrections + refused")


def law_holds(row: Row) -> bool:
    """Whether nothing was lost and nothing counted twice."""
    return bool(row["received"] == row["stored"] + row["duplicates"] + row["corrections"] + row["refused"])


def first_day(at: datetime | None) -> date | None:
    """The first local day that starts at the instant or later."""
    if at is None:
        return None
    day = local_day(at)
    return day if day_start(day) == at else day + timedelta(days=1)


@router.get("", summary="Items by enterprise and local day, newest day first", responses=problems(NOT_FOUND))
async def accounting(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[AccountingDay]:
    """The days that start within [from, to)."""
    span(from_at, to_at)
    rows = await list_accounting(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        from_day=first_day(from_at),
        to_day=first_day(to_at),
        after=paging.after(date, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["day"], row["enterprise"]))
    return Page[AccountingDay](
        items=[AccountingDay.model_validate(row | {"law_holds": law_holds(row)}) for row in items],
        next_cursor=next_cursor,
    )
