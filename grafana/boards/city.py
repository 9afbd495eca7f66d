"""城市总览: headline figures, open alerts, districts and enterprises, and the accounting law."""

from __future__ import annotations

from grafana.account_words import DOCUMENT_STATUS, TARGET_STATES
from grafana.boards import variables
from grafana.panels import (
    BALANCE,
    CARBON,
    CITY,
    EMISSION,
    ENERGY,
    LDAR,
    PLATFORM,
    RED,
    TARGETS,
    TIME_UNIT,
    TRUST,
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
from grafana.words import ALERT_STATES, BLUE, GREEN, ORANGE, SEVERITIES, VERDICTS, WATER_REASONS

_PCT = Column(unit="percent", decimals=2)
_VERDICT = Column(words=VERDICTS, background=True)
_ENTERPRISE_LINKS = Column(
    links=(
        ("固定源排放", board_link(EMISSION, enterprise="企业代码")),
        ("数据可信度", board_link(TRUST, enterprise="企业代码")),
        ("用水计量覆盖", board_link(WATER, enterprise="企业代码")),
        ("水量平衡", board_link(BALANCE, enterprise="企业代码")),
        ("能耗对标", board_link(ENERGY, enterprise="企业代码")),
        ("碳账户与绿电", board_link(CARBON, enterprise="企业代码")),
        ("泄漏检测与修复", board_link(LDAR, enterprise="企业代码")),
        ("平台运行", board_link(PLATFORM, enterprise="企业代码")),
    )
)
_DISTRICT_LINKS = Column(
    links=(
        ("固定源排放", board_link(EMISSION, district="区代码")),
        ("数据可信度", board_link(TRUST, district="区代码")),
        ("用水计量覆盖", board_link(WATER, district="区代码")),
        ("水量平衡", board_link(BALANCE, district="区代码")),
        ("能耗对标", board_link(ENERGY, district="区代码")),
        ("碳账户与绿电", board_link(CARBON, district="区代码")),
        ("泄漏检测与修复", board_link(LDAR, district="区代码")),
    )
)
_STANDING = {
    "本月超低达标率": _PCT,
    "判定占比": _PCT,
    "计量安装率": _PCT,
    "在线监控率": _PCT,
    "LDAR 按期率": _PCT,
    "安装判定": _VERDICT,
    "在线判定": _VERDICT,
    "法定超标小时": Column(bad_above_zero=True),
    "逾期密封点": Column(bad_above_zero=True),
    "未恢复告警": Column(bad_above_zero=True),
}


def board() -> Board:
    """The city at a glance; each enterprise opens the board of its subject."""
    sql = load_queries("city")
    return Board(
        uid=CITY,
        title="城市总览",
        description="全市核心指标、未恢复告警、各旗县区与企业现状、数据记账",
        variables=[variables.district()],
        sections=[_headlines(sql), _resources(sql), _alerts(sql), _standing(sql), _data(sql)],
    )


def _headlines(sql: dict[str, str]) -> Section:
    return Section(
        "核心指标",
        [
            stat_panel(
                "取水计量在线监控率",
                "所选时间范围内最近一个已判定日。分子：在线取水口许可水量之和；分母：全部在役非农业取水口许可水量之和。"
                "在线指有检定有效的用水单位级水表且本月到报率达到规则要求。目标取自规则判定（绿色园区方案）。"
                "选多个旗县区时只显示第一个。",
                sql["intake_online_rate"],
                columns={"实际": _PCT, "目标": _PCT, "判定": Column(words=VERDICTS), "范围": Column()},
                link=("用水计量覆盖", f"/d/{WATER}?${{district:queryparam}}"),
                size=(8, 5),
            ),
            stat_panel(
                "超低排放小时达标率（本月）",
                "所选时间范围末尾所在月，月初至今。分子：超低排放判定达标的小时；分母：判定达标与不达标的小时之和"
                "（按排口、污染物逐小时计）。排除与无法判定的小时不计入，判定占比为已判定小时占运行小时的比例。"
                "法定超标小时按许可证或排放标准另计。",
                sql["emission_share"],
                columns={
                    "达标率": _PCT,
                    "判定占比": _PCT,
                    "达标小时": Column(unit="none"),
                    "已判定小时": Column(),
                    "法定超标小时": Column(bad_above_zero=True),
                },
                link=("固定源排放", f"/d/{EMISSION}?${{district:queryparam}}"),
                size=(8, 5),
            ),
            stat_panel(
                "LDAR 按期率",
                "分子：当前没有逾期的密封点；分母：当前有检测期限的在役密封点（不含豁免）。"
                "任一 LDAR 规则判定逾期即计为逾期。",
                sql["ldar_share"],
                columns={
                    "按期率": _PCT,
                    "按期密封点": Column(unit="none"),
                    "逾期密封点": Column(bad_above_zero=True),
                },
                link=("泄漏检测与修复", f"/d/{LDAR}?${{district:queryparam}}"),
                size=(8, 5),
            ),
            stat_panel(
                "工业企业用水计量设施安装率",
                "所选时间范围内最近一个已判定日。分子：用水单位级计量点全部装有检定有效水表的工业企业数；分母："
                "登记的工业企业数。",
                sql["installation_rate"],
                columns={"实际": _PCT, "目标": _PCT, "判定": Column(words=VERDICTS), "范围": Column()},
                link=("用水计量覆盖", f"/d/{WATER}?${{district:queryparam}}"),
                size=(12, 4),
            ),
            stat_panel(
                "未恢复告警",
                "当前待触发或告警中的告警条数，按级别；未确认指值班人员尚未确认的条数。",
                sql["open_alert_count"],
                bad_above_zero=True,
                size=(12, 4),
            ),
        ],
    )


def _resources(sql: dict[str, str]) -> Section:
    return Section(
        "水、能源与目标",
        [
            stat_panel(
                "用水总量",
                "全市当年累计用水量占控制目标的比例，截至最近一个已判定月；超过目标或按目前进度将超过的为不达标。",
                sql["water_cap"],
                columns={"累计占控制目标": _PCT, "结论": Column(words=WATER_REASONS), "截至": Column()},
                link=("水量平衡", f"/d/{BALANCE}?${{district:queryparam}}"),
                size=(6, 4),
            ),
            stat_panel(
                "单位能耗超限额",
                "最近 12 个月单位产品能耗超过限定值（3 级）的生产线条数；无法判定的另计。",
                sql["over_limit_lines"],
                columns={"超过限定值": Column(bad_above_zero=True), "无法判定": Column(), "生产线": Column()},
                link=("能耗对标", f"/d/{ENERGY}?${{district:queryparam}}"),
                size=(6, 4),
            ),
            stat_panel(
                "绿电占比",
                "全市当年累计绿电量 ÷ 用电量，截至最近一个已判定月；目标年之前没有目标，有企业缺月时按已知部分。",
                sql["green_share"],
                columns={"绿电占比": _PCT, "目标": _PCT, "结论": Column(words=WATER_REASONS), "截至": Column()},
                link=("碳账户与绿电", f"/d/{CARBON}?${{district:queryparam}}"),
                size=(6, 4),
            ),
            stat_panel(
                "目标进度",
                "五份文件全部目标的个数，按状态；其余为暂无数值或无法计算，原因见目标记分牌。",
                sql["target_states"],
                columns={
                    "已达到": Column(colour=GREEN),
                    "进度正常": Column(colour=GREEN),
                    "落后或未达到": Column(bad_above_zero=True),
                    "全部": Column(),
                },
                link=("目标记分牌", f"/d/{TARGETS}?"),
                size=(6, 4),
            ),
        ],
    )


def _alerts(sql: dict[str, str]) -> Section:
    return Section(
        "告警",
        [
            table_panel(
                "未恢复告警清单",
                "当前未恢复的告警，严重在前，同级按发生时间先后；最多 500 条。已持续 = 所选时间范围末尾 − 发生时间。",
                sql["open_alerts"],
                columns={
                    "级别": Column(words=SEVERITIES, background=True, width=80),
                    "状态": Column(words=ALERT_STATES, width=100),
                    "对象": _ENTERPRISE_LINKS,
                    "发生时间": Column(unit=TIME_UNIT),
                    "发现时间": Column(unit=TIME_UNIT),
                    "已持续": Column(unit="dtdurations", decimals=0),
                    "企业代码": Column(hidden=True),
                },
            ),
            series_panel(
                "每日新增告警",
                "按发生时间所在的本地日（北京时间）计数，含已恢复的告警，按级别。",
                sql["alerts_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"严重": RED, "警告": ORANGE, "提示": BLUE},
                size=(24, 7),
            ),
        ],
    )


def _standing(sql: dict[str, str]) -> Section:
    return Section(
        "旗县区与企业",
        [
            table_panel(
                "各旗县区",
                "每个旗县区一行。超低达标率、法定超标小时为月初至今；安装率、在线率为最近一个已判定日的区级判定；"
                "LDAR 按期率为当前状态；未恢复告警为区内企业及该区本身的告警。",
                sql["districts"],
                columns={**_STANDING, "旗县区": _DISTRICT_LINKS, "区代码": Column(hidden=True)},
                size=(24, 7),
            ),
            table_panel(
                "各企业",
                "每家企业一行，未恢复告警多的在前。点企业名进入排放、可信度、用水、LDAR 或数据接收看板。"
                "空格表示该企业没有该项对象。",
                sql["enterprises"],
                columns={**_STANDING, "企业": _ENTERPRISE_LINKS, "企业代码": Column(hidden=True)},
                size=(24, 12),
            ),
        ],
    )


def _data(sql: dict[str, str]) -> Section:
    return Section(
        "数据与目标",
        [
            stat_panel(
                "数据记账",
                "所选时间范围涉及的本地日合计，按项（一次采样的一个测点值或一条检测记录）。"
                "定律：接收 = 入库 + 重复 + 更正 + 拒收，差额必须为 0。",
                sql["accounting"],
                columns={"差额": Column(bad_above_zero=True)},
                link=("平台运行", f"/d/{PLATFORM}?${{district:queryparam}}"),
                size=(24, 5),
            ),
            table_panel(
                "自动和由台账核算的目标",
                "政府文件中可由数据核算的目标及目前进度，原样列出；不同文件数值不一致时并列，不合并。"
                "全部目标见目标记分牌。",
                sql["targets"],
                columns={
                    "状态": Column(words=TARGET_STATES, background=True),
                    **dict.fromkeys(("目标值", "现值", "差距", "预计年末"), Column(decimals=2)),
                    "文件状态": Column(words=DOCUMENT_STATUS),
                },
                size=(24, 8),
            ),
        ],
    )
