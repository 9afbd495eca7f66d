"""Enterprises. Operators only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseCode
from api.paging import Page, Paging
from api.session import OperatorSession
from storage.listing.enterprises import get_enterprise, list_enterprises

router = APIRouter(prefix="/enterprises", tags=["registers"])

_ENTERPRISE: dict[str, Any] = {
    "code": "hx-coking",
    "name": "海西焦化",
    "district": "wuda",
    "district_name": "乌达区",
    "industry": "coking",
    "is_industrial": True,
    "registered_from": "2026-11-01",
}


class Enterprise(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ENTERPRISE]})

    code: str
    name: str
    district: str
    district_name: str
    industry: str
    is_industrial: bool
    registered_from: date = Field(description="local date (Asia/Shanghai) from which the enterprise is judged")


class EnterpriseDetail(Enterprise):
    """An enterprise and the size of its registers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _ENTERPRISE
                | {
                    "outlets": 2,
                    "points": 14,
                    "intakes": 1,
                    "metering_places": 6,
                    "meters": 6,
                    "components": 2400,
                }
            ]
        }
    )

    outlets: int
    points: int
    intakes: int
    metering_places: int
    meters: int
    components: int


@router.get("", summary="Enterprises by code")
async def enterprises(session: OperatorSession, paging: Paging) -> Page[Enterprise]:
    rows = await list_enterprises(session.connection, after=paging.after(str), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["code"],))
    return Page[Enterprise](items=[Enterprise.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{code}", summary="One enterprise", responses=problems(NOT_FOUND))
async def enterprise(session: OperatorSession, code: Annotated[EnterpriseCode, Path()]) -> EnterpriseDetail:
    return EnterpriseDetail.model_validate(await get_enterprise(session.connection, code))
