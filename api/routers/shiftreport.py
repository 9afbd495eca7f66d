"""The shift report (交接班记录) as JSON, PDF and XLSX."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from alerts.duty import turn_of
from api.errors import NOT_FOUND, invalid, problems
from api.fields import InstantIn, format_instant
from api.models.shiftreport import ShiftReport
from api.reports import pdf, shift, xlsx
from api.reports.document import Document, local_text
from api.reports.fonts import Font
from api.routers.roster import TeamCode
from api.session import OperatorSession
from domain.errors import NotFound
from domain.periods import SITE_ZONE, Period
from storage import roster as store
from storage.listing.shift import shift_rows

router = APIRouter(prefix="/roster", tags=["roster"])

_FORMATS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            pdf.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF…"},
            xlsx.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "PK…"},
        },
        "description": "by `format`: JSON, a document for paper (A4 landscape), or a workbook",
    }
}


@router.get(
    "/{team}/shift-report",
    summary="What a shift saw, and what it told the next (交接班记录)",
    response_model=ShiftReport,
    responses=_FORMATS | problems(NOT_FOUND),
)
async def shift_report(
    request: Request,
    session: OperatorSession,
    team: TeamCode,
    at: Annotated[
        InstantIn | None, Query(description="any instant of the shift; now", examples=["2026-11-02T10:00:00+08:00"])
    ] = None,
    format: Annotated[Literal["json", "pdf", "xlsx"], Query()] = "json",
) -> Any:
    """Alerts that fired, ended or are open, by whom and after how long they were taken, what was held back, to whom it
    was escalated, how messages went out, changes of the roster, notes. Of a shift that is not over: so far."""
    asked = session.now if at is None else at
    roster, routes = await store.load(session.connection)
    if team not in roster.teams:
        raise NotFound(f"没有值班组 {team}")
    turn = turn_of(roster, team, asked)
    if turn is None:
        raise NotFound(f"{local_text(asked)} 没有人值班")
    if turn.whole.start > session.now:
        raise invalid("at", format_instant(asked), "不晚于现在：这一班尚未开始")
    stretch = shift.stretch(turn, session.now)
    notes = await store.handovers(session.connection, team, from_at=turn.whole.start, limit=1000)
    report = shift.build(
        await shift_rows(session.connection, team, stretch),
        roster,
        routes,
        turn,
        overrides=await store.overrides_of(session.connection, team, Period(turn.whole.start, turn.whole.end)),
        handovers=notes,
        now=session.now,
    )
    if format == "json":
        return report
    return await asyncio.to_thread(
        _written, report, shift.document(report, session.now), format, request.app.state.report_font
    )


def _written(report: ShiftReport, made: Document, format: str, font: Font) -> Response:
    plain = f"shift-{report.team}-{report.from_at.astimezone(SITE_ZONE):%Y%m%d-%H%M}.{format}"
    name = quote(f"{made.title.replace(' ', '')}-{report.from_at.astimezone(SITE_ZONE):%Y%m%d}.{format}", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename={plain}; filename*=UTF-8''{name}",
        "Cache-Control": "private, no-store",
    }
    if format == "pdf":
        return Response(pdf.render(made, font), media_type=pdf.MEDIA_TYPE, headers=headers)
    return Response(xlsx.workbook(made), media_type=xlsx.MEDIA_TYPE, headers=headers)
