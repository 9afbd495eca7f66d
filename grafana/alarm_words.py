"""Words of alarm health, and of decisions about telling."""

from __future__ import annotations

from domain.alarmstate import WORDS as STATES
from domain.alarmstate import DisplayState
from domain.telling import REASON_WORDS, Reason
from grafana.words import GREEN, GREY, ORANGE, RED, Word, Words

FIGURES: Words = {
    "per_10min": Word("平均每10分钟告警数"),
    "per_hour": Word("平均每小时告警数"),
    "per_day": Word("平均每天告警数"),
    "peak_10min": Word("最忙的10分钟告警数"),
    "busy_pct": Word("超过10条的10分钟占比（%）"),
    "flood_pct": Word("处于洪水的时间占比（%）"),
    "stale": Word("陈旧告警（持续超过24小时）"),
    "chattering": Word("频繁翻转的告警"),
    "top10_pct": Word("最多的10个告警占比（%）"),
}
#: Why an alarm that stands is not on people's list.
ASIDE: Words = {
    state.value: Word(STATES[state], GREY)
    for state in (DisplayState.SHELVED, DisplayState.SUPPRESSED, DisplayState.OUT_OF_SERVICE)
}
RATINGS: Words = {
    "good": Word("良好", GREEN),
    "manageable": Word("尚可承受", ORANGE),
    "over": Word("过多", RED),
}

#: Whether the data of a gateway come.
SILENT: Words = {"true": Word("中断", RED), "false": Word("正常", GREEN)}

OCCASIONS: Words = {
    "firing": Word("告警"),
    "resolved": Word("恢复"),
    "repeated": Word("重复提醒"),
    "realarmed": Word("签收后再告警"),
    "escalated": Word("升级"),
    "handed_over": Word("移交"),
    "digest": Word("汇总"),
    "test": Word("测试"),
}
DECISIONS: Words = {"send": Word("发送", GREEN), "hold": Word("暂缓", ORANGE), "drop": Word("不发", GREY)}
#: Why somebody was told, or not; as the desk says it.
DECISION_REASONS: Words = {
    str(reason): Word(word, RED if reason is Reason.NO_RECEIVER else None) for reason, word in REASON_WORDS.items()
}
