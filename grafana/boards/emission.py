"""固定源排放: stacks against the ultra-low-emission limits, down to the raw readings."""

from __future__ import annotations

from grafana.boards import variables
from grafana.panels import (
    EMISSION,
    GREY,
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
    timeline_panel,
)
from grafana.words import QC_FLAGS, REASONS, SOURCE_FLAGS, VERDICT_CODES, VERDICTS

_PCT = Column(unit="percent", decimals=2)
_MG = Column(unit="conmgNm3", decimals=1)
_O2 = Column(unit="percent", decimals=2)
_TIME = Column(unit=TIME_UNIT)
_HIDDEN = Column(hidden=True)
_HOUR_LINK = (
    f"/d/{EMISSION}?"
    'var-outlet=${__data.fields["排口代码"]:percentencode}&var-pollutant=${__data.fields["污染物代码"]:percentencode}'
    '&from=${__data.fields["起"]:raw}&to=${__data.fields["止"]:raw}'
)


def board() -> Board:
    """From the month's share down to the hour, and from the hour down to its readings."""
    sql = load_queries("emission")
    return Board(
        uid=EMISSION,
        title="固定源排放",
        description="焦炉烟囱等固定源的超低排放小时判定、月达标时段占比、折算浓度与限值",
        variables=[variables.district(), variables.enterprise(), variables.outlet(), variables.pollutant()],
        sections=[_month(sql), _hours(sql), _history(sql)],
        time_from="now-7d/d",
    )


def _month(sql: dict[str, str]) -> Section:
    return Section(
        "本月（所选时间范围末尾所在月，月初至今）",
        [
            stat_panel(
                "达标时段占比与判定占比",
                "达标率 = 达标小时 ÷（达标小时 + 超标小时）。判定占比 = 已判定小时 ÷ 已结束的在役小时；"
                "数据不足的小时为无法判定，绝不算作达标。按排口、污染物逐小时计数。",
                sql["month_share"],
                columns={"达标率": _PCT, "判定占比": _PCT, "超标小时": Column(bad_above_zero=True)},
                size=(24, 5),
            ),
            table_panel(
                "排口排名（达标率低者在前）",
                "每个排口、污染物一行。折算均值与最大值只计已判定的小时；限值取自判定记录，月度要求取自规则。点排口查看该排口。",
                sql["worst_outlets"],
                columns={
                    "达标率": _PCT,
                    "月度要求": _PCT,
                    "判定占比": _PCT,
                    "超标小时": Column(bad_above_zero=True),
                    "折算均值": _MG,
                    "折算最大值": _MG,
                    "限值": _MG,
                    "排口": Column(
                        links=(("查看该排口", board_link(EMISSION, outlet="排口代码", pollutant="污染物代码")),)
                    ),
                    "企业": Column(links=(("查看该企业", board_link(EMISSION, enterprise="企业代码")),)),
                    "企业代码": _HIDDEN,
                    "排口代码": _HIDDEN,
                    "污染物代码": _HIDDEN,
                },
                size=(24, 9),
            ),
            table_panel(
                "月历（日 × 小时）",
                "每格为该小时所选排口与污染物中最差的判定：红为不达标，灰为无法判定，绿为达标，空格为尚未判定。北京时间。",
                sql["month_calendar"],
                columns={
                    "日期": Column(width=80),
                    **{f"{hour:02d}": Column(words=VERDICT_CODES, background=True) for hour in range(24)},
                },
                size=(24, 14),
            ),
        ],
    )


def _hours(sql: dict[str, str]) -> Section:
    return Section(
        "小时判定（所选时间范围）",
        [
            timeline_panel(
                "逐小时判定",
                "每个排口、污染物一行：红为不达标，绿为达标，灰为无法判定，空白为尚未判定。",
                sql["verdict_timeline"],
                words=VERDICT_CODES,
            ),
            series_panel(
                "折算浓度与限值",
                "小时均值折算到基准氧含量：C ×（21 − 基准氧）÷（21 − 实测氧）。虚线为该小时判定所用的限值；"
                "无法判定的小时没有折算值，曲线断开。",
                sql["converted"],
                unit="conmgNm3",
                limits=True,
                size=(24, 10),
            ),
            series_panel(
                "烟气氧含量",
                "判定所用的氧含量小时均值（体积百分比）；越接近空气，折算放大越多。",
                sql["oxygen"],
                unit="percent",
                decimals=2,
                size=(12, 8),
            ),
            bars_panel(
                "无法判定的原因（按日）",
                "所选时间范围内无法判定的排口·污染物·小时数，按原因；日为北京时间。",
                sql["undetermined_reasons"],
                unit="none",
                x="日期",
                stacked=True,
                colours={"无数据": GREY},
                size=(12, 8),
            ),
            table_panel(
                "不达标与无法判定的小时",
                "逐小时列出证据：实测均值、氧含量、折算值、限值与有效分钟（均为判定时所用）。"
                "点小时查看该小时原始数据。最多 1000 行。",
                sql["hours"],
                columns={
                    "小时": Column(unit=TIME_UNIT, links=(("查看该小时", _HOUR_LINK),)),
                    "实测均值": _MG,
                    "氧含量": _O2,
                    "折算值": _MG,
                    "限值": _MG,
                    "有效分钟": Column(unit="suffix: 分"),
                    "氧有效分钟": Column(unit="suffix: 分"),
                    "判定": Column(words=VERDICTS, background=True),
                    "原因": Column(words=REASONS),
                    "判定时间": _TIME,
                    "排口代码": _HIDDEN,
                    "污染物代码": _HIDDEN,
                    "起": _HIDDEN,
                    "止": _HIDDEN,
                },
                size=(24, 10),
            ),
        ],
    )


def _history(sql: dict[str, str]) -> Section:
    return Section(
        "月度判定与原始数据",
        [
            table_panel(
                "各月判定",
                "已结束月份的判定。达标时段占比 = 达标小时 ÷ 已判定小时；要求与判定取自规则；"
                "已判定小时占在役小时不足规则要求时为无法判定。",
                sql["month_verdicts"],
                columns={
                    "达标时段占比": _PCT,
                    "要求": _PCT,
                    "判定占比": _PCT,
                    "判定": Column(words=VERDICTS, background=True),
                    "原因": Column(words=REASONS),
                    "判定时间": _TIME,
                },
                size=(24, 8),
            ),
            table_panel(
                "原始数据",
                "所选时间范围最后 24 小时内最新的 500 条读数，含氧含量。原值从不改动；采用值为最新一次更正的值。",
                sql["raw"],
                columns={
                    "测量时间": _TIME,
                    "接收时间": _TIME,
                    "数据标记": Column(words=SOURCE_FLAGS),
                    "质控": Column(words=QC_FLAGS),
                },
                size=(24, 9),
            ),
        ],
    )
