"""泄漏检测与修复: which components are due, overdue, tested, and when the work comes."""

from __future__ import annotations

from grafana.boards import variables
from grafana.leak_words import ANCHOR_WORDS, PURPOSE_WORDS, TEST_METHOD_WORDS
from grafana.matrix import Matrix, matrix_panel
from grafana.panels import (
    LDAR,
    TIME_UNIT,
    Board,
    Column,
    Section,
    bars_panel,
    board_link,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
)
from grafana.words import COMPONENT_KINDS, MEDIA, ORANGE

_PCT = Column(unit="percent", decimals=2)
_TIME = Column(unit=TIME_UNIT)
_KIND = Column(words=COMPONENT_KINDS)
_MEDIUM = Column(words=MEDIA)
_OVERDUE = Column(bad_above_zero=True)
_WORKLIST = (
    "导出待办清单（Excel）",
    '${api}/v1/ldar/worklist.xlsx?enterprise=${__data.fields["企业代码"]:percentencode}',
)


def board() -> Board:
    """Schedules by enterprise, the overdue list, the months ahead, and what was tested."""
    sql = load_queries("ldar")
    return Board(
        uid=LDAR,
        title="泄漏检测与修复 LDAR",
        description="密封点检测期限、年度检测覆盖率、到期热力图、逾期清单、检测记录",
        variables=[variables.district(), variables.enterprise(), variables.ldar_rule(), variables.api()],
        sections=[_now(sql), _coverage(sql), _lists(sql), _tests(sql)],
        time_from="now-90d/d",
    )


def _now(sql: dict[str, str]) -> Section:
    return Section(
        "当前状态",
        [
            stat_panel(
                "密封点",
                "在役密封点数与豁免数。按期率分子：没有逾期的密封点；分母：当前有检测期限的密封点。"
                "任一规则逾期即为逾期；即将到期指规则给出的提前提醒期内。",
                sql["totals"],
                columns={"按期率": _PCT, "逾期": _OVERDUE},
                size=(24, 5),
            ),
            table_panel(
                "各企业",
                "逾期多的在前。应检 = 当前有检测期限的在役密封点；按期率 =（应检 − 逾期）÷ 应检；"
                "最近到期日为尚未逾期者中最早的。",
                sql["enterprises"],
                columns={
                    "按期率": _PCT,
                    "逾期": _OVERDUE,
                    "企业": Column(links=(("查看该企业", board_link(LDAR, enterprise="企业代码")),)),
                    "企业代码": Column(hidden=True),
                },
                size=(24, 8),
            ),
            table_panel(
                "各规则",
                "每条规则各自的密封点数与状态；同一密封点可同时受多条规则约束，不可相加。",
                sql["by_rule"],
                columns={"按期率": _PCT, "逾期": _OVERDUE},
                size=(12, 8),
            ),
            bars_panel(
                "各月到期数",
                "每个密封点按各规则中最早的到期日计一次，自所选时间范围末尾所在月起一年；已逾期的单列。",
                sql["due_forecast"],
                unit="none",
                x="月份",
                stacked=True,
                colours={"泵、阀等动密封": ORANGE},
                size=(12, 8),
            ),
        ],
    )


def _coverage(sql: dict[str, str]) -> Section:
    return Section(
        "年度覆盖与到期",
        [
            table_panel(
                "各企业年度检测覆盖率",
                "所选时间范围末尾所在日历年，至该时刻：应检 = 当日在役且未豁免的密封点；已检 = 其中当年做过例行检测"
                "或补测的（不可达点可用目视、红外成像、超声）。覆盖率低的在前。",
                sql["coverage"],
                columns={
                    "检测覆盖率": _PCT,
                    "企业": Column(links=(_WORKLIST,)),
                    "企业代码": Column(hidden=True),
                },
                size=(12, 9),
            ),
            table_panel(
                "各单元年度检测覆盖率",
                "口径同左，按单元；未检多的在前，最多 500 行。",
                sql["coverage_units"],
                columns={"检测覆盖率": _PCT},
                size=(12, 9),
            ),
            matrix_panel(
                "到期热力图（单元 × 月）",
                "待检密封点按各规则中最早的到期日计一次，最多的 40 个单元；颜色越深数量越多，空白为零。"
                "当月一列含早于当月、尚未逾期的。",
                sql["heat"],
                Matrix("单元", "月份", "密封点"),
                size=(24, 14),
            ),
        ],
    )


def _lists(sql: dict[str, str]) -> Section:
    return Section(
        "逾期清单",
        [
            table_panel(
                "逾期密封点",
                "已过应检日期而未检的密封点，早的在前，最多 1000 行。逾期天数 = 所选时间范围末尾所在日 − 应检日期。"
                "点企业名可导出该企业的待办清单（含全部逾期、即将到期和未修复泄漏）。",
                sql["overdue"],
                columns={
                    "类型": _KIND,
                    "介质": _MEDIUM,
                    "最近检测": _TIME,
                    "起算": Column(words=ANCHOR_WORDS),
                    "逾期天数": Column(unit="suffix: 天"),
                    "企业": Column(links=(_WORKLIST,)),
                    "企业代码": Column(hidden=True),
                },
                size=(24, 11),
            )
        ],
    )


def _tests(sql: dict[str, str]) -> Section:
    return Section(
        "检测记录",
        [
            series_panel(
                "每日检测数",
                "按检测时间所在本地日、企业统计的检测记录数；更正不重复计。",
                sql["tests_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                size=(24, 7),
            ),
            table_panel(
                "检测值从高到低",
                "所选时间范围内的检测记录，净检测值（扣除背景，以碳计）高的在前，最多 500 行。"
                "更正序号大于 0 的是对同一时刻记录的更正。",
                sql["tests"],
                columns={
                    "检测时间": _TIME,
                    "接收时间": _TIME,
                    "类型": _KIND,
                    "介质": _MEDIUM,
                    "目的": Column(words=PURPOSE_WORDS),
                    "方法": Column(words=TEST_METHOD_WORDS),
                    "净检测值": Column(unit="conppm", decimals=0),
                    "背景值": Column(unit="conppm", decimals=0),
                },
                size=(24, 10),
            ),
        ],
    )
