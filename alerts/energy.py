"""Texts of findings on energy: a line above a level of its limit, an enterprise on the list of retrofits. Pure.

A unit energy is of twelve months, and a level 2 is asked of new lines only: whoever reads it must see both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alerts.wording import Facts, number, period_text, quantity

_LEVELS = {
    "over_level_3": (
        "3级限定值",
        "请督促企业核对该生产线的产量和能源台账；属实的由节能监察依法处理，更正台账后自动重算。",
    ),
    "over_level_2": (
        "2级准入值",
        "准入值是对新建和改扩建生产线的要求，现有生产线超过不等于违反标准；属新建、改扩建的按项目节能要求处理。",
    ),
}
_RETROFIT_ADVICE = "请核对能源台账和产量；属实的列入精准改造清单，督促企业提出节能改造计划。"

#: Headline, what was seen, what to do.
Words = tuple[str, str, str]


def _unit(facts: Facts) -> Words:
    last, evidence = facts.breaches[-1].finding, facts.evidence
    word, advice = _LEVELS[last.reason]
    value, limit = (
        quantity(last.value or 0.0, last.unit, last.limit),
        quantity(last.limit or 0.0, last.unit, last.value),
    )
    corrected = "（已按标准修正）" if evidence.get("corrections") else ""
    seen = f"截至{period_text(last.period)}的12个月 {value}，{word}{corrected} {limit}"
    amounts = [
        f"{name} {number(amount)} {unit}"
        for name, key, unit in (
            ("投入", "used_tce", "吨标准煤"),
            ("产出或外供", "made_tce", "吨标准煤"),
            ("产量", "output", "吨"),
        )
        if isinstance(amount := evidence.get(key), int | float)
    ]
    return (
        f"单位产品能耗 {value}，超过{word} {limit}",
        "；".join([seen, "，".join(amounts)]) if amounts else seen,
        advice,
    )


def _retrofit(facts: Facts) -> Words:
    last = facts.breaches[-1].finding
    total = f"{number(last.value or 0.0, last.limit)} 吨标准煤"
    over = [line for line in _lines(facts.evidence) if line.get("verdict") == "violation"]
    shown = "、".join(
        f"{line.get('line')} {number(line['e'], line['limit'])}（3级限定值 {number(line['limit'], line['e'])}）"
        for line in over[:3]
        if isinstance(line.get("e"), int | float) and isinstance(line.get("limit"), int | float)
    )
    threshold = number(last.limit or 0.0)
    seen = f"截至{period_text(last.period)}的12个月综合能耗 {total}（门槛 {threshold}）"
    seen += f"；超过3级限定值的生产线，单位 kgce/t：{shown}"
    return f"年综合能耗 {total}，且有 {len(over)} 条生产线超过3级限定值，列入精准改造清单", seen, _RETROFIT_ADVICE


def _lines(evidence: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lines = evidence.get("lines")
    return [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list) else []


WORDS: Mapping[str, Callable[[Facts], Words]] = {
    "over_level_3": _unit,
    "over_level_2": _unit,
    "to_retrofit": _retrofit,
}
