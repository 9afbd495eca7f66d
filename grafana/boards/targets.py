"""目标记分牌: every target of the city's plans with its document, where it stands, and why where it cannot be said."""

from __future__ import annotations

from grafana.account_words import CHECK_MODES, DOCUMENT_STATUS, TARGET_STATES
from grafana.boards import variables
from grafana.panels import (
    FINDING_LINK,
    TARGETS,
    Board,
    Column,
    Section,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
)
from grafana.words import GREEN, GREY, ORANGE, RED

_STATE = Column(words=TARGET_STATES, background=True)
_STATUS = Column(words=DOCUMENT_STATUS)
_FIGURE = Column(decimals=2)
_COUNTS = {
    "已达到": Column(colour=GREEN),
    "进度正常": Column(colour=GREEN),
    "落后": Column(colour=ORANGE),
    "到期未达到": Column(colour=RED),
    "暂无数值": Column(colour=GREY),
    "无法计算": Column(colour=GREY),
}


def board() -> Board:
    """From the counts down to each target's sentence."""
    sql = load_queries("targets")
    return Board(
        uid=TARGETS,
        title="目标记分牌",
        description="五份文件的全部目标：文件及状态、年份、核算方式、现值、差距、预计年末、状态与原因",
        variables=[variables.document(), variables.domain(), variables.mode(), variables.state(), variables.api()],
        sections=[_counts(sql), _scoreboard(sql), _conflicts(sql)],
        time_from="now-1y/M",
    )


def _counts(sql: dict[str, str]) -> Section:
    return Section(
        "概览",
        [
            stat_panel(
                "目标状态",
                "所选目标的个数，按状态。进度正常：按目前走势预计到期可达到；暂无数值：等待数据或填报；无法计算："
                "文件没有给出可算的数或平台没有数据来源。",
                sql["summary"],
                columns={"目标": Column(), **_COUNTS},
                size=(24, 5),
            ),
            table_panel(
                "各文件",
                "所选目标的个数，按文件和状态；已印发的文件在前，征求意见稿、送审稿不是生效文件。",
                sql["by_document"],
                columns={"文件状态": _STATUS, **_COUNTS},
                size=(24, 7),
            ),
        ],
    )


def _scoreboard(sql: dict[str, str]) -> Section:
    return Section(
        "全部目标",
        [
            table_panel(
                "记分牌",
                "每个目标一行，全部列出。差距为按目标方向还差多少，负数为富余；预计年末为按最近 12 个月走势的直线外推，"
                "少于 3 个月不外推，不是承诺。不能核算的写明原因。自动、由台账核算的随数据更新，"
                "人工填报的以部门填报为准。",
                sql["scoreboard"],
                columns={
                    "指标": Column(width=260, links=(FINDING_LINK,)),
                    "状态": _STATE,
                    **dict.fromkeys(("目标值", "现值", "差距", "预计年末"), _FIGURE),
                    "核算方式": Column(words=CHECK_MODES),
                    "判定编号": Column(hidden=True),
                    "文件状态": _STATUS,
                },
                size=(24, 18),
            ),
            table_panel(
                "分年、分级目标",
                "一句话里有几个数的目标，按年份或级别逐个列出。",
                sql["parts"],
                columns={"状态": _STATE, **dict.fromkeys(("目标值", "现值", "差距", "预计年末"), _FIGURE)},
                size=(24, 9),
            ),
            series_panel(
                "走势",
                "所选目标每月或每次填报的数值，单位见上表；只有一个时点的不画。先选文件、领域或状态，线条才少。",
                sql["trend"],
                unit="none",
                decimals=2,
                size=(24, 10),
            ),
        ],
    )


def _conflicts(sql: dict[str, str]) -> Section:
    return Section(
        "文件之间不一致",
        [
            table_panel(
                "并列的目标",
                "同一议题在不同文件里数值、年份或口径不同的目标，逐条并列，不合并，也不说谁为准。",
                sql["conflicts"],
                columns={"文件状态": _STATUS, "状态": _STATE, "目标值": _FIGURE, "现值": _FIGURE},
                size=(24, 12),
            ),
        ],
    )
