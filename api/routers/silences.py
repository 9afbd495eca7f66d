"""Silences: of what all matchers fit nobody is told, until an end. And the holds of single alarms, in one list."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from alerts import silencing
from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, problems
from api.fields import EnterpriseParameter, Instant, InstantIn, RowId
from api.models.alerts import ActorName, AlertHold, NeededText, Release
from api.paging import Page, Paging
from api.session import OperatorSession, PersonSession, Session
from domain.matchers import LABELS, parse
from storage.listing.holds import get_silence, list_holds, list_silences

router = APIRouter(tags=["alerts"])

_IDS_SHOWN = 100

_Value = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]

_MATCHERS: list[Any] = [
    {"label": "enterprise", "op": "=", "value": "hx-coking"},
    {"label": "rule", "op": "starts", "value": "data."},
]
_SILENCE: dict[str, Any] = {
    "silence_id": 3,
    "state": "active",
    "matchers": _MATCHERS,
    "starts_at": "2026-11-02T01:00:00Z",
    "ends_at": "2026-11-03T10:00:00Z",
    "author": "李四",
    "comment": "厂区网络改造，数据中断已报备",
    "created_at": "2026-11-02T00:55:00Z",
    "ended_at": None,
    "ended_by": None,
}


class MatcherItem(BaseModel):
    """One condition on an alert's labels; all of a list must fit."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(max_length=40, description=", ".join(LABELS))
    op: Literal["=", "!=", "in", "starts"] = "="
    value: _Value | Annotated[list[_Value], Field(max_length=500)] = Field(description="a text; of `in` a list")


class Silence(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_SILENCE]})

    silence_id: int
    state: Literal["scheduled", "active", "over"]
    matchers: list[MatcherItem]
    starts_at: Instant
    ends_at: Instant
    author: str
    comment: str
    created_at: Instant
    ended_at: Instant | None = Field(description="ended by somebody before its time")
    ended_by: str | None


class SilenceDetail(Silence):
    """With how many open alerts its matchers fit now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SILENCE | {"open_alerts": 2, "alert_ids": [12, 15]}]})

    open_alerts: int
    alert_ids: list[int] = Field(description=f"the first {_IDS_SHOWN}")


class SilencePreview(BaseModel):
    """What a silence would fit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"open_alerts": 2, "alert_ids": [12, 15]}]})

    open_alerts: int
    alert_ids: list[int] = Field(description=f"the first {_IDS_SHOWN}")


Matchers = Annotated[list[MatcherItem], Field(min_length=1, max_length=20)]


class SilenceQuestion(BaseModel):
    """Conditions to try."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"matchers": _MATCHERS}]})

    matchers: Matchers


class NewSilence(BaseModel):
    """At least one condition must say of which rule, subject, enterprise, district or park; 31 days at most."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "actor": "李四",
                    "matchers": _MATCHERS,
                    "starts": None,
                    "ends": "2026-11-03T18:00:00+08:00",
                    "comment": "厂区网络改造，数据中断已报备",
                }
            ]
        },
    )

    actor: ActorName = None
    matchers: Matchers
    starts: InstantIn | None = Field(default=None, description="now when left out")
    ends: InstantIn
    comment: NeededText


class HoldItem(AlertHold):
    """An alarm that a person has put aside, or out of service, at present."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hold_id": 9,
                    "kind": "shelved",
                    "rule_id": "data.point_offline",
                    "subject": "point:hx-coking/W-01",
                    "enterprise": "hx-coking",
                    "alert_id": 12,
                    "open_alert_id": 12,
                    "from_at": "2026-11-02T01:00:00Z",
                    "until_at": "2026-11-02T12:00:00Z",
                    "author": "张三",
                    "reason": "检修中，下午恢复",
                }
            ]
        }
    )

    rule_id: str
    subject: str
    enterprise: str | None
    alert_id: int | None = Field(description="the alert at which it was done")
    open_alert_id: int | None = Field(description="the open alert that it holds back now")


@router.get("/silences", summary="Silences, newest first")
async def silences(
    session: OperatorSession,
    paging: Paging,
    state: Annotated[
        Literal["scheduled", "active", "over"] | None, Query(description="as it is at the request")
    ] = None,
) -> Page[Silence]:
    rows = await list_silences(
        session.connection, now=session.now, state=state, after=paging.after(int), limit=paging.fetch
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["silence_id"],))
    return Page[Silence](items=[Silence.model_validate(row) for row in items], next_cursor=next_cursor)


@router.post("/silences/preview", summary="How many open alerts a silence would fit", responses=problems(BAD_REQUEST))
async def preview_silence(session: OperatorSession, body: Annotated[SilenceQuestion, Body()]) -> SilencePreview:
    """Changes nothing."""
    found = await silencing.preview(session.connection, silencing.checked(_rows(body.matchers)))
    return SilencePreview(open_alerts=len(found), alert_ids=found[:_IDS_SHOWN])


@router.get("/silences/{silence_id}", summary="One silence", responses=problems(NOT_FOUND))
async def silence(session: OperatorSession, silence_id: RowId) -> SilenceDetail:
    return await _detail(session, silence_id)


@router.post("/silences", summary="Silence what matchers fit", responses=problems(BAD_REQUEST), status_code=201)
async def new_silence(session: PersonSession, body: Annotated[NewSilence, Body()]) -> SilenceDetail:
    """It is judged and shown all the same; what still lasts when it ends is told then."""
    silence_id = await silencing.create_silence(
        session.connection,
        matchers=_rows(body.matchers),
        starts_at=body.starts,
        ends_at=body.ends,
        comment=body.comment,
        actor=session.access.signing(body.actor),
        now=session.now,
    )
    return await _detail(session, silence_id)


@router.post(
    "/silences/{silence_id}/end",
    summary="End a silence before its time",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def end_silence(session: PersonSession, silence_id: RowId, body: Annotated[Release, Body()]) -> SilenceDetail:
    actor = session.access.signing(body.actor)
    await silencing.end_silence(session.connection, silence_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, silence_id)


@router.get(
    "/holds", summary="Alarms that are shelved or out of service now, newest first", responses=problems(NOT_FOUND)
)
async def holds(
    session: OperatorSession,
    paging: Paging,
    kind: Literal["shelved", "out_of_service"] | None = None,
    enterprise: EnterpriseParameter = None,
) -> Page[HoldItem]:
    rows = await list_holds(
        session.connection,
        now=session.now,
        kind=kind,
        enterprise_id=await session.enterprise_id(enterprise),
        after=paging.after(int),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["hold_id"],))
    return Page[HoldItem](items=[HoldItem.model_validate(row) for row in items], next_cursor=next_cursor)


async def _detail(session: Session, silence_id: int) -> SilenceDetail:
    row = await get_silence(session.connection, silence_id, session.now)
    found = await silencing.preview(session.connection, parse(row["matchers"]))
    return SilenceDetail.model_validate(row | {"open_alerts": len(found), "alert_ids": found[:_IDS_SHOWN]})


def _rows(matchers: list[MatcherItem]) -> list[dict[str, Any]]:
    return [matcher.model_dump() for matcher in matchers]
