"""What stands behind the verdicts of 固定源排放: data quality, marks, early warnings, the logger's statements, mass."""

from __future__ import annotations

from grafana.panels import (
    EMISSION,
    FINDING_LINK,
    GREEN,
    GREY,
    ORANGE,
    TIME_UNIT,
    TRUST,
    Column,
    Section,
    bars_panel,
    board_link,
    load_queries,
    series_panel,
    table_panel,
)
from grafana.sdk import table
from grafana.words import (
    CALIBRATION_REASONS,
    MARK_DIMENSIONS,
    MARK_KINDS,
    MARK_ORIGINS,
    MARK_STATES,
    MASS_REASONS,
    OWN_VALUE_REASONS,
    PROCESSES,
    QUALITY_REASONS,
    STATEMENT_REASONS,
    WARNING_REASONS,
    WARNING_STATES,
)

_PCT = Column(unit="percent", decimals=2)
_TIME = Column(unit=TIME_UNIT)
_DAY = Column(unit="time:YYYY-MM-DD")
_SPAN = Column(unit="dtdurations", decimals=0)
_HIDDEN = Column(hidden=True)
_FINDING = Column(links=(FINDING_LINK,))
_QUALITY = Column(words=QUALITY_REASONS, background=True)
_OUTLET = Column(links=(("查看该排口", board_link(EMISSION, outlet="排口代码")),))
_TONNES = Column(unit="masst", decimals=3)
_SQL = load_queries("emission_data")


def worst_outlets() -> table.Panel:
    """One row an outlet: all that makes somebody look there first."""
    return table_panel(
        "最差排口",
        "每个排口一行：本月法定超标小时多的在前，其次超低达标率低的、可信度得分高的。超低达标率、"
        "捕集率取该排口最差的污染物。"
        "可信度得分为最近 30 个本地日看到的异常迹象的权重之和，只表示值得核查。最多 100 行。",
        _SQL["worst_outlets"],
        columns={
            "企业": Column(links=(("查看该企业", board_link(EMISSION, enterprise="企业代码")),)),
            "排口": Column(
                links=(
                    ("查看该排口", board_link(EMISSION, outlet="排口代码")),
                    ("数据可信度", board_link(TRUST, outlet="排口代码")),
                )
            ),
            "工序": Column(words=PROCESSES),
            "法定超标小时": Column(bad_above_zero=True),
            "超低达标率（最差污染物）": _PCT,
            "本季捕集率（最差污染物）": _PCT,
            "捕集率要求": _PCT,
            "可信度得分": Column(decimals=1),
            "企业代码": _HIDDEN,
            "排口代码": _HIDDEN,
        },
        size=(24, 9),
    )


def sections() -> list[Section]:
    """The sections below the hours."""
    return [_warnings(), _quality(), _marks(), _statements(), _mass()]


def _warnings() -> Section:
    return Section(
        "预警（不是超标）",
        [
            table_panel(
                "分钟预警",
                "按分钟数据的提示：小时均值预计会超过限值，或连续若干分钟接近、超过限值。预警不是超标，"
                "超标只由整小时均值判定；"
                "恢复正常后自行解除。",
                _SQL["warnings"],
                columns={
                    "开始": _TIME,
                    "解除或变化": _TIME,
                    "持续": _SPAN,
                    "预警": Column(words=WARNING_REASONS),
                    "预计或当前值": Column(decimals=2),
                    "限值": Column(decimals=2),
                    "状态": Column(words=WARNING_STATES, background=True),
                    "判定编号": _FINDING,
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
                size=(16, 9),
            ),
            series_panel(
                "每日预警数",
                "所选时间范围内每个本地日开始的预警数，按口径。",
                _SQL["warnings_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                size=(8, 9),
            ),
        ],
    )


def _quality() -> Section:
    return Section(
        "数据质量",
        [
            table_panel(
                "有效数据捕集率（本季至今）",
                "所选时间范围末尾所在季，季初至今：有效小时 ÷ 运行小时（在役小时扣除停运），低于要求的在前。"
                "要求取自规则，季末由规则判定。",
                _SQL["capture"],
                columns={"捕集率": _PCT, "要求": _PCT, "目前": _QUALITY, "排口": _OUTLET, "排口代码": _HIDDEN},
                size=(12, 9),
            ),
            table_panel(
                "数据传输有效率（本月至今）",
                "所选时间范围末尾所在月，月初至今：传输率（实传 ÷ 应传）× 有效率（有效 ÷ 应有效），"
                "按该排口各污染物与氧含量的小时合计，停运不计入应传。要求取自规则，月末由规则判定。",
                _SQL["transmission"],
                columns={
                    "传输有效率": _PCT,
                    "要求": _PCT,
                    "目前": _QUALITY,
                    "传输率": _PCT,
                    "有效率": _PCT,
                    "排口": _OUTLET,
                    "排口代码": _HIDDEN,
                },
                size=(12, 9),
            ),
            table_panel(
                "捕集率与传输有效率的判定",
                "所选时间范围及其之前一年内已结束的季与月的判定，新的在前。",
                _SQL["quality_verdicts"],
                columns={
                    "起": _DAY,
                    "止": _DAY,
                    "比率": _PCT,
                    "要求": _PCT,
                    "结论": _QUALITY,
                    "判定时间": _TIME,
                    "判定编号": _FINDING,
                },
                size=(24, 7),
            ),
            series_panel(
                "设备标记剔除的分钟",
                "每个本地日、测点因有效的设备标记（校准、故障、维护等）而不计入均值的分钟数。",
                _SQL["marked_minutes"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                size=(12, 8),
            ),
            bars_panel(
                "数据标记（仪器自报）",
                "每个本地日仪器随读数上报的标记条数；正常（N）不列。带标记的读数不计入有效分钟，超量程除外（见文档）。",
                _SQL["flags"],
                unit="none",
                x="日期",
                stacked=True,
                colours={"C 校准": GREY, "D 故障": ORANGE},
                size=(12, 8),
            ),
            series_panel(
                "零点与量程漂移",
                "数采仪上报的零点、量程漂移，占满量程的百分比。是否失控由质量检查规则判定，未启用时只显示曲线。",
                _SQL["drift"],
                unit="percent",
                decimals=2,
                size=(12, 8),
            ),
            table_panel(
                "校准与漂移检查",
                "所选时间范围内失控、逾期未校准或没有校准记录的分析仪。这些规则依据未经核实的条款，默认不启用；"
                "启用情况见平台运行看板的规则健康。",
                _SQL["calibration"],
                columns={
                    "日期": _DAY,
                    "值": Column(decimals=2),
                    "结论": Column(words=CALIBRATION_REASONS, background=True),
                    "判定编号": _FINDING,
                },
                size=(12, 8),
            ),
        ],
    )


def _marks() -> Section:
    return Section(
        "标记",
        [
            table_panel(
                "标记记录",
                "与所选时间范围有交集的标记，新的在前：谁、何时、为何、现在是否有效。设备标记剔除分钟，"
                "工况标记排除小时。"
                "标记只增不改：可被新标记取代，由企业撤回，或由主管部门驳回；失效后不再影响判定，但仍可查。最多"
                " 500 行。",
                _SQL["marks"],
                columns={
                    "开始": _TIME,
                    "结束": _TIME,
                    "时长": _SPAN,
                    "类别": Column(words=MARK_DIMENSIONS),
                    "标记": Column(words=MARK_KINDS),
                    "状态": Column(words=MARK_STATES, background=True),
                    "来源": Column(words=MARK_ORIGINS),
                    "标记时间": _TIME,
                    "迟于结束": _SPAN,
                    "处理时间": _TIME,
                    "排口": _OUTLET,
                    "编号": Column(links=(("标记（接口）", '${api}/v1/marks/${__data.fields["编号"]}'),)),
                    "排口代码": _HIDDEN,
                },
                size=(24, 10),
            )
        ],
    )


def _statements() -> Section:
    return Section(
        "数采仪自报值与平台计算值",
        [
            series_panel(
                "每日比对结果",
                "数采仪上报的分钟、小时、日均值、折算值与累计量，逐个与平台由读数算出的值比对的结果，按本地日计数。",
                _SQL["statements_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"一致": GREEN, "不一致": ORANGE, "无法比对": GREY},
                size=(8, 9),
            ),
            table_panel(
                "不一致与无法比对",
                "所选时间范围内自报值与平台计算值之差超过允许差的，以及一方没有值的。允许差取自规则（平台规则）。"
                "判定只用平台计算值，自报值原样保留。最多 500 行。",
                _SQL["statements"],
                columns={
                    "起": _TIME,
                    "止": _TIME,
                    "数采仪自报": Column(decimals=3),
                    "平台计算": Column(decimals=3),
                    "差": Column(decimals=3),
                    "允许差": Column(decimals=3),
                    "结论": Column(words=STATEMENT_REASONS, background=True),
                    "平台无值的原因": Column(words=OWN_VALUE_REASONS),
                    "判定编号": _FINDING,
                },
                size=(16, 9),
            ),
        ],
    )


def _mass() -> Section:
    return Section(
        "排放量与年许可排放量",
        [
            bars_panel(
                "年初至今排放量与许可",
                "所选时间范围末尾所在年，截至最近一个已判定月。排放量由实测浓度（不折算）与标干流量计算，"
                "缺数小时按规则替代。"
                "只含登记了年许可排放量的排口、污染物，排放量大的在前，最多 20 个。",
                _SQL["mass_year"],
                unit="masst",
                decimals=2,
                x="排口·污染物",
                colours={"年许可排放量": GREY},
                horizontal=True,
                size=(10, 9),
            ),
            table_panel(
                "各月排放量",
                "所选时间范围末尾所在年已判定的月。替代只用于排放量，从不改动浓度；捕集率过低的季不能替代，"
                "未能替代的小时不计入排放量。",
                _SQL["mass"],
                columns={
                    "当月排放量": _TONNES,
                    "年初至月末": _TONNES,
                    "年许可排放量": _TONNES,
                    "已用": _PCT,
                    "结论": Column(words=MASS_REASONS),
                    "所在季捕集率": _PCT,
                    "判定编号": _FINDING,
                },
                size=(14, 9),
            ),
        ],
    )
