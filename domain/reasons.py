"""What the reasons of findings on air mean, for people who read them."""

from __future__ import annotations

from domain.marks import PROCESS_KINDS

#: What a reason begins with when a process mark, or a source that stood still, took the hour out of judgement.
EXCLUDED = "excluded_"

REASON_WORDS = {
    "within_limit": "不高于限值",
    "over_limit": "超过限值",
    "no_data": "无数据",
    "too_few_valid_minutes": "有效分钟不足",
    "unit_unknown": "单位无法换算",
    "o2_missing": "无含氧量数据",
    "too_few_valid_o2_minutes": "含氧量有效分钟不足",
    "o2_invalid": "含氧量不合理",
    "o2_near_ambient": "含氧量接近空气",
    "negative_mean": "均值为负",
    "too_few_valid_hours": "有效小时不足",
    "share_met": "达到规定比例",
    "share_not_met": "未达到规定比例",
    "insufficient_data": "可判定小时不足",
    "not_operating": "当期未运行",
    "capture_met": "捕集率达到要求",
    "capture_not_met": "捕集率未达到要求",
    "transmission_met": "传输有效率达到要求",
    "transmission_not_met": "传输有效率未达到要求",
    "within_total": "未超许可排放量",
    "over_total": "超过许可排放量",
    "capture_too_low": "捕集率过低，不能替代",
    "no_valid_hour_before": "此前无有效小时，不能替代",
    "no_flow": "无流量数据",
    "flow_missing": "流量无有效小时",
    "flow_negative": "流量为负",
    "area_missing": "未登记烟道截面积",
    "atmosphere_missing": "未登记大气压",
    "temperature_missing": "烟温无有效小时",
    "temperature_implausible": "烟温不合理",
    "pressure_missing": "静压无有效小时",
    "pressure_implausible": "烟气绝对压力不合理，疑为kPa与Pa混用",
    "humidity_missing": "湿度无有效小时",
    "humidity_implausible": "湿度不合理",
}


def reason_word(reason: str) -> str:
    """The reason in Chinese; itself when it is none of air."""
    if reason.startswith(EXCLUDED):
        kind = reason.removeprefix(EXCLUDED)
        return f"工况标记：{PROCESS_KINDS.get(kind, kind)}"
    return REASON_WORDS.get(reason, reason)
