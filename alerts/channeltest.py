"""Somebody tries a channel: a test goes by the outbox, as what is told in earnest does, and once.

`plantwatch channels test` sends without the outbox, also before an alert stage has been started with the channel; this
is for whoever sits at the desk, where the channels' addresses and secrets are not known.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from alerts.actions import actor_name, authorise
from domain.accounts import Action, Actor
from domain.errors import BadInput, Conflict, NotFound
from domain.roster import Roster
from storage import audit, channels
from storage import channeltests as store
from storage import roster as rosters
from storage.channels import ChannelState
from storage.database import Connection

#: What the receiver of a test is called that goes to a group as such.
GROUP = "test"


async def try_channel(connection: Connection, code: str, *, to: str | None, actor: Actor, now: datetime) -> list[int]:
    """Queue a test by a channel; gives the numbers of its messages. to: `person:CODE`, `team:CODE` (by a channel that
    reaches people: all who are on duty there now), or None for the group that the channel reaches by itself.

    Raises NotFound for a channel that no alert stage was started with; BadInput for somebody who is not there or has no
    address in it; Conflict while an earlier test waits. now: the platform's clock.
    """
    authorise(actor, Action.TEST_CHANNEL, f"channel:{code[:64]}")
    state = next((one for one in await channels.states(connection) if one.channel == code), None)
    if state is None or state.configured_at is None:
        raise NotFound(f"告警服务没有渠道 {code[:64]}")
    roster, _ = await rosters.load(connection, now)
    receivers, team = _receivers(roster, state, to, now)
    await store.lock(connection, code)
    if any(test.state == "queued" for test in await store.newest(connection, code)):
        raise Conflict(f"渠道 {code} 的上一条测试消息还没有发出")
    author = actor_name(actor)
    body = {
        "event": "test",
        "title": f"{author}在值班台发出的测试消息，收到即说明本通道可用，无需处理。",
        "author": author,
        "alerts": [],
        "count": 0,
    }
    made = [
        await store.queue(connection, code, receiver, team, secrets.token_hex(20), body, now) for receiver in receivers
    ]
    detail = {"to": to or GROUP, "messages": len(made)}
    await audit.write(connection, audit.Entry(now, actor, Action.TEST_CHANNEL, f"channel:{code}", detail))
    return made


def _receivers(roster: Roster, state: ChannelState, to: str | None, now: datetime) -> tuple[Sequence[str], str | None]:
    """Whom to send to, and the team that is meant."""
    kind, _, code = (to or "").partition(":")
    if to is not None and kind == "team" and code not in roster.teams:
        raise BadInput(f"没有值班组 {code[:64]}")
    if state.is_group:
        if kind == "person":
            raise BadInput(f"渠道 {state.channel} 发到群里，不能发给个人")
        return [to or GROUP], code or None
    if to is None or kind not in ("person", "team"):
        raise BadInput(f"渠道 {state.channel} 发给个人：请选择人员或值班组")
    people = [code]
    if kind == "team":
        people = list(dict.fromkeys(person for turn in roster.on_duty(code, now) for person in turn.people))
    reached = [person for person in people if roster.is_active(person) and _has_address(roster, person, state.channel)]
    if not reached:
        whom = "现在没有人值班，或值班人员" if kind == "team" else f"人员 {code[:64]} 不存在、已离岗，或"
        raise BadInput(f"{whom}没有登记渠道 {state.channel} 的联系方式")
    return [f"person:{person}" for person in reached], code if kind == "team" else None


def _has_address(roster: Roster, person: str, channel: str) -> bool:
    return any(contact.channel == channel for contact in roster.people[person].contacts)
