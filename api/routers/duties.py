"""Duties with a date: where each stands, records that they were done with what proves it, a calendar to subscribe to.

Enterprises record their own and see their own; what is the city's or a park's is for operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from api import ical
from api.dutycalendar import duty_item, events, leak_item, tests_item
from api.errors import (
    BAD_REQUEST,
    CONFLICT,
    NOT_FOUND,
    TOO_LARGE,
    VALIDATION,
    ApiProblem,
    ProblemItem,
    invalid,
    problems,
)
from api.fields import DayIn, EnterpriseParameter, RowId, RuleId, SubjectIn, Word
from api.models.duties import (
    AttachmentAdded,
    AttachmentItem,
    CalendarItem,
    DutyCalendar,
    DutyRecordDetail,
    DutyRecordItem,
    DutyRecordsWritten,
    DutyStanding,
    DutyWithdrawal,
    NewDutyRecords,
    State,
    attachment_fields,
    record_fields,
    standing,
)
from api.paging import Page, Paging
from api.session import MarkingSession, ReadSession, Session
from domain.attachments import EXPECTED_SIZE, MAX_BYTES, AttachmentFault, read_attachment
from domain.duties import EVIDENCE_KINDS
from domain.dutyrecords import DutyRecord, KnownDuty, RecordFault, read_record, repeated
from domain.findings import SubjectKind
from domain.periods import local_day
from rules.dutyregister import city_code, known_duties, registered
from storage import duties as store
from storage.duties import NewAttachment, NewRecord, RecordFate
from storage.listing.duties import (
    RecordFilter,
    duties_of,
    get_record,
    leak_terms,
    list_attachments,
    list_records,
    list_states,
    tests_due,
)
from storage.listing.session import Row

router = APIRouter(prefix="/duties", tags=["duties"])

_TOLD, _SHOWN = 500, 100
#: Days before and after today that a calendar shows, and at most.
_BACK, _AHEAD, _MOST = 60, 400, 1100


@router.get("", summary="Where each subject stands in each duty", responses=problems(NOT_FOUND))
async def duties(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    duty: Annotated[RuleId | None, Query(examples=["duty.soil_monitoring"])] = None,
    state: Annotated[State | None, Query(description="overdue: earlier terms that were missed since, too")] = None,
) -> Page[DutyStanding]:
    """By duty and subject. Without `enterprise` operators see the city's and the parks' too."""
    rows = await list_states(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        rule_id=duty,
        reason=state,
        after=paging.after(str, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["rule_id"], row["subject"]))
    return Page[DutyStanding](items=[standing(row) for row in items], next_cursor=next_cursor)


@router.get("/records", summary="Records of duties done, newest first", responses=problems(NOT_FOUND))
async def duty_records(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    duty: Annotated[RuleId | None, Query(examples=["duty.soil_monitoring"])] = None,
    subject: Annotated[SubjectIn | None, Query(examples=["city:wuhai"])] = None,
    from_day: Annotated[DayIn | None, Query(description="done on this day or later")] = None,
    to_day: Annotated[DayIn | None, Query(description="done on this day or earlier")] = None,
    history: Annotated[bool, Query(description="corrected and withdrawn ones too")] = False,
) -> Page[DutyRecordItem]:
    wanted = RecordFilter(await session.enterprise_id(enterprise), duty, subject, from_day, to_day, history)
    rows = await list_records(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["record_id"],))
    return Page[DutyRecordItem](
        items=[DutyRecordItem.model_validate(record_fields(row)) for row in items], next_cursor=next_cursor
    )


@router.post("/records", summary="Record that duties were done, all or none", responses=problems(BAD_REQUEST))
async def new_duty_records(session: MarkingSession, body: Annotated[NewDutyRecords, Body()]) -> DutyRecordsWritten:
    """One mistake and nothing is written; `errors` names every one. The same record again changes nothing; another one
    of the same duty, subject and day takes its place, keeps what was attached, and both stay to be seen."""
    records = await _read(session, [one.said() for one in body.records])
    author = _signed(session, body.author)
    kept = await store.keep_records(session.connection, records, author=author, origin="api", at=session.now)
    fates = [one.fate for one in kept]
    return DutyRecordsWritten(
        new=fates.count(RecordFate.NEW),
        corrected=fates.count(RecordFate.CORRECTED),
        same=fates.count(RecordFate.SAME),
        record_ids=[one.record_id for one in kept],
    )


@router.get("/records/{record_id}", summary="One record with what is attached to it", responses=problems(NOT_FOUND))
async def duty_record(session: ReadSession, record_id: RowId) -> DutyRecordDetail:
    return await _detail(session, record_id)


@router.post(
    "/records/{record_id}/withdraw",
    summary="Withdraw a record",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def withdraw_duty_record(
    session: MarkingSession, record_id: RowId, body: Annotated[DutyWithdrawal, Body()]
) -> DutyRecordDetail:
    """For its enterprise and for operators. The term that it had closed is open again. 409 when it does not stand any
    more."""
    session.access.require((await get_record(session.connection, record_id))["enterprise"])
    held = await store.lock_record(session.connection, record_id)
    await store.withdraw_record(session.connection, held, _signed(session, body.author), body.reason, session.now)
    return await _detail(session, record_id)


async def uploaded(request: Request) -> bytes:
    """The body of a request, read before a connection of the database is taken. Refused when it is too big."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise ApiProblem(TOO_LARGE, f"应为{EXPECTED_SIZE}")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise ApiProblem(TOO_LARGE, f"应为{EXPECTED_SIZE}")
    return bytes(content)


_FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "the file itself; what it is follows from its name and content, not from Content-Type",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7 …"}
        },
    }
}


@router.post(
    "/records/{record_id}/attachments",
    summary="Attach a file to a record",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT, TOO_LARGE),
    openapi_extra=_FILE_BODY,
)
async def attach(
    content: Annotated[bytes, Depends(uploaded)],
    session: MarkingSession,
    record_id: RowId,
    kind: Annotated[
        Word, Query(description="；".join(f"{k} {w}" for k, w in EVIDENCE_KINDS.items()), examples=["report"])
    ],
    name: Annotated[str, Query(description="file name without a path", examples=["土壤监测报告.pdf"])],
    author: Annotated[str, Query(min_length=1, max_length=64, description="who does this", examples=["王工"])],
) -> AttachmentAdded:
    """The request's body is the file: a whole pdf, png, jpg, xlsx, docx, csv or zip of at most 20 MiB. The same content
    again changes nothing. 409 when the record does not stand any more."""
    if kind not in EVIDENCE_KINDS:
        raise invalid("kind", kind, f"取值之一：{'、'.join(EVIDENCE_KINDS)}")
    if not author.isprintable() or author.isspace():
        raise invalid("author", author, "1 至 64 个可见字符")
    read = read_attachment(name, content)
    if isinstance(read, AttachmentFault):
        where, shown = ("query", name) if read.field == "name" else ("body", f"{len(content)} 字节")
        raise invalid(read.field, shown, read.expected, location=where)
    session.access.require((await get_record(session.connection, record_id))["enterprise"])
    held = await store.lock_record(session.connection, record_id)
    new = NewAttachment(kind, read.name, read.media_type, read.sha256, read.content)
    attachment_id, is_new = await store.add_attachment(
        session.connection, held, new, _signed(session, author), session.now
    )
    rows = await list_attachments(session.connection, record_id)
    row = next(one for one in rows if one["attachment_id"] == attachment_id)
    return AttachmentAdded.model_validate(attachment_fields(row) | {"new": is_new})


@router.get(
    "/attachments/{attachment_id}",
    summary="An attached file",
    response_class=Response,
    responses=problems(NOT_FOUND)
    | {
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "%PDF…"}
            }
        }
    },
)
async def attachment(session: ReadSession, attachment_id: RowId) -> Response:
    """As it was attached, always as a download: a browser shows nothing of it."""
    found = await store.attachment(session.connection, attachment_id)
    session.access.require(found.enterprise)
    extension = found.name.rpartition(".")[2]
    headers = {
        "Content-Type": found.media_type,
        "Content-Disposition": f"attachment; filename=attachment-{attachment_id}.{extension}; "
        f"filename*=UTF-8''{quote(found.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "ETag": f'"{found.sha256}"',
    }
    return Response(found.content, headers=headers)


_From = Annotated[DayIn | None, Query(description=f"first day; by default {_BACK} days ago")]
_To = Annotated[DayIn | None, Query(description=f"last day; by default in {_AHEAD} days")]


@router.get("/calendar", summary="Everything with a date of an enterprise", responses=problems(NOT_FOUND))
async def duty_calendar(
    session: ReadSession, enterprise: EnterpriseParameter = None, from_day: _From = None, to_day: _To = None
) -> DutyCalendar:
    """Terms of duties by their last day, how many sealing points are to be tested by which day (of several schedules
    the strictest), and leaks by the end of their terms. Without `enterprise`: the city's and the parks' duties."""
    first, last = _range(session, from_day, to_day)
    items, _ = await _items(session, enterprise, first, last)
    return DutyCalendar(enterprise=session.access.narrow(enterprise), from_day=first, to_day=last, items=items)


@router.get(
    "/calendar.ics",
    summary="The same as iCalendar, to subscribe to",
    response_class=Response,
    responses=problems(NOT_FOUND)
    | {
        200: {
            "description": "RFC 5545",
            "content": {ical.MEDIA_TYPE: {"schema": {"type": "string"}, "example": "BEGIN:VCALENDAR\r\n…"}},
        }
    },
)
async def duty_calendar_ics(session: ReadSession, enterprise: EnterpriseParameter = None) -> Response:
    """Telephones and mail programs subscribe with an enterprise's code and password (HTTP Basic); there is no token in
    the address, which would be written down wherever addresses are."""
    first, last = _range(session, None, None)
    items, rows = await _items(session, enterprise, first, last)
    code = session.access.narrow(enterprise)
    file = ical.calendar(f"定期事项 {code or '全市'}", events(items, rows), session.now)
    headers = {
        "Content-Disposition": f"inline; filename=duties-{code or 'city'}.ics",
        "Cache-Control": "private, no-store",
    }
    return Response(file, media_type=f"{ical.MEDIA_TYPE}; charset=utf-8", headers=headers)


def _range(session: Session, from_day: date | None, to_day: date | None) -> tuple[date, date]:
    today = local_day(session.now)
    first = from_day or today - timedelta(days=_BACK)
    last = to_day or today + timedelta(days=_AHEAD)
    if last < first or (last - first).days > _MOST:
        raise invalid("to_day", last.isoformat(), f"不早于 from_day，且相隔不超过 {_MOST} 天")
    return first, last


async def _items(
    session: Session, enterprise: str | None, first: date, last: date
) -> tuple[list[CalendarItem], list[Row]]:
    """What is on a calendar, by day, and the rows of the duties among it."""
    enterprise_id = await session.enterprise_id(enterprise)
    rows = await duties_of(session.connection, enterprise_id, first, last)
    items = [duty_item(row) for row in rows]
    if enterprise_id is not None:
        subject, today = f"enterprise:{session.access.narrow(enterprise)}", local_day(session.now)
        items += [
            tests_item(row, subject, today) for row in await tests_due(session.connection, enterprise_id, first, last)
        ]
        items += [
            leak_item(row, subject, today) for row in await leak_terms(session.connection, enterprise_id, first, last)
        ]
    return sorted(items, key=lambda item: (item.day, item.kind, item.rule_ids)), rows


def _signed(session: Session, author: str) -> str:
    """Whose word it is: an enterprise's account stands before the name it gives, so that nobody signs for a bureau."""
    return author if session.access.enterprise is None else f"{session.access.enterprise}:{author}"


async def _detail(session: Session, record_id: int) -> DutyRecordDetail:
    row = await get_record(session.connection, record_id)
    session.access.require(row["enterprise"])
    attached = await list_attachments(session.connection, record_id)
    return DutyRecordDetail.model_validate(
        record_fields(row)
        | {"attachments": [AttachmentItem.model_validate(attachment_fields(one)) for one in attached]}
    )


async def _read(session: Session, said: list[dict[str, Any]]) -> list[NewRecord]:
    """The records of a request. Raises a problem that names every mistake, or 403 for what is not the enterprise's."""
    known = await known_duties(session.connection)
    city = await city_code(session.connection)
    for one in said:
        _own(session, one, known)
    today = local_day(session.now)
    found = [read_record(one, today, known, city) for one in said]
    placed = [(number, one) for number, one in enumerate(found) if isinstance(one, DutyRecord)]
    for _, record in placed:
        session.access.require(record.subject.enterprise)
    ready = await registered(session.connection, [one for _, one in placed])
    errors = [_item(number, fault) for number, one in enumerate(found) if isinstance(one, list) for fault in one]
    errors += [
        _item(number, one) for (number, _), one in zip(placed, ready, strict=True) if isinstance(one, RecordFault)
    ]
    for number, first in repeated(placed):
        expected = f"同一事项、同一对象、同一天只填一条，第 {first} 条已填"
        errors.append(_item(number, RecordFault("done_on", said[number].get("done_on"), expected)))
    if errors:
        more = f"，只列前 {_TOLD} 处" if len(errors) > _TOLD else ""
        detail = f"{len(errors)} 处不符合要求，见 errors{more}；一条也没有写入"
        raise ApiProblem(VALIDATION, detail, errors=errors[:_TOLD])
    return [one for one in ready if isinstance(one, NewRecord)]


def _own(session: Session, said: dict[str, Any], known: Mapping[str, KnownDuty]) -> None:
    """An enterprise's account need not name its enterprise, and may name no other."""
    own = session.access.enterprise
    if own is None:
        return
    if isinstance(named := said.get("enterprise"), str):
        session.access.require(named)
    duty = said.get("duty")
    kind = known[duty].kind if isinstance(duty, str) and duty in known else None
    if "enterprise" not in said and "subject" not in said and kind is SubjectKind.ENTERPRISE:
        said["enterprise"] = own


def _item(number: int, fault: RecordFault) -> ProblemItem:
    text = None
    if fault.value is not None:
        text = fault.value if isinstance(fault.value, str) else repr(fault.value)
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")[:_SHOWN]
    return ProblemItem(location="body", name=f"records.{number}.{fault.field}", value=text, expected=fault.expected)
