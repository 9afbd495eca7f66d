"""The page `/me`: one's own account; another password, and out of every device."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from nicegui import ui

from api.desk.desk import Desk
from api.desk.frame import desk_page, frame, node
from api.desk.session import Visit
from api.desk.words import one_line
from domain.accounts import ROLE_NAMES
from storage.roster import load


def _dialogs(*, has_password: bool) -> dict[str, Any]:
    leave = {
        "title": "在所有设备上退出", "confirm": "全部退出", "fields": [], "focus": "", "reload": True,
        "path": "/desk/me/sign-out", "explain": "手机、其他电脑和这里的登录都立即结束。",
    }  # fmt: skip
    if not has_password:
        return {"leave": leave}
    fields = [
        {"name": "present", "label": "现在的密码", "kind": "secret", "required": True, "fills": "current-password"},
        {"name": "password", "label": "新密码", "kind": "secret", "required": True, "fills": "new-password"},
        {"name": "again", "label": "再输入一次", "kind": "secret", "required": True, "fills": "new-password"},
    ]
    change = {
        "title": "修改密码", "confirm": "修改", "fields": fields, "focus": "present", "path": "/desk/me/password",
        "explain": "至少 10 个字符，不能与登录名相同。修改后，其他设备上的登录结束，这里继续。",
    }  # fmt: skip
    return {"leave": leave, "own_password": change}


def register(desk: Desk) -> None:
    """Adds the page."""

    @desk_page(desk, "/me")
    async def me(known: Visit, _request: Request) -> None:
        actor = known.actor
        async with desk.reading() as connection:
            roster, _ = await load(connection, desk.clock())
        # a plant's MQTT account belongs to its gateways, and the bureau sets its password
        has_password = actor.account is not None and actor.account != actor.enterprise
        team = roster.teams.get(actor.team or "")
        facts = [("登录名", actor.account or ""), ("姓名", actor.name), ("角色", ROLE_NAMES[actor.role])]
        if team is not None:
            facts.append(("班组", team.name))
        more = _dialogs(has_password=has_password)
        with frame(desk, known, "/me", more=more), node("div", "dk-body"), node("div", "dk-card"):
            node("h2", "", "我的账号")
            with node("dl", "dk-facts"):
                for what, value in facts:
                    node("dt", "", what)
                    node("dd", "", one_line(value, 80))
            with node("div", "dk-actions"):
                if has_password:
                    node("button", "dk-button", "修改密码", type="button", data_desk="act", data_act="own_password")
                else:
                    node("p", "dk-explain", "这是企业的 MQTT 账号，密码由市局设置。")
                node("button", "dk-button", "在所有设备上退出", type="button", data_desk="act", data_act="leave")
        ui.page_title("我的账号 · 值班台")
