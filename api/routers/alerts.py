"""Alerts with their events and notifications; acknowledging one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from alerts.actions import MAX_ACTOR, MAX_COMMENT, acknowledge
from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, problems
from api.fields import EnterpriseParameter, Instant, OptionalFrom, OptionalTo, RowId, RuleId, span
from api.paging import Page, Paging
from api.routers.findings import FINDING_EXAMPLE, FindingItem
from api.session import PersonSession, ReadSession, Session
from storage.listing.alerts import AlertFilter, alert_events, alert_notifications, get_alert, list_alerts
from storage.listing.findings import get_finding

router = APIRouter(prefix="/alerts", tags=["alerts"])

_ROWS_SHOWN = 1000

_ALERT: dict[str, Any] = {
    "alert_id": 12,
    "rule_id": "ule.hourly",
    "subject": "pollutant:hx-coking/S1/so2",
    "enterprise": "hx-coking",
    "severity": "critical",
    "state": "firing",
    "title": "海西焦化 焦炉烟囱 二氧化硫超低排放小时超过指标",
    "summary": "2026-11-02 08:00 至 09:00 折算浓度 33.4 mg/m3，限值 30 mg/m3",
    "occurred_at": "2026-11-02T00:00:00Z",
    "detected_at": "2026-11-02T01:10:05Z",
    "fired_at": "2026-11-02T01:00:00Z",
    "last_seen_at": "2026-11-02T01:00:00Z",
    "resolved_at": None,
    "resolution": None,
    "finding_id": 4711,
    "acknowledged_at": None,
    "acknowledged_by": None,
    "acknowledge_comment": None,
}


class AlertItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ALERT]})

    alert_id: int
    rule_id: str
    subject: str
    enterprise: str | None
    severity: str = Field(description="critical, warning, info")
    state: Literal["pending", "firing", "resolved"]
    title: str
    summary: str
    occurred_at: Instant = Field(description="event time: start of the first violating period")
    detected_at: Instant = Field(description="when the platform saw it")
    fired_at: Instant | None
    last_seen_at: Instant
    resolved_at: Instant | None
    resolution: str | None
    finding_id: int
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    acknowledge_comment: str | None


class AlertEvent(BaseModel):
    event_id: int
    at: Instant
    kind: str
    actor: str
    comment: str
    finding_id: int | None


class Notification(BaseModel):
    notification_id: int
    event: str
    channel: str
    receiver: str | None = Field(description="null for an enterprise's own account: duty staff are the bureau's")
    state: str
    attempts: int
    queued_at: Instant
    sent_at: Instant | None
    last_error: str | None


class AlertDetail(AlertItem):
    """An alert with its history, who was told, and the finding behind it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _ALERT
                | {
                    "details": {"value": 33.4, "limit": 30},
                    "events": [
                        {
                            "event_id": 31,
                            "at": "2026-11-02T01:10:05Z",
                            "kind": "firing",
                            "actor": "platform",
                            "comment": "",
                            "finding_id": 4711,
                        }
                    ],
                    "notifications": [
                        {
                            "notification_id": 8,
                            "event": "firing",
                            "channel": "dingtalk",
                            "receiver": "duty",
                            "state": "sent",
                            "attempts": 1,
                            "queued_at": "2026-11-02T01:10:05Z",
                            "sent_at": "2026-11-02T01:10:06Z",
                            "last_error": None,
                        }
                    ],
                    "finding": FINDING_EXAMPLE,
                }
            ]
        }
    )

    details: Any
    events: list[AlertEvent] = Field(description=f"the newest {_ROWS_SHOWN}, oldest first")
    notifications: list[Notification] = Field(description=f"at most {_ROWS_SHOWN}")
    finding: FindingItem


class Acknowledgement(BaseModel):
    """Who takes the alert, and a word for the others. Of a signed-in person the account counts, not `actor`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"actor": "张三", "comment": "已通知企业，正在现场核查"}]}
    )

    actor: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_ACTOR,
        pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$",
        description="needed with the operators' token; else whose account it is",
    )
    comment: str = Field(max_length=MAX_COMMENT, pattern=r"^[^\x00]*$")


async def _detail(session: Session, alert_id: int) -> AlertDetail:
    row = await get_alert(session.connection, alert_id)
    session.access.require(row["enterprise"])
    notifications = await alert_notifications(session.connection, alert_id, limit=_ROWS_SHOWN)
    if session.access.enterprise is not None:
        notifications = [told | {"receiver": None, "last_error": None} for told in notifications]
    return AlertDetail.model_validate(
        row
        | {
            "events": await alert_events(session.connection, alert_id, limit=_ROWS_SHOWN),
            "notifications": notifications,
            "finding": await get_finding(session.connection, row["finding_id"]),
        }
    )


@router.get("", summary="Alerts, newest first", responses=problems(NOT_FOUND))
async def alerts(
    session: ReadSession,
    paging: Paging,
    state: Literal["pending", "firing", "resolved"] | None = None,
    enterprise: EnterpriseParameter = None,
    rule: Annotated[RuleId | None, Query(description="rule id")] = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[AlertItem]:
    """`from` and `to` bound occurred_at."""
    span(from_at, to_at)
    wanted = AlertFilter(
        state=state,
        enterprise_id=await session.enterprise_id(enterprise),
        rule_id=rule,
        from_at=from_at,
        to_at=to_at,
    )
    rows = await list_alerts(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["alert_id"],))
    return Page[AlertItem](items=[AlertItem.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{alert_id}", summary="One alert with its history", responses=problems(NOT_FOUND))
async def alert(session: ReadSession, alert_id: RowId) -> AlertDetail:
    return await _detail(session, alert_id)


@router.post("/{alert_id}/acknowledge", summary="Take an alert", responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT))
async def acknowledge_alert(
    session: PersonSession, alert_id: RowId, body: Annotated[Acknowledgement, Body()]
) -> AlertDetail:
    """409 when it is resolved, or acknowledged already and not told anew since."""
    actor = session.access.signing(body.actor)
    await acknowledge(session.connection, alert_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, alert_id)
