"""The page `/admin`, for administrators: accounts and the audit log, to read. The command line changes accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from api.desk.desk import Desk
from api.desk.frame import desk_page, frame, node, trouble
from api.desk.session import Visit
from api.desk.words import full_text, one_line
from domain.accounts import ROLE_NAMES, Action, Role, allowed
from storage.accounts import AccountRow, list_accounts
from storage.listing.desk import audit_lines

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
}


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/admin")
    async def admin(known: Visit, request: Request) -> Any:
        if not allowed(known.actor.role, Action.READ_AUDIT):
            return trouble(403, "不能查看", "这一页需要管理员的权限。")
        words = request.query_params.get("words", "").replace("\x00", "")[:100]
        before = request.query_params.get("before", "")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        async with desk.reading() as connection:
            accounts = await list_accounts(connection)
            lines = await audit_lines(connection, words=words or None, before=number, limit=_LINES + 1)
        with frame(desk, known, "/admin"), node("div", "dk-body"):
            _log(lines, words)
            _accounts(accounts)
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
    said = " ".join(part for part in (text, json.dumps(rest, ensure_ascii=False) if rest else "") if part)
    return [
        full_text(line["at"]),
        one_line(line["actor"], 60) or "（未知）",
        ACTION_WORDS.get(line["action"], one_line(line["action"], 60)),
        one_line(line["object"], 80),
        one_line(said, 240),
        "被拒绝" if line["outcome"] == "refused" else "",
        one_line(line["address"], 45),
    ]


def _accounts(accounts: Sequence[AccountRow]) -> None:
    with node("div", "dk-card"):
        node("h2", "", f"账号（{len(accounts)}）")
        node(
            "p",
            "dk-explain",
            "新建、停用账号和重设密码用命令 plantwatch account。企业用 MQTT 的企业代码和密码登录，只看到本企业。",
        )
        with node("div", "dk-scroll"), node("table", "dk-cells"):
            _heads("登录名", "姓名", "角色", "值班人员", "建立", "状态")
            for account in accounts:
                with node("tr"):
                    for cell in (
                        account.login,
                        one_line(account.name, 40),
                        ROLE_NAMES.get(Role(account.role), account.role),
                        account.person or "",
                        f"{full_text(account.created_at)[:10]} {one_line(account.created_by, 30)}",
                        "在用" if account.disabled_at is None else f"{full_text(account.disabled_at)[:10]} 停用",
                    ):
                        node("td", "", cell)


def _heads(*words: str) -> None:
    with node("tr"):
        for word in words:
            node("th", "", word)
