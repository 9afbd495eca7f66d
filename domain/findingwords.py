"""What the reason of a finding means, in a few Chinese words, whatever it is about: for tables that show findings of
any rule side by side. Pure.

Words of air, of accounts and of LDAR signs are in `domain.reasons`, `domain.accountreasons` and `domain.leaksignwords`;
here are those of duties, leaks, signs in records of air, statements, calibrations, warnings and the platform itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.accountreasons import WORDS as ACCOUNT_WORDS
from domain.leaksignwords import QUIET, SEEN
from domain.reasons import reason_word

WORDS: Mapping[str, str] = {
    # duties and reminders
    "scheduled": "未到期",
    "due_soon": "即将到期",
    "due_today": "今日到期",
    "none_due": "近期无到期",
    "overdue": "逾期",
    "done_in_time": "按期完成",
    "done_late": "逾期完成",
    "done_without_evidence": "已办，证明材料不全",
    "ended": "不再适用",
    # leaks
    "exempt": "已豁免",
    "removed": "已拆除",
    "removed_late": "逾期停用",
    "tested": "当年已检测",
    "tested_in_time": "按期检测",
    "tested_late": "逾期检测",
    "attempted_in_time": "按期首次维修",
    "attempted_late": "逾期首次维修",
    "repaired_in_time": "按期修复",
    "repaired_late": "逾期修复",
    "delayed": "已备案延迟修复",
    "delayed_late": "逾期备案延迟修复",
    "retest_missing": "没有复测记录",
    "retest_after_term": "期限之后才复测",
    "within": "未超过规定点数",
    "too_many_leaks": "泄漏点超过规定点数",
    "more_than_100_points": "抽查超过 100 点，不适用",
    # signs in records
    "seen": "看到",
    "not_seen": "未看到",
    "too_little_data": "数据不足",
    # what a logger states
    "same": "一致",
    "differs": "不一致",
    "no_own_value": "平台无可比值",
    # analysers, chromatographs, oxidisers
    "no_calibration": "没有校准记录",
    "calibrated": "按期校准",
    "in_control": "受控",
    "out_of_control": "失控",
    "gap": "连续缺测",
    "no_gap": "无连续缺测",
    "below_minimum": "炉膛温度低于下限",
    "not_below_minimum": "炉膛温度不低于下限",
    "o2_above_inlet": "出口氧含量高于进口",
    "o2_not_above_inlet": "出口氧含量不高于进口",
    # early warnings
    "projected_over": "预计小时均值超过限值",
    "minutes_over_100": "连续分钟值超过限值",
    "minutes_over_80": "连续分钟值接近限值",
    "normal": "正常",
    "excluded": "不再适用限值",
    # the platform
    "channel_failing": "通道持续失败",
    "channel_gave_up": "通道放弃消息",
    "channel_ok": "通道正常",
    "channel_removed": "通道已移除",
    "rule_error": "规则执行出错",
    "rule_ok": "规则正常",
}

#: Where a rule's own word says more: by the beginning of the rule's id.
_OWN: Mapping[str, Mapping[str, str]] = {
    "ldar.first_attempt": {"overdue": "逾期未维修"},
    "ldar.gb31571_first_attempt": {"overdue": "逾期未维修"},
    "ldar.repair": {"overdue": "逾期未修复"},
    "ldar.gb31571_repair": {"overdue": "逾期未修复"},
    "ldar.gb": {"overdue": "逾期未检"},
    "ldar.wuhai": {"overdue": "逾期未检"},
    "qa.": {"overdue": "逾期未校准"},
}


def finding_word(rule_id: str, reason: str) -> str:
    """The reason of a finding of a rule in Chinese; itself where it has no word."""
    for start, own in _OWN.items():
        if rule_id.startswith(start) and reason in own:
            return own[reason]
    word = reason_word(reason)
    if word != reason:
        return word
    return next((words[reason] for words in (ACCOUNT_WORDS, WORDS, QUIET, SEEN) if reason in words), reason)
