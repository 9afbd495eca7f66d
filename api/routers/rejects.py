"""Refused messages: what was wrong with which item, what was expected, and the bytes themselves."""

from __future__ import annotations

import base64
import codecs

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, Instant, OptionalFrom, OptionalTo, RowId, span
from api.paging import Page, Paging
from api.session import ReadSession
from domain.refusals import TEXTS, Reason
from storage.listing.rejects import RejectFilter, get_payload, list_rejects
from storage.listing.session import Row

router = APIRouter(prefix="/rejects", tags=["intake"])

#: Bytes of each payload shown in a list: a page of a thousand 256 KiB messages would be 256 MiB.
PAYLOAD_HEAD_BYTES = 4096


class Refusal(BaseModel):
    """One reason, with the first item it hit."""

    reason: str
    chinese: str
    english: str
    items: int
    first_item: str
    expected: str


class RejectItem(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message_id": 7,
                    "enterprise": "hx-coking",
                    "gateway": "gw1",
                    "client_id": "hx-gw1",
                    "topic": "plantwatch/v1/hx-coking/gw1/readings",
                    "received_at": "2026-11-02T00:01:02Z",
                    "refusals": [
                        {
                            "reason": "unknown_point",
                            "chinese": TEXTS[Reason.UNKNOWN_POINT].chinese,
                            "english": TEXTS[Reason.UNKNOWN_POINT].english,
                            "items": 1,
                            "first_item": "W-99",
                            "expected": "已登记的测点",
                        }
                    ],
                    "payload_size": 5,
                    "payload_kept": 5,
                    "payload_base64": "aGVsbG8=",
                    "payload_text": "hello",
                    "payload_truncated": False,
                    "payload_url": "/v1/rejects/7/payload",
                }
            ]
        }
    )

    message_id: int
    enterprise: str
    gateway: str | None
    client_id: str
    topic: str
    received_at: Instant
    refusals: list[Refusal]
    payload_size: int = Field(description="bytes as received")
    payload_kept: int = Field(description="bytes kept, all of them at payload_url")
    payload_base64: str = Field(description=f"the first {PAYLOAD_HEAD_BYTES} bytes")
    payload_text: str | None = Field(description="the same as text; null when it is not UTF-8")
    payload_truncated: bool = Field(description="whether fewer bytes are shown here than were received")
    payload_url: str


def _text(head: bytes, *, whole: bool) -> str | None:
    """The bytes as text; a character that the cut went through is left out."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return None


def _refusal(row: Row) -> Refusal:
    text = TEXTS[Reason(row["reason"])]
    return Refusal(
        reason=row["reason"],
        chinese=text.chinese,
        english=text.english,
        items=row["items"],
        first_item=row["first_item"],
        expected=row["expected"],
    )


def _item(row: Row, public_url: str) -> RejectItem:
    head = bytes(row["payload_head"])
    return RejectItem(
        message_id=row["message_id"],
        enterprise=row["enterprise"],
        gateway=row["gateway"],
        client_id=row["client_id"],
        topic=row["topic"],
        received_at=row["received_at"],
        refusals=[_refusal(refusal) for refusal in row["refusals"]],
        payload_size=row["payload_size"],
        payload_kept=row["payload_kept"],
        payload_base64=base64.b64encode(head).decode("ascii"),
        payload_text=_text(head, whole=len(head) == row["payload_size"]),
        payload_truncated=len(head) < row["payload_size"],
        payload_url=f"{public_url}/v1/rejects/{row['message_id']}/payload",
    )


@router.get("", summary="Refused messages, newest first", responses=problems(NOT_FOUND))
async def rejects(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    reason: Reason | None = None,
) -> Page[RejectItem]:
    """`from` and `to` bound received_at."""
    span(from_at, to_at)
    wanted = RejectFilter(
        enterprise_id=await session.enterprise_id(enterprise), from_at=from_at, to_at=to_at, reason=reason
    )
    rows = await list_rejects(
        session.connection, wanted, head_bytes=PAYLOAD_HEAD_BYTES, after=paging.after(int), limit=paging.fetch
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["message_id"],))
    return Page[RejectItem](items=[_item(row, session.public_url) for row in items], next_cursor=next_cursor)


@router.get(
    "/{message_id}/payload",
    summary="The bytes of a refused message",
    response_class=Response,
    responses=problems(NOT_FOUND)
    | {
        200: {
            "description": "as received, as far as kept",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "hello"}
            },
        }
    },
)
async def reject_payload(session: ReadSession, message_id: RowId) -> Response:
    enterprise, payload = await get_payload(session.connection, message_id)
    session.access.require(enterprise)
    return Response(
        payload,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="reject-{message_id}.bin"',
            "X-Content-Type-Options": "nosniff",
        },
    )
