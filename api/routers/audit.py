"""Who one is, and what people did."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.access import Access, authorize
from api.fields import Instant, OptionalFrom, OptionalTo, span
from api.paging import Page, Paging
from api.session import AdminSession
from domain.accounts import ROLE_NAMES, Action, Role, allowed, longest_shelf
from storage.listing.audit import AuditFilter, list_audit

router = APIRouter(tags=["access"])

_TEXT = r"^[^\x00]*$"


class WhoAmI(BaseModel):
    """Who asks, and what they may do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "王维",
                    "role": "duty",
                    "role_name": "值班员",
                    "account": "wang.wei",
                    "enterprise": None,
                    "person": "wang-wei",
                    "team": "duty",
                    "rights": ["read", "alert.acknowledge"],
                    "longest_shelf_h": 24,
                    "csrf": "kT3v0e4mX1b9",
                    "expires_at": "2026-11-03T01:10:05Z",
                }
            ]
        }
    )

    name: str
    role: Role
    role_name: str
    account: str | None = Field(description="login; null for the operators' token, and where no token is set")
    enterprise: str | None
    person: str | None = Field(description="code in the roster")
    team: str | None = Field(description="code in the roster")
    rights: list[Action]
    longest_shelf_h: float = Field(description="for how long one may shelve an alarm")
    csrf: str | None = Field(description="of a session in a cookie: to be sent as x-csrf-token with every change")
    expires_at: Instant | None = Field(description="of a session in a cookie: when it ends at the latest")


class AuditItem(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "audit_id": 71,
                    "at": "2026-11-02T01:12:00Z",
                    "actor": "王维 <wang.wei>",
                    "role": "duty",
                    "action": "alert.acknowledge",
                    "object": "alert:12",
                    "detail": {"rule": "ule.hourly", "subject": "pollutant:hx-coking/S1/so2", "text": "已通知企业"},
                    "outcome": "done",
                    "address": "10.0.0.7",
                }
            ]
        }
    )

    audit_id: int
    at: Instant = Field(description="the platform's clock")
    actor: str
    role: str
    action: str
    object: str
    detail: Any
    outcome: Literal["done", "refused"]
    address: str


@router.get("/session", summary="Who one is, and what one may do")
async def who_am_i(request: Request, access: Annotated[Access, Depends(authorize)]) -> WhoAmI:
    """For everybody who may ask anything."""
    actor = access.actor
    signed_in = getattr(request.state, "signed_in", None)
    return WhoAmI(
        name=actor.name,
        role=actor.role,
        role_name=ROLE_NAMES[actor.role],
        account=actor.account,
        enterprise=actor.enterprise,
        person=actor.person,
        team=actor.team,
        rights=[action for action in Action if allowed(actor.role, action)],
        longest_shelf_h=longest_shelf(actor.role).total_seconds() / 3600,
        csrf=None if signed_in is None else signed_in.csrf,
        expires_at=None if signed_in is None else signed_in.expires_at,
    )


@router.get("/audit", summary="What people did and were refused, newest first")
async def audit(
    session: AdminSession,
    paging: Paging,
    actor: Annotated[
        str | None, Query(min_length=1, max_length=100, pattern=_TEXT, description="part of the name, or of the login")
    ] = None,
    action: Annotated[
        str | None, Query(pattern=r"^[a-z0-9._-]{1,64}$", description="such as alert.acknowledge")
    ] = None,
    object_: Annotated[
        str | None, Query(alias="object", min_length=1, max_length=200, pattern=_TEXT, description="such as alert:12")
    ] = None,
    outcome: Literal["done", "refused"] | None = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[AuditItem]:
    """For administrators. `from` and `to` bound `at`."""
    span(from_at, to_at)
    wanted = AuditFilter(actor, action, object_, outcome, from_at, to_at)
    rows = await list_audit(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["audit_id"],))
    return Page[AuditItem](items=[AuditItem.model_validate(row) for row in items], next_cursor=next_cursor)
