"""Reports as documents: the monthly one on ultra-low emission, as known at an instant."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.errors import NOT_FOUND, invalid, problems
from api.fields import EnterpriseParameter, InstantIn, MonthIn, format_instant, parse_month
from api.models.report import UleReport
from api.reports import html, xlsx
from api.reports.tables import document
from api.reports.ule import build
from api.session import ReadSession
from domain.periods import month_period
from storage.listing.emissions import MonthQuestion
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
    if format == "html":
        return Response(await asyncio.to_thread(html.page, document(report)), media_type="text/html")
    if format == "xlsx":
        name = quote(f"{report.title.replace(' ', '')}.xlsx")
        plain = f"ule-{month}{'' if code is None else f'-{code}'}.xlsx"
        headers = {"Content-Disposition": f"attachment; filename={plain}; filename*=UTF-8''{name}"}
        return Response(
            await asyncio.to_thread(xlsx.workbook, document(report)), media_type=xlsx.MEDIA_TYPE, headers=headers
        )
    return report
