"""Leaks of sealing points and how much time is left for each; an enterprise sees its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, OptionalFrom, OptionalTo, RowId, span
from api.models.leak_records import DelayItem, LeakTestItem, RepairItem
from api.models.leaks import Leak, LeakItem, LeakState, leak_item
from api.paging import MAX_LIMIT, Page, Paging
from api.routers.ldar_records import ComponentParameter
from api.session import ReadSession
from domain.periods import local_day
from storage.listing.leak_records import RecordFilter, list_reported, list_tests
from storage.listing.leaks import LeakFilter, get_leak, list_leaks

router = APIRouter(prefix="/leaks", tags=["reports"])

_MOMENT = timedelta(microseconds=1)


@router.get("", summary="Leaks with the days left to try and to repair, newest first", responses=problems(NOT_FOUND))
async def leaks(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    component: ComponentParameter = None,
    state: LeakState | None = None,
    is_open: Annotated[bool | None, Query(alias="open", description="neither closed nor removed")] = None,
    overdue: Annotated[bool | None, Query(description="some standard's term is over and not met")] = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[LeakItem]:
    """From the lowest published definition of a leak on; `terms` says which standards call it one. `from` and `to` are
    about when it was found."""
    span(from_at, to_at)
    enterprise_id = await session.enterprise_id(enterprise)
    wanted = LeakFilter(enterprise_id, component, state, is_open, overdue, from_at, to_at)
    rows = await list_leaks(session.connection, wanted, after=paging.after(datetime, int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["found_at"], row["leak_id"]))
    today = local_day(session.now)
    return Page[LeakItem](
        items=[LeakItem.model_validate(leak_item(row, today)) for row in items], next_cursor=next_cursor
    )


@router.get("/{leak_id}", summary="One leak with its tests, repairs and filings", responses=problems(NOT_FOUND))
async def leak(session: ReadSession, leak_id: RowId) -> Leak:
    """Records from discovery to closing, or of the component until now; at most the newest 1000 of each kind."""
    row = await get_leak(session.connection, leak_id)
    session.access.require(row["enterprise"])
    wanted = RecordFilter(
        enterprise_id=await session.enterprise_id(row["enterprise"]),
        component=row["component"],
        from_at=row["found_at"],
        to_at=None if row["closed_at"] is None else row["closed_at"] + _MOMENT,
        history=True,
    )
    tests = await list_tests(session.connection, wanted, after=None, limit=MAX_LIMIT)
    repairs = await list_reported(session.connection, "repairs", wanted, after=None, limit=MAX_LIMIT)
    delays = await list_reported(session.connection, "delays", wanted, after=None, limit=MAX_LIMIT)
    return Leak.model_validate(
        leak_item(row, local_day(session.now))
        | {
            "tests": [LeakTestItem.model_validate(one) for one in tests],
            "repairs": [RepairItem.model_validate(one) for one in repairs],
            "delays": [DelayItem.model_validate(one) for one in delays],
        }
    )
