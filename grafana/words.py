"""Machine words of the database in the Chinese that operators read, with colours: red violates, green complies,
grey is undetermined. Views give codes; a board turns them into words through Grafana's value mappings.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.refusals import TEXTS
from ingest.decode.hj212_quirks import QUIRK_TEXTS

RED = "red"
GREEN = "green"
GREY = "#8e8e8e"
ORANGE = "orange"
BLUE = "blue"


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

REASONS: Words = {
    "within_limit": Word("不高于限值"),
    "over_limit": Word("超过限值"),
    "no_data": Word("无数据"),
    "too_few_valid_minutes": Word("有效分钟不足"),
    "o2_missing": Word("缺少氧含量"),
    "too_few_valid_o2_minutes": Word("氧含量有效分钟不足"),
    "o2_invalid": Word("氧含量无效"),
    "o2_near_ambient": Word("氧含量接近空气，不自动判定"),
    "share_met": Word("达标时段占比满足要求"),
    "share_not_met": Word("达标时段占比不满足要求"),
    "insufficient_data": Word("有效时段不足"),
    "target_met": Word("达到目标"),
    "target_not_met": Word("未达目标"),
    "no_metering_place": Word("未登记用水单位级计量点"),
    "no_enterprise": Word("区内无工业企业"),
    "no_intake": Word("无非农业取水口"),
    "no_meter": Word("未安装水表", RED),
    "verification_expired": Word("检定已过期", RED),
    "no_verified_meter": Word("无检定有效的水表", RED),
    "not_connected": Word("水表未联网", ORANGE),
    "too_few_arrivals": Word("到报率不足", ORANGE),
    "scheduled": Word("未到期"),
    "due_soon": Word("即将到期", ORANGE),
    "overdue": Word("逾期未检", RED),
    "tested_in_time": Word("按期检测"),
    "tested_late": Word("逾期检测", RED),
    "tested": Word("当年已检测"),
    "removed": Word("已拆除"),
    "silent": Word("离线", RED),
    "reporting": Word("在线", GREEN),
    "rule_error": Word("规则执行出错", RED),
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

NOTIFICATION_STATES: Words = {
    "queued": Word("待发送", ORANGE),
    "sent": Word("已发送", GREEN),
    "failed": Word("发送失败", RED),
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

YES_NO: Words = {"true": Word("是"), "false": Word("否")}

STAGES: Words = {
    "rollup": Word("小时汇总"),
    "rules": Word("规则判定"),
    "alerts": Word("告警处理"),
    "notify": Word("通知发送"),
}

GAP_KINDS: Words = {"place": Word("计量点"), "intake": Word("取水口")}

CHANNEL_EVENTS: Words = {"firing": Word("告警"), "resolved": Word("恢复")}

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
