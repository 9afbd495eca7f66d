"""Machine words of the register, of water, energy and carbon accounts and of targets: see `grafana.words`."""

from __future__ import annotations

from domain.ledger import MEDIUM_NAMES
from domain.metering import LEVEL_NAMES
from domain.products import PRODUCTS
from grafana.words import GREEN, GREY, ORANGE, RED, Word, Words

#: What metering places measure.
MEDIA: Words = {code: Word(name) for code, name in MEDIUM_NAMES.items()}
PLACE_LEVELS: Words = {code: Word(name) for code, name in LEVEL_NAMES.items()}
MET: Words = {"true": Word("达到", GREEN), "false": Word("未达到", RED)}
LINE_PRODUCTS: Words = {product.key: Word(product.name) for product in PRODUCTS.values()}
CHARGING: Words = {"top": Word("顶装"), "stamp": Word("捣固")}
QUENCHING: Words = {"dry": Word("干法"), "wet": Word("湿法")}

DOCUMENT_STATUS: Words = {
    "issued": Word("已印发", GREEN),
    "征求意见稿": Word("征求意见稿", ORANGE),
    "送审稿": Word("送审稿", ORANGE),
}

#: How the platform follows a target, and where it stands.
CHECK_MODES: Words = {
    "auto": Word("自动核算"),
    "derived": Word("由台账核算"),
    "schedule": Word("按期限"),
    "manual": Word("人工填报"),
    "check": Word("检查结果"),
    "display": Word("仅展示"),
}
TARGET_STATES: Words = {
    "met": Word("已达到", GREEN),
    "on_track": Word("进度正常", GREEN),
    "behind": Word("落后", ORANGE),
    "missed": Word("到期未达到", RED),
    "unknown": Word("暂无数值", GREY),
    "not_computable": Word("无法计算", GREY),
}

CARBON_SOURCES: Words = {
    "fuel": Word("燃料燃烧"),
    "process": Word("生产过程"),
    "electricity": Word("净购入电力"),
    "heat": Word("净购入热力"),
    "recovered": Word("回收利用"),
}

#: How near to its source a figure was read.
CONFIDENCE: Words = {
    "secondary": Word("转录，未见原文"),
    "knowledge": Word("未核对", ORANGE),
    "doubtful": Word("存疑", ORANGE),
    "printed": Word("照文件印刷"),
}

ENERGY_FLOWS: Words = {"net": Word("净消费"), "used": Word("投入"), "made": Word("产出或外供")}

FLOWS: Words = {"in": Word("流入"), "out": Word("流出")}
WATER_USES: Words = {
    "fresh": Word("新水"),
    "reused": Word("重复利用"),
    "cooling_circulating": Word("间接冷却循环水"),
    "cooling_makeup": Word("冷却补充水"),
    "condensate": Word("回用冷凝水"),
    "steam": Word("产汽"),
    "discharge": Word("外排"),
    "sold": Word("转供"),
}
INTAKE_SOURCES: Words = {
    "surface": Word("地表水"),
    "ground": Word("地下水"),
    "public": Word("公共供水"),
    "reclaimed": Word("再生水"),
    "purchased": Word("外购水"),
}
METER_EVENTS: Words = {
    "replaced": Word("换表", GREEN),
    "reset_without_record": Word("归零，无换表记录", RED),
    "jump_unexplained": Word("突跳", ORANGE),
    "corrected_tenfold": Word("更正相差十倍", ORANGE),
}
QUOTA_GRADES: Words = {
    "leading": Word("领跑值", GREEN),
    "advanced": Word("先进值", GREEN),
    "general": Word("通用值"),
    "mandatory": Word("强制性定额"),
}
