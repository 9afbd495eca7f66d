"""Words of leaks, of what sealing points emit, and of duties with a date."""

from __future__ import annotations

from domain.leaks import ANCHORS, DELAY_GROUNDS, LEAK_STATES, METHODS, PURPOSES
from grafana.words import GREEN, GREY, ORANGE, RED, Word, Words

LEAK_STATE_WORDS: Words = {
    code: Word(text, {"closed": GREEN, "removed": GREY, "still_leaking": RED}.get(code, ORANGE))
    for code, text in LEAK_STATES.items()
}

ANCHOR_WORDS: Words = {code: Word(text) for code, text in ANCHORS.items()}
GROUND_WORDS: Words = {code: Word(text) for code, text in DELAY_GROUNDS.items()}
PURPOSE_WORDS: Words = {code: Word(text) for code, text in PURPOSES.items()}
TEST_METHOD_WORDS: Words = {code: Word(text) for code, text in METHODS.items()}

VISIBLE_WORDS: Words = {"true": Word("可见滴漏", ORANGE), "false": Word("")}
FAMILY_WORDS: Words = {"socmi": Word("合成有机化工（SOCMI）"), "petroleum": Word("石油炼制")}
BORROWED_WORDS: Words = {"true": Word("借用", ORANGE), "false": Word("本类")}
CONFIDENCE_WORDS: Words = {
    "secondary": Word("见于转引，未核对原文", ORANGE),
    "knowledge": Word("凭记忆录入，未核对原文", ORANGE),
    "doubtful": Word("存疑，未核对原文", RED),
}

#: Of an open leak's next step.
TERM_WORDS: Words = {
    "overdue": Word("超期", RED),
    "due_soon": Word("临近", ORANGE),
    "scheduled": Word("未到期"),
}

DUTY_REASONS: Words = {
    "scheduled": Word("未到期"),
    "due_soon": Word("即将到期", ORANGE),
    "overdue": Word("逾期", RED),
    "done_in_time": Word("按期完成", GREEN),
    "done_late": Word("逾期完成", RED),
    "done_without_evidence": Word("已办，证明材料不全", ORANGE),
}

#: What was seen in records of tests, by the reason of the sign's finding: how they look, never why.
LEAK_SIGN_REASONS: Words = {
    "no_sign": Word("未看到", GREEN),
    "too_few_records": Word("记录太少", GREY),
    "none_declared": Word("未登记仪器（人员）", GREY),
    "not_recorded": Word("未记录", GREY),
    "no_time": Word("没有时分秒", ORANGE),
    "same_time": Word("检测时间相同", ORANGE),
    "shared_times": Word("两人检测时刻逐秒相同", ORANGE),
    "fast": Word("日检测点数偏多", ORANGE),
    "too_fast": Word("日检测点数过多", ORANGE),
    "impossible": Word("日检测点数不可能", ORANGE),
    "undeclared_instrument": Word("仪器未登记", ORANGE),
    "undeclared_tester": Word("人员未登记", ORANGE),
    "dwell_short": Word("停留时间不足", ORANGE),
    "size_missing": Word("缺公称直径", ORANGE),
    "negative_net": Word("读数低于本底", ORANGE),
    "all_zero": Word("净值恰为零过多", ORANGE),
    "factor_unusable": Word("响应因子≥10", ORANGE),
    "factor_not_applied": Word("响应因子未修正", ORANGE),
    "factor_missing": Word("缺响应因子", ORANGE),
    "fewer_than_declared": Word("记录少于申报", ORANGE),
    "more_than_declared": Word("记录多于申报", ORANGE),
    "untested": Word("部分密封点无记录", ORANGE),
    "leaks_differ": Word("泄漏点与申报不符", ORANGE),
    "unreachable_probed": Word("不可达点有仪器检测", ORANGE),
    "outside_period": Word("检测在轮次之外", ORANGE),
    "units_left_out": Word("有单元未检测", ORANGE),
    "not_repaired": Word("泄漏点无维修无备案", ORANGE),
    "no_calibration": Word("无校准记录", ORANGE),
    "no_drift": Word("无漂移检查", ORANGE),
    "verification_expired": Word("仪器检定过期", ORANGE),
    "no_background": Word("缺本底值", ORANGE),
    "background_high": Word("读数不高于本底", ORANGE),
    "repeated": Word("相同读数过多", ORANGE),
    "last_digits": Word("末位数字不均匀", ORANGE),
    "no_leaks": Word("无一泄漏", ORANGE),
    "constant_rate": Word("泄漏率与往次相同", ORANGE),
    "jump": Word("来不及走到下一处", ORANGE),
    "overlap": Word("两点检测时间重叠", ORANGE),
    "video_missing": Word("缺视频编号", ORANGE),
    "unreachable_many": Word("未用仪器的点偏多", ORANGE),
    "retest_equal": Word("复测读数与泄漏值相同", ORANGE),
    "retest_before_repair": Word("复测早于维修", ORANGE),
    "two_places": Word("同一仪器同时在两家", ORANGE),
}
