"""水量平衡: entry against sub-meters, what was replaced, permits and plans, reuse, quotas, the city's total."""

from __future__ import annotations

from grafana.account_words import (
    FLOWS,
    INTAKE_SOURCES,
    LINE_PRODUCTS,
    METER_EVENTS,
    PLACE_LEVELS,
    QUOTA_GRADES,
    WATER_USES,
)
from grafana.boards import variables
from grafana.panels import (
    BALANCE,
    FINDING_LINK,
    TARGETS,
    TIME_UNIT,
    WATER,
    Board,
    Column,
    Section,
    board_link,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
)
from grafana.pictures import gauge_panel
from grafana.words import GREEN, GREY, ORANGE, RED, VERDICTS, WATER_REASONS

_PCT = Column(unit="percent", decimals=2)
_M3 = Column(unit="suffix: m³", decimals=0)
_VERDICT = Column(words=VERDICTS, background=True)
_REASON = Column(words=WATER_REASONS)
_ENTERPRISE = Column(
    links=(
        ("查看该企业", board_link(BALANCE, enterprise="企业代码")),
        ("用水计量覆盖", board_link(WATER, enterprise="企业代码")),
        FINDING_LINK,
    )
)
_HIDDEN = {"判定编号": Column(hidden=True), "企业代码": Column(hidden=True)}


def board() -> Board:
    """From the city's total down to the meters of one balance."""
    sql = load_queries("balance")
    return Board(
        uid=BALANCE,
        title="水量平衡",
        description="全市用水总量与预计、总表与分表平衡、换表与归零、取水许可与用水计划、上报核对、重复利用率、用水定额",
        variables=[variables.district(), variables.enterprise(), variables.api()],
        sections=[_city(sql), _balances(sql), _permits(sql), _efficiency(sql)],
        time_from="now-1y/M",
    )


def _city(sql: dict[str, str]) -> Section:
    return Section(
        "全市用水总量",
        [
            gauge_panel(
                "用水总量进度",
                "满格为当年控制目标的 100%。累计取自台账的全市用水总量，缺月时用企业已知取水量；"
                "预计全年＝累计 ÷ 已过天数 × 全年天数，"
                "缺月时不预计。",
                sql["cap_gauge"],
                size=(8, 8),
            ),
            stat_panel(
                "用水总量与控制目标",
                "截至最近一个已判定月。累计超过目标，或按目前进度全年将超过目标为不达标；提前关注线为按进度的 90%。"
                "目标取自所列文件。",
                sql["cap"],
                columns={
                    "累计用水量": _M3,
                    "预计全年": _M3,
                    "控制目标": _M3,
                    "判定": Column(words=VERDICTS),
                    "原因": _REASON,
                    "提前关注": Column(words=VERDICTS),
                    "截至": Column(),
                },
                link=("目标记分牌", f"/d/{TARGETS}?"),
                size=(16, 8),
            ),
            series_panel(
                "用水总量走势",
                "每个已判定月的年内累计、据此预计的全年和控制目标（虚线）；缺月时没有预计。",
                sql["cap_trend"],
                unit="suffix: m³",
                decimals=0,
                limits=True,
                size=(24, 8),
            ),
        ],
    )


def _balances(sql: dict[str, str]) -> Section:
    return Section(
        "总表与分表",
        [
            stat_panel(
                "企业边界合计",
                "所选企业全企业边界最近一个已判定月之和：进水总表、次级与转供分表、两者之差；不能判定的边界只计个数，"
                "不计水量。",
                sql["city_balance"],
                columns={
                    **dict.fromkeys(("总表水量", "分表之和", "差额"), _M3),
                    "差率": _PCT,
                    "超允许差": Column(bad_above_zero=True),
                },
                size=(24, 5),
            ),
            table_panel(
                "水量平衡",
                "最近一个已判定月，每个边界一行：一个计量点及其下级，或全企业的进水与次级用水、转供。"
                "差额＝总表 − 分表之和，"
                "差率＝|差额| ÷ 总表。允许差 10%、关注线 5% 为平台自定，不是法规限值；缺表、缺数的不作判定。"
                "漏失率按同一边界，带符号，限值未核实，缺省不启用。",
                sql["balances"],
                columns={
                    "企业": _ENTERPRISE,
                    **dict.fromkeys(("总表水量", "分表之和", "差额"), _M3),
                    **dict.fromkeys(("差率", "允许差", "关注线", "漏失率"), _PCT),
                    "判定": _VERDICT,
                    "关注": _VERDICT,
                    "原因": _REASON,
                    **_HIDDEN,
                },
                size=(24, 10),
            ),
            series_panel(
                "逐月判定",
                "所选边界的个数，按当月判定；无法判定的多半缺表或缺数，见上表原因。",
                sql["balance_months"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"平衡": GREEN, "进大于出": RED, "分表大于总表": ORANGE, "无法判定": GREY},
                size=(8, 9),
            ),
            series_panel(
                "逐月差额",
                "差额最大的 20 个边界，每个一条线：总表 − 分表之和，正为漏失或未计量，负为分表多于总表；"
                "不能判定的月份不画。",
                sql["balance_trend"],
                unit="suffix: m³",
                decimals=0,
                size=(8, 9),
            ),
            series_panel(
                "各计量点逐月水量",
                "未选企业时为各企业进水总表之和，选企业后为其进出与次级计量点；与判定同源，"
                "跨缺口的水量计入后一读数所在月。最多 20 条。",
                sql["place_trend"],
                unit="suffix: m³",
                decimals=0,
                size=(8, 9),
            ),
            table_panel(
                "有关水表",
                "所选时间范围末尾之前最近一个有合计的月，每个用水计量点一行，下级排在上级之后。"
                "未说明的归零或突跳期间流过的水量不在合计内，这样的月份不作判定。",
                sql["meters"],
                columns={
                    "级别": Column(words=PLACE_LEVELS),
                    "方向": Column(words=FLOWS),
                    "用途": Column(words=WATER_USES),
                    "月水量": _M3,
                    "其中跨缺口": _M3,
                    "未说明的归零或突跳": Column(bad_above_zero=True),
                },
                size=(24, 10),
            ),
            table_panel(
                "换表、归零、突跳与更正",
                "所选时间范围内登记的换表，没有换表记录的归零和突跳，以及更正前后增量相差十倍的更正，新的在前。"
                "登记换表后水量连续，归零的标记随之撤销。更正一行的原表底、新表底为更正前后的读数。",
                sql["events"],
                columns={
                    "时间": Column(unit=TIME_UNIT),
                    "事件": Column(words=METER_EVENTS, background=True),
                    "测点": Column(links=(FINDING_LINK,)),
                    "原表底": Column(decimals=1),
                    "新表底": Column(decimals=1),
                    "判定编号": Column(hidden=True),
                },
                size=(14, 8),
            ),
            table_panel(
                "停走与雷同增量",
                "所选时间范围内，企业在用电而水表整天不走，或 48 小时逐时增量完全相同的天数；只提示去看表，不作结论。",
                sql["signs"],
                columns={
                    "测点": Column(links=(FINDING_LINK,)),
                    "情况": _REASON,
                    "最早": Column(unit="time:YYYY-MM-DD"),
                    "最近": Column(unit="time:YYYY-MM-DD"),
                    "判定编号": Column(hidden=True),
                },
                size=(10, 8),
            ),
        ],
    )


def _permits(sql: dict[str, str]) -> Section:
    return Section(
        "取水许可、用水计划与上报",
        [
            table_panel(
                "年内取水量与许可、计划",
                "截至最近一个已判定月的年内取水量：登记之前的月份用企业上报数，之后用计量。占许可、占计划高的排在前。"
                "预计全年＝累计 ÷ 已过天数 × 全年天数，数据不全时不预计。没有下达计划的不作计划判定。",
                sql["permits"],
                columns={
                    "企业": _ENTERPRISE,
                    **dict.fromkeys(("年内取水量", "许可水量", "预计全年", "计划水量"), _M3),
                    "占许可": _PCT,
                    "占计划": _PCT,
                    "许可判定": _VERDICT,
                    "计划判定": _VERDICT,
                    "许可原因": _REASON,
                    "计划原因": _REASON,
                    **_HIDDEN,
                },
                size=(24, 10),
            ),
            table_panel(
                "取水许可证",
                "在用的非农业取水口，先到期的在前，没有登记有效期的最前；剩余天数为到所选时间范围末尾，负数为已过期，"
                "最多 1000 行。",
                sql["permit_terms"],
                columns={
                    "企业": Column(links=(("查看该企业", board_link(BALANCE, enterprise="企业代码")),)),
                    "水源": Column(words=INTAKE_SOURCES),
                    "许可水量": Column(unit="suffix: m³/年", decimals=0),
                    "剩余天数": Column(decimals=0),
                    "企业代码": Column(hidden=True),
                },
                size=(24, 8),
            ),
            series_panel(
                "年内取水量占许可水量",
                "占比最高的 20 家企业，每家一条线；1 月归零重新累计。",
                sql["permit_trend"],
                unit="percent",
                decimals=1,
                size=(10, 9),
            ),
            table_panel(
                "上报量与计量值核对",
                "最近一个已判定月：|计量 − 上报| ÷ 计量，允许差 5% 为平台自定；未上报或计量不全的不作判定。",
                sql["reports"],
                columns={
                    "企业": _ENTERPRISE,
                    "计量水量": _M3,
                    "上报水量": _M3,
                    "相差": _PCT,
                    "允许差": _PCT,
                    "判定": _VERDICT,
                    "原因": _REASON,
                    **_HIDDEN,
                },
                size=(14, 9),
            ),
        ],
    )


def _efficiency(sql: dict[str, str]) -> Section:
    return Section(
        "重复利用与定额",
        [
            table_panel(
                "重复利用率",
                "最近一个已判定月：重复利用水量 ÷（取水量＋重复利用水量）。没有限值，只列数值；"
                "没有相应计量点的一项留空。",
                sql["reuse"],
                columns={
                    "企业": _ENTERPRISE,
                    "重复利用率": _PCT,
                    "冷却水循环率": _PCT,
                    "冷凝水回用率": _PCT,
                    "结论": _REASON,
                    **_HIDDEN,
                },
                size=(11, 9),
            ),
            table_panel(
                "用水定额",
                "每条生产线往前 12 个月的单位产品取水量与通用值（有强制性定额的用强制性）。没有收录定额的写明，"
                "不算符合。",
                sql["quotas"],
                columns={
                    "企业": _ENTERPRISE,
                    "产品": Column(words=LINE_PRODUCTS),
                    "单位产品取水量": Column(decimals=3),
                    "定额": Column(decimals=3),
                    "达到的等级": Column(words=QUOTA_GRADES),
                    "判定": _VERDICT,
                    "原因": _REASON,
                    **_HIDDEN,
                },
                size=(13, 9),
            ),
        ],
    )
