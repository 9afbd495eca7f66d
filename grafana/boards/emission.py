"""固定源排放: city, plant, outlet: legal limits and ultra-low emission side by side, down to the raw readings."""

from __future__ import annotations

from grafana.boards import emission_data, variables
from grafana.panels import (
    EMISSION,
    FINDING_LINK,
    LIMITS,
    RED,
    TIME_UNIT,
    TRUST,
    Board,
    Column,
    Section,
    bars_panel,
    board_link,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
    timeline_panel,
)
from grafana.words import (
    EXCLUDED,
    FLOW_REASONS,
    GREEN,
    HOUR_CODES,
    HOUR_REASONS,
    LIMIT_STATUS,
    MONTH_REASONS,
    OTHER_AIR_REASONS,
    QC_FLAGS,
    SOURCE_FLAGS,
    STATISTICS,
    VERDICTS,
    YES_NO,
)

_PCT = Column(unit="percent", decimals=2)
_MG = Column(unit="conmgNm3", decimals=2)
_O2 = Column(unit="percent", decimals=2)
_TIME = Column(unit=TIME_UNIT)
_BAD = Column(bad_above_zero=True)
_HIDDEN = Column(hidden=True)
_VERDICT = Column(words=VERDICTS, background=True)
_REASON = Column(words=HOUR_REASONS)
_EXCLUDED = Column(colour=EXCLUDED)
_ENTERPRISE = Column(links=(("查看该企业", board_link(EMISSION, enterprise="企业代码")),))
_OUTLET = Column(
    links=(
        ("查看该排口", board_link(EMISSION, outlet="排口代码", pollutant="污染物代码")),
        ("判定所用的限值", board_link(LIMITS, outlet="排口代码", pollutant="污染物代码")),
        ("数据可信度", board_link(TRUST, outlet="排口代码")),
    )
)
_HOUR_LINK = (
    f"/d/{EMISSION}?"
    'var-outlet=${__data.fields["排口代码"]:percentencode}&var-pollutant=${__data.fields["污染物代码"]:percentencode}'
    '&var-kind=${__data.fields["口径代码"]:percentencode}'
    '&from=${__data.fields["起"]:raw}&to=${__data.fields["止"]:raw}'
)


def board() -> Board:
    """From the city's month down to the hour, and from the hour down to its readings."""
    sql = load_queries("emission")
    return Board(
        uid=EMISSION,
        title="固定源排放",
        description="固定源的法定限值与超低排放两种判定：全市、企业、排口逐级下钻，月历、分布、折算曲线、数据质量、标记、预警、排放量",
        variables=[
            variables.district(),
            variables.enterprise(),
            variables.outlet(),
            variables.pollutant(),
            variables.kind(),
            variables.api(),
        ],
        sections=[_city(sql), _outlet(sql), _hours(sql), *emission_data.sections(), _history(sql)],
        time_from="now-7d/d",
    )


def _city(sql: dict[str, str]) -> Section:
    return Section(
        "全市与企业（所选时间范围末尾所在月，月初至今）",
        [
            stat_panel(
                "法定限值",
                "依据许可证或排放标准：每个有效小时都不得高于限值。按排口、污染物逐小时计数。判定占比 = 已判定小时"
                " ÷ 运行小时"
                "（已结束的小时扣除停运）。排除：停运或限值豁免的工况；无法判定：数据不足，绝不算作达标。",
                sql["month_legal"],
                columns={
                    "超标小时": _BAD,
                    "超标的排口·污染物": _BAD,
                    "判定占比": _PCT,
                    "排除小时": _EXCLUDED,
                },
                size=(12, 6),
            ),
            stat_panel(
                "超低排放",
                "达标率 = 达标小时 ÷ 已判定小时，每个排口、污染物每月的要求取自规则。单个小时高于超低限值不等于超标。"
                "判定占比、排除、无法判定的含义同左。",
                sql["month_ule"],
                columns={
                    "达标率": _PCT,
                    "月度要求": _PCT,
                    "未达要求的排口·污染物": _BAD,
                    "判定占比": _PCT,
                    "排除小时": _EXCLUDED,
                },
                size=(12, 6),
            ),
            table_panel(
                "各企业",
                "每家企业一行，法定超标小时多的在前。最差排口·污染物：该企业各排口、污染物超低达标率的最小值。"
                "点企业查看其排口。",
                sql["enterprises"],
                columns={
                    "企业": _ENTERPRISE,
                    "法定超标小时": _BAD,
                    "超低达标率": _PCT,
                    "最差排口·污染物": _PCT,
                    "未达要求的排口·污染物": _BAD,
                    "判定占比": _PCT,
                    "企业代码": _HIDDEN,
                },
                size=(24, 8),
            ),
            emission_data.worst_outlets(),
            table_panel(
                "排口与污染物：两种判定并列",
                "每个排口、污染物一行。均值、最大值按超低口径折算，只计已判定的小时；限值为本月用过的最高一个，"
                "取自判定记录，"
                "超低月度要求取自规则。点排口下钻，或查看判定所用的限值、数据可信度。最多 300 行。",
                sql["outlet_pollutants"],
                columns={
                    "企业": _ENTERPRISE,
                    "排口": _OUTLET,
                    "法定超标小时": _BAD,
                    "法定限值": _MG,
                    "超低达标率": _PCT,
                    "月度要求": _PCT,
                    "超低限值": _MG,
                    "折算均值": _MG,
                    "折算最大值": _MG,
                    "判定占比": _PCT,
                    "企业代码": _HIDDEN,
                    "排口代码": _HIDDEN,
                    "污染物代码": _HIDDEN,
                },
                size=(24, 10),
            ),
        ],
    )


def _outlet(sql: dict[str, str]) -> Section:
    return Section(
        "排口（先在上方选定排口、污染物与口径）",
        [
            table_panel(
                "月历（日 × 小时）",
                "所选时间范围末尾所在月。红为不达标，绿为达标，灰为无法判定，淡蓝为排除（停运或豁免工况），"
                "空格为尚未判定。"
                "选了多个排口、污染物或口径时，每格取其中最差的；全部被排除才显示排除。北京时间。",
                sql["month_calendar"],
                columns={
                    "日期": Column(width=80),
                    **{f"{hour:02d}": Column(words=HOUR_CODES, background=True) for hour in range(24)},
                },
                size=(24, 14),
            ),
            bars_panel(
                "浓度占限值的分布",
                "所选时间范围内已判定的小时，按修约值占其限值的百分比分档（左开右闭，最后一档不封顶）。"
                "等于限值为达标，所以限值以上各档就是超过限值的小时；紧贴限值下方的高峰值得核查。",
                sql["distribution"],
                unit="none",
                x="占限值（%）",
                stacked=True,
                colours={"达标小时": GREEN, "超过限值小时": RED},
                size=(14, 9),
            ),
            table_panel(
                "排除与无法判定的原因",
                "所选时间范围末尾所在月，没有判定结果的小时按原因计数。排除不计入分母；无法判定是缺数据，"
                "计入运行小时。",
                sql["unjudged_reasons"],
                columns={"原因": _REASON},
                size=(10, 9),
            ),
        ],
    )


def _hours(sql: dict[str, str]) -> Section:
    return Section(
        "小时（所选时间范围）",
        [
            timeline_panel(
                "逐小时判定",
                "每个排口、污染物、口径一行：红为不达标，绿为达标，灰为无法判定，淡蓝为排除，空白为尚未判定。",
                sql["verdict_timeline"],
                words=HOUR_CODES,
            ),
            series_panel(
                "折算浓度与两种限值",
                "两种口径的折算值与限值。折算：C ×（21 − 基准氧）÷（21 − 实测氧）；该限值没有基准氧的，折算值即实测值。"
                "虚线为该小时判定所用的限值；不能判定的小时没有折算值，曲线断开。",
                sql["converted"],
                unit="conmgNm3",
                limits=True,
                size=(24, 10),
            ),
            series_panel(
                "烟气氧含量",
                "判定所用的氧含量小时均值（体积百分比）；越接近空气，折算放大越多。限值没有基准氧的排口没有曲线。",
                sql["oxygen"],
                unit="percent",
                decimals=2,
                size=(24, 7),
            ),
            table_panel(
                "同一小时的两种判定",
                "所选时间范围的最后两天：左为法定，右为超低，各有修约值、限值、判定与原因。最多 1000 行。",
                sql["both_judgements"],
                columns={
                    "小时": _TIME,
                    "实测均值": _MG,
                    "氧含量": _O2,
                    "法定修约值": _MG,
                    "法定限值": _MG,
                    "法定判定": _VERDICT,
                    "法定原因": _REASON,
                    "超低修约值": _MG,
                    "超低限值": _MG,
                    "超低判定": _VERDICT,
                    "超低原因": _REASON,
                },
                size=(24, 10),
            ),
            table_panel(
                "不达标、无法判定与排除的小时",
                "逐小时列出证据：实测均值、氧含量、折算值、修约值、限值及其依据、有效分钟、因设备标记剔除的分钟、"
                "所用标记的编号，"
                "均为判定时所用。点小时查看该小时，点判定编号在接口中逐级打开全部依据。最多 1000 行。",
                sql["hours"],
                columns={
                    "小时": Column(unit=TIME_UNIT, links=(("查看该小时", _HOUR_LINK),)),
                    "实测均值": _MG,
                    "氧含量": _O2,
                    "基准氧": _O2,
                    "折算值": Column(unit="conmgNm3", decimals=3),
                    "修约值": _MG,
                    "限值": _MG,
                    "判定": _VERDICT,
                    "原因": _REASON,
                    "排除": Column(words=YES_NO),
                    "有效分钟": Column(unit="suffix: 分"),
                    "氧有效分钟": Column(unit="suffix: 分"),
                    "标记剔除分钟": Column(unit="suffix: 分"),
                    "限值性质": Column(words=LIMIT_STATUS),
                    "判定编号": Column(links=(FINDING_LINK,)),
                    "判定时间": _TIME,
                    "排口代码": _HIDDEN,
                    "污染物代码": _HIDDEN,
                    "口径代码": _HIDDEN,
                    "起": _HIDDEN,
                    "止": _HIDDEN,
                },
                size=(24, 11),
            ),
        ],
    )


def _history(sql: dict[str, str]) -> Section:
    return Section(
        "月度判定、其他判定与原始数据",
        [
            table_panel(
                "各月超低排放判定",
                "已结束月份的判定。达标时段占比 = 达标小时 ÷ 已判定小时；要求与判定取自规则；"
                "已判定小时占运行小时不足规则要求时为无法判定。",
                sql["month_verdicts"],
                columns={
                    "达标时段占比": _PCT,
                    "要求": _PCT,
                    "判定占比": _PCT,
                    "判定": _VERDICT,
                    "原因": Column(words=MONTH_REASONS),
                    "判定编号": Column(links=(FINDING_LINK,)),
                    "判定时间": _TIME,
                },
                size=(24, 8),
            ),
            table_panel(
                "其他判定：任意一次、日均、速率、焚烧、色谱缺测",
                "所选时间范围内不达标与无法判定的：任意一次浓度值、日均值、排放速率、不需补充空气的焚烧装置出口氧含量、"
                "气相色谱连续缺测。依据与条款取自规则。最多 500 行。",
                sql["other_verdicts"],
                columns={
                    "起": _TIME,
                    "止": _TIME,
                    "值": Column(decimals=3),
                    "判定": _VERDICT,
                    "原因": Column(words=HOUR_REASONS | FLOW_REASONS | OTHER_AIR_REASONS),
                    "判定编号": Column(links=(FINDING_LINK,)),
                },
                size=(24, 8),
            ),
            table_panel(
                "原始数据",
                "所选时间范围最后 24 小时内最新的 500 条读数，含氧含量与数采仪自报值。原值从不改动；"
                "采用值为最新一次更正的值。",
                sql["raw"],
                columns={
                    "测量时间": _TIME,
                    "接收时间": _TIME,
                    "性质": Column(words=STATISTICS),
                    "数据标记": Column(words=SOURCE_FLAGS),
                    "质控": Column(words=QC_FLAGS),
                },
                size=(24, 9),
            ),
        ],
    )
