"""What is to be done on sealing points: tests month by month, and an enterprise's work list to carry along."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.errors import NOT_FOUND, invalid, problems
from api.fields import EnterpriseParameter
from api.models.ldarwork import Forecast, MonthItem, Worklist
from api.reports import worklist, xlsx
from api.session import ReadSession, Session
from domain.leakforecast import DueGroup, month_work
from domain.leaks import COMPONENT_KINDS, cycle_kind
from domain.periods import local_day
from storage.listing.enterprises import enterprise_name
from storage.listing.ldar import due_components, due_groups, open_leaks, schedules

router = APIRouter(prefix="/ldar", tags=["ldar"])

DaysParameter = Annotated[int, Query(ge=0, le=366, description="days from today on that are looked at")]

_FILES: dict[str, dict[int | str, dict[str, Any]]] = {
    "csv": {200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": "事项,状态,到期日,…"}}}},
    "xlsx": {200: {"content": {xlsx.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "PK…"}}}},
}


@router.get("/forecast", summary="Tests due month by month", responses=problems(NOT_FOUND))
async def ldar_forecast(
    session: ReadSession,
    enterprise: EnterpriseParameter = None,
    months: Annotated[int, Query(ge=1, le=24, description="this month and those after it")] = 12,
) -> Forecast:
    """By enterprise and kind; by unit too where an enterprise is asked for.

    Each component counts by its strictest regime; later cycles begin on the due day, when the test is taken to be made.
    """
    enterprise_id = await session.enterprise_id(enterprise)
    rules = {row["rule_id"]: row["months"] for row in await schedules(session.connection)}
    rows = await due_groups(session.connection, enterprise_id=enterprise_id, detailed=enterprise_id is not None)
    groups = [
        DueGroup(
            (row["enterprise"], row["unit_name"] or "", row["kind"]),
            row["due_on"],
            row["components"],
            tuple(
                rules[rule][cycle_kind(row["kind"], row["medium"])]
                for rule in row["rules"]
                if rules.get(rule) is not None
            ),
            any(rules.get(rule) is None for rule in row["rules"]),
        )
        for row in rows
    ]
    today = local_day(session.now)
    found = month_work(groups, today, months)
    items = [
        MonthItem(
            month=f"{month:%Y-%m}",
            enterprise=code,
            unit_name=unit or None,
            kind=kind,
            kind_word=COMPONENT_KINDS[kind],
            components=work.components,
            overdue=work.overdue,
        )
        for (month, (code, unit, kind)), work in sorted(found.items(), key=lambda one: one[0])
    ]
    return Forecast(as_of=today, months=months, items=items)


@router.get("/worklist", summary="What an enterprise has to test and repair", responses=problems(NOT_FOUND))
async def ldar_worklist(
    session: ReadSession, enterprise: EnterpriseParameter = None, days: DaysParameter = 30
) -> Worklist:
    """Overdue, due within some days, and leaks that are not over. An operator names the enterprise."""
    return await _worklist(session, enterprise, days)


@router.get(
    "/worklist.xlsx",
    summary="The work list as a workbook",
    response_class=Response,
    responses=_FILES["xlsx"] | problems(NOT_FOUND),
)
async def ldar_worklist_xlsx(
    session: ReadSession, enterprise: EnterpriseParameter = None, days: DaysParameter = 30
) -> Response:
    """In Chinese: a sheet of tests and one of leaks."""
    found = await _worklist(session, enterprise, days)
    content = await asyncio.to_thread(lambda: xlsx.workbook(worklist.document(found, session.now)))
    return _file(found, content, xlsx.MEDIA_TYPE, "xlsx")


@router.get(
    "/worklist.csv",
    summary="The work list as a table of text",
    response_class=Response,
    responses=_FILES["csv"] | problems(NOT_FOUND),
)
async def ldar_worklist_csv(
    session: ReadSession, enterprise: EnterpriseParameter = None, days: DaysParameter = 30
) -> Response:
    """In Chinese, UTF-8 with a byte order mark."""
    found = await _worklist(session, enterprise, days)
    return _file(found, await asyncio.to_thread(worklist.table_text, found), worklist.CSV_TYPE, "csv")


async def _worklist(session: Session, enterprise: str | None, days: int) -> Worklist:
    code = session.access.narrow(enterprise)
    enterprise_id = await session.enterprise_id(enterprise)
    if code is None or enterprise_id is None:
        raise invalid("enterprise", None, "企业代码：工作清单一次一家企业")
    today = local_day(session.now)
    tests = await due_components(session.connection, enterprise_id=enterprise_id, to_day=today + timedelta(days=days))
    leaks = await open_leaks(session.connection, enterprise_id=enterprise_id)
    name = await enterprise_name(session.connection, enterprise_id)
    return await asyncio.to_thread(
        lambda: worklist.build(tests, leaks, enterprise=code, name=name, today=today, days=days)
    )


def _file(found: Worklist, content: bytes, media_type: str, ending: str) -> Response:
    plain = f"ldar-{found.enterprise}-{found.as_of}.{ending}"
    name = quote(f"{found.enterprise_name}密封点工作清单{found.as_of}.{ending}")
    headers = {"Content-Disposition": f"attachment; filename={plain}; filename*=UTF-8''{name}"}
    return Response(content, media_type=media_type, headers=headers)
