"""How a line's unit energy came about, in words and with the numbers filled in. Pure, from the finding's evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.explain import Row, Worked, number
from domain.accountreasons import account_word

_READINGS = {"mean_of_range": "标准所列范围的平均值", "measured": "实测低位发热量"}
_MISSING = {
    "volatile": "入炉煤挥发分",
    "moisture": "入炉煤水分",
    "quenching": "熄焦方式",
    "commissioned_on": "投产日期",
    "volatile_outside_table": "挥发分超出标准的表",
    "not_implemented": "该标准的修正方法未收录",
}
_PARTS = (
    ("fuel", "燃料"),
    ("raw_volatile", "挥发分"),
    ("raw_moisture", "水分"),
    ("quench", "熄焦（仅3级）"),
    ("age", "炉龄（1级、3级）"),
)


def explain_line(finding: Row) -> Worked:
    """Components, unit energy, corrections, comparison."""
    evidence = finding["evidence"]
    formula = evidence.get("formula")
    if not isinstance(formula, str):
        return Worked(None, None, [])
    steps = [f"{place}. {step}" for place, step in enumerate(_steps(finding, evidence), 1)]
    return Worked(formula, _filled(finding, evidence), steps)


def _filled(finding: Row, evidence: Row) -> str | None:
    if finding["value"] is None:
        return None
    used, made, output = (number(evidence[key]) for key in ("used_tce", "made_tce", "output"))
    return f"1000 × ({used} − {made}) ÷ {output} = {number(finding['value'])}"


def _steps(finding: Row, evidence: Row) -> Iterator[str]:
    months = evidence.get("months") or ["", ""]
    yield f"统计期 {months[0]} 至 {months[-1]}，共 {len(months)} 个月；电力按当量值。"
    for part in evidence.get("components", []):
        yield _component(part)
    if evidence.get("missing_output"):
        yield f"缺产量的月份：{'、'.join(evidence['missing_output'])}。"
    if (filled := _filled(finding, evidence)) is not None:
        yield f"单位产品能耗（千克标准煤/吨）：{filled}。"
    if evidence.get("corrections"):
        yield _corrections(evidence["corrections"])
    if finding["verdict"] == "undetermined":
        yield f"结论：不作判定，原因：{account_word(finding['reason'])}。"
    else:
        sign = "≤" if finding["verdict"] == "compliant" else ">"
        standard = evidence.get("standard") or {}
        whose = f"{standard.get('standard', '')}，{standard.get('effective_on', '')} 起施行"
        yield (
            f"比较：{number(finding['value'])} {sign} {number(finding['limit_value'])} kgce/t"
            f"（{standard.get('level')}级，{whose}），不修约，相等为符合。结论：{account_word(finding['reason'])}。"
        )
    others = [one for one in evidence.get("comparisons", []) if one.get("met") is not None]
    if others:
        shown = "；".join(
            f"{one['name']} {number(one['limit'])}：{'达到' if one['met'] else '未达到'}（{one['document']}）"
            for one in others
        )
        yield f"各文件口径（只列出，不影响结论）：{shown}。"


def _component(part: Mapping[str, Any]) -> str:
    word = "投入" if part.get("flow") == "used" else "产出或回收外供"
    factors = [
        f"{number(one['kgce'])} {one['unit']}（{_READINGS.get(one['reading'], one['edition'])}，{one['months']} 个月"
        + ("，系数未经核对" if one["confidence"] in ("knowledge", "doubtful") else "")
        + "）"
        for one in part.get("factors", [])
    ]
    sources = part.get("months", {})
    text = f"{word}{part['name']} {number(part['amount'])} {part['unit']}"
    text += f"，折标系数 {'、'.join(factors)}" if factors else ""
    text += f"，合 {number(abs(part['tce']))} 吨标准煤"
    text += f"；台账 {sources.get('ledger', 0)} 个月，计量 {sources.get('metered', 0)} 个月"
    return text + (f"；缺 {'、'.join(part['missing'])}。" if part.get("missing") else "。")


def _corrections(found: Mapping[str, Any]) -> str:
    if found.get("missing"):
        return f"限值修正缺：{'、'.join(_MISSING.get(one, one) for one in found['missing'])}。"
    parts = "、".join(f"{word} {number(found[key])}" for key, word in _PARTS if found.get(key) is not None)
    return f"限值修正（{found.get('clause', '')}，千克标准煤/吨）：{parts}。"
