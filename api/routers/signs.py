"""Signs of false data, by outlet with a score and in leak tests by enterprise: what the data look like, never why.

Operators only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import DayIn, EnterpriseParameter, Number, PointCode, format_instant
from api.models.emissions import process_name
from api.paging import Page, Paging
from api.session import OperatorSession, Session
from domain.periods import Period, day_period, day_start, local_day
from storage.listing.emissions import outlet_subject
from storage.listing.session import Row
from storage.listing.signs import list_leak_signs, list_signs

router = APIRouter(prefix="/signs", tags=["reports"])

_DAYS = 30
#: A campaign of last year is still last year's news.
_LEAK_DAYS = 92

_ITEM: dict[str, Any] = {
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "outlet": "S1",
    "outlet_name": "焦炉烟囱",
    "process_name": "焦炉烟囱",
    "score": 5.0,
    "seen_days": 2,
    "judged_days": 30,
    "signs": [
        {
            "rule_id": "sign.flatline",
            "title": "数值长时间不变",
            "weight": 3.0,
            "days": 1,
            "last_day": "2026-11-02",
            "last_finding_id": 4711,
            "findings": "/v1/findings?rule=sign.flatline&subject=outlet%3Ahx-coking%2FS1&verdict=violation",
        }
    ],
}


class SeenSign(BaseModel):
    """A sign that was seen."""

    rule_id: str
    title: str
    weight: Number = Field(description="what it adds to the score, all its days together")
    days: int
    last_day: date = Field(description="local day (Asia/Shanghai)")
    last_finding_id: int = Field(description="its evidence says what was seen, and when")
    findings: str


class SignItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    enterprise: str
    enterprise_name: str
    outlet: str
    outlet_name: str
    process_name: str
    score: float = Field(description="weights of the signs seen, each once a day at most; a reason to look, no verdict")
    seen_days: int
    judged_days: int
    signs: list[SeenSign]


class SignPage(Page[SignItem]):
    """One page of the local days from from_day to to_day, both included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_ITEM], "next_cursor": None, "from_day": "2026-10-04", "to_day": "2026-11-02"}]
        }
    )

    from_day: date
    to_day: date


def _item(session: Session, row: Row, days: Period) -> SignItem:
    subject = outlet_subject(row)
    signs = []
    for sign in row["signs"]:
        question = {
            "rule": sign["rule_id"],
            "subject": subject,
            "verdict": "violation",
            "from": format_instant(days.start),
            "to": format_instant(days.end),
        }
        found = {
            "last_day": local_day(sign["last_at"]),
            "findings": f"{session.public_url}/v1/findings?{urlencode(question)}",
        }
        signs.append(SeenSign.model_validate(sign | found))
    return SignItem.model_validate(row | {"process_name": process_name(row["process"]), "signs": signs})


@router.get("", summary="Signs of false data by outlet", responses=problems(NOT_FOUND))
async def signs(
    session: OperatorSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    outlet: Annotated[PointCode | None, Query(description="outlet code")] = None,
    day: Annotated[DayIn | None, Query(description="the last local day; without it today")] = None,
    days: Annotated[int, Query(ge=1, le=92, description="how many local days up to it")] = _DAYS,
) -> SignPage:
    """Outlets on which nothing was seen are there too, with a score of 0."""
    after = paging.after(str, str, date)
    if day is None:
        # later pages stay on the first page's day
        day = local_day(session.now) if after is None else after[2]
    first = day - timedelta(days=days - 1)
    period = Period(day_start(first), day_period(day).end)
    rows = await list_signs(
        session.connection,
        days=period,
        enterprise_id=await session.enterprise_id(enterprise),
        outlet=outlet,
        after=None if after is None else after[:2],
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], row["outlet"], day))
    return SignPage(
        items=[_item(session, row, period) for row in items], next_cursor=next_cursor, from_day=first, to_day=day
    )


_LEAK_ITEM: dict[str, Any] = {
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "seen": 3,
    "judged": 57,
    "signs": [
        {
            "rule_id": "ldar.sign_speed",
            "title": "单台仪器（人员）日检测点数异常迹象（F2）",
            "severity": "warning",
            "times": 3,
            "last_day": "2026-11-02",
            "last_reason": "impossible",
            "last_campaign": None,
            "last_finding_id": 4711,
            "findings": "/v1/findings?rule=ldar.sign_speed&subject=enterprise%3Ahx-coking&verdict=violation",
        }
    ],
}


class SeenLeakSign(BaseModel):
    """A sign that was seen in leak tests."""

    rule_id: str
    title: str
    severity: str
    times: int = Field(description="local days, or campaigns, on which it was seen")
    last_day: date = Field(description="local day (Asia/Shanghai); of a campaign its first")
    last_reason: str
    last_campaign: str | None = Field(description="of signs that look at campaigns")
    last_finding_id: int = Field(description="its evidence says what was seen, with examples")
    findings: str


class LeakSignItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_LEAK_ITEM]})

    enterprise: str
    enterprise_name: str
    seen: int = Field(description="findings with a sign; a reason to look, no verdict")
    judged: int = Field(description="findings with enough records to say something")
    signs: list[SeenLeakSign]


class LeakSignPage(Page[LeakSignItem]):
    """One page of the local days from from_day to to_day, both included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_LEAK_ITEM], "next_cursor": None, "from_day": "2026-08-03", "to_day": "2026-11-02"}]
        }
    )

    from_day: date
    to_day: date


def _leak_item(session: Session, row: Row, days: Period) -> LeakSignItem:
    signs = []
    for sign in row["signs"]:
        question = {
            "rule": sign["rule_id"],
            "subject": f"enterprise:{row['enterprise']}",
            "verdict": "violation",
            "from": format_instant(days.start),
            "to": format_instant(days.end),
        }
        found = {
            "last_day": local_day(sign["last_at"]),
            "findings": f"{session.public_url}/v1/findings?{urlencode(question)}",
        }
        signs.append(SeenLeakSign.model_validate(sign | found))
    return LeakSignItem.model_validate(row | {"signs": signs})


@router.get("/ldar", summary="Signs in records of leak tests by enterprise", responses=problems(NOT_FOUND))
async def leak_signs(
    session: OperatorSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    day: Annotated[DayIn | None, Query(description="the last local day; without it today")] = None,
    days: Annotated[int, Query(ge=1, le=400, description="how many local days up to it")] = _LEAK_DAYS,
) -> LeakSignPage:
    """Days and campaigns that begin on these days. Enterprises without any sign are there too."""
    after = paging.after(str, date)
    if day is None:
        # later pages stay on the first page's day
        day = local_day(session.now) if after is None else after[1]
    first = day - timedelta(days=days - 1)
    period = Period(day_start(first), day_period(day).end)
    rows = await list_leak_signs(
        session.connection,
        days=period,
        enterprise_id=await session.enterprise_id(enterprise),
        after=None if after is None else after[0],
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], day))
    return LeakSignPage(
        items=[_leak_item(session, row, period) for row in items], next_cursor=next_cursor, from_day=first, to_day=day
    )
