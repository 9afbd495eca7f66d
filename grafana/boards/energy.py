"""能耗对标: unit energy of lines against every figure that a document gives, lists, and metering differences."""

from __future__ import annotations

from grafana.account_words import (
    CHARGING,
    CONFIDENCE,
    DOCUMENT_STATUS,
    ENERGY_FLOWS,
    LINE_PRODUCTS,
    MET,
    QUENCHING,
)
from grafana.boards import variables
from grafana.panels import (
    ENERGY,
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
from grafana.words import VERDICTS, WATER_REASONS

_PCT = Column(unit="percent", decimals=2)
_UNIT = Column(unit="suffix: kgce/t", decimals=2)
_TCE = Column(unit="suffix: tce", decimals=0)
_VERDICT = Column(words=VERDICTS, background=True)
_REASON = Column(words=WATER_REASONS)
_ENTERPRISE = Column(links=(("查看该企业", board_link(ENERGY, enterprise="企业代码")), FINDING_LINK))
_HIDDEN = {"判定编号": Column(hidden=True), "企业代码": Column(hidden=True)}
_FROM = Column(words=CONFIDENCE)


def board() -> Board:
    """From the lines against the limits to the components that their figures are made of."""
    sql = load_queries("energy")
    return Board(
        uid=ENERGY,
        title="能耗对标",
        description="单位产品能耗与限额、标杆基准、清单印刷值对照，年综合能耗名单，精准改造清单，能源计量差",
        variables=[variables.district(), variables.enterprise(), variables.api()],
        sections=[_lines(sql), _lists(sql), _components(sql), _differences(sql)],
        time_from="now-1y/M",
    )


def _lines(sql: dict[str, str]) -> Section:
    return Section(
        "单位产品能耗",
        [
            table_panel(
                "生产线与限额",
                "每条生产线最近一个已判定月往前 12 个月：（投入折标煤 − 产出及回收外供折标煤）÷ 产量，单位 kgce/t。"
                "1、2、3 级为强制性标准的先进值、准入值、限定值，焦炭已按标准作燃料、原料煤、熄焦、炉龄修正。"
                "超得多的在前。"
                "结论取决于未经核对的系数时不作判定。",
                sql["lines"],
                columns={
                    "企业": _ENTERPRISE,
                    "产品": Column(words=LINE_PRODUCTS),
                    **dict.fromkeys(("单位能耗", "1级", "2级", "3级", "未核对因子所占"), _UNIT),
                    "限定值判定": _VERDICT,
                    "准入值判定": _VERDICT,
                    "原因": _REASON,
                    "数值来源": _FROM,
                    "12个月产量": Column(unit="suffix: t", decimals=0),
                    **_HIDDEN,
                },
                size=(24, 9),
            ),
            table_panel(
                "各文件的对照值",
                "同一条生产线逐个对照：现行标准三级、标杆水平与基准水平、2022 年清单印刷的准入值与先进值，各列文件、"
                "状态和数值来源，"
                "互不替代；判定只依据现行标准的限定值与准入值。",
                sql["comparisons"],
                columns={
                    "产品": Column(words=LINE_PRODUCTS),
                    **dict.fromkeys(("单位能耗", "数值", "修正前"), _UNIT),
                    "达到": Column(words=MET, background=True),
                    "文件状态": Column(words=DOCUMENT_STATUS),
                    "数值来源": _FROM,
                },
                size=(24, 11),
            ),
            series_panel(
                "单位产品能耗走势",
                "每月一点，均为往前 12 个月的单位能耗；选企业后加画修正后的 3 级限值（虚线）。没有数值的月份不画，"
                "最多 20 条生产线。",
                sql["unit_trend"],
                unit="suffix: kgce/t",
                decimals=2,
                limits=True,
                size=(12, 10),
            ),
            table_panel(
                "焦炭限额的修正",
                "GB 21342 第 5.3 条各项修正（kgce/t）及所用数据；挥发分、水分为按产量加权的 12 个月平均。"
                "缺任何一项时不修正、不判定。",
                sql["corrections"],
                columns={
                    "装煤方式": Column(words=CHARGING),
                    "熄焦": Column(words=QUENCHING),
                    "挥发分": _PCT,
                    "水分": _PCT,
                    "炉龄": Column(unit="suffix: 年", decimals=0),
                    **dict.fromkeys(("燃料修正", "挥发分修正", "水分修正", "熄焦修正", "炉龄修正"), Column(decimals=2)),
                },
                size=(12, 10),
            ),
        ],
    )


def _lists(sql: dict[str, str]) -> Section:
    return Section(
        "名单",
        [
            table_panel(
                "年综合能耗 1 万吨标准煤以上",
                "往前 12 个月，按等价值（电力用当年火电标准煤耗折算）。数据不全的企业不在此列，见右表。",
                sql["large"],
                columns={"企业": _ENTERPRISE, "等价值": _TCE, "当量值": _TCE, **_HIDDEN},
                size=(10, 9),
            ),
            table_panel(
                "年综合能耗 5000 吨标准煤以上及数据不全",
                "往前 12 个月，按当量值；缺月的企业列出已知部分，不作结论。",
                sql["over_5000"],
                columns={
                    "企业": _ENTERPRISE,
                    **dict.fromkeys(("当量值", "等价值", "已知部分", "未核对因子所占"), _TCE),
                    "结论": _REASON,
                    **_HIDDEN,
                },
                size=(14, 9),
            ),
            table_panel(
                "精准改造清单",
                "煤焦化方案（征求意见稿）：年综合能耗 5000 吨标准煤以上且有生产线超过限定值（3 级）的企业。"
                "列入的在前；每条生产线一行。",
                sql["retrofit"],
                columns={
                    "企业": _ENTERPRISE,
                    "判定": _VERDICT,
                    "结论": _REASON,
                    "当量值": _TCE,
                    "入列门槛": _TCE,
                    "产品": Column(words=LINE_PRODUCTS),
                    "单位能耗": _UNIT,
                    "3级": _UNIT,
                    "生产线结论": _REASON,
                    **_HIDDEN,
                },
                size=(18, 9),
            ),
            stat_panel(
                "焦炭标杆水平产能占比",
                "单位能耗达到标杆水平的焦炭产能 ÷ 有登记产能的全部焦炭产能。没有单位能耗的生产线按未达到计。"
                "标杆值未经文件原文核对时只列数值。",
                sql["benchmark"],
                columns={
                    "标杆产能占比": _PCT,
                    "目标": _PCT,
                    "判定": Column(words=VERDICTS),
                    "原因": _REASON,
                    "截至": Column(),
                },
                link=("目标记分牌", f"/d/{TARGETS}?"),
                size=(6, 9),
            ),
        ],
    )


def _components(sql: dict[str, str]) -> Section:
    return Section(
        "能源构成",
        [
            table_panel(
                "分品种能源与折标系数",
                "往前 12 个月，企业为购入加期初库存减期末库存、外供和用作原料，生产线为投入与产出；"
                "折标煤按所列版本的系数，"
                "产出为负。缺月为 12 个月中没有数的月数。最多 1000 行。",
                sql["components"],
                columns={
                    "方向": Column(words=ENERGY_FLOWS),
                    "实物量": Column(decimals=0),
                    "折标煤": _TCE,
                    "系数": Column(decimals=4),
                    "数值来源": _FROM,
                    "缺月": Column(bad_above_zero=True),
                },
                size=(24, 11),
            ),
        ],
    )


def _differences(sql: dict[str, str]) -> Section:
    return Section(
        "能源计量差",
        [
            table_panel(
                "总表与分表之差",
                "最近一个已判定月：|总表 − 分表之和| ÷ 总表，电力允许差 5%，煤气、天然气、蒸汽 10%（平台自定）。"
                "边界为一个计量点及其下级，或全企业的进出与次级。缺表、缺数的不作判定。",
                sql["differences"],
                columns={
                    "企业": _ENTERPRISE,
                    "差率": _PCT,
                    "允许差": _PCT,
                    "判定": _VERDICT,
                    "原因": _REASON,
                    **_HIDDEN,
                },
                size=(24, 9),
            ),
        ],
    )
