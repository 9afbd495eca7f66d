"""What the API says of alerts, and what people send about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.actions import MAX_ACTOR, MAX_COMMENT
from api.fields import Instant, InstantIn
from api.routers.findings import FINDING_EXAMPLE, FindingItem
from domain.alarmstate import DisplayState

ROWS_SHOWN = 1000

ALERT_EXAMPLE: dict[str, Any] = {
    "alert_id": 12,
    "rule_id": "ule.hourly",
    "subject": "pollutant:hx-coking/S1/so2",
    "enterprise": "hx-coking",
    "severity": "critical",
    "state": "firing",
    "display": "unacknowledged",
    "condition": "violation",
    "title": "海西焦化 焦炉烟囱 二氧化硫超低排放小时超过指标",
    "summary": "2026-11-02 08:00 至 09:00 折算浓度 33.4 mg/m3，限值 30 mg/m3",
    "occurred_at": "2026-11-02T00:00:00Z",
    "detected_at": "2026-11-02T01:10:05Z",
    "fired_at": "2026-11-02T01:00:00Z",
    "notified_at": "2026-11-02T01:10:06Z",
    "last_seen_at": "2026-11-02T01:00:00Z",
    "no_data_since": None,
    "resolved_at": None,
    "resolution": None,
    "finding_id": 4711,
    "acknowledged_at": None,
    "acknowledged_by": None,
    "acknowledge_comment": None,
    "realarmed_at": None,
    "assignee": None,
}


class AlertItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [ALERT_EXAMPLE]})

    alert_id: int
    rule_id: str
    subject: str
    enterprise: str | None
    severity: str = Field(description="critical, warning, info")
    state: Literal["pending", "firing", "resolved"]
    display: DisplayState = Field(description="the state to show, after ISA-18.2; computed at the request")
    condition: Literal["violation", "no_data"] = Field(description="what lasts")
    title: str
    summary: str
    occurred_at: Instant = Field(description="event time: start of the first violating period")
    detected_at: Instant = Field(description="when the platform saw it")
    fired_at: Instant | None
    notified_at: Instant | None = Field(description="when the first message about it was queued")
    last_seen_at: Instant
    no_data_since: Instant | None = Field(description="event time since which nothing is known")
    resolved_at: Instant | None
    resolution: str | None
    finding_id: int
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    acknowledge_comment: str | None
    realarmed_at: Instant | None = Field(description="told anew although acknowledged; unacknowledged since")
    assignee: str | None = Field(description="person it was handed over to; null for an enterprise's own account")


class AlertEvent(BaseModel):
    event_id: int
    at: Instant
    kind: str
    actor: str
    comment: str
    finding_id: int | None
    detail: Any = Field(description="what else the kind says, such as until when it was shelved")


class Notification(BaseModel):
    notification_id: int
    event: str
    channel: str
    receiver: str | None = Field(description="null for an enterprise's own account: duty staff are the bureau's")
    team: str | None
    state: str
    attempts: int
    queued_at: Instant
    sent_at: Instant | None
    last_error: str | None


class Decision(BaseModel):
    """Why somebody was told, or was not."""

    decision_id: int
    at: Instant
    event: str
    team: str | None
    channel: str | None
    receiver: str | None
    decision: Literal["send", "hold", "drop"]
    reason: str
    detail: str
    notification_id: int | None


class AlertHold(BaseModel):
    """What takes the alarm of this rule and subject away from people at present."""

    hold_id: int
    kind: Literal["shelved", "out_of_service"]
    from_at: Instant
    until_at: Instant | None
    author: str
    reason: str


class AlertDetail(AlertItem):
    """An alert with its history, who was told and why, and the finding behind it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                ALERT_EXAMPLE
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
                            "detail": None,
                        }
                    ],
                    "notifications": [
                        {
                            "notification_id": 8,
                            "event": "firing",
                            "channel": "dingtalk",
                            "receiver": "team:duty",
                            "team": "duty",
                            "state": "sent",
                            "attempts": 1,
                            "queued_at": "2026-11-02T01:10:05Z",
                            "sent_at": "2026-11-02T01:10:06Z",
                            "last_error": None,
                        }
                    ],
                    "decisions": [
                        {
                            "decision_id": 5,
                            "at": "2026-11-02T01:10:06Z",
                            "event": "firing",
                            "team": "duty",
                            "channel": "dingtalk",
                            "receiver": "team:duty",
                            "decision": "send",
                            "reason": "first",
                            "detail": "",
                            "notification_id": 8,
                        }
                    ],
                    "holds": [],
                    "finding": FINDING_EXAMPLE,
                }
            ]
        }
    )

    details: Any
    events: list[AlertEvent] = Field(description=f"the newest {ROWS_SHOWN}, oldest first")
    notifications: list[Notification] = Field(description=f"at most {ROWS_SHOWN}")
    decisions: list[Decision] = Field(
        description=f"the newest {ROWS_SHOWN}, oldest first; none for an enterprise's own account"
    )
    holds: list[AlertHold] = Field(description="none for an enterprise's own account")
    finding: FindingItem


#: The name of whoever has no account; any text on one line.
ActorName = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=MAX_ACTOR,
        pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$",
        description="needed with the operators' token; of a signed-in person the account counts",
    ),
]
Comment = Annotated[str, Field(max_length=MAX_COMMENT, pattern=r"^[^\x00]*$")]
NeededText = Annotated[str, Field(min_length=1, max_length=MAX_COMMENT, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]


class Acknowledgement(BaseModel):
    """Who takes the alert, or has seen that it is over, and a word for the others."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"actor": "张三", "comment": "已通知企业，正在现场核查"}]}
    )

    actor: ActorName = None
    comment: Comment


class AlertComment(BaseModel):
    """A note beside an alert."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"actor": "张三", "comment": "企业称在校准，待其提交记录"}]}
    )

    actor: ActorName = None
    comment: NeededText


class Shelving(BaseModel):
    """Put aside until an instant: at most 24 hours for `duty`, 7 days for `lead`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"actor": "张三", "until": "2026-11-02T20:00:00+08:00", "reason": "检修中，下午恢复"}]
        },
    )

    actor: ActorName = None
    until: InstantIn
    reason: NeededText


class OutOfService(BaseModel):
    """Taken out of service, with or without an end."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"actor": "李四", "until": None, "reason": "排口拆除，等待注销"}]},
    )

    actor: ActorName = None
    until: InstantIn | None = None
    reason: NeededText


class Release(BaseModel):
    """From the shelf, or back into service."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"actor": "李四", "comment": "检修提前结束"}]}
    )

    actor: ActorName = None
    comment: Comment = ""


class Assignment(BaseModel):
    """To whom an alert is handed over, by code in the roster."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"actor": "张三", "person": "wang-wei", "comment": "请去现场"}]},
    )

    actor: ActorName = None
    person: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    comment: Comment = ""
