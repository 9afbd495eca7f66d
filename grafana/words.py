"""Machine words of the database in the Chinese that operators read, with colours: red violates, green complies,
grey is undetermined, pale blue is excluded. Views give codes; a board turns them into words through Grafana's value
mappings.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.accountreasons import WORDS as ACCOUNT_WORDS
from domain.air import PROCESSES as PROCESS_NAMES
from domain.leaksignwords import QUIET as QUIET_LEAK_SIGNS
from domain.leaksignwords import SEEN as SEEN_LEAK_SIGNS
from domain.marks import EQUIPMENT_KINDS, PROCESS_KINDS
from domain.reasons import REASON_WORDS as AIR_WORDS
from domain.reasons import reason_word
from domain.refusals import TEXTS
from ingest.decode.hj212_quirks import QUIRK_TEXTS

RED = "red"
GREEN = "green"
GREY = "#8e8e8e"
ORANGE = "orange"
BLUE = "blue"
#: An excluded hour wants nothing of anybody; it must not look like one without enough data.
EXCLUDED = "#8ab8ff"


@dataclass(frozen=True, slots=True)
class Word:
    """What a code reads as; colour None leaves the cell as it is."""

    text: str
    colour: str | None = None


Words = dict[str, Word]

VERDICTS: Words = {
    "compliant": Word("达标", GREEN),
    "violation": Word("不达标", RED),
    "undetermined": Word("无法判定", GREY),
}

VERDICT_CODES: Words = {
    "0": VERDICTS["undetermined"],
    "1": VERDICTS["compliant"],
    "2": VERDICTS["violation"],
}

#: As dash.hour_code gives them.
HOUR_CODES: Words = VERDICT_CODES | {"3": Word("排除", EXCLUDED)}

#: A sign says what the data look like, never why: no red.
SIGN_CODES: Words = {"0": Word("数据不足", GREY), "1": Word("未看到", GREEN), "2": Word("看到", ORANGE)}

WARNING_STATES: Words = {"true": Word("未解除", ORANGE), "false": Word("已解除", GREEN)}


def _air(*codes: str, **colours: str) -> Words:
    """Reasons of air in the words of the domain, which reports use too; colours of some of them."""
    return {code: Word(reason_word(code), colours.get(code)) for code in codes}


#: Of an hour at an outlet, and of the days, months and rates that rest on hours.
HOUR_REASONS: Words = {
    **_air(
        "within_limit",
        "over_limit",
        "no_data",
        "too_few_valid_minutes",
        "too_few_valid_hours",
        "unit_unknown",
        "o2_missing",
        "too_few_valid_o2_minutes",
        "o2_invalid",
        "o2_near_ambient",
        "negative_mean",
        unit_unknown=ORANGE,
        negative_mean=ORANGE,
    ),
    **{f"excluded_{kind}": Word(reason_word(f"excluded_{kind}"), EXCLUDED) for kind in PROCESS_KINDS},
}

MONTH_REASONS: Words = _air("share_met", "share_not_met", "insufficient_data", "not_operating", not_operating=EXCLUDED)

MASS_REASONS: Words = _air(
    "within_total",
    "over_total",
    "capture_too_low",
    "no_valid_hour_before",
    "no_flow",
    "not_operating",
    over_total=RED,
    not_operating=EXCLUDED,
)

QUALITY_REASONS: Words = _air(
    "capture_met",
    "capture_not_met",
    "transmission_met",
    "transmission_not_met",
    "not_operating",
    capture_met=GREEN,
    capture_not_met=RED,
    transmission_met=GREEN,
    transmission_not_met=RED,
    not_operating=EXCLUDED,
)

#: Why an hour has no dry standard flow and so no mass.
FLOW_REASONS: Words = _air(
    "temperature_missing",
    "temperature_implausible",
    "atmosphere_missing",
    "pressure_missing",
    "pressure_implausible",
    "humidity_missing",
    "humidity_implausible",
    "no_flow",
    "flow_missing",
    "flow_negative",
    "area_missing",
    temperature_implausible=ORANGE,
    pressure_implausible=ORANGE,
    humidity_implausible=ORANGE,
    flow_negative=ORANGE,
)

STATEMENT_REASONS: Words = {
    "same": Word("一致", GREEN),
    "differs": Word("不一致", ORANGE),
    "not_reported": Word("数采仪未上报", GREY),
    "no_own_value": Word("平台无可比值", GREY),
}

#: Why there is no figure of ours beside a statement.
OWN_VALUE_REASONS: Words = {
    **HOUR_REASONS,
    "unit": Word("单位无法换算", ORANGE),
    "no_reference": Word("没有带基准氧含量的限值"),
}

WARNING_REASONS: Words = {
    "projected_over": Word("预计小时均值超过限值", ORANGE),
    "minutes_over_100": Word("连续分钟值超过限值", ORANGE),
    "minutes_over_80": Word("连续分钟值接近限值", ORANGE),
    "normal": Word("正常", GREEN),
    "excluded": Word("不再适用限值", EXCLUDED),
}

CALIBRATION_REASONS: Words = {
    "in_control": Word("受控", GREEN),
    "out_of_control": Word("失控", RED),
    "calibrated": Word("按期校准", GREEN),
    "overdue": Word("逾期未校准", RED),
    "no_calibration": Word("无校准记录", ORANGE),
}

OTHER_AIR_REASONS: Words = {
    "gap": Word("连续缺测", ORANGE),
    "no_gap": Word("无连续缺测"),
    "o2_above_inlet": Word("出口氧含量高于进口", RED),
    "o2_not_above_inlet": Word("出口氧含量不高于进口"),
    "below_minimum": Word("炉膛温度低于下限", RED),
    "not_below_minimum": Word("炉膛温度不低于下限"),
}

SIGN_REASONS: Words = {
    "seen": Word("看到", ORANGE),
    "not_seen": Word("未看到", GREEN),
    "too_little_data": Word("数据不足", GREY),
}

#: What a sign saw, by the `detail` of its evidence: a description of the data, never of anybody's doing.
SIGN_DETAILS: Words = {
    "flatline": Word("数值长时间不变"),
    "zero_or_negative": Word("运行中持续为零或负"),
    "near_limit": Word("小时值集中在限值下方"),
    "hard_maximum": Word("同一最大值反复出现"),
    "range_top": Word("停在量程上限"),
    "low_variation": Word("波动明显小于以往"),
    "step": Word("氧含量突升而浓度同降"),
    "dilution_suspected": Word("氧含量接近空气而烟道在运行"),
    "o2_low_bias": Word("氧含量长期低于基准"),
    "zs_mismatch": Word("自报折算值与重算不符"),
    "flow_inconsistent": Word("小时累计与平均流量不符"),
    "flow_constant": Word("流量长时间不变"),
    "cold_flue": Word("烟温接近常温而浓度照常"),
    "nox_with_air": Word("氧含量接近空气而氮氧化物照常"),
    "step_at_calibration": Word("校准后示值总是下降"),
    "share": Word("带标记的时间占比偏高"),
    "beside_exceedance": Word("标记集中在超标前后"),
    "flag": Word("停运标记期间烟道在运行"),
    "stop_mark": Word("停运工况期间烟道在运行"),
    "gap_at_rise": Word("浓度升高后数据缺失"),
    "duplicate_period": Word("与以往时段逐分钟相同"),
    "late_changed": Word("补传数据与原有数据不同"),
    "unit_up": Word("数值约为以往一千倍"),
    "unit_down": Word("数值约为以往千分之一"),
    "qn": Word("请求编码重复或倒退"),
}


def _accounts(**colours: str) -> Words:
    """Reasons of water, energy and carbon in the words of the domain, which reports use too; colours of some."""
    return {code: Word(text, colours.get(code)) for code, text in ACCOUNT_WORDS.items()}


#: Of metering rates, balances, permits, consumption and accounts; reasons that are spelt alike mean else with air.
WATER_REASONS: Words = _accounts(
    no_meter=RED,
    verification_expired=RED,
    expiring=ORANGE,
    no_verified_meter=RED,
    not_connected=ORANGE,
    intake_offline=ORANGE,
    too_few_arrivals=ORANGE,
    silent=RED,
    gateway_silent=RED,
    reporting=GREEN,
)

#: Of a gap: a meter that says too little is not always 离线, as a point is that says nothing.
GAP_REASONS: Words = WATER_REASONS | {"silent": Word("到报率不足", ORANGE)}

LEAK_REASONS: Words = {
    "scheduled": Word("未到期"),
    "due_soon": Word("即将到期", ORANGE),
    "overdue": Word("逾期未检", RED),
    "tested_in_time": Word("按期检测"),
    "tested_late": Word("逾期检测", RED),
    "tested": Word("当年已检测"),
    "removed": Word("已拆除"),
    "exempt": Word("已豁免"),
    "due_today": Word("今日到期", ORANGE),
    "none_due": Word("近期无到期"),
    "no_limit": Word("无限值，只给数值"),
}

LEAK_SIGN_REASONS: Words = {code: Word(said, GREY) for code, said in QUIET_LEAK_SIGNS.items()} | {
    code: Word(said, ORANGE) for code, said in SEEN_LEAK_SIGNS.items()
}

#: All that a finding may give.
REASONS: Words = {
    **LEAK_SIGN_REASONS,
    **HOUR_REASONS,
    **MONTH_REASONS,
    **MASS_REASONS,
    **FLOW_REASONS,
    **QUALITY_REASONS,
    **STATEMENT_REASONS,
    **WARNING_REASONS,
    **CALIBRATION_REASONS,
    **OTHER_AIR_REASONS,
    **SIGN_REASONS,
    **{code: word for code, word in WATER_REASONS.items() if code not in AIR_WORDS},
    **LEAK_REASONS,
    "rule_error": Word("规则执行出错", RED),
    "channel_gave_up": Word("通道放弃消息", RED),
    "channel_failing": Word("通道持续失败", RED),
    "channel_ok": Word("通道正常"),
    "channel_removed": Word("通道已移除"),
}

SEVERITIES: Words = {
    "critical": Word("严重", RED),
    "warning": Word("警告", ORANGE),
    "info": Word("提示", BLUE),
}

ALERT_STATES: Words = {
    "pending": Word("待触发", ORANGE),
    "firing": Word("告警中", RED),
    "resolved": Word("已恢复", GREEN),
}

RULE_HEALTH: Words = {
    "ok": Word("正常", GREEN),
    "error": Word("出错", RED),
    "unknown": Word("未执行", GREY),
}

RULE_STATUS: Words = {
    "law": Word("法规标准"),
    "policy": Word("政策文件"),
    "draft": Word("征求意见稿"),
    "unconfirmed": Word("待核实"),
    "platform": Word("平台自定"),
}

ONLINE: Words = {"true": Word("在线", GREEN), "false": Word("离线", RED)}

MARK_DIMENSIONS: Words = {"equipment": Word("设备标记"), "process": Word("工况标记")}
#: Two dimensions share the code `fault`, and its word.
MARK_KINDS: Words = {kind: Word(word) for kind, word in (EQUIPMENT_KINDS | PROCESS_KINDS).items()}
MARK_ORIGINS: Words = {"manual": Word("人工"), "auto": Word("自动")}
MARK_STATES: Words = {
    "effective": Word("有效", GREEN),
    "rejected": Word("已驳回", RED),
    "withdrawn": Word("已撤回", GREY),
    "superseded": Word("已被取代", GREY),
}

LIMIT_STATES: Words = {
    "enabled": Word("生效", GREEN),
    "draft": Word("草稿，未生效", ORANGE),
    "disabled": Word("停用", GREY),
    "superseded": Word("已被取代", GREY),
}
LIMIT_STATUS: Words = {
    "law": Word("法规标准"),
    "policy": Word("政策文件"),
    "permit": Word("排污许可证"),
    "draft": Word("草稿", ORANGE),
    "unconfirmed": Word("待核实", ORANGE),
}
LIMIT_ORIGINS: Words = {"preset": Word("随平台提供"), "site": Word("登记文件"), "operator": Word("操作员")}
AVERAGINGS: Words = {
    "hour": Word("小时均值"),
    "single": Word("任意一次"),
    "day": Word("日均值"),
    "year": Word("年许可排放量"),
}
REGIONS: Words = {"any": Word("不分区域"), "general": Word("一般区域"), "key": Word("重点区域")}
PROCESSES: Words = {code: Word(word) for code, word in PROCESS_NAMES.items()}

#: What the values of a point say of another point, as its logger states them.
STATISTICS: Words = {
    "minute_mean": Word("数采仪分钟均值"),
    "hour_mean": Word("数采仪小时均值"),
    "hour_converted": Word("数采仪小时折算值"),
    "day_mean": Word("数采仪日均值"),
    "day_converted": Word("数采仪日折算值"),
    "hour_total": Word("数采仪小时累计"),
    "zero_drift": Word("零点漂移"),
    "span_drift": Word("量程漂移"),
}

YES_NO: Words = {"true": Word("是"), "false": Word("否")}

STAGES: Words = {
    "rollup": Word("小时汇总"),
    "rules": Word("规则判定"),
    "alerts": Word("告警处理"),
    "notify": Word("通知发送"),
}

GAP_KINDS: Words = {"place": Word("计量点"), "intake": Word("取水口"), "enterprise": Word("企业")}

COMPONENT_KINDS: Words = {
    "pump": Word("泵"),
    "compressor": Word("压缩机"),
    "agitator": Word("搅拌器"),
    "valve": Word("阀门"),
    "open_end": Word("开口阀或开口管线"),
    "relief": Word("泄压设备"),
    "sampling": Word("取样连接系统"),
    "flange": Word("法兰"),
    "connector": Word("其他连接件"),
    "other": Word("其他密封设备"),
}

MEDIA: Words = {"gas": Word("气体"), "light_liquid": Word("轻液"), "heavy_liquid": Word("重液")}

SOURCE_FLAGS: Words = {
    "N": Word("N 正常"),
    "F": Word("F 停运", GREY),
    "M": Word("M 维护", GREY),
    "S": Word("S 手工输入", GREY),
    "D": Word("D 故障", ORANGE),
    "C": Word("C 校准", GREY),
    "T": Word("T 超量程", RED),
    "B": Word("B 通讯异常", ORANGE),
    "P": Word("P 电源故障", ORANGE),
    "f": Word("f 排放源停运", GREY),
}

PROFILES: Words = {"strict": Word("严格"), "lenient": Word("宽松", ORANGE)}
DOORS: Words = {"hj212": Word("HJ 212（TCP）"), "subscriber": Word("消息代理")}
QUIRKS: Words = {str(quirk): Word(chinese) for quirk, (chinese, _) in QUIRK_TEXTS.items()}

QC_FLAGS: Words = {
    "1": Word("正常"),
    "3": Word("可疑", ORANGE),
    "4": Word("无效", RED),
    "9": Word("缺失", GREY),
}

#: The same texts that an enterprise is answered with.
REFUSALS: Words = {str(reason): Word(text.chinese) for reason, text in TEXTS.items()}
