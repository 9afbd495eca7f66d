"""Limits: what holds where, from which text, and operators' edits. A row is never altered; an edit supersedes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, VALIDATION, ApiProblem, ProblemItem, problems
from api.fields import DayIn, EnterpriseCode, EnterpriseParameter, InstantIn, PointCode, RowId, Word
from api.models.limits import (
    HISTORY_SHOWN,
    Confirmation,
    EffectiveItem,
    EffectiveLimits,
    LimitDetail,
    LimitItem,
    NewLimit,
    Status,
    Switch,
    limit_item,
)
from api.paging import Page, Paging
from api.session import ActingSession, ReadSession, Session
from domain.errors import Conflict
from domain.limitfaults import limit_faults
from domain.limits import LimitKind
from domain.periods import local_day
from storage.listing.limits import (
    LimitFilter,
    add_limit,
    effective_limits,
    get_limit,
    get_outlet,
    limit_history,
    list_limits,
)
from storage.listing.session import Row

router = APIRouter(prefix="/limits", tags=["judgement"])


async def _detail(session: Session, limit_id: int) -> LimitDetail:
    item = limit_item(await get_limit(session.connection, limit_id))
    if item.enterprise is not None:
        session.access.require(item.enterprise)
    rows = await limit_history(session.connection, limit_id, limit=HISTORY_SHOWN)
    return LimitDetail(**item.model_dump(), history=[limit_item(row) for row in rows])


@router.get("", summary="Limits by id, drafts among them", responses=problems(NOT_FOUND))
async def limits(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    outlet: Annotated[PointCode | None, Query(description="outlet code; only rows of that outlet's own")] = None,
    process: Annotated[Word | None, Query(examples=["coke_oven_stack"])] = None,
    quantity: Annotated[Word | None, Query(examples=["so2"])] = None,
    kind: LimitKind | None = None,
    status: Status | None = None,
    enabled: bool | None = None,
    as_known_at: Annotated[
        InstantIn | None, Query(description="rows as they were current at that instant; without it the current ones")
    ] = None,
) -> Page[LimitItem]:
    """With an enterprise: the rows of its outlets and of the processes that it runs."""
    wanted = LimitFilter(
        enterprise_id=await session.enterprise_id(enterprise),
        outlet=outlet,
        process=process,
        quantity=quantity,
        kind=kind,
        status=status,
        enabled=enabled,
        as_known_at=as_known_at,
    )
    rows = await list_limits(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["limit_id"],))
    return Page[LimitItem](items=[limit_item(row) for row in items], next_cursor=next_cursor)


@router.get("/effective", summary="What holds at an outlet on a day, and why", responses=problems(NOT_FOUND))
async def effective(
    session: ReadSession,
    enterprise: Annotated[EnterpriseCode, Query()],
    outlet: Annotated[PointCode, Query()],
    on: Annotated[DayIn | None, Query(description="local day (Asia/Shanghai); without it today")] = None,
) -> EffectiveLimits:
    """The outlet's own row wins over its process's, a person's over the shipped one, a region's over a general one."""
    session.access.require(enterprise)
    place = await get_outlet(session.connection, enterprise, outlet)
    day = on or local_day(session.now)
    since, found = await effective_limits(session.connection, place, day)
    return EffectiveLimits(
        enterprise=enterprise,
        outlet=outlet,
        process=place["process"],
        on=day,
        key_region_from=since,
        items=[
            EffectiveItem(
                quantity=one["quantity"],
                kind=one["kind"],
                averaging=one["averaging"],
                limit=None if one["limit"] is None else limit_item(one["limit"]),
                winner=limit_item(one["winner"]),
                why=_why(one["winner"], one["overruled"]),
                overruled=[limit_item(row) for row in one["overruled"]],
            )
            for one in found
        ],
    )


def _why(winner: Row, overruled: list[Row]) -> str:
    """Why the winner wins over the next best, in the order in which rows are compared."""
    if not overruled:
        why = "只有这一条适用"
    elif (winner["outlet"] is None) != (overruled[0]["outlet"] is None):
        why = "排口自己的限值优先于工序的限值"
    elif (winner["origin"] == "preset") != (overruled[0]["origin"] == "preset"):
        why = "人工登记的限值优先于预置限值"
    elif (winner["region"] == "any") != (overruled[0]["region"] == "any"):
        why = "按区域给出的限值优先于通用限值"
    else:
        why = "有效期开始较晚的优先"
    return why if winner["enabled"] else f"{why}；这一条已停用，因此该日没有限值"


@router.get("/{limit_id}", summary="One limit with its history", responses=problems(NOT_FOUND))
async def limit(session: ReadSession, limit_id: RowId) -> LimitDetail:
    return await _detail(session, limit_id)


def _refuse(body: NewLimit) -> None:
    """Every fault at once, each with its field."""
    faults = limit_faults(
        enterprise=body.enterprise,
        outlet=body.outlet,
        process=body.process,
        quantity=body.quantity,
        averaging=body.averaging,
        unit=body.unit,
        reference_o2_pct=body.reference_o2_pct,
        exempt_process=body.exempt_process,
        status=body.status,
        enabled=body.enabled,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    )
    items = [
        ProblemItem(location="body", name=fault.field, value=_text(getattr(body, fault.field)), expected=fault.chinese)
        for fault in faults
    ]
    if items:
        raise ApiProblem(VALIDATION, f"{len(items)} 处不符合要求，见 errors", errors=items)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@router.post(
    "", status_code=201, summary="Say a limit, or say it anew", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT)
)
async def new_limit(session: ActingSession, body: Annotated[NewLimit, Body()]) -> LimitDetail:
    """409 when another row of the scope speaks of one of its days. Periods from `valid_from` on are judged again."""
    _refuse(body)
    return await _detail(session, await add_limit(session.connection, body.model_dump(), session.now))


@router.post(
    "/{limit_id}/disable", summary="Let a limit judge no more", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT)
)
async def disable_limit(session: ActingSession, limit_id: RowId, body: Annotated[Switch, Body()]) -> LimitDetail:
    """A shipped row is overruled by a disabled one of its scope, a person's row superseded. 409 when nothing is left to
    disable."""
    row = await _current(session, limit_id)
    if not row["enabled"]:
        raise Conflict(f"限值 {limit_id} 本来就没有启用")
    return await _switched(session, row, {"enabled": False, "author": body.author, "reason": body.reason})


@router.post(
    "/{limit_id}/enable",
    summary="Confirm a draft, or enable a limit again",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def enable_limit(session: ActingSession, limit_id: RowId, body: Annotated[Confirmation, Body()]) -> LimitDetail:
    """The row is said anew as an operator's, enabled, with the standing and the source that were confirmed."""
    row = await _current(session, limit_id)
    if row["enabled"]:
        raise Conflict(f"限值 {limit_id} 已经启用")
    return await _switched(session, row, {"enabled": True, **body.model_dump()})


async def _current(session: Session, limit_id: int) -> Row:
    row = await get_limit(session.connection, limit_id)
    if row["superseded_at"] is not None:
        raise Conflict(f"限值 {limit_id} 已被新的记录替换，请对新的记录操作")
    return row


async def _switched(session: Session, row: Row, changes: Row) -> LimitDetail:
    said = {name: row[name] for name in NewLimit.model_fields} | changes
    over_preset = row["origin"] == "preset"
    return await _detail(session, await add_limit(session.connection, said, session.now, over_preset=over_preset))
