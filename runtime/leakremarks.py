"""The page that lists the columns of tables with records of leak detection (docs/ldar-columns.zh-CN.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.leakrecords import FIELDS, KINDS
from runtime.leakwords import FLAGS, HEADERS, NUMBERS, REQUIRED, WORDS, names_of

_TIME = "时间"
REMARKS: Mapping[tuple[str, str], str] = {
    ("test", "tested_at"): "可以只有日期",
    ("test", "net_umol_mol"): "umol/mol，不小于 0；读数低于背景值时不填，填读数和背景值",
    ("test", "reading_umol_mol"): "umol/mol，仪器示值，含背景；与净值二者至少填一个（仪器检测）",
    ("test", "background_umol_mol"): "umol/mol，不小于 0",
    ("test", "response_factor"): "大于 0；10 及以上不用于换算，只保存",
    ("test", "dwell_s"): "秒",
    ("test", "method"): "空为仪器检测",
    ("test", "purpose"): "空为例行检测；维修后的检测填修复后复测",
    ("test", "visible"): "滴漏、可见泄漏，或红外、超声所见；没有读数的检测必填",
    ("test", "campaign"): "登记的轮次编码",
    ("test", "instrument"): "未登记的仪器不拒收，会另行提示",
    ("test", "tester"): "未登记的人员不拒收，会另行提示",
    ("repair", "found_at"): "所修泄漏的检测时间，可不填",
    ("repair", "repaired_at"): "须有时分",
    ("repair", "measure"): "至多 500 字",
    ("delay", "found_at"): "所备案泄漏的检测时间，与检测记录一致",
    ("delay", "filed_at"): "可以只有日期",
    ("delay", "repair_by"): "日期，计划修复的最后一天",
    ("delay", "document"): "名称或文号，至多 500 字",
    ("calibration", "instrument"): "须已登记",
    ("calibration", "done_at"): "须有时分",
    ("calibration", "expected"): "标准气体浓度，umol/mol；响应时间、流量不填",
    ("calibration", "shown"): "umol/mol；响应时间为秒，流量为 L/min",
    ("event", "component"): "密封点、装置填且只填一个；泄压只能填泄压设备",
    ("event", "installation"): "整个装置检修后投用时填写",
    ("event", "happened_at"): "可以只有日期",
}
_TIMES = frozenset({"tested_at", "found_at", "repaired_at", "filed_at", "done_at", "happened_at"})

_HEAD = """\
检测、维修、延迟修复备案、校准、事件各表逐列说明。用法、示例和报错的含义见 [ldar.zh-CN.md](ldar.zh-CN.md)。

表头写中文或字段名都可以，「也可写作」同义；单元格里的选项写中文或代码都可以。**粗体**为必填。
每张表都可以有「企业编码」列（没有时用 `--enterprise` 指定）；一张表里有几种记录时，另加「记录类型」列。
"""


def columns_page(generated: str) -> str:
    """The page. generated: the line that says that nobody edits it."""
    return "\n".join([f"# LDAR 记录的列\n\n{generated}{_HEAD}", *_tables()])


def _tables() -> Iterator[str]:
    for kind, word in KINDS.items():
        names = names_of(kind)
        yield f"## {word}（`{kind}`；工作表、文件名可写作{'、'.join(names)}）\n"
        yield "| 列 | 字段 | 也可写作 | 填什么 | 备注 |\n|---|---|---|---|---|"
        for field in FIELDS[kind]:
            first, *others = HEADERS[kind][field].split()
            header = f"**{first}**" if field in REQUIRED[kind] else first
            remark = REMARKS.get((kind, field), "")
            yield f"| {header} | `{field}` | {'、'.join(others)} | {_form(kind, field)} | {remark} |"
        yield ""


def _form(kind: str, field: str) -> str:
    words = WORDS.get((kind, field))
    if words is not None:
        return "、".join(f"{word} `{code}`" for code, word in words.items())
    if field == "repair_by":
        return "日期"
    if field == "component":
        return "→ 密封点"
    return _TIME if field in _TIMES else "数" if field in NUMBERS else "是 / 否" if field in FLAGS else "文字"
