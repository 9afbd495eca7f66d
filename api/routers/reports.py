"""Reports as documents: monthly ones on ultra-low emission, as known at an instant, and on metering of a district."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.errors import NOT_FOUND, invalid, problems
from api.fields import EnterpriseCode, EnterpriseParameter, InstantIn, MonthIn, format_instant, parse_month
from api.models.metering import MeteringReport
from api.models.report import UleReport
from api.reports import html, metering, meteringtables, tables, xlsx
from api.reports.document import Document
from api.reports.ule import build
from api.session import OperatorSession, ReadSession
from domain.periods import local_day, month_period
from rules.evaluators.account import LOOK_BACK
from rules.evaluators.coverage import DAILY_RATES
from storage.listing.coverage import district_name, latest_gaps_day
from storage.listing.emissions import MonthQuestion
from storage.listing.metering_report import metering_inputs
from storage.listing.report import ule_inputs

router = APIRouter(prefix="/reports", tags=["reports"])

_FORMATS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"},
            xlsx.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "PK…"},
        },
        "description": "by `format`: JSON, a page for printing to PDF (A4 landscape), or a workbook",
    }
}


@router.get(
    "/ule",
    summary="The monthly report on ultra-low emission",
    response_model=UleReport,
    responses=_FORMATS | problems(NOT_FOUND),
)
async def ule_report(
    session: ReadSession,
    month: Annotated[MonthIn, Query(description="local month (Asia/Shanghai)", examples=["2026-11"])],
    enterprise: EnterpriseParameter = None,
    as_known_at: Annotated[
        InstantIn | None,
        Query(description="what the platform knew at that instant, not later than now; without it what it knows now"),
    ] = None,
    format: Annotated[Literal["json", "html", "xlsx"], Query()] = "json",
) -> Any:
    """As known at one instant, the report and its hash stay the same, whatever arrives, is marked or rejected later."""
    known_at = session.now if as_known_at is None else as_known_at
    if known_at > session.now:
        raise invalid("as_known_at", format_instant(known_at), "不晚于现在：以后才知道的事还会改变报告")
    key = await session.enterprise_id(enterprise)
    code = session.access.narrow(enterprise)
    question = MonthQuestion(month_period(*parse_month(month)), key)
    given = await ule_inputs(session.connection, question, known_at)
    # a city's month takes seconds to write down, in which others wait for their answers
    report = await asyncio.to_thread(build, given, month=month, enterprise=code, as_known_at=known_at)
    if format == "json":
        return report
    plain = f"ule-{month}{'' if code is None else f'-{code}'}.xlsx"
    return await asyncio.to_thread(_written, tables.document(report), format, plain)


@router.get(
    "/metering",
    summary="The monthly report on metering of water and energy in a district",
    response_model=MeteringReport,
    responses=_FORMATS | problems(NOT_FOUND),
)
async def metering_report(
    session: OperatorSession,
    month: Annotated[MonthIn, Query(description="local month (Asia/Shanghai)", examples=["2026-09"])],
    district: Annotated[EnterpriseCode, Query(description="code of the district", examples=["wuda"])],
    format: Annotated[Literal["json", "html", "xlsx"], Query()] = "json",
) -> Any:
    """Rates with both readings, the list of what is missing, balances, permits and consumption: the current findings of
    the month. Of a month that is not over: what is judged so far. Operators only."""
    period = month_period(*parse_month(month))
    if period.start > session.now:
        raise invalid("month", month, "不晚于本月")
    name = await district_name(session.connection, district)
    last = local_day(period.end) - timedelta(days=1)
    if period.end > session.now:
        last = await latest_gaps_day(session.connection) or local_day(session.now)
    given = await metering_inputs(
        session.connection, district=district, month=period, gaps_on=last, daily=DAILY_RATES, monthly=list(LOOK_BACK)
    )
    report = await asyncio.to_thread(
        metering.build, given, month=month, district=district, name=name, made_at=session.now, gaps_on=last
    )
    if format == "json":
        return report
    plain = f"metering-{month}-{district}.xlsx"
    return await asyncio.to_thread(_written, meteringtables.document(report), format, plain)


def _written(report: Document, format: str, plain: str) -> Response:
    """A page or a workbook; plain: the latter's name in ASCII."""
    if format == "html":
        return Response(html.page(report), media_type="text/html")
    name = quote(f"{report.title.replace(' ', '')}.xlsx")
    headers = {"Content-Disposition": f"attachment; filename={plain}; filename*=UTF-8''{name}"}
    return Response(xlsx.workbook(report), media_type=xlsx.MEDIA_TYPE, headers=headers)
