"""Accounts of people on the page `/admin`: the list, and the dialogues by which an administrator keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from api.desk.frame import node
from api.desk.words import full_text, one_line
from domain.accounts import ROLE_NAMES, Role
from domain.roster import Roster
from storage.accounts import AccountRow

_PATH = "/desk/accounts/{id}"
_ROLES = [[str(role), name] for role, name in ROLE_NAMES.items()]


def dialogs(roster: Roster, enterprises: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """By action, as the browser builds them. enterprises: (code, name)."""
    profile = _profile(roster, enterprises)
    password = {"name": "password", "label": "密码", "kind": "secret", "blank": True, "fills": "new-password"}
    again = {"name": "again", "label": "再输入一次", "kind": "secret", "blank": True, "fills": "new-password"}
    made = "密码至少 10 个字符；两栏都不填时自动生成，只显示一次。"
    confirm: dict[str, Any] = {"fields": [], "focus": "", "reload": True}
    return {
        "account_add": {
            "title": "新建账号", "confirm": "建立", "explain": made, "focus": "login", "path": "/desk/accounts",
            "stay": True, "reload": True,
            "fields": [
                {"name": "login", "label": "登录名", "kind": "line", "required": True, "longest": 64},
                *profile, password, again,
            ],
        },
        "account_change": {
            "title": "修改账号", "confirm": "保存", "explain": "从下一次点击起生效。", "focus": "", "path": _PATH,
            "stay": True, "reload": True, "fields": profile,
        },
        "account_password": {
            "title": "重设密码", "confirm": "重设", "focus": "password", "path": f"{_PATH}/password", "reload": True,
            "explain": f"此账号在所有设备上的登录立即结束。{made}", "fields": [password, again],
        },
        "account_disable": confirm | {
            "title": "停用账号", "confirm": "停用", "path": f"{_PATH}/disable",
            "explain": "不能再登录；已经登录的立即退出。记录保留，可以重新启用。",
        },
        "account_enable": confirm | {
            "title": "启用账号", "confirm": "启用", "path": f"{_PATH}/enable", "explain": "用原来的密码又可以登录。",
        },
        "account_unlock": confirm | {
            "title": "解除登录等待", "confirm": "解除", "path": f"{_PATH}/unlock",
            "explain": "多次输错密码的人可以马上再试，不必等待。",
        },
    }  # fmt: skip


def _profile(roster: Roster, enterprises: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    people = [[one.code, one_line(one.name, 20)] for _, one in sorted(roster.people.items()) if one.active]
    teams = [[code, one_line(team.name, 20)] for code, team in sorted(roster.teams.items())]
    plants = [[code, one_line(name, 30)] for code, name in enterprises]
    return [
        {"name": "name", "label": "姓名", "kind": "line", "required": True, "longest": 100},
        {"name": "role", "label": "角色", "kind": "select", "options": _ROLES, "required": True},
        {"name": "enterprise", "label": "企业（角色为企业时选）", "kind": "select", "options": plants, "blank": "市局"},
        {"name": "team", "label": "班组", "kind": "select", "options": teams, "blank": "（无）"},
        {"name": "person", "label": "值班人员", "kind": "select", "options": people, "blank": "（不在排班表上）"},
    ]


def card(rows: Sequence[AccountRow], roster: Roster, enterprises: Mapping[str, str]) -> None:
    """The list."""
    with node("div", "dk-card"):
        with node("div", "dk-line"):
            node("h2", "", f"账号（{len(rows)}）")
            _button("新建账号", "account_add", "", "", "dk-button dk-confirm dk-right")
        node(
            "p", "dk-explain",
            "企业也可以用 MQTT 的企业代码和密码登录，只看到本企业；为企业人员另建账号，就不必把设备的密码交给人。",
        )  # fmt: skip
        with node("div", "dk-scroll"), node("table", "dk-cells dk-accounts"):
            with node("tr"):
                for word in ("登录名", "姓名", "角色", "班组", "值班人员", "最近登录", "状态", ""):
                    node("th", "", word)
            for row in rows:
                with node("tr", "" if row.disabled_at is None else "dk-off", data_login=row.login):
                    for cell in _cells(row, roster, enterprises):
                        node("td", "", cell)
                    with node("td"):
                        _buttons(row)


def _cells(row: AccountRow, roster: Roster, enterprises: Mapping[str, str]) -> list[str]:
    team = roster.teams.get(row.team or "")
    role = ROLE_NAMES[Role(row.role)]
    plant = "" if row.enterprise is None else f"：{one_line(enterprises.get(row.enterprise, row.enterprise), 30)}"
    return [
        row.login,
        one_line(row.name, 40),
        f"{role}{plant}",
        row.team or "" if team is None else one_line(team.name, 20),
        "" if row.person is None else one_line(roster.name_of(row.person), 20),
        full_text(row.last_sign_in_at)[:16],
        _state(row),
    ]


def _state(row: AccountRow) -> str:
    if row.disabled_at is not None:
        return f"{full_text(row.disabled_at)[:10]} 停用"
    return f"15 分钟内 {row.failures} 次登录失败" if row.failures else "在用"


def _buttons(row: AccountRow) -> None:
    about = f"{one_line(row.name, 40)}（{row.login}）"
    values = {name: getattr(row, name) or "" for name in ("name", "role", "enterprise", "team", "person")}
    with node("div", "dk-line dk-tight"):
        _button("修改", "account_change", row.login, about, values=values)
        _button("重设密码", "account_password", row.login, about)
        if row.failures:
            _button("解除等待", "account_unlock", row.login, about)
        if row.disabled_at is None:
            _button("停用", "account_disable", row.login, about)
        else:
            _button("启用", "account_enable", row.login, about)


def _button(
    word: str, act: str, login: str, about: str, classes: str = "dk-button dk-small", *,
    values: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    node(
        "button", classes, word, type="button", data_desk="act", data_act=act, data_id=login, data_title=about,
        data_values=json.dumps(dict(values or {})),
    )  # fmt: skip
