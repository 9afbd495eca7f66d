"""Points: what is measured where."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseCode, EnterpriseParameter, Number, PointCode, Word
from api.paging import Page, Paging
from api.session import ReadSession
from storage.listing.enterprises import enterprise_id
from storage.listing.points import get_point, list_points

router = APIRouter(prefix="/points", tags=["registers"])


class Point(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "code": "S1-SO2",
                    "name": "焦炉烟囱二氧化硫",
                    "kind": "instantaneous",
                    "quantity": "so2",
                    "unit": "mg/m3",
                    "interval_s": 60,
                    "physical_min": 0.0,
                    "physical_max": 500.0,
                    "outlet": "S1",
                    "counter_digits": None,
                    "counter_scale": None,
                    "counter_max_rate_per_h": None,
                    "in_service_from": "2026-11-01",
                    "in_service_to": None,
                }
            ]
        }
    )

    enterprise: str
    code: str
    name: str
    kind: Literal["instantaneous", "counter", "state"]
    quantity: str = Field(description="what the rules select by: so2, nox, pm, o2, water_volume, ...")
    unit: str = Field(description="of the values as sent")
    interval_s: int = Field(description="how often a value is due, seconds")
    physical_min: Number = Field(description="values outside are kept but flagged suspect; null: no bound")
    physical_max: Number
    outlet: str | None
    counter_digits: int | None = Field(description="digits of the register; null unless a counter")
    counter_scale: Number = Field(description="units per count")
    counter_max_rate_per_h: Number = Field(description="greatest possible flow, units per hour")
    in_service_from: date = Field(description="local date (Asia/Shanghai)")
    in_service_to: date | None = Field(description="local date, exclusive; null while in service")


@router.get("", summary="Points by enterprise and code", responses=problems(NOT_FOUND))
async def points(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    quantity: Annotated[Word | None, Query()] = None,
) -> Page[Point]:
    rows = await list_points(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        quantity=quantity,
        after=paging.after(str, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], row["code"]))
    return Page[Point](items=[Point.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{enterprise}/{code}", summary="One point", responses=problems(NOT_FOUND))
async def point(
    session: ReadSession, enterprise: Annotated[EnterpriseCode, Path()], code: Annotated[PointCode, Path()]
) -> Point:
    session.access.require(enterprise)
    key = await enterprise_id(session.connection, enterprise)
    return Point.model_validate(await get_point(session.connection, key, code))
