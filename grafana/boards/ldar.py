"""泄漏检测与修复: which components are due, overdue, tested."""

from __future__ import annotations

from grafana.boards import variables
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
from grafana.words import COMPONENT_KINDS, LEAK_REASONS, MEDIA, ORANGE

_PCT = Column(unit="percent", decimals=2)
_TIME = Column(unit=TIME_UNIT)
_KIND = Column(words=COMPONENT_KINDS)
_MEDIUM = Column(words=MEDIA)
_OVERDUE = Column(bad_above_zero=True)


def board() -> Board:
    """Schedules by enterprise, the overdue list, the months ahead, and what was tested."""
    sql = load_queries("ldar")
    return Board(
        uid=LDAR,
        title="泄漏检测与修复 LDAR",
        description="密封点检测期限、逾期清单、未来各月到期数、检测记录",
        variables=[variables.district(), variables.enterprise(), variables.ldar_rule()],
        sections=[_now(sql), _lists(sql), _tests(sql)],
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
                "仍有效的检测期限按到期月计数（密封点·规则），自所选时间范围末尾所在月起一年；更早到期而未检的归入「已逾期」。",
                sql["due_forecast"],
                unit="none",
                x="月份",
                stacked=True,
                colours={"泵、阀等动密封": ORANGE},
                size=(12, 8),
            ),
        ],
    )


def _lists(sql: dict[str, str]) -> Section:
    return Section(
        "逾期清单",
        [
            table_panel(
                "逾期密封点",
                "当前判定逾期的密封点，应检日期早的在前，最多 1000 行。逾期天数 = 所选时间范围末尾所在日 − 应检日期。",
                sql["overdue"],
                columns={
                    "类型": _KIND,
                    "介质": _MEDIUM,
                    "最近检测": _TIME,
                    "原因": Column(words=LEAK_REASONS),
                    "逾期天数": Column(unit="suffix: 天"),
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
                    "净检测值": Column(unit="conppm", decimals=0),
                    "背景值": Column(unit="conppm", decimals=0),
                },
                size=(24, 10),
            ),
        ],
    )
