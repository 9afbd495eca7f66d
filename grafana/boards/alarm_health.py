"""告警健康: whether people are told so much that they stop looking, after EEMUA 191 and ISA-18.2."""

from __future__ import annotations

from grafana.alarm_words import ASIDE, DECISION_REASONS, DECISIONS, FIGURES, OCCASIONS, RATINGS
from grafana.boards import variables
from grafana.panels import (
    ALARMS,
    GREY,
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
from grafana.words import BLUE, GREEN, ORANGE, SEVERITIES, YES_NO

_TIME = Column(unit=TIME_UNIT)
_PCT = Column(unit="percent", decimals=1)
_FIGURE = Column(decimals=2)
_BAD = Column(bad_above_zero=True)
_SEVERITY = Column(words=SEVERITIES, background=True, width=80)
_COLOURS = {"严重": RED, "警告": ORANGE, "提示": BLUE}


def board() -> Board:
    """By the platform's clock: what people saw, not when it happened."""
    sql = load_queries("alarm_health")
    return Board(
        uid=ALARMS,
        title="告警健康",
        description="按 EEMUA 191 与 ISA-18.2 衡量告警系统：负荷、洪水、陈旧、频繁翻转、签收用时、通知决定",
        variables=[variables.team()],
        sections=[_load(sql), _response(sql), _nuisance(sql), _telling(sql)],
        time_from="now-7d",
    )


def _load(sql: dict[str, str]) -> Section:
    return Section(
        "告警负荷",
        [
            stat_panel(
                "全市负荷",
                "首次通知到人的告警，各计一次，按平台时间；不随班组变化。洪水：10分钟内超过10条起，少于5条止。"
                "陈旧：所选时间范围末尾已持续超过24小时；搁置、停用、按设计抑制的不计入未恢复和陈旧，另计为搁置等。频繁翻转：24小时内告警、恢复合计至少6次。",
                sql["load"],
                columns={"每天": Column(decimals=1), "每10分钟": _FIGURE, "洪水": _BAD, "频繁翻转": _BAD},
                size=(24, 5),
            ),
            table_panel(
                "与准则对照",
                "准则按一个值守岗位给出，应看各班组；全市一行把全市当作一个岗位。可接受以内为良好，可承受以内为尚可。",
                sql["ratings"],
                columns={
                    "指标": Column(words=FIGURES, width=240),
                    "数值": _FIGURE,
                    "评价": Column(words=RATINGS, background=True, width=100),
                },
                size=(24, 10),
            ),
            series_panel(
                "最忙的10分钟",
                "每小时内最忙的10分钟的告警数；所选时间范围不超过2天时为每10分钟。红线以上为洪水。",
                sql["busiest"],
                unit="none",
                decimals=0,
                limits=True,
                size=(24, 8),
            ),
            table_panel(
                "各班组负荷",
                "首次通知到该班组的告警；同一告警通知几个班组的，各班组各计一次，全市只计一次。升级：因无人签收通知了下一级的告警。",
                sql["teams"],
                columns={
                    "每天": Column(decimals=1),
                    "每小时": _FIGURE,
                    "每10分钟": _FIGURE,
                    "最忙时刻": _TIME,
                    "洪水占时": _PCT,
                    "升级": _BAD,
                },
                size=(24, 7),
            ),
        ],
    )


def _response(sql: dict[str, str]) -> Section:
    return Section(
        "级别与签收",
        [
            series_panel(
                "每日触发告警",
                "按平台触发时间所在本地日，无论是否通知到人，按级别。",
                sql["raised_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                colours=_COLOURS,
                size=(12, 8),
            ),
            bars_panel(
                "级别构成",
                "所选时间范围内触发的告警按级别的占比，与三级告警的建议构成（约5%、15%、80%）。",
                sql["priorities"],
                unit="percent",
                decimals=1,
                x="级别",
                words=SEVERITIES,
                colours={"占比": ORANGE, "建议占比": GREY},
                size=(12, 8),
            ),
            table_panel(
                "签收用时",
                "所选时间范围内首次通知的告警，从通知到签收（分钟）。30分钟内未签收：其间也未恢复的；仍未签收：末尾仍在告警的。",
                sql["response"],
                columns={
                    "级别": _SEVERITY,
                    "签收用时中位数": Column(decimals=1, unit="suffix: 分钟"),
                    "签收用时 P90": Column(decimals=1, unit="suffix: 分钟"),
                    "30分钟内未签收": _BAD,
                    "仍未签收": _BAD,
                },
                size=(24, 8),
            ),
            table_panel(
                "未恢复告警",
                "所选时间范围末尾未恢复的告警，最早的在前，最多200条；搁置等：当时被搁置、停用或按设计抑制。通知情况为当前的最近决定。",
                sql["standing"],
                columns={
                    "陈旧": Column(words=YES_NO),
                    "搁置等": Column(words=ASIDE),
                    "级别": _SEVERITY,
                    "告警时间": _TIME,
                    "签收时间": _TIME,
                    "已持续": Column(unit="dtdurations", decimals=0),
                    "通知情况": Column(words=DECISION_REASONS),
                },
                size=(24, 9),
            ),
        ],
    )


def _nuisance(sql: dict[str, str]) -> Section:
    return Section(
        "最多与频繁翻转",
        [
            table_panel(
                "最多的10条规则",
                "所选时间范围内触发的告警，无论是否通知到人；少数规则占多数告警的，先治理这些规则或其对象。",
                sql["top_rules"],
                columns={"占比": _PCT},
                size=(12, 9),
            ),
            table_panel(
                "最多的10个告警",
                "同一规则、同一对象的告警，按触发次数。",
                sql["top_series"],
                columns={"占比": _PCT},
                size=(12, 9),
            ),
            table_panel(
                "反复出现的告警",
                "所选时间范围内告警、恢复合计3次以上的；24小时内变化：任意24小时内告警与恢复的最多次数，至少6次为频繁翻转。",
                sql["chattering"],
                columns={"频繁翻转": Column(words=YES_NO), "最近变化": _TIME},
                size=(14, 9),
            ),
            table_panel(
                "频繁翻转暂缓",
                "因频繁翻转只通知一次、其后暂缓的告警，至安静满6小时为止。",
                sql["flapping"],
                columns={"自": _TIME, "至": _TIME},
                size=(10, 9),
            ),
        ],
    )


def _telling(sql: dict[str, str]) -> Section:
    return Section(
        "通知决定",
        [
            series_panel(
                "每日通知决定",
                "每个告警对每个班组、渠道、接收人的每次决定，按平台时间所在本地日。",
                sql["decisions_daily"],
                unit="none",
                decimals=0,
                bars=True,
                stacked=True,
                colours={"发送": GREEN, "暂缓": ORANGE, "不发": GREY},
                size=(12, 9),
            ),
            table_panel(
                "决定的原因",
                "所选时间范围内通知与不通知的决定，按事件与原因；告警为涉及的告警数（选多个班组时各班组相加）。",
                sql["decisions"],
                columns={
                    "事件": Column(words=OCCASIONS),
                    "决定": Column(words=DECISIONS, background=True, width=80),
                    "原因": Column(words=DECISION_REASONS),
                },
                size=(12, 9),
            ),
            table_panel(
                "告警洪水",
                "班组10分钟内超过10条告警起改发汇总消息，至10分钟内少于5条为止；按通知时的滚动计数，与上面按固定10分钟的统计略有不同。",
                sql["floods"],
                columns={"开始": _TIME, "结束": _TIME},
                size=(24, 7),
            ),
        ],
    )
