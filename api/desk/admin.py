"""The page `/admin`, for administrators: channels, accounts, and what people did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from api.desk import accountcard, channelcard
from api.desk.desk import Desk
from api.desk.frame import desk_page, frame, node, trouble
from api.desk.session import Visit
from api.desk.words import full_text, one_line
from api.matcherwords import matched
from domain.accounts import ROLE_NAMES, Action, allowed
from storage.accounts import list_accounts
from storage.channels import states
from storage.channeltests import newest
from storage.listing.desk import audit_lines, choices
from storage.notifications import queued_counts
from storage.roster import load

_LINES = 100

#: What the log's actions read.
ACTION_WORDS = {
    "alert.acknowledge": "签收",
    "alert.confirm": "确认恢复",
    "alert.comment": "备注",
    "alert.shelve": "搁置",
    "alert.unshelve": "取消搁置",
    "alert.hand_over": "转交",
    "alert.out_of_service": "停用",
    "alert.in_service": "恢复使用",
    "silence.create": "静默",
    "silence.end": "结束静默",
    "shift.hand_over": "交接班",
    "roster.override": "调班",
    "sign_in": "登录",
    "sign_out": "退出",
    "accounts": "账号",
    "report": "填报",
    "correct": "更正",
    "decide": "规则与限值",
    "audit.read": "查看操作记录",
    "channel.test": "测试渠道",
    "password": "企业密码",
    "station": "数采仪",
    "command": "命令",
}

#: What the details of a line are called, and some of what they say.
_DETAIL_WORDS = {
    "name": "姓名",
    "role": "角色",
    "person": "人员",
    "team": "值班组",
    "command": "命令",
    "until_at": "至",
    "from_at": "自",
    "starts_at": "自",
    "ends_at": "至",
    "replaces": "替下",
    "cancelled": "取消",
    "matchers": "条件",
    "removed": "删除",
    "decision": "决定",
    "enabled": "启用",
    "from": "自",
    "reason": "原因",
    "giver": "交班",
    "taker": "接班",
    "files": "文件",
    "author": "填报人",
    "enterprise": "企业",
    "before": "原为",
    "count": "数目",
    "to": "发给",
    "messages": "消息",
}
_COMMANDS = {
    "add": "建立",
    "set-password": "重设密码",
    "set-role": "改角色",
    "disable": "停用",
    "enable": "启用",
    "set-profile": "改资料",
    "unlock": "解除登录等待",
    "change-own": "修改本人密码",
    "everywhere": "在所有设备上退出",
}
_NAMES_OF_ROLES = {str(role): name for role, name in ROLE_NAMES.items()}


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/admin")
    async def admin(known: Visit, request: Request) -> Any:
        if not allowed(known.actor.role, Action.READ_AUDIT):
            return trouble(403, "不能查看", "这一页需要管理员的权限。")
        words = request.query_params.get("words", "").replace("\x00", "")[:100]
        before = request.query_params.get("before", "")
        now = desk.clock()
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        async with desk.reading() as connection:
            roster, _ = await load(connection, now)
            plants = (await choices(connection, None))["enterprise"]
            accounts = await list_accounts(connection, desk.auth.wall())
            channels, queued = await states(connection), await queued_counts(connection)
            tests = await newest(connection, limit=100)
            lines = await audit_lines(connection, words=words or None, before=number, limit=_LINES + 1)
        more = accountcard.dialogs(roster, plants) | channelcard.dialogs(channels, roster)
        with frame(desk, known, "/admin", more=more), node("div", "dk-body"):
            if not words and number is None:
                channelcard.card(channels, queued, tests, roster, now)
                accountcard.card(accounts, roster, dict(plants))
            _log(lines, words)
        return None


def _log(lines: Sequence[Mapping[str, Any]], words: str) -> None:
    with node("div", "dk-card"):
        node("h2", "", "操作记录")
        with node("form", "dk-line", method="get", action="/admin"):
            node("input", "dk-words", type="search", name="words", value=words, placeholder="人员、对象、操作")
            node("button", "dk-button", "查找", type="submit")
        with node("div", "dk-scroll"), node("table", "dk-cells dk-audit"):
            _heads("时间", "人员", "操作", "对象", "内容", "结果", "地址")
            for line in lines[:_LINES]:
                with node("tr", "v-refused" if line["outcome"] == "refused" else ""):
                    for cell in cells(line):
                        node("td", "", cell)
        if len(lines) > _LINES:
            query = urlencode({"words": words, "before": lines[_LINES - 1]["audit_id"]})
            node("a", "", "更早的记录", href=f"/admin?{query}")


def cells(line: Mapping[str, Any]) -> list[str]:
    """A line of the log as it is read."""
    detail = line["detail"] if isinstance(line["detail"], dict) else {}
    text = str(detail.get("text") or "")
    rest = {name: value for name, value in detail.items() if name != "text" and value not in (None, "")}
    said = "；".join(part for part in (text, *(_detail(name, value) for name, value in rest.items())) if part)
    return [
        full_text(line["at"]),
        one_line(line["actor"], 60) or "（未知）",
        ACTION_WORDS.get(line["action"], one_line(line["action"], 60)),
        one_line(line["object"], 80),
        one_line(said, 240),
        "被拒绝" if line["outcome"] == "refused" else "",
        "命令行" if line["address"] == "terminal" else one_line(line["address"], 45),
    ]


def _detail(name: str, value: object) -> str:
    """One of a line's details in words; what has none as it is written down."""
    if name == "command":
        said = _COMMANDS.get(str(value), str(value))
    elif isinstance(value, dict):
        said = "、".join(_detail(one, was) for one, was in value.items() if was not in (None, ""))
    elif name in ("role", "before"):
        said = _NAMES_OF_ROLES.get(str(value), str(value))
    elif name == "matchers" and isinstance(value, list):
        said = matched(value)
    elif isinstance(value, bool):
        said = "是" if value else "否"
    elif name.endswith("_at") or name == "from":
        said = _instant(str(value))
    else:
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{_DETAIL_WORDS.get(name, name)}：{said}"


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else full_text(at)


def _heads(*words: str) -> None:
    with node("tr"):
        for word in words:
            node("th", "", word)
