"""Which figures a bureau may enter for which target. Pure."""

from __future__ import annotations

import math
from datetime import date

from rules.policy import load_policy
from rules.scoreboard.board import part_labels
from rules.scoreboard.sources import ManualSource, NoSource, load_sources

_COMPUTED = {
    "finding": "由判定结果自动计算",
    "decline": "由台账自动计算",
    "ratio": "由台账自动计算",
    "ledger_sum": "由台账自动计算",
    "connected": "由入库数据自动计算",
    "count": "由判定结果自动计算",
    "share": "由判定结果自动计算",
    "ldar_rounds": "由检测记录自动计算",
    "duty": "由定期事项的办理记录自动计算",
}


def target_fault(target_id: str) -> str | None:
    """Why no figure can be entered for a target, None where one can."""
    source = load_sources().get(target_id)
    if source is None:
        return f"没有目标 {target_id}；目标编号如 T004"
    if isinstance(source, NoSource):
        return f"目标 {target_id} 不能填报：{source.why}"
    if not isinstance(source, ManualSource):
        rules = "、".join(getattr(source, "rules", None) or filter(None, [getattr(source, "rule", "")]))
        return f"目标 {target_id} {_COMPUTED[source.kind]}{f'（{rules}）' if rules else ''}，不能填报"
    return None


def value_faults(target_id: str, part: str, as_of: date, value: float, today: date) -> list[tuple[str, str]]:
    """(field, what was expected) of everything wrong with a figure for a target that takes one."""
    target = next(target for target in load_policy().targets if target.id == target_id)
    labels = part_labels(target)
    faults = []
    if part not in labels:
        wanted = "不填写" if labels == [""] else f"下列之一：{'、'.join(labels)}"
        faults.append(("part", wanted))
    if as_of > today:
        faults.append(("as_of", f"不晚于今天（{today.isoformat()}）的日期"))
    if not math.isfinite(value) or value < 0:
        faults.append(("value", f"不小于零的数，单位：{target.unit or '无'}"))
    elif target.unit == "%" and value > 100:
        faults.append(("value", "不大于 100 的百分数"))
    return faults
