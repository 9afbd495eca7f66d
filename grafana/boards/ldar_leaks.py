"""泄漏修复与排放: open leaks and what is left of their terms, leak rates, emissions, signs in records."""

from __future__ import annotations

from grafana.boards import variables
from grafana.leak_words import (
    BORROWED_WORDS,
    CONFIDENCE_WORDS,
    FAMILY_WORDS,
    GROUND_WORDS,
    LEAK_SIGN_REASONS,
    LEAK_STATE_WORDS,
    TERM_WORDS,
    VISIBLE_WORDS,
)
from grafana.matrix import Matrix, matrix_panel
from grafana.panels import (
    FINDING_LINK,
    LEAKS,
    Board,
    Column,
    Section,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
)
from grafana.words import COMPONENT_KINDS, GREEN, MEDIA, ORANGE, SEVERITIES

_PCT = Column(unit="percent", decimals=2)
_KG = Column(unit="suffix: kg", decimals=1)
_KG_H = Column(unit="suffix: kg/h", decimals=4)
_BAD = Column(bad_above_zero=True)
_DAYS = Column(unit="suffix: 天")
_UNCONFIRMED = "系数按 EPA-453/R-95-017，未与原文核对，只供内部比较。"


def board() -> Board:
    """Open leaks, campaigns, emissions and signs."""
    sql = load_queries("ldar_leaks")
    return Board(
        uid=LEAKS,
        title="泄漏修复与排放",
        description="未修复泄漏及期限、各轮次泄漏率、密封点VOCs排放量与修复减排、检测数据异常迹象",
        variables=[variables.district(), variables.enterprise(), variables.api()],
        sections=[_open(sql), _rates(sql), _emissions(sql), _signs(sql)],
        time_from="now-1y/d",
    )


def _open(sql: dict[str, str]) -> Section:
    return Section(
        "未修复泄漏",
        [
            stat_panel(
                "泄漏修复情况",
                "当前未修复的泄漏（按已公布标准中最低的泄漏定义）。首次维修、修复期限取各标准中最早的一个；已备案延迟修复的，"
                "期限为备案日期。截至所选时间范围末尾所在日。",
                sql["open_totals"],
                columns={
                    "首次维修超期": _BAD,
                    "修复超期": _BAD,
                    "复测仍泄漏": _BAD,
                    "最久未修复天数": _DAYS,
                },
                size=(24, 5),
            ),
            table_panel(
                "修复倒计时",
                "每处未修复泄漏还剩几天：负数为已超期，3天内为临近；已做首次维修的不再显示首次维修期限；无期限的是没有标准按泄漏判定的，或尚未判定。"
                "期限近的在前，最多 500 行。",
                sql["countdown"],
                columns={
                    "类型": Column(words=COMPONENT_KINDS),
                    "介质": Column(words=MEDIA),
                    "发现时净值": Column(unit="conppm", decimals=0),
                    "可见": Column(words=VISIBLE_WORDS),
                    "状态": Column(words=LEAK_STATE_WORDS),
                    "期限": Column(words=TERM_WORDS),
                    "距首次维修期限": _DAYS,
                    "距修复期限": _DAYS,
                    "延迟理由": Column(words=GROUND_WORDS),
                },
                size=(24, 11),
            ),
            series_panel(
                "每月发现与修复",
                "按发现时间所在本地月统计的泄漏数，以及其中至今已修复的。",
                sql["found_monthly"],
                unit="none",
                decimals=0,
                bars=True,
                colours={"发现": ORANGE, "其中已修复": GREEN},
                size=(24, 7),
            ),
        ],
    )


def _rates(sql: dict[str, str]) -> Section:
    return Section(
        "检测轮次与泄漏率",
        [
            table_panel(
                "各轮次",
                "与所选时间范围有交集的轮次。应检 = 轮次装置内、期末在役且未豁免的密封点；"
                "检测率 = 轮次内做过例行检测的 ÷ 应检；泄漏率 = 轮次内发现泄漏的 ÷ 已检测。排放速率：已检测的按检测值"
                "（最高一次）与修复后检测值，未检测的按平均系数。" + _UNCONFIRMED,
                sql["campaigns"],
                columns={
                    "检测率": _PCT,
                    "泄漏率": _PCT,
                    "检测时排放速率": _KG_H,
                    "修复后排放速率": _KG_H,
                    "未检测部分": _KG_H,
                },
                size=(24, 9),
            ),
            table_panel(
                "各单元泄漏率",
                "口径同上，按单元和轮次；泄漏率高的在前，最多 300 行。",
                sql["leak_rate_units"],
                columns={"泄漏率": _PCT, "检测时排放速率": _KG_H, "修复后排放速率": _KG_H},
                size=(24, 9),
            ),
        ],
    )


def _emissions(sql: dict[str, str]) -> Section:
    return Section(
        "密封点VOCs排放量",
        [
            stat_panel(
                "本年VOCs排放量",
                "所选时间范围末尾所在日历年、已核算月份之和。修复减排量 = 已修复泄漏若未修复多排的量，每处最多计一年。"
                + _UNCONFIRMED,
                sql["emission_totals"],
                columns={
                    "本年排放量": _KG,
                    "修复减排量": Column(unit="suffix: kg", decimals=1, colour=GREEN),
                    "未检测部分占比": _PCT,
                    "限定值占比": _PCT,
                },
                size=(24, 5),
            ),
            series_panel(
                "各月排放量（按方法）",
                "每月月末核算：净检测值小于1按默认零值，1至50000按相关方程，以上按限定值，未检测的按平均系数。"
                + _UNCONFIRMED,
                sql["emission_monthly"],
                unit="suffix: kg",
                bars=True,
                stacked=True,
                size=(12, 9),
            ),
            series_panel(
                "修复的作用",
                "各月排放量，与已修复泄漏若未修复时的排放量。" + _UNCONFIRMED,
                sql["avoided_monthly"],
                unit="suffix: kg",
                size=(12, 9),
            ),
            table_panel(
                "各单元本年排放量",
                "所选时间范围末尾所在日历年、已核算月份之和，高的在前，最多 300 行。" + _UNCONFIRMED,
                sql["emission_units"],
                columns={
                    "本年排放量": _KG,
                    "其中泵、阀等动密封": _KG,
                    "其中未检测部分": _KG,
                    "修复减排量": _KG,
                },
                size=(24, 9),
            ),
            table_panel(
                "排放系数与状态",
                "核算所用系数（每个密封点 kg/h）。“借用”指该类密封点没有自己的行，按惯例借用其他类的行。",
                sql["factors"],
                columns={
                    "系数体系": Column(words=FAMILY_WORDS),
                    "类型": Column(words=COMPONENT_KINDS),
                    "介质": Column(words=MEDIA),
                    "系数A": Column(unit="sci", decimals=2),
                    "默认零值": Column(unit="sci", decimals=1),
                    "行": Column(words=BORROWED_WORDS),
                    "状态": Column(words=CONFIDENCE_WORDS),
                },
                size=(24, 9),
            ),
        ],
    )


def _signs(sql: dict[str, str]) -> Section:
    return Section(
        "检测数据异常迹象",
        [
            matrix_panel(
                "各企业看到的迹象",
                "所选时间范围内看到各类迹象的次数（按日或按轮次）。迹象只说明记录看起来如何，不说明原因。",
                sql["signs_by_enterprise"],
                Matrix("企业", "迹象", "次数"),
                size=(24, 8),
            ),
            table_panel(
                "看到的迹象",
                "所选时间范围内看到的迹象，新的在前，最多 500 行；点判定编号看依据与实例。",
                sql["signs"],
                columns={
                    "所见": Column(words=LEAK_SIGN_REASONS),
                    "级别": Column(words=SEVERITIES),
                    "判定编号": Column(links=(FINDING_LINK,)),
                },
                size=(24, 10),
            ),
        ],
    )
