"""Why somebody is told of an alert, or not: the closed list of decisions and reasons, and their Chinese words."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

#: What can be new about an alert. `released`: a person ended a hold or a silence.
NewsKind = Literal["fired", "resolved", "withdrawn", "acknowledged", "handed_over", "released"]


class Decision(StrEnum):
    SEND = "send"
    HOLD = "hold"  # not now: it is looked at again
    DROP = "drop"


class Reason(StrEnum):
    # sent
    FIRST = "first"
    HOLD_ENDED = "hold_ended"
    REPEAT = "repeat"
    REALARM = "realarm"
    ESCALATION = "escalation"
    HANDED_OVER = "handed_over"
    RESOLVED = "resolved"
    # sent, or held
    FLAPPING = "flapping"
    FLOOD = "flood"
    # sent, or dropped
    WITHDRAWN = "withdrawn"
    # held, in this order: the first that holds is said
    OUT_OF_SERVICE = "out_of_service"
    PLANT_STOPPED = "plant_stopped"
    INHIBITED = "inhibited"
    SILENCED = "silenced"
    SHELVED = "shelved"
    QUIET_HOURS = "quiet_hours"
    GROUP_INTERVAL = "group_interval"
    RATE_LIMITED = "rate_limited"  # by the outbox: the channel's rate
    # dropped
    HISTORICAL = "historical"
    RESOLVED_WHILE_HELD = "resolved_while_held"
    ACKNOWLEDGED = "acknowledged"
    NOT_TOLD_OF = "not_told_of"
    NO_RECEIVER = "no_receiver"
    DUPLICATE = "duplicate"


DECISION_WORDS = {Decision.SEND: "发送", Decision.HOLD: "暂缓", Decision.DROP: "不发送"}

REASON_WORDS = {
    Reason.FIRST: "首次告知",
    Reason.HOLD_ENDED: "暂缓期已过，告警仍在",
    Reason.REPEAT: "未签收，到重复提醒时间",
    Reason.REALARM: "已签收但长时间未恢复，再次提醒",
    Reason.ESCALATION: "无人签收，升级",
    Reason.HANDED_OVER: "移交",
    Reason.RESOLVED: "已恢复",
    Reason.FLAPPING: "频繁翻转",
    Reason.FLOOD: "告警洪水，汇总告知",
    Reason.WITHDRAWN: "已撤销",
    Reason.OUT_OF_SERVICE: "已停用",
    Reason.PLANT_STOPPED: "生产设施停运",
    Reason.INHIBITED: "原因告警正在报警",
    Reason.SILENCED: "已静默",
    Reason.SHELVED: "已搁置",
    Reason.QUIET_HOURS: "免打扰时段",
    Reason.GROUP_INTERVAL: "同组告警刚刚告知过",
    Reason.RATE_LIMITED: "通道限速，稍后发送",
    Reason.HISTORICAL: "历史时段，不再告知",
    Reason.RESOLVED_WHILE_HELD: "暂缓期间已恢复",
    Reason.ACKNOWLEDGED: "暂缓期间已签收",
    Reason.NOT_TOLD_OF: "当初未告知任何人",
    Reason.NO_RECEIVER: "没有可用的接收人或渠道",
    Reason.DUPLICATE: "同一人已由另一班组告知",
}
