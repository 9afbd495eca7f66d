"""平台运行: the accounting law, backlog and lag, rules, notifications, gateways."""

from __future__ import annotations

from grafana.alarm_words import OCCASIONS, SILENT
from grafana.boards import variables
from grafana.panels import (
    GREEN,
    GREY,
    PLATFORM,
    RED,
    TIME_UNIT,
    Board,
    Column,
    Section,
    bars_panel,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
)
from grafana.words import (
    BLUE,
    DOORS,
    ONLINE,
    ORANGE,
    PROFILES,
    QUIRKS,
    REFUSALS,
    RULE_HEALTH,
    RULE_STATUS,
    SOURCE_FLAGS,
    STAGES,
    YES_NO,
)

_TIME = Column(unit=TIME_UNIT)
_DURATION = Column(unit="dtdurations", decimals=0)
_BAD = Column(bad_above_zero=True)


def board() -> Board:
    """What the platform engineer watches; Prometheus alerts on the same things."""
    sql = load_queries("platform")
    return Board(
        uid=PLATFORM,
        title="平台运行",
        description="数据记账、拒收、积压与滞后、规则健康、通知、网关、数采仪",
        variables=[variables.district(), variables.enterprise()],
        sections=[_health(sql), _accounting(sql), _pipeline(sql), _notifications(sql), _sources(sql), _formats(sql)],
        time_from="now-7d/d",
    )


def _health(sql: dict[str, str]) -> Section:
    return Section(
        "健康",
        [
            stat_panel(
                "平台健康",
                "全平台，不随旗县区与企业变化。记账差额：全部日期 接收 −（入库 + 重复 + 更正 + 拒收），必须为 0；"
                "待处理：各环节积压之和；出错规则：已启用而最近执行出错；发送失败：所选时间范围内；离线网关：当前。",
                sql["health"],
                columns={
                    "记账差额": _BAD,
                    "出错规则": _BAD,
                    "发送失败": _BAD,
                    "离线网关": _BAD,
                },
                size=(24, 5),
            )
        ],
    )


def _accounting(sql: dict[str, str]) -> Section:
    return Section(
        "数据记账与拒收",
        [
            series_panel(
                "每日接收构成",
                "每个本地日（按接收时间）的项数：入库、重复、更正、拒收，堆叠总高即接收。",
                sql["accounting_daily"],
                unit="short",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"入库": GREEN, "重复": GREY, "更正": BLUE, "拒收": RED},
                size=(12, 9),
            ),
            bars_panel(
                "拒收原因",
                "所选时间范围内被拒收的项数，按原因；每条拒收都保留原始报文。",
                sql["refusal_reasons"],
                unit="none",
                x="原因",
                words=REFUSALS,
                colours={"拒收项数": RED},
                horizontal=True,
                size=(12, 9),
            ),
            table_panel(
                "各企业每日记账",
                "差额 = 接收 −（入库 + 重复 + 更正 + 拒收），必须为 0；最多 1000 行。",
                sql["accounting"],
                columns={"差额": _BAD},
                size=(24, 8),
            ),
            table_panel(
                "最近拒收",
                "所选时间范围内最近 200 条：报文、原因、该原因下的第一项与应有的写法。",
                sql["refusals"],
                columns={
                    "接收时间": _TIME,
                    "原因": Column(words=REFUSALS),
                    "报文大小": Column(unit="bytes"),
                },
                size=(24, 9),
            ),
        ],
    )


def _pipeline(sql: dict[str, str]) -> Section:
    return Section(
        "积压、滞后与规则",
        [
            table_panel(
                "积压",
                "各环节当前等待处理的条数，以及其中最早的数据时间。小时汇总：待重算的测点小时；规则判定：待重判的数据变化；"
                "告警处理：待处理的判定；通知发送：待发送的通知。",
                sql["backlog"],
                columns={"环节": Column(words=STAGES), "最早数据时间": _TIME},
                size=(8, 9),
            ),
            series_panel(
                "每日判定数",
                "当前有效判定按周期起点所在本地日计数；被取代的判定不计。",
                sql["findings_daily"],
                unit="short",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"达标": GREEN, "不达标": RED, "无法判定": GREY},
                size=(16, 9),
            ),
            table_panel(
                "规则健康",
                "每条规则的最近执行与水位。全部判定至：该规则所有对象都已判定到的时刻；滞后 = 所选时间范围末尾 − 该时刻"
                "（按月、按日的规则天然滞后一个周期）。",
                sql["rule_health"],
                columns={
                    "状态": Column(words=RULE_HEALTH, background=True, width=80),
                    "启用": Column(words=YES_NO),
                    "依据性质": Column(words=RULE_STATUS),
                    "全部判定至": _TIME,
                    "最近执行": _TIME,
                    "滞后": _DURATION,
                },
                size=(24, 10),
            ),
        ],
    )


def _notifications(sql: dict[str, str]) -> Section:
    return Section(
        "通知",
        [
            series_panel(
                "每日通知",
                "按入队时间所在本地日、当前状态计数。",
                sql["notifications_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"已发送": GREEN, "待发送": ORANGE, "发送失败": RED},
                size=(12, 8),
            ),
            table_panel(
                "各渠道",
                "所选时间范围内入队的通知，按渠道与事件。送达用时 P95：入队到发送成功用时的 95 分位。",
                sql["notifications"],
                columns={
                    "事件": Column(words=OCCASIONS),
                    "发送失败": _BAD,
                    "送达用时 P95": Column(unit="s", decimals=1),
                },
                size=(12, 8),
            ),
        ],
    )


def _sources(sql: dict[str, str]) -> Section:
    return Section(
        "网关与测点",
        [
            table_panel(
                "网关",
                "每个网关最近一次上线或离线（遗嘱）状态，离线在前。持续 = 所选时间范围末尾 − 变化时间。",
                sql["gateways"],
                columns={
                    "状态": Column(words=ONLINE, background=True, width=80),
                    "变化时间": _TIME,
                    "持续": _DURATION,
                },
                size=(12, 9),
            ),
            table_panel(
                "网关数据",
                "每个上报过数据的网关、数采仪或 Sparkplug 节点：其测点整点小时内是否还有数据，中断的在前，最多500行。",
                sql["gateway_data"],
                columns={"数据": Column(words=SILENT, background=True, width=80), "自": _TIME, "持续": _DURATION},
                size=(12, 9),
            ),
            series_panel(
                "每小时读数",
                "已汇总的小时：收到的读数、其中有效的、按登记上报间隔应收的。没有任何读数的测点小时不在其中。",
                sql["arrival"],
                unit="short",
                decimals=0,
                colours={"应收": GREY, "有效": GREEN, "收到": BLUE},
                size=(24, 8),
            ),
            table_panel(
                "静默最久的测点",
                "在役测点按静默与上报间隔之比排序，从未有读数的与比值大的在前（每日上报一次的测点不会排在前面），"
                "最多 100 行。"
                "静默 = 所选时间范围末尾 − 最近测量。",
                sql["silent_points"],
                columns={
                    "最近测量": _TIME,
                    "最近接收": _TIME,
                    "最近值": Column(decimals=2),
                    "数据标记": Column(words=SOURCE_FLAGS),
                    "静默": _DURATION,
                    "上报间隔": Column(unit="s"),
                },
                size=(24, 9),
            ),
        ],
    )


def _formats(sql: dict[str, str]) -> Section:
    return Section(
        "HJ 212 数采仪与无主报文",
        [
            table_panel(
                "数采仪",
                "登记在役的数采仪，从未连接与离线的在前。解析模式为严格时，任何偏差都会拒收该数据包；宽松时已知偏差放行并计数。",
                sql["stations"],
                columns={
                    "状态": Column(words=ONLINE, background=True, width=80),
                    "解析模式": Column(words=PROFILES),
                    "变化时间": _TIME,
                    "持续": _DURATION,
                },
                size=(24, 8),
            ),
            table_panel(
                "已放行的偏差",
                "所选时间范围内，宽松模式放行的数据包偏差，按设备与种类；应督促企业整改。",
                sql["quirks"],
                columns={"偏差": Column(words=QUIRKS), "最近日期": _TIME},
                size=(12, 9),
            ),
            table_panel(
                "无主报文",
                "发送方不在登记之列的报文，最多 200 条；不计入任何企业的记账。新数采仪的 MN 登记有误时会出现在这里。",
                sql["strays"],
                columns={
                    "接收时间": _TIME,
                    "入口": Column(words=DOORS),
                    "原因": Column(words=REFUSALS),
                    "报文大小": Column(unit="bytes"),
                },
                size=(12, 9),
            ),
        ],
    )
