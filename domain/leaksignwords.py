"""What the reasons of LDAR signs mean, short, for tables: what was seen, never why."""

from __future__ import annotations

from collections.abc import Mapping

#: Nothing was seen, or nothing could be.
QUIET: Mapping[str, str] = {
    "no_sign": "未看到",
    "too_few_records": "记录太少",
    "none_declared": "未登记仪器人员",
    "not_recorded": "未记录",
}

SEEN: Mapping[str, str] = {
    "no_time": "没有时分秒",
    "same_time": "时间全部相同",
    "shared_times": "两人时刻逐秒相同",
    "fast": "日检测点数偏多",
    "too_fast": "日检测点数过多",
    "impossible": "日检测点数不可能",
    "undeclared_instrument": "仪器未登记",
    "undeclared_tester": "人员未登记",
    "dwell_short": "停留时间不足",
    "size_missing": "缺公称直径",
    "negative_net": "读数低于本底值",
    "all_zero": "净检测值均为零",
    "factor_unusable": "响应因子≥10",
    "factor_not_applied": "响应因子未修正",
    "factor_missing": "缺响应因子",
    "fewer_than_declared": "实测少于申报",
    "more_than_declared": "实测多于申报",
    "untested": "在用密封点未检测",
    "leaks_differ": "泄漏点数与申报不符",
    "unreachable_probed": "不可达点有仪器检测",
    "outside_period": "检测不在轮次期间",
    "units_left_out": "有单元未检测",
    "not_repaired": "泄漏点逾期无维修备案",
    "no_calibration": "检测前无校准",
    "no_drift": "检测后无漂移检查",
    "verification_expired": "检定已过期",
    "no_background": "缺本底值",
    "background_high": "本底值高于读数",
    "repeated": "数值反复出现",
    "last_digits": "末位数字不均匀",
    "no_leaks": "无一泄漏点",
    "constant_rate": "泄漏率各轮相同",
    "jump": "来不及走到",
    "overlap": "前后两点重叠",
    "video_missing": "缺视频",
    "unreachable_many": "不可达点偏多",
    "retest_equal": "复测值与泄漏值相同",
    "retest_before_repair": "复测早于维修",
    "two_places": "同一仪器两地使用",
}
