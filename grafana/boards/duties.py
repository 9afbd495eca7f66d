"""定期事项: every duty with a date; who is behind, what comes next, what was done in time."""

from __future__ import annotations

from grafana.boards import variables
from grafana.leak_words import DUTY_REASONS
from grafana.matrix import Matrix, matrix_panel
from grafana.panels import (
    DUTIES,
    FINDING_LINK,
    Board,
    Column,
    Section,
    bars_panel,
    load_queries,
    stat_panel,
    table_panel,
)
from grafana.words import GREEN, ORANGE, RED

_PCT = Column(unit="percent", decimals=1)
_DAYS = Column(unit="suffix: 天")
_STATE = Column(words=DUTY_REASONS)


def board() -> Board:
    """Where everybody stands, what is overdue, the next sixty days, and years."""
    sql = load_queries("duties")
    return Board(
        uid=DUTIES,
        title="定期事项",
        description="有期限的各项法定和计划义务：状态、逾期清单、未来60天、按期率",
        variables=[variables.district(), variables.enterprise(), variables.api()],
        sections=[_now(sql), _next(sql), _years(sql)],
        time_from="now-90d/d",
    )


def _now(sql: dict[str, str]) -> Section:
    return Section(
        "当前状态",
        [
            stat_panel(
                "期次",
                "每个对象每项事项的最近一期，加上更早仍逾期未办的。密封点检测和泄漏修复在各自看板。",
                sql["totals"],
                columns={
                    "逾期": Column(bad_above_zero=True),
                    "证明材料不全": Column(colour=ORANGE),
                    "本期已完成": Column(colour=GREEN),
                },
                size=(24, 5),
            ),
            matrix_panel(
                "各对象各事项",
                "每个对象（企业、园区、城市、计量点、分析仪）每项事项最近一期的状态；空白为不适用。",
                sql["standing"],
                Matrix("对象", "事项", "状态"),
                words=DUTY_REASONS,
                size=(24, 12),
            ),
            table_panel(
                "逾期与材料不全",
                "已过应办日期未办，或已办而缺少要求的证明材料；早的在前，最多 500 行。",
                sql["overdue"],
                columns={
                    "逾期天数": _DAYS,
                    "状态": _STATE,
                    "判定编号": Column(links=(FINDING_LINK,)),
                },
                size=(24, 10),
            ),
        ],
    )


def _next(sql: dict[str, str]) -> Section:
    return Section(
        "未来60天",
        [
            bars_panel(
                "各周到期",
                "从所选时间范围末尾所在日起60天，按周（周一起）计数：定期事项为期次，泄漏修复为处，密封点检测为点。",
                sql["next_weeks"],
                unit="none",
                x="周",
                colours={"泄漏修复": RED, "定期事项": ORANGE},
                size=(24, 8),
            ),
            table_panel(
                "到期日历",
                "从所选时间范围末尾所在日起60天，按日期；密封点检测（按各规则中最早的到期日）和泄漏修复"
                "按企业合计，最多 1000 行。",
                sql["next"],
                columns={"还剩天数": _DAYS},
                size=(24, 11),
            ),
        ],
    )


def _years(sql: dict[str, str]) -> Section:
    return Section(
        "历年完成情况",
        [
            table_panel(
                "各年按期率",
                "已到期的期次：按期率 = 按期完成 ÷ 到期期次；完成率含逾期完成的。",
                sql["by_year"],
                columns={"按期率": _PCT, "完成率": _PCT, "逾期未办": Column(bad_above_zero=True)},
                size=(24, 9),
            )
        ],
    )
