"""What was seen in records of leak tests (LDAR), read from the evidence of a sign's finding. Pure.

As with all signs: what the records look like, never why. Evidence grows with the rules: absent keys only make a text
shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from domain.periods import SITE_ZONE

ADVICE = "请核对检测原始记录、仪器存储数据、校准记录、视频和人员考勤，必要时现场抽测。"


def _n(entry: Mapping[str, Any], key: str) -> str:
    """A figure of the entry, short."""
    value = entry.get(key)
    if not isinstance(value, int | float):
        return "?"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 10_000 else f"{value:.0f}"


def _of(entry: Mapping[str, Any]) -> str:
    """How many records of how many."""
    records, of = entry.get("records"), entry.get("of")
    if isinstance(records, int) and isinstance(of, int) and of:
        return f"{of} 条记录中 {records} 条（{100 * records / of:.0f}%）"
    return f"{_n(entry, 'records')} 条记录"


def _example(entry: Mapping[str, Any]) -> str:
    """The first component that evidence names, with its time."""
    examples = entry.get("examples")
    first = examples[0] if isinstance(examples, list) and examples else None
    if not isinstance(first, Mapping) or not isinstance(first.get("component"), str):
        return ""
    return f"，如密封点 {first['component']}（{clock(first.get('at'))}）"


def clock(text: object) -> str:
    """An instant of evidence as people here write it: month, day, time to the second."""
    if not isinstance(text, str):
        return "?"
    at = datetime.fromisoformat(text).astimezone(SITE_ZONE)
    return f"{at.month}月{at.day}日 {at:%H:%M:%S}"


def _time(text: object) -> str:
    return clock(text).partition(" ")[2] or "?"


def _names(entry: Mapping[str, Any]) -> str:
    names = entry.get("names")
    said = [f"{name}（{count} 条）" for name, count in names.items()] if isinstance(names, Mapping) else []
    return "、".join(said[:3]) + (f" 等 {len(said)} 个" if len(said) > 3 else "")


def _pace(e: Mapping[str, Any]) -> str:
    who = "检测人员" if e.get("by") == "tester" else "仪器"
    return (
        f"{who} {e.get('name')} 当日检测 {_n(e, 'points')} 个密封点，多于 {_n(e, 'threshold')} 个"
        f"（{_time(e.get('first'))} 至 {_time(e.get('last'))}）"
    )


def _uncalibrated(e: Mapping[str, Any]) -> str:
    done = e.get("done")
    none = "没有零点或量程校准记录" if done is None else f"至 {_time(done)} 才有零点或量程校准记录"
    return (
        f"仪器 {e.get('name')} 当日 {_time(e.get('first'))} 开始检测，{none}，"
        f"之前检测 {_n(e, 'uncalibrated')} 条（共 {_n(e, 'records')} 条）"
    )


def _unchecked(e: Mapping[str, Any]) -> str:
    done = e.get("done")
    none = "没有漂移检查记录" if done is None else f"最后一次漂移检查在 {_time(done)}"
    return (
        f"仪器 {e.get('name')} 当日 {_time(e.get('last'))} 结束检测，{none}，"
        f"之后没有检查的 {_n(e, 'unchecked')} 条（共 {_n(e, 'records')} 条）"
    )


def _two_places(e: Mapping[str, Any]) -> str:
    # enterprises read their own alerts: which others it is stands in the finding, for the bureau
    others = f"另外 {_n(e, 'enterprises')} 家企业（见该结论证据）"
    apart = f"两地检测最短相隔 {_n(e, 'shortest_s')} 秒，共 {_n(e, 'switches')} 次"
    return f"仪器 {e.get('name')} 同日也在{others}使用，{apart}"


def _repeated(e: Mapping[str, Any]) -> str:
    values = e.get("values")
    said = [
        f"{_n(one, 'value')}（{_n(one, 'times')} 次）"
        for one in (values if isinstance(values, list) else [])
        if isinstance(one, Mapping)
    ]
    some = f"，如 {'、'.join(said[:3])}" if said else ""
    return f"三位以上有效数字的 {_n(e, 'of')} 个数值中 {_n(e, 'share_pct')}% 是反复出现的同一数值{some}"


def _units(e: Mapping[str, Any]) -> str:
    units = e.get("units")
    said = [
        f"{one.get('unit')}（{_n(one, 'components')} 个点）"
        for one in (units if isinstance(units, list) else [])
        if isinstance(one, Mapping)
    ]
    return f"{len(said)} 个单元没有任何检测记录：{'、'.join(said[:3])}"


def _constant(e: Mapping[str, Any]) -> str:
    campaigns = e.get("campaigns")
    codes = [str(one.get("campaign")) for one in (campaigns if isinstance(campaigns, list) else [])]
    return f"泄漏率 {_n(e, 'rate_pct')}%（{_n(e, 'leaks')} 个泄漏点），与前两轮 {'、'.join(codes)} 完全相同"


def _retest(e: Mapping[str, Any], what: str) -> str:
    return f"{_n(e, 'of')} 次复测中 {_n(e, 'records')} 次{what}{_example(e)}"


#: What is said of each detail; the details are the reasons of the LDAR signs' findings.
WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "no_time": lambda e: f"{_of(e)}没有时分秒或均为零点整{_example(e)}",
    "same_time": lambda e: f"{_of(e)}的检测时间同为 {clock(e.get('at'))}",
    "shared_times": lambda e: (
        f"检测人员 {'、'.join(map(str, e.get('testers', ())))} 有 {_n(e, 'records')} 个检测时刻逐秒相同{_example(e)}"
    ),
    "fast": _pace,
    "too_fast": _pace,
    "impossible": _pace,
    "undeclared_instrument": lambda e: f"使用了未登记的仪器 {_names(e)}，共 {_n(e, 'records')} 条",
    "undeclared_tester": lambda e: f"检测人员 {_names(e)} 未登记，共 {_n(e, 'records')} 条",
    "dwell_short": lambda e: (
        f"{_of(e)}停留时间不足仪器响应时间的2倍：中位数 {_n(e, 'median_s')} 秒，应 {_n(e, 'needed_s')} 秒{_example(e)}"
    ),
    "size_missing": lambda e: f"{_of(e)}所属密封点没有公称直径，停留时间无法核对",
    "negative_net": lambda e: f"{_of(e)}读数低于本底值{_example(e)}",
    "all_zero": lambda e: f"{_of(e)}净检测值恰为零",
    "factor_unusable": lambda e: f"{_of(e)}响应因子≥10（最大 {_n(e, 'highest')}），仪器不适用于该物料{_example(e)}",
    "factor_not_applied": lambda e: f"{_of(e)}给出了响应因子而净检测值未修正{_example(e)}",
    "factor_missing": lambda e: f"{_of(e)}没有响应因子",
    "fewer_than_declared": lambda e: f"申报 {_n(e, 'declared')} 个点，有检测记录的 {_n(e, 'points')} 个",
    "more_than_declared": lambda e: f"申报 {_n(e, 'declared')} 个点，有检测记录的却有 {_n(e, 'points')} 个",
    "untested": lambda e: f"所检类别在用密封点 {_n(e, 'of')} 个，其中 {_n(e, 'components')} 个没有检测记录",
    "leaks_differ": lambda e: (
        f"申报泄漏点 {_n(e, 'declared')} 个，检测记录中为 {_n(e, 'fewest')} 至 {_n(e, 'most')} 个（依泄漏认定浓度）"
    ),
    "unreachable_probed": lambda e: f"台账登记为不可达的密封点有 {_n(e, 'records')} 条仪器检测记录{_example(e)}",
    "outside_period": lambda e: f"{_of(e)}不在本轮次期间内{_example(e)}",
    "units_left_out": _units,
    "not_repaired": lambda e: f"{_n(e, 'leaks')} 个泄漏点逾15日既无维修记录也无延迟修复备案{_example(e)}",
    "no_calibration": _uncalibrated,
    "no_drift": _unchecked,
    "verification_expired": lambda e: f"仪器 {e.get('name')} 检定有效期至 {e.get('verified_until')}，已过期",
    "no_background": lambda e: f"{_of(e)}没有本底值",
    "background_high": lambda e: f"{_of(e)}本底值高于读数{_example(e)}",
    "repeated": _repeated,
    "last_digits": lambda e: (
        f"{_n(e, 'of')} 个数值的末位数字不均匀：末位为 {_n(e, 'digit')} 的占 {_n(e, 'share_pct')}%（均匀时约10%）"
    ),
    "no_leaks": lambda e: f"{_n(e, 'points')} 个密封点没有检出一个泄漏点",
    "constant_rate": _constant,
    "jump": lambda e: (
        f"仪器 {e.get('name')} 有 {_n(e, 'records')} 次来不及走到下一处，最远相距 {_n(e, 'farthest_m')} 米{_example(e)}"
    ),
    "overlap": lambda e: f"仪器 {e.get('name')} 有 {_n(e, 'records')} 次在前一点尚未测完时开始下一点{_example(e)}",
    "video_missing": lambda e: f"{_of(e)}没有视频（轨迹）编号",
    "unreachable_many": lambda e: (
        f"未用仪器检测的密封点 {_n(e, 'components')} 个，申报的不可达点 {_n(e, 'declared')} 个{_example(e)}"
    ),
    "retest_equal": lambda e: _retest(e, "的读数与泄漏检测值完全相同"),
    "retest_before_repair": lambda e: _retest(e, "早于维修"),
    "two_places": _two_places,
}
