"""数据可信度: signs of false data. The board says what was seen in the data; it accuses nobody."""

from __future__ import annotations

from grafana.boards import variables
from grafana.panels import (
    EMISSION,
    FINDING_LINK,
    ORANGE,
    TIME_UNIT,
    TRUST,
    Board,
    Column,
    Section,
    bars_panel,
    board_link,
    load_queries,
    stat_panel,
    table_panel,
    timeline_panel,
)
from grafana.words import GREY, SIGN_CODES, SIGN_DETAILS

_DAY = Column(unit="time:YYYY-MM-DD")
_HIDDEN = Column(hidden=True)
_OUTLET = Column(
    links=(
        ("该排口的迹象", board_link(TRUST, outlet="排口代码")),
        ("该排口的排放", board_link(EMISSION, outlet="排口代码")),
    )
)
_DAY_LINK = (
    f'/d/{EMISSION}?var-outlet=${{__data.fields["排口代码"]:percentencode}}'
    '&from=${__data.fields["起"]:raw}&to=${__data.fields["止"]:raw}'
)


def board() -> Board:
    """From the score of an outlet to the day, and from the day to what was seen."""
    sql = load_queries("trust")
    return Board(
        uid=TRUST,
        title="数据可信度",
        description="监测数据异常迹象：各排口得分、逐日迹象、看到了什么。迹象只描述数据本身，不说明原因",
        variables=[
            variables.district(),
            variables.enterprise(),
            variables.outlet(),
            variables.sign(),
            variables.api(),
        ],
        sections=[_scores(sql), _days(sql), _evidence(sql)],
    )


def _scores(sql: dict[str, str]) -> Section:
    return Section(
        "得分（截至所选时间范围末尾的 30 个本地日）",
        [
            stat_panel(
                "概况",
                "已判定排口：这些天里有迹象可判定的排口；最高得分：各排口得分的最大值。不随迹象选择变化。",
                sql["summary"],
                columns={"出现迹象的排口": Column(colour=ORANGE), "最近一次": _DAY},
                size=(24, 5),
            ),
            table_panel(
                "排口得分",
                "得分 = 看到的迹象的权重之和，同一迹象每天至多计一次；权重取自规则。得分高只表示值得核查，"
                "不表示弄虚作假。"
                "不随迹象选择变化。点排口查看逐日迹象或该排口的排放。",
                sql["scores"],
                columns={
                    "得分": Column(decimals=1),
                    "最近一次": _DAY,
                    "企业": Column(links=(("查看该企业", board_link(TRUST, enterprise="企业代码")),)),
                    "排口": _OUTLET,
                    "企业代码": _HIDDEN,
                    "排口代码": _HIDDEN,
                },
                size=(24, 9),
            ),
        ],
    )


def _days(sql: dict[str, str]) -> Section:
    return Section(
        "逐日",
        [
            table_panel(
                "本月热力图（排口 × 日）",
                "所选时间范围末尾所在月。橙为当日看到所选迹象中的至少一种，绿为未看到，灰为数据不足，"
                "空格为尚未判定。北京时间。",
                sql["month_matrix"],
                columns={
                    "排口": _OUTLET,
                    **{f"{day:02d}": Column(words=SIGN_CODES, background=True, width=58) for day in range(1, 32)},
                    "排口代码": _HIDDEN,
                },
                size=(24, 9),
            ),
            timeline_panel(
                "逐日迹象",
                "每个排口、迹象一行，每天一格：橙为看到，绿为未看到，灰为数据不足。",
                sql["timeline"],
                words=SIGN_CODES,
                size=(24, 11),
            ),
            bars_panel(
                "各种迹象",
                "所选时间范围内，每种迹象看到的排口·日数和已判定的排口·日数；两者之比可看出哪种迹象报得太多。",
                sql["by_sign"],
                unit="none",
                x="迹象",
                colours={"看到的排口·日": ORANGE, "数据不足的排口·日": GREY},
                horizontal=True,
                size=(24, 11),
            ),
        ],
    )


def _evidence(sql: dict[str, str]) -> Section:
    return Section(
        "看到了什么",
        [
            table_panel(
                "证据",
                "所选时间范围内看到的每一处迹象：哪一天、哪个排口、看到了什么。点日期看该日排放，"
                "点判定编号看全部证据。最多 500 行。",
                sql["evidence"],
                columns={
                    "日期": Column(unit="time:YYYY-MM-DD", links=(("查看该日", _DAY_LINK),)),
                    "看到了什么": Column(words=SIGN_DETAILS),
                    "首个小时": Column(unit=TIME_UNIT),
                    "权重": Column(decimals=1),
                    "判定编号": Column(links=(FINDING_LINK,)),
                    "排口代码": _HIDDEN,
                    "起": _HIDDEN,
                    "止": _HIDDEN,
                },
                size=(24, 12),
            )
        ],
    )
