"""The channels on the page `/admin`: how each answers, and a button that tries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.failures import failure_text
from api.desk.frame import node
from api.desk.words import clock_text, one_line
from api.naming import CHANNELS
from domain.roster import Roster
from storage.channels import ChannelState
from storage.channeltests import ChannelTest


def dialogs(states: Sequence[ChannelState], roster: Roster) -> dict[str, Any]:
    """One a channel: whom the test is sent to."""
    return {f"test-{state.channel}": _test(state, roster) for state in states if state.configured_at is not None}


def _test(state: ChannelState, roster: Roster) -> dict[str, Any]:
    code = state.channel
    teams = [[f"team:{name}", one_line(team.name, 20)] for name, team in sorted(roster.teams.items())]
    to: dict[str, Any] = {"name": "to", "label": "发给", "kind": "select"}
    if state.is_group:
        own = [[f"team:{name}", one_line(team.name, 20)] for name, team in sorted(roster.teams.items())
               if code in team.channels]  # fmt: skip
        to |= {"options": own, "blank": "渠道本身的群（不指明班组）"}
    else:
        reached = [
            [f"person:{one.code}", one_line(one.name, 20)] for _, one in sorted(roster.people.items())
            if one.active and any(contact.channel == code for contact in one.contacts)
        ]  # fmt: skip
        to |= {"options": [*reached, *([name, f"{word}（值班中的人）"] for name, word in teams)], "required": True}
    return {
        "title": f"测试渠道 {code}", "confirm": "发送测试", "fields": [to], "focus": "", "stay": True, "reload": True,
        "path": f"/desk/channels/{code}/test", "explain": "经发件箱发出一条测试消息，只试一次，稍等片刻显示结果。",
    }  # fmt: skip


def result_text(test: ChannelTest, roster: Roster, now: datetime) -> str:
    """What became of a test, in a sentence."""
    kind, _, code = test.receiver.partition(":")
    known = roster.teams.get(code)
    whom = one_line(roster.name_of(code) if kind == "person" else known.name if known is not None else "群", 20)
    if test.state == "sent":
        return f"{whom}：{clock_text(test.sent_at, now)} 已送达"
    if test.state == "failed":
        why = one_line(failure_text(test.last_error or "原因不明"), 120)
        return f"{whom}：{clock_text(test.failed_at, now)} 没有送到，{why}"
    return f"{whom}：{clock_text(test.queued_at, now)} 已排队，尚未发出（告警服务是否在运行？）"


def card(
    states: Sequence[ChannelState], queued: Mapping[str, int], tests: Sequence[ChannelTest], roster: Roster,
    now: datetime,
) -> None:  # fmt: skip
    """The list. tests: the newest first."""
    with node("div", "dk-card"):
        node("h2", "", f"通知渠道（{len(states)}）")
        if not states:
            node("p", "dk-explain", "告警服务还没有启动过，不知道有哪些渠道。")
            return
        with node("div", "dk-scroll"), node("table", "dk-cells dk-channels"):
            with node("tr"):
                for word in ("渠道", "类型", "状态", "最近的错误", "限速", "排队", "最近的测试", ""):
                    node("th", "", word)
            for state in states:
                with node("tr", "v-refused" if state.failing_since is not None else "", data_channel=state.channel):
                    newest = next((test for test in tests if test.channel == state.channel), None)
                    for cell in (
                        state.channel,
                        CHANNELS.get(state.kind or "", state.kind or "") + ("（群）" if state.is_group else ""),
                        _state(state, now),
                        one_line(failure_text(state.last_error), 160) if state.last_error else "",
                        "不限" if state.rate_per_min is None else f"每分钟 {state.rate_per_min} 条",
                        str(queued.get(state.channel, 0) or ""),
                        "" if newest is None else result_text(newest, roster, now),
                    ):
                        node("td", "", cell)
                    with node("td"):
                        if state.configured_at is not None:
                            node(
                                "button", "dk-button dk-small", "测试", type="button", data_desk="act",
                                data_act=f"test-{state.channel}", data_id=state.channel,
                            )  # fmt: skip


def _state(state: ChannelState, now: datetime) -> str:
    if state.failing_since is not None:
        gave_up = "，有消息放弃发送" if state.gave_up_at is not None else ""
        return f"自 {clock_text(state.failing_since, now)} 起失败 {state.failures} 次{gave_up}"
    if state.configured_at is None:
        return "告警服务现在没有此渠道"
    return "还没有发过" if state.last_ok_at is None else f"正常，{clock_text(state.last_ok_at, now)} 送达"
