"""碳账户与绿电: accounts by component against budgets, intensity, green electricity and solid waste."""

from __future__ import annotations

from grafana.account_words import CARBON_SOURCES, LINE_PRODUCTS
from grafana.boards import variables
from grafana.panels import (
    CARBON,
    FINDING_LINK,
    TARGETS,
    Board,
    Column,
    Section,
    board_link,
    load_queries,
    series_panel,
    stat_panel,
    table_panel,
)
from grafana.words import VERDICTS, WATER_REASONS, YES_NO

_PCT = Column(unit="percent", decimals=2)
_TONNES = Column(unit="suffix: tCO₂", decimals=1)
_WASTE = Column(unit="suffix: t", decimals=0)
_KWH = Column(unit="kwatth", decimals=0)
_VERDICT = Column(words=VERDICTS, background=True)
_REASON = Column(words=WATER_REASONS)
_ENTERPRISE = Column(links=(("查看该企业", board_link(CARBON, enterprise="企业代码")), FINDING_LINK))
_HIDDEN = {"判定编号": Column(hidden=True), "企业代码": Column(hidden=True)}
_SHARE = {"绿电占比": _PCT, "目标": _PCT, "判定": Column(words=VERDICTS), "原因": _REASON, "截至": Column()}


def board() -> Board:
    """From the city's sums down to each component's activity and factor."""
    sql = load_queries("carbon")
    return Board(
        uid=CARBON,
        title="碳账户与绿电",
        description="企业月度碳账户分项、碳强度、绿电占比分项、一般工业固废处置利用率",
        variables=[variables.district(), variables.enterprise(), variables.api()],
        sections=[_headlines(sql), _accounts(sql), _green(sql), _solid(sql)],
        time_from="now-1y/M",
    )


def _headlines(sql: dict[str, str]) -> Section:
    scoreboard = ("目标记分牌", f"/d/{TARGETS}?")
    return Section(
        "概览",
        [
            stat_panel(
                "碳排放量（最近一个月）",
                "所选企业碳账户之和，基于位置的方法：购入电力按所在地电网因子，绿电不抵减。"
                "数据不全或缺因子的账户不计入，单列户数。",
                sql["carbon_total"],
                columns={"碳排放量": _TONNES, "计入企业": Column(), "未计入企业": Column(), "月份": Column()},
                size=(6, 6),
            ),
            stat_panel(
                "绿电占比（全市）",
                "当年累计：（自发自用＋专线直供＋绿电交易＋绿证对应电量）÷ 用电量。目标取自三年行动计划（已印发），"
                "目标年之前不判定；有企业缺月时无法判定，数值按已知部分。",
                sql["green_city"],
                columns=_SHARE,
                link=scoreboard,
                size=(6, 6),
            ),
            stat_panel(
                "绿电占比（化工行业）",
                "算法同全市，范围为化工行业企业。目标取自化工行业方案（征求意见稿）：与全市目标范围、年份均不同，"
                "并列不合并。",
                sql["green_chemical"],
                columns=_SHARE,
                link=scoreboard,
                size=(6, 6),
            ),
            stat_panel(
                "一般工业固废处置利用率（全市）",
                "当年累计：（综合利用＋处置，含往年贮存）÷（产生＋利用处置的往年贮存）。综合利用率只计利用，"
                "是另一指标，并列展示。",
                sql["solid_city"],
                columns={"处置利用率": _PCT, "目标": _PCT, "综合利用率": _PCT, "判定": Column(words=VERDICTS)},
                link=scoreboard,
                size=(6, 6),
            ),
        ],
    )


def _accounts(sql: dict[str, str]) -> Section:
    return Section(
        "碳账户",
        [
            table_panel(
                "企业碳账户",
                "每家企业最近一个已判定月，排放多的在前。碳排放量＝Σ 活动数据 × 因子；预算取自台账，没有预算、缺数据、"
                "缺因子或因子未经核对的，不作判定。市场法按有依据的绿电另算，只并列。",
                sql["accounts"],
                columns={
                    "企业": _ENTERPRISE,
                    "碳排放量": _TONNES,
                    "预算": _TONNES,
                    "结余": _TONNES,
                    "判定": _VERDICT,
                    "原因": _REASON,
                    "单位产品": Column(decimals=4),
                    "产品": Column(words=LINE_PRODUCTS),
                    "万元增加值": Column(unit="suffix: tCO₂/万元", decimals=3),
                    "市场法（并列）": _TONNES,
                    **_HIDDEN,
                },
                size=(24, 9),
            ),
            table_panel(
                "分项、因子与版本",
                "最近一个已判定月各企业的每一分项：活动数据、因子及版本、是否与原文核对过、排放量；最多 500 行。",
                sql["components"],
                columns={
                    "来源": Column(words=CARBON_SOURCES),
                    "活动数据": Column(decimals=1),
                    "因子": Column(decimals=6),
                    "因子已核对": Column(words=YES_NO),
                    "碳排放量": _TONNES,
                },
                size=(24, 10),
            ),
            table_panel(
                "逐月账户",
                "所选时间范围内每家企业每月一行，按来源分项，回收利用为负；新的在前，最多 1000 行。",
                sql["months"],
                columns={
                    "企业": _ENTERPRISE,
                    **dict.fromkeys(
                        ("碳排放量", "燃料燃烧", "生产过程", "净购入电力", "净购入热力", "回收利用", "预算"), _TONNES
                    ),
                    "判定": _VERDICT,
                    "原因": _REASON,
                    **_HIDDEN,
                },
                size=(24, 10),
            ),
            series_panel(
                "逐月碳排放量",
                "所选企业之和，按来源叠加；回收利用为负。数据不全或缺因子的账户只有已知部分，不计入。",
                sql["carbon_trend"],
                unit="suffix: tCO₂",
                decimals=0,
                bars=True,
                stacked=True,
                size=(12, 9),
            ),
            series_panel(
                "单位产品碳强度",
                "排放最多的 20 家企业，每家一条线：碳排放量 ÷ 产量（tCO₂/产品单位），只有一种产品、"
                "数据和产量齐全的企业才有。",
                sql["intensity_trend"],
                unit="none",
                decimals=3,
                size=(12, 9),
            ),
        ],
    )


def _green(sql: dict[str, str]) -> Section:
    return Section(
        "绿电",
        [
            table_panel(
                "各企业绿电分项",
                "截至最近一个已判定月的当年累计。各企业没有目标，只列数值；电网中的可再生能源不计入任何企业。",
                sql["green_enterprises"],
                columns={
                    "企业": _ENTERPRISE,
                    "绿电占比": _PCT,
                    **dict.fromkeys(("用电量", "绿电量", "自发自用", "专线直供", "绿电交易", "绿证"), _KWH),
                    "原因": _REASON,
                    **_HIDDEN,
                },
                size=(14, 9),
            ),
            series_panel(
                "绿电占比走势",
                "每个已判定月的当年累计占比；虚线为当年判定所用的目标，没有目标的年份没有虚线。",
                sql["green_trend"],
                unit="percent",
                decimals=2,
                limits=True,
                size=(10, 9),
            ),
            series_panel(
                "绿电分项（全市）",
                "当年累计到每个已判定月，按分项叠加，1 月归零重新累计；缺月的企业只计已知部分。",
                sql["green_components"],
                unit="kwatth",
                decimals=0,
                bars=True,
                stacked=True,
                size=(24, 8),
            ),
        ],
    )


def _solid(sql: dict[str, str]) -> Section:
    return Section(
        "一般工业固废",
        [
            table_panel(
                "各企业处置利用率",
                "截至最近一个已判定月的当年累计，低的在前。目标取自绿色园区方案（送审稿）；方案把处置与利用合并计算，"
                "与综合利用率不是同一指标。",
                sql["solid_enterprises"],
                columns={
                    "企业": _ENTERPRISE,
                    "处置利用率": _PCT,
                    "综合利用率": _PCT,
                    "目标": _PCT,
                    "判定": _VERDICT,
                    "原因": _REASON,
                    **dict.fromkeys(("产生", "综合利用", "处置", "贮存"), _WASTE),
                    **_HIDDEN,
                },
                size=(24, 8),
            ),
        ],
    )
