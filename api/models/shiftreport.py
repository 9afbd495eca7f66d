"""What a shift report (交接班记录) says."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant
from api.models.roster import HandoverItem, OverrideItem, PersonRef

_ALERT: dict[str, Any] = {
    "alert_id": 12,
    "severity": "critical",
    "severity_word": "严重",
    "title": "【严重】海西焦化 焦炉烟囱 二氧化硫小时均值超标",
    "enterprise_name": "海西焦化",
    "occurred_at": "2026-11-02T00:00:00Z",
    "fired_at": "2026-11-02T01:10:05Z",
    "ended_at": None,
    "state_word": "已签收",
    "taken_at": "2026-11-02T01:16:05Z",
    "taken_by": "王维",
    "taken_after_min": 6.0,
    "assignee": None,
    "is_new": True,
}
_PERSON = {"code": "wang-wei", "name": "王维"}
_REPORT: dict[str, Any] = {
    "team": "duty",
    "team_name": "市值班室",
    "shift": "day",
    "shift_name": "白班",
    "from_at": "2026-11-02T00:00:00Z",
    "until_at": "2026-11-02T12:00:00Z",
    "as_of": "2026-11-02T03:00:00Z",
    "is_over": False,
    "people": [_PERSON],
    "taker": [{"code": "li-bai", "name": "李白"}],
    "fired": 1,
    "fired_critical": 1,
    "ended": 0,
    "open": 1,
    "open_untaken": 0,
    "taken_median_min": 6.0,
    "taken_longest_min": 6.0,
    "alerts": [_ALERT],
    "actions": [
        {
            "at": "2026-11-02T01:16:05Z",
            "alert_id": 12,
            "title": "【严重】海西焦化 焦炉烟囱 二氧化硫小时均值超标",
            "action_word": "签收",
            "actor": "王维",
            "comment": "已电话联系企业",
        }
    ],
    "holds": [],
    "escalations": [],
    "deliveries": [
        {
            "channel": "dingtalk-duty",
            "messages": 1,
            "sent": 1,
            "failed": 0,
            "waiting": 0,
            "repeats": 0,
            "last_error": None,
        }
    ],
    "overrides": [],
    "received": [],
    "given": [],
    "cut": False,
}


class ShiftAlert(BaseModel):
    """An alert that fired, ended or was open during the shift, as it stood at the end of it."""

    alert_id: int
    severity: str
    severity_word: str
    title: str
    enterprise_name: str | None
    occurred_at: Instant = Field(description="event time")
    fired_at: Instant = Field(description="when the platform saw it fire")
    ended_at: Instant | None = Field(description="when the platform saw it end; null: open at the end of the shift")
    state_word: str
    taken_at: Instant | None
    taken_by: str | None
    taken_after_min: float | None = Field(description="from the first message (else from its detection) on")
    assignee: str | None = Field(description="name of whom it was handed over to")
    is_new: bool = Field(description="fired in this shift")


class ShiftAction(BaseModel):
    """What somebody did about an alert, or wrote of it."""

    at: Instant
    alert_id: int
    title: str
    action_word: str
    actor: str
    comment: str


class ShiftHold(BaseModel):
    """An alarm on the shelf or out of service, or a silence."""

    kind_word: str
    what: str
    from_at: Instant
    until_at: Instant | None
    ended_at: Instant | None
    author: str
    reason: str


class ShiftEscalation(BaseModel):
    at: Instant
    alert_id: int
    title: str
    event_word: str
    receiver: str = Field(description="name of a person or a team")
    channel: str


class ShiftDelivery(BaseModel):
    """Messages by one channel."""

    channel: str
    messages: int
    sent: int
    failed: int
    waiting: int
    repeats: int = Field(description="attempts beyond the first")
    last_error: str | None = Field(description="of what is failed or waiting; without addresses")


class ShiftReport(BaseModel):
    """What a shift saw, by the platform's clock; of one that is not over, until now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    team: str
    team_name: str
    shift: str
    shift_name: str
    from_at: Instant
    until_at: Instant
    as_of: Instant = Field(description="end of what is told: the shift's, or now")
    is_over: bool
    people: list[PersonRef] = Field(description="who was on duty, in order")
    taker: list[PersonRef] = Field(description="who comes on next")
    fired: int
    fired_critical: int
    ended: int
    open: int
    open_untaken: int
    taken_median_min: float | None = Field(description="of the alerts that fired in the shift and were acknowledged")
    taken_longest_min: float | None
    alerts: list[ShiftAlert]
    actions: list[ShiftAction] = Field(description="what people did about the team's alerts in the shift, in order")
    holds: list[ShiftHold]
    escalations: list[ShiftEscalation]
    deliveries: list[ShiftDelivery]
    overrides: list[OverrideItem]
    received: list[HandoverItem] = Field(description="what the shift before told this one")
    given: list[HandoverItem] = Field(description="what this shift told the next")
    cut: bool = Field(description="there was more of some kind than a report holds")
