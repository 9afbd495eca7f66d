"""Chinese words of tables with records of leak detection: kinds, headers and choices, beside the fields' own names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.leakrecords import CALIBRATION_KINDS, FIELDS, KINDS
from domain.leaks import DELAY_GROUNDS, EVENTS, METHODS, PURPOSES
from runtime.celltext import normal

#: What a sheet, a file or a person calls a kind of record, parted by blanks.
_KIND_NAMES: Mapping[str, str] = {
    "test": "检测记录 检测 泄漏检测记录 LDAR检测记录",
    "repair": "维修记录 维修 修复记录 泄漏维修记录",
    "delay": "延迟修复 延迟修复备案 延迟修复记录 备案记录",
    "calibration": "校准记录 仪器校准 仪器校准记录 校准",
    "event": "事件 事件记录 投用泄压记录 投用与泄压",
}
_OWNER = {"enterprise": "企业编码 企业代码 所属企业 企业", "record": "记录类型 记录种类"}
_COMPONENT = {"component": "密封点编码 密封点编号 密封点 组件编号"}
_INSTRUMENT = "仪器编号 检测仪器 仪器 仪器序列号 出厂编号"

#: Headers by kind and field, parted by blanks; the first is what messages say.
HEADERS: Mapping[str, Mapping[str, str]] = {
    "test": {
        **_OWNER,
        **_COMPONENT,
        "tested_at": "检测时间 检测日期 检测日期时间",
        "net_umol_mol": "净值 净检测值 净检测浓度",
        "reading_umol_mol": "读数 检测值 检测读数 检测浓度",
        "background_umol_mol": "背景值 环境背景值 环境本底值 背景浓度",
        "response_factor": "响应因子",
        "dwell_s": "停留时间 检测停留时间 停留秒数",
        "method": "检测方法 检测方式",
        "purpose": "检测目的 检测类型 检测类别",
        "visible": "可见泄漏 目视泄漏 是否可见泄漏",
        "campaign": "检测轮次 轮次编码 轮次",
        "instrument": _INSTRUMENT,
        "tester": "检测人员 检测人 检测人员姓名",
        "video": "影像编号 影像 视频编号",
    },
    "repair": {
        **_OWNER,
        **_COMPONENT,
        "found_at": "发现时间 泄漏发现时间 发现日期",
        "repaired_at": "维修时间 修复时间 维修日期时间",
        "measure": "维修措施 修复措施 维修方法",
        "repaired_by": "维修人员 维修人",
    },
    "delay": {
        **_OWNER,
        **_COMPONENT,
        "found_at": "发现时间 泄漏发现时间 发现日期",
        "filed_at": "备案时间 备案日期",
        "ground": "延迟原因 延迟修复原因",
        "repair_by": "计划修复日期 预计修复日期 计划修复期限",
        "document": "备案文件 备案文号 备案材料",
    },
    "calibration": {
        **_OWNER,
        "instrument": _INSTRUMENT,
        "done_at": "校准时间 核查时间",
        "kind": "校准类型 校准项目",
        "expected": "标准值 标气浓度 标准气体浓度",
        "shown": "示值 仪器示值 显示值",
    },
    "event": {
        **_OWNER,
        "kind": "事件类型 事件",
        **_COMPONENT,
        "installation": "装置编码 装置代码 装置编号",
        "happened_at": "发生时间 发生日期",
        "note": "说明 备注",
    },
}
#: Choices by kind and field: code to word; beside the words, what people write and mean the same by.
WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("test", "purpose"): PURPOSES,
    ("test", "method"): METHODS,
    ("delay", "ground"): DELAY_GROUNDS,
    ("calibration", "kind"): CALIBRATION_KINDS,
    ("event", "kind"): EVENTS,
}
_ALSO: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("test", "purpose"): {
        "常规检测": "routine",
        "例行": "routine",
        "复测": "retest",
        "维修复测": "retest",
        "抽查": "spot_check",
        "监督抽测": "spot_check",
        "补测": "recheck",
    },
    ("test", "method"): {"仪器": "instrument", "目视": "visual", "红外": "ogi", "超声": "ultrasonic", "OGI": "ogi"},
    ("delay", "ground"): {
        "停车检修": "shutdown",
        "停工检修": "shutdown",
        "停车(工)检修": "shutdown",
        "安全风险": "unsafe",
        "立即修复不安全": "unsafe",
        "其他": "special",
    },
    ("calibration", "kind"): {
        "零点": "zero",
        "示值": "span",
        "量程": "span",
        "量程校准": "span",
        "漂移": "drift",
        "响应": "response_time",
        "流量": "flow",
    },
    ("event", "kind"): {
        "投用": "restart",
        "检修投用": "restart",
        "开车": "restart",
        "释放": "release",
        "起跳": "release",
    },
}
#: Columns that a table of one kind of record cannot do without.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "test": ("component", "tested_at"),
    "repair": ("component", "repaired_at", "measure"),
    "delay": ("component", "found_at", "filed_at", "ground", "repair_by", "document"),
    "calibration": ("instrument", "done_at", "kind", "shown"),
    "event": ("kind", "happened_at"),
}
NUMBERS = frozenset(
    {"net_umol_mol", "reading_umol_mol", "background_umol_mol", "response_factor", "dwell_s", "expected", "shown"}
)
FLAGS = frozenset({"visible"})
#: Names of people and sentences stay as they were written.
PROSE = frozenset({"tester", "repaired_by", "measure", "document", "note"})

_CHOICES: Mapping[tuple[str, str], Mapping[str, str]] = {
    place: {normal(word): code for code, word in words.items()}
    | {normal(word): code for word, code in _ALSO[place].items()}
    | {code: code for code in words}
    for place, words in WORDS.items()
}
_KINDS: Mapping[str, str] = {
    normal(name).lower(): kind
    for kind, names in _KIND_NAMES.items()
    for name in (kind, f"{kind}s", KINDS[kind], *names.split())
}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    kind: {normal(name).lower(): field for field, names in headers.items() for name in (field, *names.split())}
    for kind, headers in HEADERS.items()
}


def find_kind(name: str) -> str | None:
    """The kind of record that a sheet, a file, a cell or a person means by a name; None for none."""
    return _KINDS.get(normal(name).lower())


def find_field(kind: str, header: str) -> str | None:
    """The field of a kind of record that a header means; a unit in brackets or a star behind it does not matter."""
    name = normal(header).lower()
    known = _FIELDS[kind]
    return known.get(name) or known.get(re.sub(r"\s*(\([^()]*\)|\*)$", "", name))


def find_choice(kind: str, field: str, cell: str) -> str:
    """The code that a normalised cell means; the cell itself where it means none, to be refused as such."""
    return _CHOICES[kind, field].get(cell, cell)


def names_of(kind: str) -> list[str]:
    """What sheets and files of a kind of record may be called, in Chinese."""
    return _KIND_NAMES[kind].split()


def kind_names() -> str:
    """Kinds of record for messages."""
    return "、".join(f"{names.split()[0]}（{kind}）" for kind, names in _KIND_NAMES.items())


def headers_of(kinds: frozenset[str]) -> str:
    """Columns of kinds of record for messages."""
    shown = {field: HEADERS[kind][field].split()[0] for kind in FIELDS if kind in kinds for field in HEADERS[kind]}
    return "、".join(f"{word}（{field}）" for field, word in shown.items())
