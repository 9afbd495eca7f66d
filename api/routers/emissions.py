"""Ultra-low-emission standing per outlet and pollutant in one month. Operators only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.fields import MonthIn, Number, parse_month
from api.paging import Page, Paging
from api.session import OperatorSession
from domain.findings import Verdict
from domain.periods import SITE_ZONE, month_period
from storage.listing.emissions import list_emissions
from storage.listing.session import Row

router = APIRouter(prefix="/emissions", tags=["reports"])

_ITEM: dict[str, Any] = {
    "subject": "outlet:hx-coking/S1",
    "enterprise": "hx-coking",
    "outlet_name": "焦炉烟囱",
    "process": "coke_oven_stack",
    "pollutant": "so2",
    "rule_id": "ule.coke_oven_stack.so2.hourly",
    "judged_hours": 24,
    "compliant_hours": 23,
    "violation_hours": 1,
    "share_pct": 95.83333333333333,
    "undetermined_hours": 2,
    "undetermined_reasons": {"too_few_valid_minutes": 2},
    "monthly": None,
}


class MonthlyVerdict(BaseModel):
    """The month's own finding, there once the month is closed."""

    finding_id: int
    rule_id: str
    verdict: Verdict
    reason: str
    value: Number = Field(description="share of compliant hours, %")
    limit: Number


class EmissionItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    subject: str
    enterprise: str | None
    outlet_name: str | None
    process: str
    pollutant: str
    rule_id: str
    judged_hours: int = Field(description="compliant and violation hours")
    compliant_hours: int
    violation_hours: int
    share_pct: Number = Field(description="compliant of judged hours, %, month to date; null when none was judged")
    undetermined_hours: int
    undetermined_reasons: dict[str, int]
    monthly: MonthlyVerdict | None


class EmissionPage(Page[EmissionItem]):
    """One page of one month."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_ITEM], "next_cursor": None, "month": "2026-11"}]}
    )

    month: str = Field(description="local calendar month (Asia/Shanghai)")


def _item(row: Row) -> EmissionItem:
    judged = row["compliant_hours"] + row["violation_hours"]
    words = row["rule_id"].split(".")
    monthly = None
    if row["monthly_finding_id"] is not None:
        monthly = MonthlyVerdict(
            finding_id=row["monthly_finding_id"],
            rule_id=row["monthly_rule_id"],
            verdict=row["monthly_verdict"],
            reason=row["monthly_reason"],
            value=row["monthly_value"],
            limit=row["monthly_limit"],
        )
    return EmissionItem(
        subject=row["subject"],
        enterprise=row["enterprise"],
        outlet_name=row["outlet_name"],
        process=words[1],
        pollutant=words[-2],
        rule_id=row["rule_id"],
        judged_hours=judged,
        compliant_hours=row["compliant_hours"],
        violation_hours=row["violation_hours"],
        share_pct=row["compliant_hours"] * 100 / judged if judged else None,
        undetermined_hours=row["undetermined_hours"],
        undetermined_reasons=row["undetermined_reasons"],
        monthly=monthly,
    )


@router.get("", summary="Judged hours of a month by outlet and pollutant")
async def emissions(
    session: OperatorSession,
    paging: Paging,
    month: Annotated[
        MonthIn | None, Query(description="local month (Asia/Shanghai); without it the present one")
    ] = None,
) -> EmissionPage:
    after = paging.after(str, str, str)
    if month is None:
        # later pages stay on the first page's month
        month = f"{session.now.astimezone(SITE_ZONE):%Y-%m}" if after is None else after[2]
    rows = await list_emissions(
        session.connection,
        month=month_period(*parse_month(month)),
        after=None if after is None else after[:2],
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["subject"], row["rule_id"], month))
    return EmissionPage(items=[_item(row) for row in items], next_cursor=next_cursor, month=month)
