"""Gateways with their last known status."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, Instant
from api.paging import Page, Paging
from api.session import ReadSession
from storage.listing.gateways import list_gateways

router = APIRouter(prefix="/gateways", tags=["intake"])


class Gateway(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "gateway": "gw1",
                    "online": True,
                    "changed_at": "2026-11-02T00:00:00Z",
                    "points": 12,
                    "silent_since": None,
                }
            ]
        }
    )

    enterprise: str
    gateway: str
    online: bool
    changed_at: Instant = Field(description="since when it is so")
    points: int = Field(description="points that it has ever sent")
    silent_since: Instant | None = Field(
        description="first hour without a reading of any of its points (data.gateway_offline); null while any reports"
    )


@router.get("", summary="Gateways by enterprise", responses=problems(NOT_FOUND))
async def gateways(session: ReadSession, paging: Paging, enterprise: EnterpriseParameter = None) -> Page[Gateway]:
    rows = await list_gateways(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        after=paging.after(str, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], row["gateway"]))
    return Page[Gateway](items=[Gateway.model_validate(row) for row in items], next_cursor=next_cursor)
