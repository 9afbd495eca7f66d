"""Ways to reach people, and how each of them answers. Without addresses and secrets, which the API does not know.

Operators only; administrators try a channel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field

from alerts.channeltest import try_channel
from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, problems
from api.fields import Instant
from api.models.roster import Signature
from api.session import OperatorSession, PersonSession
from storage.channels import ChannelState, states
from storage.channeltests import ChannelTest, newest
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


_TEST: dict[str, Any] = {
    "notification_id": 812,
    "channel": "duty-dingtalk",
    "receiver": "team:duty",
    "state": "sent",
    "queued_at": "2026-11-02T08:31:00Z",
    "sent_at": "2026-11-02T08:31:01Z",
    "failed_at": None,
    "last_error": None,
    "author": "张三",
}
ChannelCode = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$", examples=["duty-dingtalk"])]


class TestItem(BaseModel):
    """A message by which somebody tries a channel."""

    __test__ = False  # no case for pytest
    model_config = ConfigDict(json_schema_extra={"examples": [_TEST]})

    notification_id: int
    channel: str
    receiver: str = Field(description="person:CODE, team:CODE, or test: the group as such")
    state: Literal["queued", "sent", "failed"] = Field(description="queued until the alert stage has tried, once")
    queued_at: Instant
    sent_at: Instant | None
    failed_at: Instant | None
    last_error: str | None
    author: str | None


class TestItems(BaseModel):
    __test__ = False
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_TEST]}]})

    items: list[TestItem]


class NewTest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "person:wang-wei", "actor": "张三"}]}
    )

    to: str | None = Field(
        default=None,
        pattern=r"^(person|team):[a-z0-9-]{1,64}$",
        description="person:CODE; team:CODE: who is on duty there; left out: the group that the channel reaches",
    )
    actor: Signature


@router.get("", summary="Ways to reach people, and how they answer", operation_id="channels")
async def channels(session: OperatorSession) -> Channels:
    queued = await queued_counts(session.connection)
    return Channels(items=[_channel(state, queued.get(state.channel, 0)) for state in await states(session.connection)])


@router.post(
    "/{code}/test",
    summary="Try a channel",
    operation_id="try_channel",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def new_test(session: PersonSession, code: ChannelCode, body: Annotated[NewTest, Body()]) -> TestItems:
    """For administrators. The message goes by the outbox, and is tried once. 409 while an earlier test waits."""
    actor = session.access.signing(body.actor)
    made = await try_channel(session.connection, code, to=body.to, actor=actor, now=session.now)
    return TestItems(items=[_test(one) for one in await newest(session.connection, ids=made, limit=len(made))])


@router.get("/{code}/tests", summary="The newest tests of a channel", operation_id="channel_tests")
async def channel_tests(session: OperatorSession, code: ChannelCode) -> TestItems:
    """20 of them, newest first."""
    return TestItems(items=[_test(one) for one in await newest(session.connection, code)])


def _test(one: ChannelTest) -> TestItem:
    return TestItem.model_validate({name: getattr(one, name) for name in TestItem.model_fields})


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
