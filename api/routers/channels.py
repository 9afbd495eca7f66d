"""Ways to reach people, and how each of them answers. Without addresses and secrets, which the API does not know.

Operators only."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant
from api.session import OperatorSession
from storage.channels import ChannelState, states
from storage.notifications import queued_counts

router = APIRouter(prefix="/channels", tags=["alerts"])


class Channel(BaseModel):
    """A channel that an alert stage has been started with. Times by the platform's clock."""

    channel: str = Field(description="its code in the channels file; `log` and `webhook` are built in")
    kind: str | None = Field(description="log, webhook, dingtalk, wecom, feishu, email, sms")
    is_group: bool = Field(description="reaches a group or a system by itself; otherwise people by their addresses")
    rate_per_min: int | None = Field(description="most attempts within any minute; null for no limit")
    works: bool | None = Field(description="how the last attempt went; null when nothing was sent yet")
    last_ok_at: Instant | None
    last_failure_at: Instant | None
    failing_since: Instant | None
    gave_up_at: Instant | None = Field(description="when a message was given up, until the next success")
    failures: int = Field(description="since the last success")
    last_error: str | None
    queued: int = Field(description="messages that wait")
    configured_at: Instant | None = Field(description="when an alert stage with this channel last started")


class Channels(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "channel": "duty-dingtalk",
                            "kind": "dingtalk",
                            "is_group": True,
                            "rate_per_min": 20,
                            "works": False,
                            "last_ok_at": "2026-11-02T03:10:00Z",
                            "last_failure_at": "2026-11-02T08:31:00Z",
                            "failing_since": "2026-11-02T08:30:00Z",
                            "gave_up_at": None,
                            "failures": 4,
                            "last_error": "errcode 310000: security settings refuse it: signature, keyword or address",
                            "queued": 2,
                            "configured_at": "2026-11-01T00:00:00Z",
                        }
                    ]
                }
            ]
        }
    )

    items: list[Channel]


@router.get("", summary="Ways to reach people, and how they answer", operation_id="channels")
async def channels(session: OperatorSession) -> Channels:
    queued = await queued_counts(session.connection)
    return Channels(items=[_channel(state, queued.get(state.channel, 0)) for state in await states(session.connection)])


def _channel(state: ChannelState, queued: int) -> Channel:
    known = state.last_ok_at is not None or state.failing_since is not None
    return Channel(
        channel=state.channel,
        kind=state.kind,
        is_group=state.is_group,
        rate_per_min=state.rate_per_min,
        works=state.failing_since is None if known else None,
        last_ok_at=state.last_ok_at,
        last_failure_at=state.last_failure_at,
        failing_since=state.failing_since,
        gave_up_at=state.gave_up_at,
        failures=state.failures,
        last_error=state.last_error,
        queued=queued,
        configured_at=state.configured_at,
    )
