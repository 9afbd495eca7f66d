"""用水计量覆盖: installation, online, fit and arrival rates against what is asked for, and gaps to close."""

from __future__ import annotations

from grafana.account_words import MEDIA, MET, PLACE_LEVELS
from grafana.boards import variables
from grafana.panels import (
    BALANCE,
    FINDING_LINK,
    TIME_UNIT,
    WATER,
    Board,
    Column,
    Section,
    board_link,
    load_queries,
    series_panel,
    table_panel,
)
from grafana.pictures import map_panel
from grafana.words import (
    GAP_KINDS,
    GAP_REASONS,
    QC_FLAGS,
    RULE_STATUS,
    SOURCE_FLAGS,
    VERDICTS,
    WATER_REASONS,
    YES_NO,
)

_PCT = Column(unit="percent", decimals=2)
_TIME = Column(unit=TIME_UNIT)
_JUDGED = {
    "实际": _PCT,
    "目标": _PCT,
    "差额": Column(unit="suffix: 个百分点", decimals=2),
    "判定": Column(words=VERDICTS, background=True),
    "原因": Column(words=WATER_REASONS),
}


def board() -> Board:
    """From the city's rate down to the meter that is missing, and to the meter's readings."""
    sql = load_queries("water")
    return Board(
        uid=WATER,
        title="用水计量覆盖",
        description="用水计量设施安装率、取水计量在线监控率、计量器具配备率、到报率与目标，缺口清单、水量",
        variables=[variables.district(), variables.enterprise(), variables.water_rule(), variables.api()],
        sections=[_maps(sql), _rates(sql), _instruments(sql), _gaps(sql), _volumes(sql)],
        time_from="now-60d/d",
    )


def _maps(sql: dict[str, str]) -> Section:
    hidden = {"经度": Column(off_map=True), "纬度": Column(off_map=True)}
    about = "各旗县区和园区在登记的坐标处一个标记，按最近一个已判定日的比率由红（0）到绿（100）着色；没有坐标的不显示。"
    return Section(
        "旗县区与园区",
        [
            map_panel(
                "取水计量在线监控率分布",
                about + "目标取自绿色园区方案。没有底图：不需要联网。",
                sql["map"],
                colour_by="在线监控率",
                label="名称",
                columns={**hidden, "安装率": _PCT, "在线目标": _PCT, "安装目标": _PCT},
            ),
            map_panel(
                "用水计量设施安装率分布",
                about + "分子、分母同“各旗县区和园区”一表。",
                sql["map"],
                colour_by="安装率",
                label="名称",
                columns={**hidden, "在线监控率": _PCT, "在线目标": _PCT, "安装目标": _PCT},
            ),
        ],
    )


def _rates(sql: dict[str, str]) -> Section:
    return Section(
        "覆盖率与目标",
        [
            table_panel(
                "全市、各旗县区和园区",
                "最近一个已判定日。配备率一行为离要求最近（或差得最多）的一种一级，逐级见下。安装率："
                "分子为用水单位级计量点全部装有检定有效水表的工业企业数，分母为工业企业数，"
                "另一口径为按计量点（已装 ÷ 应装）。在线监控率：分子为在线取水口许可水量，"
                "分母为全部在役非农业取水口许可水量"
                "（立方米/年），另一口径为按应在线取水口个数。",
                sql["overall"],
                columns={**_JUDGED, "另一口径": _PCT},
                size=(24, 9),
            ),
            table_panel(
                "各企业与目标",
                "最近一个已判定日，差额（百分点）最大的在前。安装率：已装用水单位级计量点 ÷ 应装计量点；"
                "在线监控率：在线取水口许可水量 ÷ 许可水量（立方米/年）。",
                sql["enterprises"],
                columns={
                    **_JUDGED,
                    "企业": Column(links=(("查看该企业", board_link(WATER, enterprise="企业代码")),)),
                    "企业代码": Column(hidden=True),
                },
                size=(24, 10),
            ),
            series_panel(
                "每日走势",
                "每个已判定日的比率；虚线为当日判定所用的目标。未选企业时为全市与所选旗县区，选企业后为该企业。",
                sql["trend"],
                unit="percent",
                decimals=2,
                limits=True,
                size=(24, 9),
            ),
        ],
    )


def _instruments(sql: dict[str, str]) -> Section:
    return Section(
        "配备率与到报率",
        [
            table_panel(
                "各级计量器具配备率",
                "最近一个已判定日，按介质（水、各种能源）和级别：已装 ÷ 应装；检定过期的不算已装，是否联网不计。"
                "要求取自所列规则；规则性质为“待核实”的数值未经标准原文核对，缺省不启用。未选企业时为全市、"
                "旗县区和园区。",
                sql["fit_levels"],
                columns={
                    "介质": Column(words=MEDIA),
                    "级别": Column(words=PLACE_LEVELS),
                    "配备率": _PCT,
                    "要求": _PCT,
                    "达到": Column(words=MET, background=True),
                    "规则性质": Column(words=RULE_STATUS),
                    "启用": Column(words=YES_NO),
                },
                size=(24, 10),
            ),
            table_panel(
                "到报率",
                "最近一个已判定月：有读数的小时 ÷ 应有小时，全市、旗县区、园区在前，企业由低到高。"
                "应有小时按登记的计量点计，从未上报的也计入。"
                "“未联网”指装了检定有效的器具而没有数据来源，不计入分母。",
                sql["arrivals"],
                columns={
                    "范围": Column(links=(("查看该企业", board_link(WATER, enterprise="企业代码")), FINDING_LINK)),
                    "到报率": _PCT,
                    "要求": _PCT,
                    "判定": Column(words=VERDICTS, background=True),
                    "原因": Column(words=WATER_REASONS),
                    "判定编号": Column(hidden=True),
                    "企业代码": Column(hidden=True),
                },
                size=(14, 10),
            ),
            series_panel(
                "到报率逐月",
                "每个已判定月一点。未选企业时为全市、旗县区和园区，选企业后为该企业。",
                sql["arrival_trend"],
                unit="percent",
                decimals=2,
                size=(10, 10),
            ),
        ],
    )


def _gaps(sql: dict[str, str]) -> Section:
    return Section(
        "缺口清单",
        [
            table_panel(
                "需要处理的计量点与取水口",
                "截至最近一个已判定日：未装表、检定过期或 30 天内到期、未联网、到报率不足的计量点，不在线的取水口，"
                "未登记计量点的企业；"
                "逐条给出原因和从哪天起，最多 1000 行。到报率＝有读数的小时 ÷ 应有小时。点企业名看该企业，"
                "或在接口里取同一清单。",
                sql["gaps"],
                columns={
                    "企业": Column(
                        links=(
                            ("查看该企业", board_link(WATER, enterprise="企业代码")),
                            ("水量平衡", board_link(BALANCE, enterprise="企业代码")),
                            ("缺口清单（接口）", '${api}/v1/coverage/gaps?enterprise=${__data.fields["企业代码"]}'),
                        )
                    ),
                    "类别": Column(words=GAP_KINDS),
                    "介质": Column(words=MEDIA),
                    "级别": Column(words=PLACE_LEVELS),
                    "缺口原因": Column(words=GAP_REASONS, background=True),
                    "细节": Column(words=WATER_REASONS),
                    "许可水量": Column(unit="suffix: m³/年", decimals=0),
                    "到报率": _PCT,
                    "应在线": Column(words=YES_NO),
                    "企业代码": Column(hidden=True),
                },
                size=(24, 12),
            ),
            table_panel(
                "水表在线状态",
                "每个水量测点一行，离线在前，最多 1000 行。离线：连续 3 个整小时没有读数（平台自定规则，不是法规判定）"
                "。"
                "静默 = 所选时间范围末尾 − 最近一次测量。",
                sql["meters"],
                columns={
                    "状态": Column(words=WATER_REASONS, background=True),
                    "自": _TIME,
                    "最近测量": _TIME,
                    "表底": Column(decimals=1),
                    "静默": Column(unit="dtdurations", decimals=0),
                },
                size=(24, 9),
            ),
        ],
    )


def _volumes(sql: dict[str, str]) -> Section:
    return Section(
        "水量",
        [
            series_panel(
                "每日取用水量",
                "用水单位级水表（及未登记计量点的水量测点）逐小时增量之和，按本地日、企业。"
                "跨缺口的增量计入后一读数所在小时。"
                "没有读数的小时不计为零。",
                sql["volume_daily"],
                unit="m3",
                bars=True,
                stacked=True,
                size=(24, 9),
            ),
            series_panel(
                "逐小时水量",
                "所选时间范围的最后七天内，每个水量测点每小时的增量；断开处为没有增量可算（缺数），不是零用水。",
                sql["volume_hourly"],
                unit="m3",
                size=(24, 9),
            ),
            table_panel(
                "有标记的小时",
                "所选时间范围内带标记的小时（翻转、归零、换表、跳变、倒流、缺口、更正等），最多 300 行。",
                sql["marked_hours"],
                columns={"小时": _TIME, "水量": Column(unit="m3", decimals=1), "缺口自": _TIME},
                size=(12, 9),
            ),
            table_panel(
                "原始读数",
                "所选时间范围最后 24 小时内最新的 500 条水表读数。原值从不改动；采用值为最新一次更正的值。",
                sql["raw"],
                columns={
                    "测量时间": _TIME,
                    "接收时间": _TIME,
                    "数据标记": Column(words=SOURCE_FLAGS),
                    "质控": Column(words=QC_FLAGS),
                },
                size=(12, 9),
            ),
        ],
    )
