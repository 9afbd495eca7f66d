"""How a verdict came about, in words and with the numbers filled in. Pure: from the finding's evidence and its limit.

Nothing is computed anew: the figures are those that the rules wrote down; a person computes them from the minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.marks import PROCESS_KINDS
from domain.reasons import reason_word

Row = Mapping[str, Any]

_LIMIT_WORDS = {"compliant": "达标", "violation": "超限"}
_DEMAND_WORDS = {"compliant": "符合要求", "violation": "不符合要求"}
_OPERATORS = {"*": " × ", "/": " ÷ ", "-": " − ", "+": " + "}
#: Means of one hour that verdicts are computed from, by the key of the evidence.
POINT_ROLES = {"pollutant": "污染物", "o2": "含氧量", "running": "运行信号", "flow": "流量"}


@dataclass(frozen=True, slots=True)
class Worked:
    """formula: as the rules wrote it; filled: with its numbers and its result, None where it was not computed."""

    formula: str | None
    filled: str | None
    steps: list[str]


def points_of(evidence: Row) -> dict[str, str]:
    """Point codes that a finding rests on, by the key of the evidence; the pollutant first."""
    found = {
        role: part["point"]
        for role, part in evidence.items()
        if isinstance(part, Mapping) and isinstance(part.get("point"), str)
    }
    return {role: found[role] for role in dict.fromkeys([*POINT_ROLES, *sorted(found)]) if role in found}


def explain(finding: Row, limit: Row | None) -> Worked:
    """How to compute a finding by hand. limit: the row of the register of limits that it was judged by."""
    evidence = finding["evidence"]
    formula = evidence.get("formula")
    if not isinstance(formula, str):
        return Worked(None, None, [])
    if str(finding.get("rule_id", "")).startswith("warn."):
        return Worked(formula, None, ["1. 预警按已到的分钟推算，不是超标判定；所用分钟与推算值见 evidence。"])
    if "limit_id" in evidence and "valid_minutes" in evidence.get("pollutant", {}):
        steps = list(_hour(finding, limit))
    else:
        steps = list(_longer(finding, limit))
    return Worked(formula, _filled(finding, formula), [f"{number}. {step}" for number, step in enumerate(steps, 1)])


def _hour(finding: Row, limit: Row | None) -> Iterator[str]:
    evidence = finding["evidence"]
    pollutant = evidence["pollutant"]
    least = evidence.get("min_valid_minutes")
    if evidence.get("process"):
        yield _process(finding)
    if pollutant.get("point") is None:
        yield "污染物：该小时没有在用的测点。"
    else:
        yield f"污染物取测点 {pollutant['point']}：{_measured(pollutant, pollutant.get('unit', ''), least)}"
    if pollutant.get("maximum") is not None:
        yield f"任意一次浓度值按有效读数的最大值判定：{number(pollutant['maximum'])} {pollutant.get('unit', '')}。"
    reference = evidence.get("reference_o2_pct")
    if reference is None:
        yield _no_reference(finding)
    else:
        oxygen = evidence.get("o2", {})
        yield f"含氧量取测点 {oxygen.get('point') or '（无）'}：{_measured(oxygen, '%', least)}"
    filled = _filled(finding, evidence["formula"])
    if filled is not None and not evidence["formula"].isalnum():  # a letter alone computes nothing
        how = "" if reference is None else f"折算到基准含氧量 {number(reference)} %，"
        yield f"{how}{evidence['formula']}：{filled}。"
    yield from _compared(finding, limit)


def _no_reference(finding: Row) -> str:
    evidence = finding["evidence"]
    if finding["unit"] == "kg/h":
        concentration, flow = _values(evidence).get("C"), _values(evidence).get("Q")
        known = [
            f"{word} {number(value)} {unit}"
            for word, value, unit in (("浓度", concentration, "mg/m3"), ("流量", flow, "m3/h"))
            if value is not None
        ]
        return f"排放速率 = 干基标态浓度 × 干基标态流量 × 10⁻⁶：{'，'.join(known) or '两者不全'}。"
    if evidence.get("makeup_air") is False:
        return "该焚烧设施不补充空气（GB 37822-2019 10.3.3）：不折算，以实测浓度判定。"
    return "限值没有规定基准含氧量（HJ 212-2017 D.2.3(4)）：不折算，以干基标态实测浓度判定。"


def _longer(finding: Row, limit: Row | None) -> Iterator[str]:
    evidence = finding["evidence"]
    for name, word in (
        ("hours_in_service", "应有小时"),
        ("hours_operating", "运行小时"),
        ("hours_judged", "可判小时"),
        ("hours_compliant", "其中达标"),
        ("hours_valid", "其中有效"),
    ):
        if isinstance(evidence.get(name), int):
            yield f"{word}：{evidence[name]}。"
    for name, word in (
        ("hours_excluded", "剔除"),
        ("hours_undetermined", "未判定"),
        ("hours_invalid", "无效"),
    ):
        counts = evidence.get(name)
        if isinstance(counts, Mapping) and counts:
            yield f"{word}小时：{'；'.join(f'{reason_word(reason)} {hours}' for reason, hours in counts.items())}。"
    if isinstance(evidence.get("hours"), list) and evidence.get("mean") is not None:
        hours = evidence["hours"]
        yield f"{len(hours)} 个可判小时的折算值（见 evidence.hours）之和 ÷ {len(hours)} = {number(evidence['mean'])}。"
    elif (filled := _filled(finding, evidence["formula"])) is not None:
        yield f"{evidence['formula']}：{filled}。"
    yield from _compared(finding, limit)


def _measured(part: Row, unit: str, least: object) -> str:
    mean = part.get("mean", part.get("mean_pct"))
    texts = [f"读数 {part.get('readings', 0)} 个，有效分钟 {part.get('valid_minutes', 0)}"]
    if least is not None:
        texts[0] += f"（至少 {least}）"
    if part.get("marked_minutes"):
        texts.append(f"设备标记使 {part['marked_minutes']} 分钟无效")
    texts.append("没有有效均值" if mean is None else f"有效分钟的均值 {number(mean)} {unit}".rstrip())
    return "，".join(texts) + "。"


def _process(finding: Row) -> str:
    evidence = finding["evidence"]
    minutes = "、".join(
        f"{PROCESS_KINDS.get(kind, kind)} {number(amount)} 分钟" for kind, amount in evidence["process"].items()
    )
    if finding["reason"].startswith("excluded_"):
        least = evidence.get("min_valid_minutes")
        return f"工况：{minutes}；其余时间不足 {least} 分钟，该小时不判定。"
    return f"工况：{minutes}；其余时间足够，或限值不豁免这一工况，该小时照常判定。"


def _compared(finding: Row, limit: Row | None) -> Iterator[str]:
    evidence, verdict = finding["evidence"], finding["verdict"]
    if verdict == "undetermined":
        yield f"结论：不作判定，原因：{reason_word(finding['reason'])}。"
        return
    against, unit = evidence.get("limit", finding["limit_value"]), evidence.get("limit_unit", finding["unit"]) or ""
    rounded = evidence.get("rounded")
    result = evidence.get("converted", evidence.get("mean", finding["value"]))
    if rounded is not None and result is not None:
        yield f"按 GB/T 8170 修约到 {evidence.get('decimals', 0)} 位小数：{number(result)} → {number(rounded)}。"
    compared = rounded if rounded is not None else result
    if compared is not None and against is not None:
        is_met = verdict == "compliant"
        sign = evidence.get("comparison", "<=")
        shown = {("<=", True): "≤", ("<=", False): ">", (">=", True): "≥", (">=", False): "<"}.get((sign, is_met), "?")
        whose = "" if limit is None else f"（限值 {limit['limit_id']}：{limit['standard']} {limit['clause']}）"
        yield f"比较：{number(compared)} {shown} {number(against)} {unit}".rstrip() + f"{whose}，两者相等为符合。"
    words = _LIMIT_WORDS if "limit_id" in evidence else _DEMAND_WORDS
    yield f"结论：{words[verdict]}，{reason_word(finding['reason'])}。"


def _filled(finding: Row, formula: str) -> str | None:
    """The formula with its numbers and its result; None when one of them is missing."""
    evidence = finding["evidence"]
    result = evidence.get("converted", evidence.get("mean", finding["value"]))
    values = _values(evidence)
    missing = False

    def fill(word: re.Match[str]) -> str:
        nonlocal missing
        value = values.get(word[0])
        if value is None:
            missing = True
            return word[0]
        return number(value) if value >= 0 else f"({number(value)})"

    # the sign of an exponent is no operation
    text = re.sub(r"(?<!\d[eE])[*/+-]", lambda operator: _OPERATORS[operator[0]], formula)
    text = re.sub(r"(?<![\d.])[A-Za-z_][A-Za-z0-9_]*", fill, text)
    if missing or result is None:
        return None
    return f"{text} = {number(result)}"


def _values(evidence: Row) -> dict[str, float]:
    """What the letters of a formula stand for."""
    pollutant, oxygen, flow = (evidence.get(key) or {} for key in ("pollutant", "o2", "flow"))
    letters = {
        "C": pollutant.get("dry_standard_mg_m3", pollutant.get("mean")),
        "Cmax": pollutant.get("maximum"),
        "O2": oxygen.get("mean_pct"),
        "Q": flow.get("dry_standard_m3_h"),
    }
    plain = {name: value for name, value in evidence.items() if isinstance(value, int | float)}
    return {name: value for name, value in (plain | letters).items() if value is not None}


def number(value: float) -> str:
    """A figure as a person copies it: ten digits are more than any instrument gives."""
    return f"{value:.10g}"
