"""That nothing valid has been known for long (长时间无有效数据). Pure.

It must read neither as an exceedance nor as its absence: whether the rule is met cannot be judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.wording import Facts, Text, basis_text, details, local_text, number, period_text, told, where
from domain.alerts import AlertState, Resolution
from domain.periods import HOUR
from domain.reasons import reason_word

_ADVICE = "请联系企业检查分析仪、数采仪、网关的运行、供电和网络；停产或维护的，请企业报送标记。"
_O2_ADVICE = "请联系企业检查氧分析仪及其数据传输；没有含氧量不能折算，也就不能判定。"


def no_data(facts: Facts) -> Text:
    """The text of an alert on want of data as it stands."""
    span, last = facts.span, facts.breaches[-1].finding
    hours = ((span.fired_at or span.last_seen_at) - span.occurred_at) / HOUR
    headline = f"{where(facts)}：{facts.rule_title}连续 {number(hours)} 小时以上没有有效数据，无法判定"
    seen = f"{period_text(last.period)} {reason_word(last.reason)}{_counted(facts.evidence, last.reason)}"
    lines = [
        _since(facts),
        f"情况：{seen}。是否达标无法判定：缺数不算达标，也不算超标。",
        f"依据：{basis_text(facts)}。",
    ]
    if span.state is not AlertState.RESOLVED:
        lines.append(f"处置：{_O2_ADVICE if 'o2' in last.reason else _ADVICE}")
    return told(facts, headline, lines, details(facts) | {"value": None, "no_data_periods": len(facts.breaches)})


def _since(facts: Facts) -> str:
    span = facts.span
    since = f"自{local_text(span.occurred_at)}（北京时间）起没有有效数据"
    if span.resolved_at is None:
        return f"{since}，尚未恢复。"
    found = "，恢复后即不符合要求，另有告警" if span.resolution is Resolution.VIOLATION else ""
    return f"{since}，至{local_text(span.resolved_at)}恢复{found}。"


def _counted(evidence: Mapping[str, Any], reason: str) -> str:
    """How many minutes were valid, where the evidence says so."""
    measured = evidence.get("o2" if "o2" in reason else "pollutant")
    valid = measured.get("valid_minutes") if isinstance(measured, Mapping) else None
    least = evidence.get("min_valid_minutes")
    if not reason.startswith("too_few") or not isinstance(valid, int | float) or not isinstance(least, int | float):
        return ""
    return f"（有效 {number(valid)} 分钟，至少应有 {number(least)} 分钟）"
