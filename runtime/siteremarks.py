"""The page that lists the columns of the register's tables (docs/register-columns.zh-CN.md), and its remarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runtime import rosterwords
from runtime.sitecolumns import Column, Kind, columns
from runtime.sitemodels import MODELS
from runtime.siteregister import AREAS, KEYS, REFERENCES
from runtime.sitewords import NOUN_NAMES

REMARKS: Mapping[tuple[str, str], str] = {
    ("city", "key_region_from"): "该日起执行重点区域排放限值",
    ("enterprise", "registered_from"): "该日起参与判定",
    ("enterprise", "park"): "园区须在企业所在区内",
    ("enterprise", "key_water"): "在哪一级名录；空：不在名录",
    ("enterprise", "key_energy"): "在哪一级名录；空：不在名录",
    ("outlet", "process"): "工序代码，如 coke_oven_stack，见 docs/limits.zh-CN.md",
    ("outlet", "duct_area_m2"): "m²",
    ("outlet", "atmosphere_kpa"): "kPa，40—110",
    ("outlet", "makeup_air"): "热氧化装置是否补充空气（GB 37822 10.3.3）",
    ("point", "quantity"): "代码：水量 water_volume，电能 energy，二氧化硫 so2 等",
    ("point", "unit"): "水 m3，电 kWh，气 m3（标准状态），汽 t；仪表的测点须用所测介质的单位",
    ("point", "physical_max"): "超出即标记可疑；累计值不得大于表盘量程",
    ("point", "counter_digits"): "累计值必填",
    ("point", "counter_scale"): "末位一个字代表的量，以测点单位计；空为 1",
    ("point", "of"): "只用于数采仪自报的统计值：它说明哪个测点",
    ("intake", "permitted_m3_a"): "m³/年，大于 0；没有许可水量的取水口不能登记",
    ("intake", "permit_to"): "有效期的最后一天；已过期的会提示，不会拒收",
    ("control_index", "water_m3"): "m³/年，大于 0",
    ("control_index", "source"): "下达文件的名称、文号",
    ("line", "product"): "决定按哪一行限额判定单位产品能耗",
    ("line", "capacity_t_a"): "产品单位/年",
    ("line", "charging"): "只用于焦炭，必须登记才能判定能耗",
    ("line", "quenching"): "只用于焦炭",
    ("line", "commissioned_on"): "不晚于启用日期",
    ("quota", "value"): "m³ 每单位产品",
    ("quota", "unit"): "m3/产品单位，如 m3/t",
    ("quota", "confidence"): "V：读过原文；V1、V2：转引；KH、KL：未核实",
    ("metering_place", "level"): "能源同样三级：用能单位、次级用能单位、主要用能设备",
    ("metering_place", "medium"): "空为水",
    ("metering_place", "flow"): "空为流入",
    ("metering_place", "use"): "只用于水",
    ("metering_place", "intake"): "只用于水；取水口总表填写，取水量由此得出",
    ("metering_place", "parent"): "本处的量已经过的那个计量点，介质相同；水量平衡由此得出",
    ("metering_place", "line"): "只供该生产线的计量点填写",
    ("meter", "serial"): "同一编号同一时间只能在一处",
    ("meter", "verified_on"): "最近一次检定；不得晚于今天",
    ("meter", "verification_months"): "1—240",
    ("meter", "removed_on"): "拆除当天起不再计；换表时旧表必填",
    ("meter", "point"): "远传仪表填写；须为累计值测点",
    ("meter", "counter_digits"): "表盘与测点登记不同时，与每字量值一并填写",
    ("installation", "family"): "空为有机化工；决定 VOCs 排放量按哪一组系数核算",
    ("installation", "standard"): "空为 GB37822；石油化学工业企业的装置填 GB31571，两个标准都判定",
    ("installation", "started_on"): "首次开工的那一天，首次检测期限由此算起；空：启用日期",
    ("installation", "hours_per_year"): "不大于 8784；空：全年",
    ("installation", "in_service_to"): "先给其中各密封点填停用日期，不晚于装置的",
    ("process_unit", "x_m"): "单元中心在厂区坐标中的位置，m，东为正；与北向坐标一并填写",
    ("component", "unit"): "装置编码/单元编码，如 BDO/U1；填了它就显示单元名称，「装置」一列不起作用",
    ("component", "unit_name"): "没有登记单元时填写，只作显示",
    ("component", "size_mm"): "DN，mm",
    ("component", "reachable"): "空为是；不可达密封点可用目视、红外、超声检测",
    ("component", "elevation_m"): "m",
    ("component", "voc_share"): "0—1，物料总有机物中 VOCs 的质量分数；空为 1",
    ("component", "exempt_clause"): "豁免所依据的条款，如 GB 37822-2019 8.3.2",
    ("component", "exempt_from"): "空：自启用起豁免",
    ("component", "exempt_to"): "恢复检测的第一天；空：一直豁免",
    ("component", "in_service_to"): "该日起不再检测；未修复的泄漏随之终止",
    ("instrument", "serial"): "与检测记录中的仪器编号一致；同一编号一个企业只能登记一次",
    ("instrument", "response_time_s"): "秒",
    ("instrument", "verified_until"): "检定证书有效期的最后一天",
    ("leak_tester", "name"): "与检测记录中的检测人员一致",
    ("campaign", "to_day"): "最后一天",
    ("campaign", "installations"): "本轮检测的装置；空：全部",
    ("campaign", "declared_components"): "检测报告中写的数",
    ("campaign", "declared_unreachable"): "检测报告中写的数",
    ("campaign", "declared_leaks"): "检测报告中写的数",
    ("enterprise_list", "listed_to"): "移出后的第一天",
    ("tag", "scale"): "测点单位的值 = 原值 × 系数 + 零点；单位相同时留空",
    ("station", "ignored"): "如 */*-Min",
    **rosterwords.REMARKS,
    ("limit", "exempt_process"): "工况代码，如 start_up",
    ("limit", "preset"): "所取代的随平台发布的限值的编号",
}

_FORMS = {
    Kind.TEXT: "文字",
    Kind.DAY: "日期",
    Kind.NUMBER: "数",
    Kind.WHOLE: "整数",
    Kind.YES_NO: "是 / 否",
    Kind.LIST: "多项以 ; 分开",
    Kind.JSON: "JSON",
}

_HEAD = """\
登记表逐列说明。用法、示例和报错的含义见 [register.zh-CN.md](register.zh-CN.md)。

表头写中文或字段名都可以，「也可写作」同义；单元格里的选项写中文或代码都可以。
**粗体**为必填，† 为区分各行的主键，→ 为引用另一张表的编码。
"""


def columns_page(generated: str) -> str:
    """The page; generated: the line that says so."""
    return "\n".join(["# 登记表的列", "", f"{generated}{_HEAD}", *_tables()])


def _tables() -> Iterator[str]:
    for noun in MODELS:
        names = NOUN_NAMES[noun]
        also = f"；也可写作{'、'.join(names[1:])}" if len(names) > 1 else ""
        yield f"## {names[0]}（`{noun}`{also}）\n"
        yield "| 列 | 字段 | 也可写作 | 填什么 | 备注 |\n|---|---|---|---|---|"
        for column in columns(noun):
            header = f"**{column.headers[0]}**" if column.required else column.headers[0]
            key = " †" if column.field in KEYS[noun] else ""
            remark = REMARKS.get((noun, column.field), "")
            also = "、".join(column.headers[1:])
            yield f"| {header}{key} | `{column.field}` | {also} | {_form(column)} | {remark} |"
        yield ""


def _form(column: Column) -> str:
    target = REFERENCES.get((column.noun, column.field))
    if target is not None:
        return f"→ {NOUN_NAMES[target][0]}{'' if target in AREAS else '（同一企业的）'}"
    if column.kind is Kind.CHOICE:
        return "、".join(f"{word} `{code}`" if word != code else f"`{code}`" for code, word in column.words.items())
    return _FORMS[column.kind]
