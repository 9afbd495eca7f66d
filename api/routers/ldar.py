"""LDAR components and their due dates; an enterprise sees its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, Instant, Word
from api.paging import Page, Paging
from api.session import ReadSession
from domain.findings import Verdict
from domain.leaks import ANCHORS
from domain.periods import local_day
from storage.listing.ldar import component_summary, list_components
from storage.listing.session import Row

router = APIRouter(prefix="/ldar", tags=["reports"])

_ITEM: dict[str, Any] = {
    "enterprise": "hx-coking",
    "code": "V-0001",
    "name": "苯储罐出口阀",
    "unit_name": "苯加氢装置",
    "kind": "valve",
    "medium": "light_liquid",
    "in_service_from": "2026-01-05",
    "in_service_to": None,
    "exempt_clause": None,
    "last_tested_at": "2026-05-20T02:00:00Z",
    "status": "due_soon",
    "strictest": {
        "rule_id": "ldar.gb31571",
        "title": "石油化学工业密封点泄漏检测周期",
        "due_day": "2026-08-20",
        "anchor": "test",
        "anchor_word": "上次检测",
        "anchor_on": "2026-05-20",
    },
    "duties": [
        {
            "rule_id": "ldar.gb31571",
            "title": "石油化学工业密封点泄漏检测周期",
            "due_day": "2026-08-20",
            "anchor": "test",
            "anchor_word": "上次检测",
            "anchor_on": "2026-05-20",
        }
    ],
    "gb31571": {
        "finding_id": 53,
        "status": "overdue",
        "verdict": "violation",
        "due_day": "2026-08-20",
    },
    "gb37822": {
        "finding_id": 51,
        "status": "due_soon",
        "verdict": "compliant",
        "due_day": "2026-11-20",
    },
    "wuhai_yearly": {
        "finding_id": 52,
        "status": "tested",
        "verdict": "compliant",
        "due_day": "2026-12-31",
    },
}


class Duty(BaseModel):
    """Where a component stands in one schedule."""

    finding_id: int
    status: str
    verdict: Verdict
    due_day: date = Field(description="local date (Asia/Shanghai), the last on which the test is in time")


class OpenDuty(BaseModel):
    """An open duty of a component, whatever has become of earlier ones."""

    rule_id: str
    title: str
    due_day: date = Field(description="local date (Asia/Shanghai), the last on which the test is in time")
    anchor: str = Field(description="what the due day is counted from: " + ", ".join(ANCHORS))
    anchor_word: str
    anchor_on: date


def open_duties(rows: Sequence[Row] | None) -> list[OpenDuty]:
    """From what the store gives of a component, the strictest first."""
    return [OpenDuty(**{name: row[name] for name in _OPEN}, anchor_word=ANCHORS[row["anchor"]]) for row in rows or ()]


_OPEN = ("rule_id", "title", "due_day", "anchor", "anchor_on")


class ComponentItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    enterprise: str
    code: str
    name: str
    unit_name: str
    kind: str
    medium: str
    in_service_from: date = Field(description="local date (Asia/Shanghai)")
    in_service_to: date | None
    exempt_clause: str | None
    last_tested_at: Instant | None
    status: str = Field(description="of the GB 37822 schedule; not_judged without a current finding")
    strictest: OpenDuty | None = Field(description="the open duty that is due first, over all regimes")
    duties: list[OpenDuty] = Field(description="open duties by regime, the strictest first")
    gb31571: Duty | None
    gb37822: Duty | None
    wuhai_yearly: Duty | None


class ComponentPage(Page[ComponentItem]):
    """One page of components, and how many stand where."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_ITEM], "next_cursor": None, "summary": {"due_soon": 12, "scheduled": 2388}}]
        }
    )

    summary: dict[str, int] = Field(description="components by status, over all pages and whatever `status` asks")


def _duty(finding_id: int | None, status: str, verdict: str, period_end: datetime) -> Duty | None:
    if finding_id is None:
        return None
    # the period ends with the due day
    due_day = local_day(period_end - timedelta(microseconds=1))
    return Duty(finding_id=finding_id, status=status, verdict=Verdict(verdict), due_day=due_day)


def _item(row: Row) -> ComponentItem:
    duties = open_duties(row["duties"])
    return ComponentItem.model_validate(
        row
        | {
            "strictest": duties[0] if duties else None,
            "duties": duties,
            "gb31571": _duty(
                row["petro_finding_id"], row["petro_status"], row["petro_verdict"], row["petro_period_end"]
            ),
            "status": row["status"] or "not_judged",
            "gb37822": _duty(row["finding_id"], row["status"], row["verdict"], row["period_end"]),
            "wuhai_yearly": _duty(
                row["yearly_finding_id"], row["yearly_status"], row["yearly_verdict"], row["yearly_period_end"]
            ),
        }
    )


@router.get("", summary="Components by enterprise and code with due dates", responses=problems(NOT_FOUND))
async def ldar(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    status: Annotated[
        Word | None, Query(description="scheduled, due_soon, overdue, tested_in_time, tested_late, not_judged")
    ] = None,
) -> ComponentPage:
    enterprise_id = await session.enterprise_id(enterprise)
    rows = await list_components(
        session.connection,
        enterprise_id=enterprise_id,
        status=status,
        after=paging.after(str, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], row["code"]))
    return ComponentPage(
        items=[_item(row) for row in items],
        next_cursor=next_cursor,
        summary=await component_summary(session.connection, enterprise_id=enterprise_id),
    )
