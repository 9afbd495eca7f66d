"""What was seen in data that look odd, read from the evidence of a sign's finding. Pure.

A sign says what the data look like and never why: no text here may say that somebody did something. Evidence grows with
the rules: unknown or absent keys only make a text shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.leaksigns import WORDS as LEAK_WORDS
from domain.periods import SITE_ZONE

#: The reason of a finding in which a sign was seen.
SEEN = "seen"
CAUTION = "这只是数据呈现的迹象，不说明原因"
ADVICE = "请核对原始数据、运行和校准记录及企业说明，必要时现场检查。"
_HOURS_OF_DAY = 24


def sightings(evidence: Mapping[str, Any]) -> list[str]:
    """What was seen, one entry a point: where, when and how much."""
    entries = evidence.get("seen")
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            detail = str(entry.get("detail"))
            words = _WORDS.get(detail) or LEAK_WORDS.get(detail)
            said = words(entry) if words else ""
            found.append("".join(part for part in (_point(entry), _when(entry), said) if part))
    return found


def _point(entry: Mapping[str, Any]) -> str:
    point = entry.get("point")
    return f"{point} " if isinstance(point, str) else ""


def _when(entry: Mapping[str, Any]) -> str:
    """Hours of the day as people here write them, consecutive ones joined."""
    if entry.get("detail") == "step_at_calibration":
        return ""  # these lie in the days before
    hours = entry.get("hours")
    texts = hours if isinstance(hours, list) else []
    instants = [datetime.fromisoformat(text) for text in texts if isinstance(text, str)]
    numbers = sorted({at.astimezone(SITE_ZONE).hour for at in instants})
    if not numbers:
        return ""
    if len(numbers) == _HOURS_OF_DAY:
        return "全天"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "、".join(f"{run[0]}时至{run[-1] + 1}时" for run in runs[:3]) + ("等 " if len(runs) > 3 else " ")


def _n(entry: Mapping[str, Any], key: str) -> str:
    """A figure of the entry, short."""
    value = entry.get(key)
    if not isinstance(value, int | float):
        return "?"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 10_000 else f"{value:.0f}"


def _unit(entry: Mapping[str, Any]) -> str:
    unit = entry.get("unit")
    return f" {unit.replace('m3', 'm³')}" if isinstance(unit, str) and unit else ""


def _largest(entry: Mapping[str, Any], stated: str, ours: str) -> tuple[str, str]:
    """The pair that is furthest apart, of two lists of figures."""
    left, right = entry.get(stated), entry.get(ours)
    pairs = (
        [
            (float(a), float(b))
            for a, b in zip(left or (), right or (), strict=False)
            if isinstance(a, int | float) and isinstance(b, int | float)
        ]
        if isinstance(left, Sequence) and isinstance(right, Sequence)
        else []
    )
    if not pairs:
        return "?", "?"
    a, b = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    return _n({"x": a}, "x"), _n({"x": b}, "x")


def _flatline(e: Mapping[str, Any]) -> str:
    lasted, bound = _n(e, "minutes"), _n(e, "threshold_minutes")
    return f"数值 {_n(e, 'value')}{_unit(e)} 持续 {lasted} 分钟不变（阈值 {bound} 分钟）"


def _zero(e: Mapping[str, Any]) -> str:
    return f"排口在运行，零值 {_n(e, 'zero_minutes')} 分钟、负值 {_n(e, 'negative_minutes')} 分钟"


def _near(e: Mapping[str, Any]) -> str:
    return (
        f"近30日 {_n(e, 'judged_hours')} 个小时中 {_n(e, 'near_hours')} 个紧贴限值以下，超限 {_n(e, 'over_hours')} 个"
    )


def _ambient(e: Mapping[str, Any]) -> str:
    return f"排口在运行，氧含量达 {_n(e, 'o2')}%，没有停运标记"


def _mismatch(e: Mapping[str, Any]) -> str:
    stated, ours = _largest(e, "stated", "ours")
    return f"上报 {stated}，按实测值计算为 {ours}{_unit(e)}"


def _cold(e: Mapping[str, Any]) -> str:
    return f"烟温 {_n(e, 'temperature_c')}℃（通常 {_n(e, 'usual_temperature_c')}℃），而 {e.get('with')} 浓度如常"


def _air(e: Mapping[str, Any]) -> str:
    return f"氧含量 {_n(e, 'o2_pct')}%，接近空气，而 {e.get('with')} 浓度如常"


def _qn(e: Mapping[str, Any]) -> str:
    frames = e.get("frames")
    counts = frames if isinstance(frames, Mapping) else {}
    reused, back = counts.get("qn_reused", 0), counts.get("qn_backwards", 0)
    return f"数采仪 {e.get('station')} 的请求编码重复 {reused} 次、倒退 {back} 次"


def _steps(e: Mapping[str, Any]) -> str:
    steps = e.get("steps_pct")
    return f"近30日 {len(steps) if isinstance(steps, list) else '?'} 次校准后示值都下降"


#: What is said of each detail, after point and hours.
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "flatline": _flatline,
    "zero_or_negative": _zero,
    "near_limit": _near,
    "hard_maximum": lambda e: f"当日最大值 {_n(e, 'maximum')}{_unit(e)} 反复出现 {_n(e, 'times')} 次",
    "range_top": lambda e: f"达到量程上限 {_n(e, 'range_top')}{_unit(e)} 共 {_n(e, 'times')} 次，没有T标记",
    "low_variation": lambda e: f"变异系数 {_n(e, 'variation')}，近30日中位数 {_n(e, 'usual_variation')}",
    "step": lambda e: f"氧含量由 {_n(e, 'o2_before')}% 升至 {_n(e, 'o2_after')}%，各污染物浓度同时下降，流量、温度不变",
    "dilution_suspected": _ambient,
    "o2_low_bias": lambda e: (
        f"氧含量 {_n(e, 'o2_pct')}%，低于基准 {_n(e, 'reference_o2_pct')}%（通常 {_n(e, 'usual_o2_pct')}%）"
    ),
    "zs_mismatch": _mismatch,
    "flow_inconsistent": _mismatch,
    "cold_flue": _cold,
    "nox_with_air": _air,
    "flow_constant": lambda e: f"流量始终为 {_n(e, 'flow')}{_unit(e)}，而其他测点都在变化",
    "step_at_calibration": _steps,
    "share": lambda e: f"近30日标记时间占 {_n(e, 'share_pct')}%",
    "beside_exceedance": lambda e: f"当日 {_n(e, 'flagged_hours')} 个标记小时中 {_n(e, 'beside_hours')} 个紧邻超限小时",
    "stop_mark": lambda e: "有停运标记，而流量、温度显示在运行",
    "flag": lambda e: "带停运标记F，而流量、温度显示在运行",
    "gap_at_rise": lambda e: (
        f"升至 {_n(e, 'converted_last')} mg/m³（限值 {_n(e, 'limit')}）后缺失 {_n(e, 'missing_minutes')} 分钟"
    ),
    "duplicate_period": lambda e: "逐分钟数值与以往某小时完全相同",
    "late_changed": lambda e: f"迟到的 {_n(e, 'late_readings')} 个数据与原有数值不同",
    "unit_up": lambda e: f"均值是通常 {_n(e, 'usual')}{_unit(e)} 的约 {_n(e, 'ratio')} 倍",
    "unit_down": lambda e: f"均值远低于通常的 {_n(e, 'usual')}{_unit(e)}，约差一千倍",
    "qn": _qn,
}
