"""Leak detection and repair as it is reported: tests, repairs, filings, calibrations and events. Written all or none;
read by operators, and by an enterprise as far as it is its own."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, StringConstraints

from api.bodies import ShortText
from api.errors import BAD_REQUEST, NOT_FOUND, VALIDATION, ApiProblem, ProblemItem, problems
from api.fields import EnterpriseParameter, OptionalFrom, OptionalTo, PointCode, span
from api.models.leak_records import (
    CalibrationItem,
    DelayItem,
    EventItem,
    InstrumentItem,
    LeakRecordsWritten,
    LeakTestItem,
    NewLeakRecords,
    Purpose,
    RepairItem,
    TesterItem,
)
from api.paging import Page, Paging
from api.session import MarkingSession, ReadSession, Session
from domain.leakchecks import RecordRefusal, bureau_fault, record_key, register_fault, when
from domain.leakrecords import Record, read_record
from domain.refusals import Reason
from storage.leak_records import Said, keep_records
from storage.leak_register import known_parts
from storage.listing.leak_records import (
    RecordFilter,
    enterprise_ids,
    list_declared,
    list_reported,
    list_tests,
)
from storage.revisions import Fate

router = APIRouter(prefix="/ldar", tags=["ldar"])

ComponentParameter = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,64}$")] | None,
    Query(description="code of a sealing point"),
]
HistoryParameter = Annotated[bool, Query(description="corrected records too")]

Item = TypeVar("Item", bound=BaseModel)

#: Mistakes told at once; beyond them their number is.
_TOLD = 500
_SHOWN = 100
_ENTERPRISE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_FATES: dict[Fate, Literal["new", "corrected", "same"]] = {
    Fate.STORED: "new",
    Fate.CORRECTION: "corrected",
    Fate.DUPLICATE: "same",
}


@router.post("/records", summary="Report records of leak detection, all or none", responses=problems(BAD_REQUEST))
async def report_leak_records(session: MarkingSession, body: Annotated[NewLeakRecords, Body()]) -> LeakRecordsWritten:
    """One mistake and nothing is written; `errors` names every one, those against a leak's state once all else is in
    order. The same record again changes nothing; another content of the same instant takes its place, and both stay to
    be seen. Records may come in any order: they are taken in the order of what they tell."""
    said = [one.said() for one in body.records]
    records = await _read(session, said)
    own = session.access.enterprise
    author = body.author if own is None else f"{own}:{body.author}"
    kept = await keep_records(
        session.connection,
        [
            Said(enterprise_id, record, author, "api", session.now, by_bureau=own is None)
            for enterprise_id, record in records
        ],
        back=True,
    )
    errors = [
        _item(number, one.refusal.field, said[number].get(one.refusal.field), _why(one.refusal))
        for number, one in enumerate(kept)
        if one.refusal is not None
    ]
    if errors:
        raise _problem(errors)
    fates = [_FATES[one.fate] for one in kept]
    return LeakRecordsWritten(
        new=fates.count("new"), corrected=fates.count("corrected"), same=fates.count("same"), fates=fates
    )


@router.get("/tests", summary="Tests of sealing points, newest first", responses=problems(NOT_FOUND))
async def leak_tests(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    component: ComponentParameter = None,
    campaign: Annotated[PointCode | None, Query(description="code of a campaign")] = None,
    purpose: Purpose | None = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    history: HistoryParameter = False,
) -> Page[LeakTestItem]:
    """`from` and `to` are about when a test was made, whenever it was reported."""
    span(from_at, to_at)
    wanted = RecordFilter(
        enterprise_id=await session.enterprise_id(enterprise),
        component=component,
        campaign=campaign,
        purpose=purpose,
        from_at=from_at,
        to_at=to_at,
        history=history,
    )
    rows = await list_tests(session.connection, wanted, after=paging.after(datetime, int, int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["tested_at"], row["component_id"], row["revision"]))
    return Page[LeakTestItem](items=[LeakTestItem.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/repairs", summary="Repairs, the one reported last first", responses=problems(NOT_FOUND))
async def repairs(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    component: ComponentParameter = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    history: HistoryParameter = False,
) -> Page[RepairItem]:
    wanted = await _wanted(session, enterprise, component, None, from_at, to_at, history)
    items, next_cursor = await _reported(session, paging, "repairs", "repair_id", wanted, RepairItem)
    return Page[RepairItem](items=items, next_cursor=next_cursor)


@router.get("/delays", summary="Filings that put repairs off, newest first", responses=problems(NOT_FOUND))
async def delays(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    component: ComponentParameter = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    history: HistoryParameter = False,
) -> Page[DelayItem]:
    """In the order in which they were reported; `from` and `to` are about when it was filed."""
    wanted = await _wanted(session, enterprise, component, None, from_at, to_at, history)
    items, next_cursor = await _reported(session, paging, "delays", "delay_id", wanted, DelayItem)
    return Page[DelayItem](items=items, next_cursor=next_cursor)


@router.get("/events", summary="Use after maintenance and relieved pressure", responses=problems(NOT_FOUND))
async def leak_events(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    component: ComponentParameter = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    history: HistoryParameter = False,
) -> Page[EventItem]:
    """In the order in which they were reported, the last first. `component`: events of it alone, not of its
    installation."""
    wanted = await _wanted(session, enterprise, component, None, from_at, to_at, history)
    items, next_cursor = await _reported(session, paging, "events", "event_id", wanted, EventItem)
    return Page[EventItem](items=items, next_cursor=next_cursor)


@router.get("/calibrations", summary="Calibrations, the one reported last first", responses=problems(NOT_FOUND))
async def calibrations(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    instrument: Annotated[ShortText | None, Query(description="serial number")] = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    history: HistoryParameter = False,
) -> Page[CalibrationItem]:
    wanted = await _wanted(session, enterprise, None, instrument, from_at, to_at, history)
    items, next_cursor = await _reported(session, paging, "calibrations", "calibration_id", wanted, CalibrationItem)
    return Page[CalibrationItem](items=items, next_cursor=next_cursor)


@router.get("/instruments", summary="Declared instruments", responses=problems(NOT_FOUND))
async def instruments(
    session: ReadSession, paging: Paging, enterprise: EnterpriseParameter = None
) -> Page[InstrumentItem]:
    """By enterprise and serial number."""
    items, next_cursor = await _declared(session, paging, "instruments", "serial", enterprise, InstrumentItem)
    return Page[InstrumentItem](items=items, next_cursor=next_cursor)


@router.get("/testers", summary="Declared testers", responses=problems(NOT_FOUND))
async def leak_testers(
    session: ReadSession, paging: Paging, enterprise: EnterpriseParameter = None
) -> Page[TesterItem]:
    """By enterprise and name."""
    items, next_cursor = await _declared(session, paging, "testers", "name", enterprise, TesterItem)
    return Page[TesterItem](items=items, next_cursor=next_cursor)


async def _reported(
    session: Session, paging: Paging, noun: str, key: str, wanted: RecordFilter, item: type[Item]
) -> tuple[list[Item], str | None]:
    """A page of records of a kind, the one reported last first, and the cursor of the next."""
    rows = await list_reported(session.connection, noun, wanted, after=paging.after(int), limit=paging.fetch)
    cut, next_cursor = paging.cut(rows, lambda row: (row[key],))
    return [item.model_validate(row) for row in cut], next_cursor


async def _declared(
    session: Session, paging: Paging, noun: str, key: str, enterprise: str | None, item: type[Item]
) -> tuple[list[Item], str | None]:
    """A page of what enterprises have declared, by enterprise and key, and the cursor of the next."""
    enterprise_id = await session.enterprise_id(enterprise)
    after = paging.after(str, str)
    rows = await list_declared(session.connection, noun, enterprise_id, after=after, limit=paging.fetch)
    cut, next_cursor = paging.cut(rows, lambda row: (row["enterprise"], row[key]))
    return [item.model_validate(row) for row in cut], next_cursor


async def _wanted(
    session: Session,
    enterprise: str | None,
    component: str | None,
    instrument: str | None,
    from_at: datetime | None,
    to_at: datetime | None,
    history: bool,
) -> RecordFilter:
    span(from_at, to_at)
    return RecordFilter(
        enterprise_id=await session.enterprise_id(enterprise),
        component=component,
        instrument=instrument,
        from_at=from_at,
        to_at=to_at,
        history=history,
    )


async def _read(session: Session, said: Sequence[dict[str, Any]]) -> list[tuple[int, Record]]:
    """(enterprise_id, record) of a request. Raises a problem that names every mistake, or 403 for another's."""
    own = session.access.enterprise
    whose: list[Any] = []
    for one in said:
        enterprise = one.pop("enterprise", None) or own
        if own is not None:
            session.access.require(str(enterprise))
        whose.append(enterprise)
    ids = await enterprise_ids(
        session.connection, [one for one in whose if isinstance(one, str) and _ENTERPRISE.fullmatch(one)]
    )
    errors: list[ProblemItem] = []
    records: list[tuple[int, int, Record]] = []
    for number, (enterprise, one) in enumerate(zip(whose, said, strict=True)):
        if not isinstance(enterprise, str) or enterprise not in ids:
            errors.append(_item(number, "enterprise", enterprise, "已登记的企业代码"))
        record = read_record(one, session.now)
        if isinstance(record, list):
            errors += [_item(number, fault.field, fault.value, fault.expected) for fault in record]
        elif isinstance(enterprise, str) and enterprise in ids:
            records.append((number, ids[enterprise], record))
    known = await known_parts(session.connection, [(enterprise_id, record) for _, enterprise_id, record in records])
    first: dict[Hashable, int] = {}
    for number, enterprise_id, record in records:
        forbidden = None if own is None else bureau_fault(record)
        for refusal in (forbidden, register_fault(enterprise_id, record, known)):
            if refusal is None:
                continue
            errors.append(_item(number, refusal.field, refusal.said, refusal.expected))
        before = first.setdefault((enterprise_id, record_key(record)), number)
        if before != number:
            name, _ = when(record)
            errors.append(
                _item(number, name, said[number].get(name), f"同一事项同一时间只能报一条，第 {before} 条已报")
            )
    if errors:
        errors.sort(key=lambda error: int(error.name.split(".")[1]))  # a person goes through the records once
        raise _problem(errors)
    return [(enterprise_id, record) for _, enterprise_id, record in records]


def _problem(errors: list[ProblemItem]) -> ApiProblem:
    more = f"，只列前 {_TOLD} 处" if len(errors) > _TOLD else ""
    detail = f"{len(errors)} 处不符合要求，见 errors{more}；一条也没有写入"
    return ApiProblem(VALIDATION, detail, errors=errors[:_TOLD])


def _why(refusal: RecordRefusal) -> str:
    """What was expected; of a step that no leak can take also why not."""
    return f"{refusal.said}；{refusal.expected}" if refusal.reason is Reason.ILLEGAL_STEP else refusal.expected


def _item(number: int, field: str, value: Any, expected: str) -> ProblemItem:
    text = None
    if value is not None:
        text = value if isinstance(value, str) else repr(value)
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")[:_SHOWN]
    return ProblemItem(location="body", name=f"records.{number}.{field[:_SHOWN]}", value=text, expected=expected)
