"""Enterprises. Operators only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

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
    "park": "wuda-park",
    "park_name": "乌达工业园",
    "industry": "coking",
    "is_industrial": True,
    "key_water": "region",
    "key_energy": "national",
    "registered_from": "2026-11-01",
    "permits": [
        {
            "intake": "I1",
            "name": "1号取水口",
            "source": "surface",
            "permit_number": "取水（示）字〔2024〕第7号",
            "permitted_m3_a": 600000.0,
            "permit_from": "2024-01-01",
            "permit_to": "2028-12-31",
            "in_service_to": None,
        }
    ],
    "coke_lines": [{"line": "L1", "name": "1号焦炉", "charging": "top", "quenching": "dry", "in_service_to": None}],
}

KeyList = Literal["national", "region", "city"]


class Permit(BaseModel):
    """An intake and what its permit (取水许可证) allows."""

    intake: str
    name: str
    source: Literal["surface", "ground", "public", "reclaimed", "purchased"]
    permit_number: str | None
    permitted_m3_a: float = Field(description="permitted volume, m3 a year")
    permit_from: date | None
    permit_to: date | None = Field(description="last local date on which the permit holds; null: not known")
    in_service_to: date | None = Field(description="first local date on which the intake is out of service")


class CokeLine(BaseModel):
    """A line of coke ovens; its limit of energy use depends on how they are charged."""

    line: str
    name: str
    charging: Literal["top", "stamp"] | None = Field(description="顶装 or 捣固; null: not registered")
    quenching: Literal["dry", "wet"] | None
    in_service_to: date | None


class Enterprise(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ENTERPRISE]})

    code: str
    name: str
    district: str
    district_name: str
    park: str | None
    park_name: str | None
    industry: str
    is_industrial: bool
    key_water: KeyList | None = Field(description="重点用水单位: by whose list; null: on none")
    key_energy: KeyList | None = Field(description="重点用能单位: by whose list; null: on none")
    registered_from: date = Field(description="local date (Asia/Shanghai) from which the enterprise is judged")
    permits: list[Permit] = Field(description="every intake by code")
    coke_lines: list[CokeLine] = Field(description="production lines of coke by code")


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
                    "lines": 2,
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
    lines: int
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
