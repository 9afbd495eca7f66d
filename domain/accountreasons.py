"""What the reasons of findings on water, energy, carbon and metering mean, for people who read them.

A reason of air that is spelt alike (``no_flow``) means something else there: see `domain.reasons`.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.reasons import reason_word

WORDS: Mapping[str, str] = {
    # coverage
    "target_met": "达到目标",
    "target_not_met": "未达目标",
    "no_metering_place": "未登记计量点",
    "no_enterprise": "区内无企业",
    "no_intake": "无非农业取水口",
    "no_meter": "未装表",
    "verification_expired": "检定已过期",
    "expiring": "检定30天内到期",
    "no_verified_meter": "无检定有效的水表",
    "not_connected": "未联网",
    "intake_offline": "取水口不在线",
    "too_few_arrivals": "到报率不足",
    "silent": "离线",
    "gateway_silent": "网关中断",
    "gateway_reporting": "网关在线",
    "reporting": "在线",
    # shared
    "no_limit": "无限值，仅列数值",
    "no_target_this_year": "当年无目标",
    "incomplete_data": "数据不完整",
    "not_metered": "未计量或未联网",
    "no_flow": "当期水（能）量为零",
    "no_output": "当期无产量",
    "partial_year": "年内数据不全",
    # why a monthly total is not complete
    "no_data": "无数据",
    "meter_reset": "表底跳变且无换表记录",
    "late_start": "月初缺数或无表超过24小时",
    "open_gap": "月末缺数或中途无表超过24小时",
    "long_carry": "含上月缺数超过24小时的水（能）量",
    "meter_moved": "计量表月内换了计量点",
    # balances
    "closed": "平衡",
    "loss_over_band": "进大于出，超过允许差",
    "sub_exceeds_entry": "分表之和大于总表",
    "over_limit": "超过限值",
    "within_limit": "不高于限值",
    # permits, plans, quotas, the city's total
    "permit_expired": "取水许可已过期仍取水",
    "over_permit": "超许可取水",
    "within_permit": "未超许可水量",
    "no_index": "未下达用水计划",
    "over_index": "超计划用水",
    "within_index": "未超用水计划",
    "no_quota": "未收录用水定额",
    "no_general_quota": "只收录领跑值或先进值",
    "over_quota": "超用水定额",
    "quota_met": "符合用水定额",
    "over_cap": "超过用水总量控制目标",
    "forecast_over_cap": "按目前进度将超过总量控制目标",
    "within_cap": "未超用水总量控制目标",
    "no_city_total": "全市用水总量缺月",
    "not_reported": "企业未上报",
    "report_differs": "上报量与计量值不符",
    "report_agrees": "上报量与计量值相符",
    # energy
    "no_charging": "未登记装煤方式",
    "too_few_months": "投运不满12个月",
    "correction_incomplete": "修正所需数据不全",
    "over_level_3": "超过限定值（3级）",
    "within_level_3": "不超过限定值（3级）",
    "over_level_2": "超过准入值（2级）",
    "within_level_2": "不超过准入值（2级）",
    "over_10000_tce": "年综合能耗1万吨标准煤以上",
    "over_5000_tce": "年综合能耗5000吨标准煤以上",
    "below_5000_tce": "年综合能耗不足5000吨标准煤",
    "to_retrofit": "列入改造清单",
    "not_listed": "不在改造清单",
    "no_line": "无有产能登记的生产线",
    "benchmark_unconfirmed": "标杆值未经核对",
    # carbon, green power, solid waste
    "no_factor": "有活动数据无排放因子",
    "no_budget": "未下达碳排放预算",
    "over_budget": "超过碳排放预算",
    "within_budget": "未超碳排放预算",
    "green_exceeds_use": "绿电大于用电量",
    "factor_unconfirmed": "所用系数未经核对，只列数值",
    "more_than_generated": "处置利用量大于产生量",
    # signs of counters
    "too_few_hours": "有数小时不足",
    "moving": "表在走",
    "no_running_signal": "无运行信号",
    "plant_not_running": "企业未运行",
    "frozen": "运行而表不走",
    "identical": "增量完全相同",
    "standing": "未走",
    "varying": "增量有变化",
    "reset_without_record": "表底归零无换表记录",
    "jump_unexplained": "表底突跳",
    "corrected_tenfold": "更正前后相差十倍",
}


def account_word(reason: str) -> str:
    """The reason in Chinese; itself when it is none of these and none of air."""
    return WORDS.get(reason) or reason_word(reason)
