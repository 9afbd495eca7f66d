"""The city's targets with their sources. Operators only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.fields import Number, Word
from api.paging import Page, Paging
from api.routers.scoreboard import document_title
from api.session import OperatorSession
from storage.listing.targets import list_targets

router = APIRouter(prefix="/targets", tags=["reports"])


class Target(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "target_id": "T001",
                    "document": "coking-green-plan",
                    "document_status": "征求意见稿",
                    "indicator": "工业企业用水计量设施安装率",
                    "operator": "=",
                    "value": 100.0,
                    "unit": "%",
                    "baseline_year": None,
                    "target_year": 2025,
                    "bureau": "市水务局等",
                    "domain": "water",
                    "check_mode": "auto",
                    "quote": "工业企业用水计量设施安装率达到100%",
                    "note": "",
                }
            ]
        }
    )

    target_id: str
    document: str
    document_status: str
    indicator: str
    operator: str
    value: Number
    unit: str | None
    baseline_year: int | None
    target_year: int | None
    bureau: str | None
    domain: str = Field(description="one or more, separated by `;`")
    check_mode: str
    quote: str = Field(description="the document's own words")
    note: str


@router.get("", summary="Targets by id")
async def targets(
    session: OperatorSession,
    paging: Paging,
    document: Annotated[Word | None, Query(description="document id")] = None,
    domain: Annotated[Word | None, Query(description="water, energy, digital, ...")] = None,
    mode: Annotated[Word | None, Query(description="auto, derived, manual, display, schedule, check")] = None,
) -> Page[Target]:
    rows = await list_targets(
        session.connection,
        document=document_title(document),
        domain=domain,
        mode=mode,
        after=paging.after(str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["target_id"],))
    return Page[Target](items=[Target.model_validate(row) for row in items], next_cursor=next_cursor)
