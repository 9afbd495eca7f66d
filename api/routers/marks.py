"""Marks (标记) on data: an enterprise or an operator says what an instrument or a plant was doing; a bureau may reject.

What instruments say by themselves has no author and no number of its own: it is listed apart, under /marks/automatic.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.errors import BAD_REQUEST, CONFLICT, FORBIDDEN, NOT_FOUND, ApiProblem, invalid, problems
from api.fields import (
    EnterpriseParameter,
    FromParameter,
    InstantIn,
    OptionalFrom,
    OptionalTo,
    PointCode,
    RowId,
    ToParameter,
    Word,
    period,
    span,
)
from api.models.marks import (
    ROWS_SHOWN,
    AutomaticMark,
    MarkDecision,
    MarkDetail,
    MarkedFinding,
    MarkedHour,
    MarkItem,
    NewMark,
    Origin,
    State,
    mark_item,
)
from api.paging import Page, Paging
from api.session import ActingSession, MarkingSession, ReadSession, Session
from domain.errors import BadInput
from domain.marks import FLAG_MARKS, PROCESS_KINDS, STOPPED, Dimension
from domain.quality import SourceFlag
from storage import marks as store
from storage.listing.marks import (
    MarkFilter,
    get_mark,
    list_automatic,
    list_marks,
    mark_chain,
    marked_findings,
    marked_hours,
)
from storage.listing.session import Row

router = APIRouter(prefix="/marks", tags=["marks"])


async def _detail(session: Session, mark_id: int) -> MarkDetail:
    item = mark_item(await get_mark(session.connection, mark_id))
    session.access.require(item.enterprise)
    hours_total, hours = await marked_hours(session.connection, mark_id, limit=ROWS_SHOWN)
    findings_total, findings = await marked_findings(session.connection, mark_id, limit=ROWS_SHOWN)
    return MarkDetail(
        **item.model_dump(),
        chain=[mark_item(row) for row in await mark_chain(session.connection, mark_id)],
        hours_total=hours_total,
        hours=[MarkedHour.model_validate(row) for row in hours],
        findings_total=findings_total,
        findings=[MarkedFinding.model_validate(row) for row in findings],
    )


def _signed(session: Session, author: str) -> str:
    """Whose word it is: an enterprise's account stands before the name it gives, so that nobody signs for a bureau."""
    return author if session.access.enterprise is None else f"{session.access.enterprise}:{author}"


@router.get("", summary="Marks, newest first", responses=problems(NOT_FOUND))
async def marks(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    outlet: Annotated[PointCode | None, Query(description="outlet code")] = None,
    dimension: Dimension | None = None,
    kind: Annotated[Word | None, Query(examples=["maintenance"])] = None,
    origin: Origin | None = None,
    state: State | None = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    as_known_at: Annotated[
        InstantIn | None, Query(description="marks made by that instant, and what had become of them by then")
    ] = None,
) -> Page[MarkItem]:
    """`from` and `to` give the marks that cover some of the span; what instruments say is under /marks/automatic."""
    span(from_at, to_at)
    wanted = MarkFilter(
        enterprise_id=await session.enterprise_id(enterprise),
        outlet=outlet,
        dimension=dimension,
        kind=kind,
        origin=origin,
        state=state,
        from_at=from_at,
        to_at=to_at,
        as_known_at=as_known_at,
    )
    rows = await list_marks(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["mark_id"],))
    return Page[MarkItem](items=[mark_item(row) for row in items], next_cursor=next_cursor)


@router.get(
    "/automatic", summary="What instruments and running states say by themselves", responses=problems(NOT_FOUND)
)
async def automatic_marks(
    session: ReadSession,
    paging: Paging,
    from_at: FromParameter,
    to_at: ToParameter,
    enterprise: EnterpriseParameter = None,
    outlet: Annotated[PointCode | None, Query(description="outlet code")] = None,
) -> Page[AutomaticMark]:
    """By hour, point and flag, from the flags of the readings; readings with such a flag never enter a mean."""
    rows = await list_automatic(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        outlet=outlet,
        period=period(from_at, to_at),
        after=paging.after(datetime, int, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["hour_at"], row["point_id"], row["flag"]))
    return Page[AutomaticMark](items=[_automatic(row) for row in items], next_cursor=next_cursor)


def _automatic(row: Row) -> AutomaticMark:
    if row["flag"]:
        dimension, kind, word = FLAG_MARKS[SourceFlag(row["flag"])]
    else:
        dimension, kind, word = Dimension.PROCESS, STOPPED, PROCESS_KINDS[STOPPED]
    said = {"dimension": dimension, "kind": kind, "kind_word": word, "origin": "auto", "flag": row["flag"] or None}
    return AutomaticMark.model_validate(row | said)


@router.get("/{mark_id}", summary="One mark, with the hours it touched", responses=problems(NOT_FOUND))
async def mark(session: ReadSession, mark_id: RowId) -> MarkDetail:
    return await _detail(session, mark_id)


@router.post("", status_code=201, summary="Mark data", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT))
async def new_mark(session: MarkingSession, body: Annotated[NewMark, Body()]) -> MarkDetail:
    """409 when an effective mark says something of the same time, or the superseded one has no effect any more.

    The hours of the mark are computed and judged again.
    """
    if session.access.enterprise not in (None, body.enterprise):
        raise ApiProblem(FORBIDDEN, "企业账号只能标记本企业的数据")
    given = body.model_dump() | {"author": _signed(session, body.author)}
    try:
        mark_id = await store.add_mark(session.connection, store.NewMark(**given), session.now)
    except BadInput as error:
        field, _, expected = str(error).partition(": ")
        value = getattr(body, field, None)
        raise invalid(field, None if value is None else str(value), expected, location="body") from None
    return await _detail(session, mark_id)


@router.post("/{mark_id}/reject", summary="Reject a mark", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT))
async def reject_mark(session: ActingSession, mark_id: RowId, body: Annotated[MarkDecision, Body()]) -> MarkDetail:
    """The bureau's answer: the mark stays to be seen and has no effect from now on. 409 when it had none already."""
    await store.decide_mark(session.connection, mark_id, "rejected", body.author, body.reason, session.now)
    return await _detail(session, mark_id)


@router.post(
    "/{mark_id}/withdraw", summary="Withdraw one's own mark", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT)
)
async def withdraw_mark(session: MarkingSession, mark_id: RowId, body: Annotated[MarkDecision, Body()]) -> MarkDetail:
    """For the mark's enterprise; operators reject."""
    row = await get_mark(session.connection, mark_id)
    if row["enterprise"] != session.access.enterprise:
        raise ApiProblem(FORBIDDEN, "标记只能由所属企业用企业账号撤回；监管人员请驳回（reject）")
    author = _signed(session, body.author)
    await store.decide_mark(session.connection, mark_id, "withdrawn", author, body.reason, session.now)
    return await _detail(session, mark_id)
