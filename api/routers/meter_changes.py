"""Replaced meters (换表记录): an enterprise records its own, operators any; with the record the volume is conserved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.errors import BAD_REQUEST, CONFLICT, FORBIDDEN, NOT_FOUND, ApiProblem, invalid, problems
from api.fields import EnterpriseParameter, OptionalFrom, OptionalTo, PointCode, RowId, format_instant, span
from api.models.meter_changes import ChangeWithdrawal, MeterChange, NewMeterChange, State, change_item
from api.paging import Page, Paging
from api.session import CorrectingSession, MarkingSession, ReadSession
from domain.errors import BadInput
from storage import meter_changes as store
from storage.listing.meter_changes import ChangeFilter, get_change, list_changes

router = APIRouter(prefix="/meter-changes", tags=["meters"])


@router.get("", summary="Recorded replacements of meters, newest first", responses=problems(NOT_FOUND))
async def meter_changes(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    point: Annotated[PointCode | None, Query(description="point code")] = None,
    state: State | None = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[MeterChange]:
    """`from` and `to` give those that were made in the span, whenever they were recorded."""
    span(from_at, to_at)
    wanted = ChangeFilter(await session.enterprise_id(enterprise), point, state, from_at, to_at)
    rows = await list_changes(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["change_id"],))
    return Page[MeterChange](items=[change_item(row) for row in items], next_cursor=next_cursor)


@router.get("/{change_id}", summary="One recorded replacement", responses=problems(NOT_FOUND))
async def meter_change(session: ReadSession, change_id: RowId) -> MeterChange:
    item = change_item(await get_change(session.connection, change_id))
    session.access.require(item.enterprise)
    return item


@router.post(
    "", status_code=201, summary="Record a replaced meter", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT)
)
async def new_meter_change(session: MarkingSession, body: Annotated[NewMeterChange, Body()]) -> MeterChange:
    """422 where the record cannot be true: an instant to come, a point that counts nothing, values beyond the register,
    old_final below the old meter's last reading. Of several replacements the earlier is recorded first. 409 when the
    superseded one has no effect any more.

    The increment over the replacement is (old_final - the reading before) + (the reading after - new_initial). The
    hours after it are computed again, and months, balances and verdicts with them.
    """
    own = session.access.enterprise
    if own not in (None, body.enterprise):
        raise ApiProblem(FORBIDDEN, "企业账号只能登记本企业的换表")
    # an enterprise's account stands before the name it gives, so that nobody signs for a bureau
    author = body.author if own is None else f"{own}:{body.author}"
    try:
        new = store.NewChange(**(body.model_dump() | {"author": author}))
        change_id = await store.add_change(session.connection, new, session.now)
    except BadInput as error:
        field, _, expected = str(error).partition(": ")
        shown = format_instant(body.changed_at) if field == "changed_at" else str(getattr(body, field, ""))
        raise invalid(field, shown, expected, location="body") from None
    return change_item(await get_change(session.connection, change_id))


@router.post(
    "/{change_id}/withdraw",
    summary="Withdraw a recorded replacement",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def withdraw_meter_change(
    session: CorrectingSession, change_id: RowId, body: Annotated[ChangeWithdrawal, Body()]
) -> MeterChange:
    """For operators: an enterprise corrects its record by another one. 409 when it has no effect any more."""
    await store.withdraw_change(session.connection, change_id, body.author, body.reason, session.now)
    return change_item(await get_change(session.connection, change_id))
