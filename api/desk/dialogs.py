"""What the dialogues ask before something is done. Pure; the browser builds them from this."""

from __future__ import annotations

from typing import Any

from domain.accounts import Role, longest_shelf
from domain.periods import HOUR

_COMMENT = {"name": "comment", "label": "备注", "kind": "text"}
_SHELF_HINTS = ["设备检修中", "已知问题，处理中", "仪表校准", "误报，正在核实"]
_HOURS = ((1, "1 小时"), (4, "4 小时"), (8, "8 小时"), (24, "24 小时"), (72, "3 天"), (168, "7 天"))


def dialogs(role: Role, may: frozenset[str]) -> dict[str, Any]:
    """By action: title, what it means, fields, where it is sent. Only those that the person has the right to."""
    longest = longest_shelf(role) // HOUR
    hours = [[value, word] for value, word in _HOURS if value <= longest]
    known: dict[str, dict[str, Any]] = {
        "acknowledge": _dialog(
            "签收告警", "签收", [_COMMENT | {"hints": ["已通知企业", "正在现场核查", "正在查看"]}],
            "表示由您负责处理；不再向其他人升级。",
        ),
        "confirm": _dialog("确认恢复", "确认恢复", [_COMMENT], "表示已看到这条告警恢复。"),
        "comment": _dialog("添加备注", "保存", [_COMMENT | {"required": True}], focus="comment"),
        "shelve": _dialog(
            "搁置告警", "搁置",
            [
                {"name": "hours", "label": "时长", "kind": "choice", "options": hours, "required": True},
                {"name": "reason", "label": "原因", "kind": "text", "required": True, "hints": _SHELF_HINTS},
            ],
            "到时自动恢复；搁置期间照常判定，不通知人。", focus="reason",
        ),
        "unshelve": _dialog("取消搁置", "取消搁置", [_COMMENT]),
        "hand_over": _dialog(
            "转交告警", "转交", [{"name": "person", "label": "交给", "kind": "people", "required": True}, _COMMENT],
            "对方会收到通知。",
        ),
        "silence": _dialog(
            "静默", "静默",
            [
                {
                    "name": "scope", "label": "范围", "kind": "choice", "required": True,
                    "options": [
                        ["series", "这条规则、这个对象"], ["enterprise", "这家企业的这类告警"],
                        ["plant", "这家企业的全部告警"],
                    ],
                },
                {"name": "hours", "label": "时长", "kind": "choice", "options": hours, "required": True},
                {"name": "comment", "label": "原因", "kind": "text", "required": True},
            ],
            "照常判定并显示，到时之前不通知任何人。", focus="comment",
        ),
        "out_of_service": _dialog(
            "停用这条告警", "停用", [{"name": "reason", "label": "原因", "kind": "text", "required": True}],
            "照常判定并显示，在恢复使用之前不通知任何人。", focus="reason",
        ),
        "return_to_service": _dialog("恢复使用", "恢复使用", [_COMMENT]),
    }  # fmt: skip
    offered = {name: spec | {"path": f"/desk/alerts/{{id}}/{name}"} for name, spec in known.items() if name in may}
    if "end_silence" in may:
        explain = "被它压住、现在仍未恢复的告警会立即通知。"
        dialog = _dialog("结束静默", "结束静默", [_COMMENT], explain)
        offered["end_silence"] = dialog | {"path": "/desk/silences/{id}/end"}
    if "handover" in may:
        offered["handover"] = _HANDOVER
    return offered


#: 交接班: what one shift tells the next.
_HANDOVER: dict[str, Any] = {
    "title": "交接班",
    "confirm": "交班",
    "explain": "保存后不能修改，可以再写一条。当前未恢复的告警会一并记入。",
    "fields": [
        {
            "name": "note",
            "label": "交接内容",
            "kind": "text",
            "required": True,
            "longest": 1000,
            "hints": ["本班无异常", "未恢复告警已逐条交代"],
        },
        {"name": "giver", "label": "交班人", "kind": "people", "blank": "按排班"},
        {"name": "taker", "label": "接班人", "kind": "people", "blank": "按排班"},
    ],
    "focus": "note",
    "path": "/desk/teams/{id}/handover",
}


def _dialog(
    title: str, confirm: str, fields: list[dict[str, Any]], explain: str = "", *, focus: str = ""
) -> dict[str, Any]:
    return {"title": title, "confirm": confirm, "fields": fields, "explain": explain, "focus": focus}
