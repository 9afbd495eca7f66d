"""限值登记: which limit judges what, drafts that wait for a person, and who changed what and why."""

from __future__ import annotations

from collections.abc import Mapping

from grafana.boards import variables
from grafana.panels import (
    EMISSION,
    LIMITS,
    TIME_UNIT,
    Board,
    Column,
    Section,
    board_link,
    load_queries,
    stat_panel,
    table_panel,
)
from grafana.words import (
    AVERAGINGS,
    LIMIT_ORIGINS,
    LIMIT_STATES,
    LIMIT_STATUS,
    ORANGE,
    PROCESSES,
    REGIONS,
    YES_NO,
)

_TIME = Column(unit=TIME_UNIT)
_DAY = Column(unit="time:YYYY-MM-DD")
_HIDDEN = Column(hidden=True)
_O2 = Column(unit="percent", decimals=1)
_ROW: Mapping[str, Column] = {
    "工序": Column(words=PROCESSES),
    "时段": Column(words=AVERAGINGS),
    "区域": Column(words=REGIONS),
    "性质": Column(words=LIMIT_STATUS),
    "来源": Column(words=LIMIT_ORIGINS),
    "基准氧": _O2,
    "限值编号": Column(links=(("限值（接口）", '${api}/v1/limits/${__data.fields["限值编号"]}'),)),
}


def _row(*without: str) -> dict[str, Column]:
    return {name: column for name, column in _ROW.items() if name not in without}


def board() -> Board:
    """From the row that judged the newest hour to the drafts that nobody has confirmed."""
    sql = load_queries("limits")
    return Board(
        uid=LIMITS,
        title="限值登记",
        description="各排口正在使用的限值、待确认的草稿、人工登记与修改的记录、对规则的决定",
        variables=[
            variables.district(),
            variables.enterprise(),
            variables.outlet(),
            variables.pollutant(),
            variables.kind(),
            variables.api(),
        ],
        sections=[_use(sql), _register(sql), _decisions(sql)],
    )


def _use(sql: dict[str, str]) -> Section:
    return Section(
        "正在使用",
        [
            stat_panel(
                "限值行数",
                "登记的限值按状态计数，含工序通用的行，不随排口选择变化。草稿随平台提供但未经人确认，"
                "不参与任何判定；人工登记指登记文件或操作员。",
                sql["counts"],
                columns={"草稿（待确认，未生效）": Column(colour=ORANGE)},
                size=(24, 5),
            ),
            table_panel(
                "各排口判定所用的限值",
                "所选时间范围末尾之前，每个排口、污染物、口径最近判定的一小时所用的那一行，包括依据、条款、"
                "基准氧含量和登记人。"
                "没有生效限值的不在其中。",
                sql["in_use"],
                columns={
                    **_row("时段", "区域"),
                    "登记时间": _TIME,
                    "最近判定的小时": _TIME,
                    "排口": Column(
                        links=(
                            (
                                "查看该排口",
                                board_link(EMISSION, outlet="排口代码", pollutant="污染物代码", kind="口径代码"),
                            ),
                        )
                    ),
                    "排口代码": _HIDDEN,
                    "污染物代码": _HIDDEN,
                    "口径代码": _HIDDEN,
                },
                size=(24, 10),
            ),
        ],
    )


def _register(sql: dict[str, str]) -> Section:
    return Section(
        "登记",
        [
            table_panel(
                "草稿：待人确认，未生效",
                "随平台提供、出处未经核实的限值。确认后由操作员启用或修改，启用的行会记下谁、为何；"
                "在此之前不判定任何小时。",
                sql["drafts"],
                columns={**_row("来源"), "起": _DAY},
                size=(24, 10),
            ),
            table_panel(
                "当前的限值",
                "生效与停用的行，排口专用的在前。同一排口、污染物、时段有多行时：排口专用优先于工序通用，"
                "人工登记优先于随平台提供，"
                "分区域的优先于不分区域的；胜出的行若已停用，即没有限值。豁免工况的小时被排除，停运总是排除。",
                sql["current"],
                columns={
                    **_row(),
                    "状态": Column(words=LIMIT_STATES, background=True),
                    "起": _DAY,
                    "止": _DAY,
                    "登记时间": _TIME,
                },
                size=(24, 12),
            ),
        ],
    )


def _decisions(sql: dict[str, str]) -> Section:
    return Section(
        "谁改了什么",
        [
            table_panel(
                "人工登记与修改的限值",
                "登记文件与操作员写入的行，以及所有已被取代的行，新的在前。限值只取代、不改写，"
                "旧判定仍可查到当时所用的行。",
                sql["history"],
                columns={
                    **_row("区域", "性质"),
                    "状态": Column(words=LIMIT_STATES, background=True),
                    "登记时间": _TIME,
                    "被取代时间": _TIME,
                },
                size=(24, 10),
            ),
            table_panel(
                "对规则的决定",
                "操作员启用、停用或修改参数的规则，自生效日（北京时间）起算；不随上方选择变化。",
                sql["rule_decisions"],
                columns={"决定时间": _TIME, "生效日": _DAY, "启用": Column(words=YES_NO)},
                size=(24, 8),
            ),
        ],
    )
