"""Chinese words of the tables of people, teams, shifts and routes; `runtime.sitewords` joins them to the others."""

from __future__ import annotations

from collections.abc import Mapping

NOUN_NAMES: Mapping[str, tuple[str, ...]] = {
    "person": ("人员", "值班人员"),
    "team": ("值班组", "班组"),
    "shift": ("班次", "排班", "排班表"),
    "route": ("报警分派", "分派规则"),
}

HEADERS: Mapping[str, Mapping[str, str]] = {
    "person": {
        "code": "人员编码",
        "name": "姓名",
        "enterprise": "企业编码 企业代码 所属企业",
        "contacts": "联系方式",
        "active": "在岗 是否在岗",
    },
    "team": {
        "code": "值班组编码",
        "name": "值班组名称",
        "district": "区编码 所在区",
        "enterprise": "企业编码 企业代码 所属企业",
        "lead": "负责人编码 负责人",
        "channels": "群通知渠道",
        "escalation": "升级步骤",
        "policy": "通知策略",
    },
    "shift": {
        "team": "值班组编码 值班组",
        "code": "班次编码",
        "name": "班次名称",
        "starts_at": "开始时刻 上班时间",
        "hours": "时长小时 时长",
        "days": "适用日",
        "members": "轮值人员 成员",
        "seats": "同时在岗人数",
        "turn": "轮换单位",
        "every": "轮换间隔",
        "anchor_on": "轮换起始日",
        "valid_from": "生效日期",
        "valid_to": "失效日期 有效期至",
    },
    "route": {
        "code": "分派编码",
        "position": "顺序 优先顺序",
        "matchers": "匹配条件",
        "team": "值班组编码 值班组",
        "goes_on": "继续匹配",
    },
}

WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("shift", "days"): {"all": "每天", "workdays": "工作日", "restdays": "休息日"},
    ("shift", "turn"): {"shift": "按班", "day": "按天", "week": "按周", "month": "按月"},
}

REMARKS: Mapping[tuple[str, str], str] = {
    ("person", "contacts"): "渠道:地址，多项以 ; 分开，最优先的在前；只用于发通知，从不显示",
    ("person", "active"): "空为是；离岗填否，其班由次序中的下一人顶替",
    ("team", "lead"): "无人值班时通知，升级步骤 lead 也通知",
    ("team", "channels"): "群机器人等渠道的代码",
    (
        "team",
        "escalation",
    ): "JSON，见 docs/roster.md；空为默认：当班，严重的 15 分钟后下一班、30 分钟后负责人",
    ("team", "policy"): "JSON，见 docs/roster.md；空为默认",
    ("shift", "starts_at"): "北京时间，如 20:00；跨夜的班属于开始的那一天",
    ("shift", "hours"): "大于 0，不大于 24",
    ("shift", "days"): "空为每天；工作日按国务院放假通知，含调休上班日",
    ("shift", "members"): "人员编码，按轮值次序",
    ("shift", "seats"): "空为 1；不多于轮值人员数",
    ("shift", "turn"): "空为按天；每过多久轮到下一人",
    ("shift", "every"): "空为 1；按周、2 即两周一轮",
    ("shift", "anchor_on"): "第一人开始当班的那一天；空为生效日期",
    ("shift", "valid_to"): "该日起不再开始",
    ("route", "position"): "从小到大，第一条符合的决定",
    ("route", "matchers"): "JSON，见 docs/roster.md；空为全部报警",
    ("route", "goes_on"): "空为否；是：符合后仍看后面的",
}
